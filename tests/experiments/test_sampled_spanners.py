"""Spanners of samples. What the explorers show of them: tests/widgets/test_spanner.py."""

import numpy as np

from lowlogit_edu.experiments.sampled_spanners import missed_rows, missed_shares, pair_areas, patient_steps
from lowlogit_edu.matrices.spanner import barycentric_spanner


def gaussian(count, rng):
    return rng.normal(size=(count, 3))


def test_a_spanner_misses_none_of_its_own_samples():
    rows = gaussian(100, np.random.default_rng(0))
    spanner = rows[barycentric_spanner(rows, 2.0)]
    assert not missed_rows(rows, spanner, 2.0).any()
    assert missed_rows(3 * rows, spanner, 2.0).any()


def test_the_shares_are_those_of_the_seed():
    shares = missed_shares(gaussian, (5, 50), fresh=100, repeats=3, seed=1)
    assert shares.shape == (2, 3) and np.array_equal(shares, missed_shares(gaussian, (5, 50), 2.0, 100, 3, 1))
    assert not np.array_equal(shares, missed_shares(gaussian, (5, 50), 2.0, 100, 3, 2))
    assert len(np.unique(shares[0])) > 1  # the repeats are independent


def test_in_one_dimension_a_row_is_missed_if_it_is_twice_the_largest():
    shares = missed_shares(lambda n, rng: rng.uniform(size=(n, 1)), (1,), fresh=4000, repeats=200)
    assert abs(shares.mean() - 0.25) < 0.05  # mean of max(0, 1 - 2 u) over uniform u


def test_areas_are_determinants():
    points = np.random.default_rng(0).normal(size=(6, 2))
    for i, one in enumerate(points):
        for j, two in enumerate(points):
            assert np.isclose(pair_areas(points)[i, j], abs(np.linalg.det([one, two])))


def test_a_patient_swap_brings_in_the_row_that_is_the_least_outside():
    rows = np.array([[1.0, 0.0], [0.0, 1.0], [9.0, 0.0], [3.0, 0.0]])
    steps = list(patient_steps(rows, 2.0, [0, 1]))
    assert [step.indices for step in steps] == [(0, 1), (3, 1), (2, 1)]
    assert np.allclose(np.exp([step.log_determinant for step in steps]), [1, 3, 9])
    assert [round(step.largest, 6) for step in steps] == [9, 3, 1]
