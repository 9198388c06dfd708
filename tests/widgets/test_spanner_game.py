"""The game with a spanner: the numbers that Python tells, and what it refuses."""

import numpy as np
import pytest

from lowlogit_edu.core.errors import ArgumentError
from lowlogit_edu.matrices.spanner import barycentric_steps
from lowlogit_edu.widgets.spanner_game import PAIR, ROWS, SpannerGame


@pytest.fixture
def game():
    made = SpannerGame()
    yield made
    made.close()


def test_the_numbers_are_those_of_the_swapping(game):
    states = list(barycentric_steps(np.array(ROWS), bound=2.0, start=PAIR))
    for state in states:
        assert tuple(game.pairs[-1]) == state.indices
        assert np.isclose(game.area, np.exp(state.log_determinant))
        assert np.isclose(np.abs(game.coefficients).max(), state.largest)
        assert np.array_equal(game.outside, (np.abs(game.coefficients) > 2).any(axis=1))
        game.swap_worst()
    assert game.swaps == len(states) - 1 == 2  # the last call had nothing to swap


def test_neither_bound_ends_at_the_largest_area(game):
    """That is why the game asks for it: with rows where it were so the question would be spoiled."""
    largest = game.board.largest_pair()
    ends = []
    for bound in (2.0, 1.0):
        game.bound = bound
        while game.outside.any():
            game.swap_worst()
        ends.append(sorted(game.pairs[-1]))
    assert game.swaps == 3 and ends[0] != ends[1]
    assert list(largest) not in ends and np.isclose(abs(np.linalg.det(np.array(ROWS)[list(largest)])), 2.99)


def test_what_the_browser_sends_is_told(game):
    game.rows = tuple([x, 1.0] for x in (0.0, 1.0, 3.0))
    game.pairs = ([0, 1],)
    assert game.summary() == (
        "After 0 swaps row 1 and row 2 span an area of 1.00. The largest coefficient is 3.00; 1 of 3 rows is outside "
        "the box of C = 2."
    )
    assert repr(game) == "SpannerGame(pair=(1, 2), area=1, outside=1, swaps=0)"
    game.swap_worst()
    assert game.pairs[-1] == [0, 2] and game.summary().startswith("After 1 swap row 1 and row 3 span an area of 3.00.")


@pytest.mark.parametrize(
    ("rows", "words", "outside"),
    [
        ([[1, 1], [2, 2], [0, 1]], "on one line and span no area. Rows off that line, which they do not carry: 1.", 1),
        ([[1, 0.5], [2, 1], [-1, -0.5]], "All rows are on one line: no two of them span an area", 0),
        ([[0, 0], [0, 0], [1, 0], [0, 1]], "row 1 and row 2 are both at zero: they carry nothing.", 0),
        ([[0, 0], [1, 0], [1, 1]], "on one line and span no area. Rows off that line, which they do not carry: 1.", 1),
    ],
)
def test_rows_on_one_line_are_told_in_words(rows, words, outside):
    game = SpannerGame(rows, (0, 1))
    assert words in game.summary() and "nan" not in game.summary()
    assert game.area == 0 and game.coefficients is None and game.outside.sum() == outside
    assert repr(game.picture()) == game.summary()
    game.swap_worst()
    assert (game.area > 0) == bool(outside)
    game.close()


def test_the_still_picture_shows_the_swaps(game):
    game.swap_worst()
    picture = game.picture()
    plane, areas = picture.figure.axes
    assert repr(picture) == game.summary()
    assert [round(bar.get_height(), 9) for bar in areas.patches] == [0.25, 0.98]
    drawn = {line.get_label(): len(line.get_xydata()) for line in plane.lines}
    assert drawn == {"in the box": 9 - game.outside.sum(), "outside": game.outside.sum()}


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"rows": [[1.0, 0.0]]}, "expected at least two rows, got 1"),
        ({"rows": [[1.0], [0.0, 1.0]]}, r"each row must be two finite numbers, got \[1.0\]"),
        ({"rows": [[1.0, float("nan")], [0.0, 1.0]]}, "each row must be two finite numbers"),
        ({"rows": [[3.5, 0.0], [0.0, 1.0]]}, "each number of a row must be at most 3 in size"),
        ({"pair": (0, 0)}, "a pair must be two different rows of 0 to 8, got"),
        ({"pair": (0, 9)}, "a pair must be two different rows of 0 to 8, got"),
        ({"bound": 0.5}, "bound must be a finite number between 1"),
    ],
)
def test_what_is_no_game_is_refused(changes, message):
    with pytest.raises(ArgumentError, match=message):
        SpannerGame(**changes)


def test_the_browser_cannot_send_nonsense(game):
    with pytest.raises(ArgumentError, match="expected 1 to 60 pairs, got 0"):
        game.pairs = ()
    with pytest.raises(ArgumentError, match="a pair must be two different rows"):
        game.pairs = ([0, 1], [1, 1])
    assert game.swaps == 0
