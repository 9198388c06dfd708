"""The game with the elliptical potential: the numbers that Python tells, and what it refuses."""

import numpy as np
import pytest

from lowlogit_edu.core.errors import ArgumentError
from lowlogit_edu.experiments.arrivals import follow_arrivals, surprise_limit, thrifty_arrivals
from lowlogit_edu.widgets.vector_game import COUNT, VectorGame


@pytest.fixture
def game():
    made = VectorGame()
    yield made
    made.close()


def test_vectors_from_the_browser_are_counted_as_by_hand(game):
    game.vectors = [[1.0, 0.0], [1.0, 0.0], [0.0, 0.3]]  # 1 / 0.1, 1 / 1.1 and 0.09 / 0.1
    assert game.surprises == 3
    game.vectors = [*game.vectors, [0.0, 0.3], [0.1, 0.0]]  # 0.09 / 0.19 is below 0.5, and so is 0.01 / 2.1
    assert game.surprises == 3
    assert game.summary() == (
        "5 of 60 vectors placed by hand, 3 surprises of at least 0.5. The potential has paid for at most 10.1; no "
        "stream brings more than 23."
    )
    assert repr(game).startswith("VectorGame(vectors=[(1.0, 0.0), (1.0, 0.0), (0.0, 0.3), (0.0, 0.3), (0.1, 0.0)]")


def test_the_adversary_and_the_limit_are_those_of_the_settings():
    game = VectorGame(radius=2.0, regularization=0.5, threshold=1.5)
    rows = thrifty_arrivals(2, COUNT, 2.0, 0.5, 1.5, rng=np.random.default_rng(3))
    assert game.adversary == follow_arrivals(rows, 0.5).surprising(1.5).sum() > 3
    assert game.limit == surprise_limit(2, 2.0, 0.5, 1.5)
    game.vectors = rows.tolist()
    assert game.surprises == game.adversary and len(game.vectors) == COUNT
    game.close()


def test_the_still_picture_is_that_of_the_explorer(game):
    game.vectors = [[1.0, 0.0], [0.3, 0.5]]
    picture = game.picture()
    assert repr(picture) == game.summary()
    titles = {axes.get_title() for axes in picture.figure.axes}
    assert "What is still unknown" in titles and "Surprise of each vector" in titles


@pytest.mark.parametrize(
    ("vectors", "message"),
    [
        ([[1.0, 0.5]], r"each vector must be at most 1 long \(R\), got \[1.0, 0.5\]"),
        ([[1.0]], r"each vector must be two finite numbers, got \[1.0\]"),
        ([[0.0, float("nan")]], "each vector must be two finite numbers"),
        ([[0.0, 0.1]] * (COUNT + 1), "expected at most 60 vectors, got 61"),
    ],
)
def test_what_is_no_game_is_refused(game, vectors, message):
    with pytest.raises(ArgumentError, match=message):
        game.vectors = vectors
    with pytest.raises(ArgumentError, match=message):
        VectorGame(vectors)
    assert game.vectors == ()


def test_settings_are_checked():
    with pytest.raises(ArgumentError, match="regularization must be a finite number between"):
        VectorGame(regularization=0.0)
