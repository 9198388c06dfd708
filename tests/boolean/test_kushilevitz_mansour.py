"""The search finds every large Fourier coefficient, and loses the small ones."""

import itertools

import numpy as np
import pytest

from lowlogit_edu.boolean.functions import all_points, decision_tree, junta, majority, parity
from lowlogit_edu.boolean.kushilevitz_mansour import (
    bucket_levels,
    bucket_weight,
    heavy_coefficients,
    kept_buckets,
    kushilevitz_mansour,
)
from lowlogit_edu.boolean.oracle import FunctionOracle
from lowlogit_edu.core.errors import ArgumentError


@pytest.mark.parametrize("function", [parity(8, (1, 5)), junta(8, (0, 2), seed=1), decision_tree(8, 2, seed=1)])
def test_kushilevitz_mansour_finds_all_large_coefficients(function):
    oracle = FunctionOracle(function)
    found = heavy_coefficients(oracle, 0.25, 8192, rng=np.random.default_rng(0))
    truth = {subset: a for subset, a in function.fourier().items() if a}
    assert set(found) == set(truth) and min(map(abs, truth.values())) >= 0.25
    assert max(abs(found[subset] - truth[subset]) for subset in truth) < 0.05
    assert kushilevitz_mansour(function).error < 0.01


def test_the_weights_of_a_level_are_sums_of_squared_coefficients():
    function = decision_tree(6, 3, seed=2)
    coefficients = function.fourier()
    levels = list(bucket_levels(FunctionOracle(function), 0.25, 20_000, rng=np.random.default_rng(0)))
    assert len(levels) == 6
    for level, weights in enumerate(levels, start=1):
        for part, weight in weights.items():
            assert weight == pytest.approx(bucket_weight(coefficients, part, level), abs=0.05)
            assert all(i < level for i in part)
    for before, after in itertools.pairwise(levels):
        assert {tuple(part) for part in kept_buckets(before, 0.25)} >= {
            part if part in before else part[:-1] for part in after
        }


def test_exact_weights_add_up_level_by_level():
    coefficients = majority(5).fourier()
    parts = [tuple(np.flatnonzero(point).tolist()) for point in all_points(3)]
    assert sum(bucket_weight(coefficients, part, 3) for part in parts) == pytest.approx(1)
    assert bucket_weight(coefficients, (0,), 1) == pytest.approx(0.375)


def test_small_coefficients_are_what_kushilevitz_mansour_loses():
    """Majority of 5: the ten coefficients of 1/8 are given up; clipping wins a part of them back."""
    lost = sum(a**2 for a in majority(5).fourier().values() if abs(a) < 0.25)
    assert lost == pytest.approx(10 / 64) and lost / 4 < kushilevitz_mansour(majority(5), 0.3).error < lost


def test_bad_settings_are_refused():
    with pytest.raises(ArgumentError, match="threshold must be a finite number"):
        kushilevitz_mansour(majority(3), threshold=0.0)
    with pytest.raises(ArgumentError, match="samples must be at least 1"):
        kushilevitz_mansour(majority(3), samples=0)
