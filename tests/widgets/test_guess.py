from lowlogit_edu.widgets.guess import Guess


def test_a_guess_is_told_in_words_in_a_saved_notebook():
    guess = Guess("03, 1")
    guess.guess = "3 at each cut"
    assert repr(guess) == "Your guess (03, 1): 3 at each cut"
    bundle = guess._repr_mimebundle_()
    assert bundle is not None and bundle[0]["text/plain"] == repr(guess)
    guess.close()
