"""One map per token: fitted as if row by row."""

import numpy as np
import pytest

from lowlogit_edu.practical.normal_equations import NormalEquations

RNG = np.random.default_rng(0)
TOKENS = RNG.integers(4, size=50)
MAPS = RNG.normal(size=(5, 3, 2)).astype(np.float32)


def sums(x, y):
    normal = NormalEquations(5, x.shape[1], y.shape[1])
    normal.add(TOKENS[:20], x[:20], y[:20])
    normal.add(TOKENS[20:], x[20:], y[20:])
    return normal


def test_maps_are_found_again_and_an_unseen_token_has_the_guess():
    x = RNG.normal(size=(50, 3))
    normal = sums(x, np.einsum("ni,nij->nj", x, MAPS[TOKENS]))
    guess = np.full((5, 3, 2), 7.0)
    solved = normal.solve(np.full(3, 1e-9), guess)
    np.testing.assert_allclose(solved[:4], MAPS[:4], atol=1e-5)
    np.testing.assert_allclose(solved[4], guess[4], atol=1e-5)


@pytest.mark.parametrize("pull", [0.5, 20.0])
def test_the_pull_is_that_of_ridge_regression(pull):
    x = RNG.normal(size=(50, 3))
    y = RNG.normal(size=(50, 2))
    guess = RNG.normal(size=(5, 3, 2))
    solved = sums(x, y).solve(np.full(3, pull), guess)
    mine = TOKENS == 2
    stacked = np.concatenate([x[mine], np.sqrt(pull) * np.eye(3)])
    target = np.concatenate([y[mine], np.sqrt(pull) * guess[2]])
    np.testing.assert_allclose(solved[2], np.linalg.lstsq(stacked, target, rcond=None)[0], atol=1e-5)


def test_the_shared_guess_is_one_map_and_a_constant_per_token():
    x = np.concatenate([RNG.normal(size=(50, 2)), np.ones((50, 1))], axis=1)
    common = RNG.normal(size=(2, 2))
    own = RNG.normal(size=(5, 2))
    guess = sums(x, x[:, :2] @ common + own[TOKENS]).shared(np.full(3, 1e-9))
    np.testing.assert_allclose(guess[:, :2], np.broadcast_to(common, (5, 2, 2)), atol=0.1)
    # A token's constant is pulled to the mean by 0.3 of an observation; it has about twelve.
    np.testing.assert_allclose(guess[:4, 2], own[:4], atol=0.1)
