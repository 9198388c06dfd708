"""A place to write a guess down, under the question that asks for it.

>>> guess = Guess("03, 1")
>>> guess
Your guess (03, 1): nothing yet. Run this cell to type it.
>>> guess.close()
"""

import traitlets

from lowlogit_edu.widgets.moving import MovingPicture, script


class Guess(MovingPicture):
    """What a reader guesses before she reads on. It is kept by her browser, and judged by nobody.

    Parameters
    ----------
    which : str
        Name of the question; the browser keeps one guess under each name.

    Attributes
    ----------
    guess : str
        What was typed so far.
    """

    _esm = script("guess")
    which = traitlets.Unicode().tag(sync=True)
    guess = traitlets.Unicode().tag(sync=True)

    def __init__(self, which: str) -> None:
        super().__init__(which=which)

    def __repr__(self) -> str:
        return words_of(self.which, self.guess)


def words_of(which: str, guess: str = "") -> str:
    """What stands for a place for a guess in a saved notebook, where no kernel runs."""
    return f"Your guess ({which}): {guess or 'nothing yet. Run this cell to type it.'}"
