"""Spanners carry every row with small coefficients, also where rows repeat, vanish or nearly coincide."""

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis.strategies import integers, sampled_from

from lowlogit_edu.core.errors import ArgumentError
from lowlogit_edu.matrices.logit_matrix import word_logits
from lowlogit_edu.matrices.spanner import (
    barycentric_spanner,
    barycentric_steps,
    dist_spanner,
    numerical_rank,
    spanner_coefficients,
    spanner_sample_size,
)
from lowlogit_edu.models import random_isan
from lowlogit_edu.oracles.exact import ExactOracle


def awkward_rows(seed, count, columns, rank, noise):
    """Rows of low rank with a repeated, a zero and a nearly repeated one among them, plus noise."""
    rng = np.random.default_rng(seed)
    rows = rng.standard_normal((count, rank)) @ rng.standard_normal((rank, columns))
    if count > 4:
        rows[1] = rows[0]
        rows[2] = 0.0
        rows[3] = rows[0] * (1 + 1e-9)
    return rows + noise * rng.uniform(-1, 1, rows.shape)


@settings(max_examples=150, deadline=None, derandomize=True)
@given(
    integers(0, 10_000),
    integers(1, 40),
    integers(1, 12),
    integers(1, 4),
    sampled_from([0.0, 1e-15, 1e-9, 1e-6, 1e-3]),
    sampled_from([1.1, 2.0]),
)
@pytest.mark.reliability("R12")
def test_every_row_is_a_small_combination(seed, count, columns, rank, noise, bound):
    """R12: coefficients within the bound, residual within ten times the noise."""
    rows = awkward_rows(seed, count, columns, rank, noise)
    spanner = barycentric_spanner(rows, bound, noise)
    coefficients = spanner_coefficients(rows, rows[spanner])
    assert np.abs(coefficients).max() <= bound * (1 + 1e-6) + 20 * noise
    assert np.abs(rows - coefficients @ rows[spanner]).max() <= 10 * noise + 1e-9
    assert len(set(spanner)) == len(spanner) <= min(count, columns)


@pytest.mark.parametrize("seed", range(5))
def test_the_volume_is_within_a_factor_of_the_best(seed):
    """A C-spanner's determinant is at least that of the best subset divided by C^r r! (brute force)."""
    rows = np.random.default_rng(seed).standard_normal((8, 3))
    volume = max(abs(np.linalg.det(rows[list(subset)])) for subset in itertools.combinations(range(8), 3))
    spanner = barycentric_spanner(rows, bound=1.01)
    assert abs(np.linalg.det(rows[spanner])) >= volume / (6 * 1.01**3)


def test_every_swap_multiplies_the_volume_by_more_than_the_bound():
    rows = np.random.default_rng(4).standard_normal((300, 6))
    rows[:, 0] += 5.0
    steps = list(barycentric_steps(rows, bound=1.05))
    assert len(steps) > 1
    for before, after in itertools.pairwise(steps):
        volumes = [abs(np.linalg.det(rows[list(step.indices)])) for step in (before, after)]
        assert volumes[1] / volumes[0] == pytest.approx(before.largest) and before.largest > 1.05
        assert after.log_determinant == pytest.approx(np.log(volumes[1]))
        assert len(set(after.indices) - set(before.indices)) == 1
    coefficients = spanner_coefficients(rows, rows[list(steps[-1].indices)])
    assert steps[-1].largest == pytest.approx(np.abs(coefficients).max()) and steps[-1].largest <= 1.05


@pytest.mark.reliability("R12")
def test_rank_ignores_what_the_noise_explains():
    rows = awkward_rows(0, 200, 20, 3, 1e-3)
    assert numerical_rank(rows, 1e-3) == 3 == len(barycentric_spanner(rows, tolerance=1e-3))
    assert numerical_rank(rows) == 20
    assert numerical_rank(np.zeros((3, 2))) == 0 == numerical_rank(np.zeros((0, 2)))


@pytest.mark.reliability("R12")
def test_zero_rows_have_a_spanner_of_one():
    assert barycentric_spanner(np.zeros((3, 4))) == [0]
    assert barycentric_spanner(np.zeros((2, 0))) == [0]
    assert spanner_coefficients(np.zeros((3, 4)), np.zeros((1, 4))).tolist() == [[0.0]] * 3


@pytest.mark.bad_shapes
@pytest.mark.parametrize(
    ("rows", "settings", "message"),
    [
        (np.zeros((0, 3)), {}, r"at least one row, got shape \(0, 3\)"),
        (np.zeros(3), {}, "rows must be a finite matrix"),
        (np.array([[np.nan]]), {}, "rows must be a finite matrix"),
        (np.eye(2), {"bound": 1.0}, "bound must be above 1, or swapping need not end"),
        (np.eye(2), {"tolerance": -1.0}, "tolerance must be a finite number of at least 0"),
    ],
)
def test_bad_arguments_are_refused(rows, settings, message):
    with pytest.raises(ArgumentError, match=message):
        barycentric_spanner(rows, **settings)


def test_dist_spanner_carries_most_new_histories():
    """Definition 5.3: draw again and count the histories that need a coefficient above 2."""
    oracle = ExactOracle(random_isan(alphabet_size=3, dimension=3, horizon=6, seed=1))
    futures = [(0,), (1,), (2,), (0, 1), (2, 2, 0)]
    histories, rows = dist_spanner(oracle, futures, 3, 300, rng=np.random.default_rng(0))
    assert histories.shape == (3, 3) and np.array_equal(rows, word_logits(oracle, histories.tolist(), futures))
    fresh = word_logits(oracle, oracle.model.sample(1000, seed=9)[:, :3].tolist(), futures)
    coefficients = spanner_coefficients(fresh, rows)
    assert (np.abs(coefficients).max(axis=1) > 2).mean() <= 0.02
    assert np.abs(fresh - coefficients @ rows).max() < 1e-12


def test_the_root_has_the_empty_history_alone():
    oracle = ExactOracle(random_isan(alphabet_size=2, dimension=2, horizon=3))
    histories, rows = dist_spanner(oracle, [(0,), (1,)], 0, 5, rng=np.random.default_rng(0))
    assert histories.shape == (1, 0) and rows.shape == (1, 2)


def test_the_sample_size_grows_as_the_formula_says():
    assert spanner_sample_size(columns=8, epsilon=0.01, delta=0.01) == 19_600
    with pytest.raises(ArgumentError, match="epsilon must be between 0 and 1, got 0"):
        spanner_sample_size(columns=8, epsilon=0, delta=0.01)
