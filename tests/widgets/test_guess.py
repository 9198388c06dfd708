from lowlogit_edu.widgets.guess import Guess, words_of


def test_a_guess_is_told_in_words_in_a_saved_notebook():
    guess = Guess("03, 1")
    guess.guess = "3 at each cut"
    assert repr(guess) == "Your guess (03, 1): 3 at each cut"
    bundle = guess._repr_mimebundle_()
    assert bundle is not None and bundle[0]["text/plain"] == repr(guess)
    guess.close()


def test_before_anything_is_typed_the_words_say_how():
    guess = Guess("03, 1")
    assert repr(guess) == words_of("03, 1") == "Your guess (03, 1): nothing yet. Run this cell to type it."
    guess.close()
