"""Streams of vectors, and how often they surprise. What the explorer shows of them: tests/widgets/test_potential.py."""

import numpy as np
import pytest

from lowlogit_edu.core.errors import ArgumentError
from lowlogit_edu.experiments.arrivals import follow_arrivals, random_arrivals, surprise_limit, thrifty_arrivals


@pytest.mark.parametrize("dimension", [1, 3])
def test_surprises_and_gains_are_those_of_inverses_and_determinants(dimension):
    vectors = np.random.default_rng(0).normal(size=(7, dimension))
    arrivals = follow_arrivals(vectors, regularization=0.5)
    V = 0.5 * np.eye(dimension)
    for j, phi in enumerate(vectors):
        assert np.isclose(arrivals.surprises[j], phi @ np.linalg.inv(V) @ phi)
        V += np.outer(phi, phi)
        assert np.isclose(arrivals.gains[j + 1], np.log(np.linalg.det(V) / 0.5**dimension))
    assert arrivals.gains[0] == 0


def test_a_surprise_of_just_the_threshold_counts():
    arrivals = follow_arrivals(np.array([[1.0], [1.0], [1.0]]), regularization=1.0)  # surprises 1, 1/2, 1/3
    assert arrivals.surprising(1 / 3).tolist() == [True, True, True]
    assert arrivals.surprising(0.5 + 1e-6).tolist() == [True, False, False]


def test_random_vectors_have_the_radius_and_no_direction_of_their_own():
    vectors = random_arrivals(2, 4000, 1.5, rng=np.random.default_rng(0))
    assert np.allclose(np.linalg.norm(vectors, axis=1), 1.5)
    assert np.allclose(vectors.T @ vectors / len(vectors), 1.5**2 / 2 * np.eye(2), atol=0.05)


def test_the_thrifty_adversary_grows_until_it_may_not():
    vectors = thrifty_arrivals(2, 30, 1.0, 0.1, 0.5, rng=np.random.default_rng(0))
    lengths = np.linalg.norm(vectors, axis=1)
    assert np.isclose(lengths[0] ** 2, 0.5 * 0.1)  # just enough for the threshold
    assert (np.diff(lengths) >= -1e-12).all() and np.allclose(lengths[-10:], 1.0)


@pytest.mark.parametrize(("dimension", "threshold"), [(1, 1.0), (2, 0.5), (5, 0.1)])
def test_the_limit_is_found_by_trying_all_counts(dimension, threshold):
    counts = np.arange(1, 2000)
    paid = dimension * np.log1p(counts * 9.0 / dimension)
    possible = counts[counts * np.log1p(threshold) <= paid]
    assert surprise_limit(dimension, 3.0, 1.0, threshold) == possible.max()


@pytest.mark.parametrize("name", ["radius", "regularization", "threshold"])
def test_sizes_of_zero_are_refused(name):
    sizes = {"radius": 1.0, "regularization": 1.0, "threshold": 1.0, name: 0.0}
    with pytest.raises(ArgumentError, match=f"{name} must be a finite number"):
        surprise_limit(2, **sizes)
