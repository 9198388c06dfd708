"""The game with the linear program: the numbers that Python tells, and what it refuses."""

import numpy as np
import pytest

from lowlogit_edu.core.errors import ArgumentError
from lowlogit_edu.widgets.coefficient_game import CoefficientGame


@pytest.fixture
def game():
    made = CoefficientGame()
    yield made
    made.close()


def test_untouched_it_is_right(game):
    assert game.path.logits.tolist() == [1.0] * 9
    assert game.summary() == (
        "At cut 6 the coefficient of L is 1.00, of -0.03 to 2.00 that the program allows. The logit at this cut is "
        "1.00, of the next token 1.00 where 1 is right; greedy from here on ends at 7.49. The sum of all |c| is 8.00."
    )
    assert game.greedy == pytest.approx((4 / 3) ** np.arange(8))


def test_what_the_browser_sends_is_told(game):
    game.chosen = (None, 0.5, *[None] * 6)
    game.held = 1
    assert repr(game) == "CoefficientGame(chosen={7: 0.5}, next_logit=1.5, cost=11.5)"
    assert game.path.logits.tolist() == [1, 1, *[1.5] * 7]  # invisible at cut 7, visible ever after
    assert game.greedy == pytest.approx(1.5 * (4 / 3) ** np.arange(7))
    assert "The logit at this cut is 1.00, of the next token 1.50 where 1 is right" in game.summary()


def test_longer_futures_leave_one_solution(game):
    game.chosen = (2.0, *[None] * 7)
    assert game.path.logits[-1] == 0
    game.longer = True
    assert game.path.logits == pytest.approx(np.ones(9)) and game.greedy == pytest.approx(np.ones(8))
    assert np.ptp(game.path.rooms, axis=1) == pytest.approx(np.zeros(8))
    assert "the only value that three equations allow" in game.summary()


def test_a_choice_outside_of_its_room_is_moved_into_it(game):
    game.chosen = (-2.0, *[None] * 7)
    assert game.path.coefficients[0, 0] == game.path.rooms[0, 0] == pytest.approx(-1 / 32)


def test_the_still_picture_shows_the_numbers(game):
    game.chosen = (None, 0.5, *[None] * 6)
    game.held = 1
    picture = game.picture()
    assert repr(picture) == game.summary()
    coefficients, logits = picture.figure.axes
    drawn = {line.get_label(): line.get_ydata() for line in (*coefficients.lines, *logits.lines)}
    assert drawn["L"] == pytest.approx([1, 0.5, *[1.5] * 6]) and drawn["yours"] == pytest.approx(game.path.logits)
    assert drawn["greedy from here"] == pytest.approx(game.greedy)
    assert not logits.collections
    game.banded = True
    assert [band.get_label() for band in game.picture().figure.axes[1].collections] == ["any solution"]


@pytest.mark.parametrize(
    ("chosen", "message"),
    [
        ([None] * 9, "expected a coefficient for each of at most 8 cuts, got 9"),
        ([2.5], "a coefficient must be None or a number of at most 2 in size, got 2.5"),
        ([float("nan")], "a coefficient must be None or a number of at most 2 in size, got nan"),
    ],
)
def test_what_is_no_choice_is_refused(chosen, message):
    with pytest.raises(ArgumentError, match=message):
        CoefficientGame(chosen)


def test_the_bound_is_checked():
    with pytest.raises(ArgumentError, match="bound must be at least 1"):
        CoefficientGame(bound=0.9)
