"""The elliptical potential: surprises are bounded, whoever chooses the vectors."""

import numpy as np
import pytest

from lowlogit_edu.algorithm.potential import EllipticalPotential, elliptical_bound
from lowlogit_edu.core.errors import ArgumentError


def surprises(vectors, regularization):
    potential, found = EllipticalPotential.start(len(vectors[0]), regularization), []
    for vector in vectors:
        found.append(potential.surprise(vector))
        potential = potential.add(vector)
    return np.array(found), potential


def test_surprise_and_determinant_by_hand():
    found, potential = surprises([np.array([2.0, 0.0]), np.array([2.0, 0.0]), np.array([0.0, 1.0])], 4.0)
    assert np.allclose(found, [1.0, 0.5, 0.25])
    assert potential.log_determinant == pytest.approx(np.log(12 * 5))


def test_each_vector_adds_the_log_of_one_plus_its_surprise():
    """The matrix determinant lemma, on which Equation 12 stands."""
    vectors = np.random.default_rng(0).standard_normal((20, 3))
    found, potential = surprises(vectors, 0.5)
    gained = potential.log_determinant - EllipticalPotential.start(3, 0.5).log_determinant
    assert gained == pytest.approx(np.log1p(found).sum())


@pytest.mark.parametrize("regularization", [1e-4, 1e-2, 1.0])
@pytest.mark.parametrize("kind", ["random", "greedy", "one direction"])
def test_the_sum_of_surprises_is_within_the_bound(kind, regularization):
    """Equation 12 for vectors drawn at random and for an adversary that takes the worst direction."""
    d, m, rng = 4, 60, np.random.default_rng(1)
    potential, total = EllipticalPotential.start(d, regularization), 0.0
    for _ in range(m):
        vector = rng.standard_normal(d) if kind == "random" else np.eye(d)[0]
        if kind == "greedy":
            vector = np.linalg.eigh(potential.matrix).eigenvectors[:, 0].copy()
        vector /= np.linalg.norm(vector)
        total += min(1.0, potential.surprise(vector))
        potential = potential.add(vector)
    assert total <= elliptical_bound(d, m, 1.0, regularization)
    assert total <= 2 * (potential.log_determinant - d * np.log(regularization))


def test_a_potential_does_not_change_when_a_vector_is_added():
    potential = EllipticalPotential.start(2, 1.0)
    potential.add(np.ones(2))
    assert np.array_equal(potential.matrix, np.eye(2))


def test_bad_arguments_are_refused():
    potential = EllipticalPotential.start(2, 1.0)
    for vector in (np.ones(3), np.array([1.0, np.nan])):
        with pytest.raises(ArgumentError, match="vector must hold 2 finite numbers"):
            potential.surprise(vector)
    with pytest.raises(ArgumentError, match="regularization must be a finite positive number"):
        EllipticalPotential.start(2, 0.0)
    with pytest.raises(ArgumentError, match="dimension must be at least 1"):
        EllipticalPotential.start(0, 1.0)
    with pytest.raises(ArgumentError, match="radius must be a finite positive number"):
        elliptical_bound(2, 3, -1.0, 1.0)
