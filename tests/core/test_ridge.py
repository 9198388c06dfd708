"""The ridge solve minimises what it says, and its guess is worth the observations it says."""

import numpy as np
import pytest
from numpy.testing import assert_allclose

from lowlogit_edu.core.ridge import CONSTANT_PULL, affine_prior, affine_pull, ridge_solve

RNG = np.random.default_rng(0)
X = RNG.standard_normal((20, 4))
Y = RNG.standard_normal((20, 3))
PULL = np.array([0.5, 1.0, 2.0, 0.1])
PRIOR = RNG.standard_normal((4, 3))


def test_a_pull_is_the_same_as_observations_of_the_guess():
    """Least squares on the rows of X and, below them, one row sqrt(pull_i) e_i with the answer sqrt(pull_i) prior_i."""
    root = np.sqrt(PULL)[:, None]
    more_x = np.vstack([X, root * np.eye(4)])
    more_y = np.vstack([Y, root * PRIOR])
    expected = np.linalg.lstsq(more_x, more_y, rcond=None)[0]
    assert_allclose(ridge_solve(X.T @ X, X.T @ Y, PULL, PRIOR), expected)


def test_without_observations_the_guess_comes_back_and_with_no_pull_it_does_not_count():
    assert_allclose(ridge_solve(np.zeros((4, 4)), np.zeros((4, 3)), PULL, PRIOR), PRIOR)
    expected = np.linalg.lstsq(X, Y, rcond=None)[0]
    assert_allclose(ridge_solve(X.T @ X, X.T @ Y, np.zeros(4), PRIOR), expected)


@pytest.mark.parametrize("observations", [1, 5])
def test_the_constants_guess_is_worth_three_tenths_of_an_observation(observations):
    """Inputs that are zero but for the 1: the constant is a weighted mean of what was seen and of the guess."""
    inputs = np.tile([0.0, 0.0, 1.0], (observations, 1))
    outputs = np.full((observations, 1), 2.0)
    found = ridge_solve(inputs.T @ inputs, inputs.T @ outputs, affine_pull(3, 10.0), affine_prior(3, np.array([-1.0])))
    expected = (2.0 * observations - 1.0 * CONSTANT_PULL) / (observations + CONSTANT_PULL)
    assert_allclose(found.ravel(), [0.0, 0.0, expected], atol=1e-12)


def test_slopes_are_pulled_to_zero_by_the_ridge():
    inputs = np.column_stack([X, np.ones(20)])
    prior = affine_prior(5, Y.mean(axis=0))
    sizes = []
    for ridge in (1e-9, 10.0, 1e9):
        found = ridge_solve(inputs.T @ inputs, inputs.T @ Y, affine_pull(5, ridge), prior)
        sizes.append(np.abs(found[:-1]).max())
    assert sizes[0] > sizes[1] > 1e-3 and sizes[2] < 1e-6
    assert_allclose(found[-1], Y.mean(axis=0), atol=1e-6)
