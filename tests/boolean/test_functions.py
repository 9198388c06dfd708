"""Boolean functions are what their names say, and their Fourier coefficients follow the definition."""

import itertools

import numpy as np
import pytest

from lowlogit_edu.boolean.functions import (
    BooleanFunction,
    all_points,
    decision_tree,
    junta,
    majority,
    noisy,
    parity,
    squared_error,
    tribes,
)
from lowlogit_edu.core.errors import ArgumentError


@pytest.mark.parametrize("function", [majority(4), tribes(2, 2), decision_tree(4, 2), noisy(junta(4, (1, 2)), 0.3)])
def test_fourier_coefficients_follow_the_definition(function):
    found = function.fourier()
    assert len(found) == 16
    for subset, a in found.items():
        signs = [(-1) ** sum(x[i] for i in subset) for x in itertools.product([0, 1], repeat=4)]
        assert a == pytest.approx(np.mean(function.values * signs), abs=1e-12)
    assert sum(a**2 for a in found.values()) == pytest.approx((function.values**2).mean())


def test_a_parity_is_one_character():
    assert {subset for subset, a in parity(5, (1, 4)).fourier().items() if a} == {(1, 4)}


def test_a_junta_depends_on_its_bits_alone():
    relevant = {i for subset, a in junta(6, (0, 2, 5), seed=3).fourier().items() if a for i in subset}
    assert relevant == {0, 2, 5}


@pytest.mark.parametrize("seed", range(3))
def test_a_decision_tree_has_low_degree_and_coarse_coefficients(seed):
    found = decision_tree(6, depth=3, seed=seed).fourier()
    assert max(len(subset) for subset, a in found.items() if a) <= 3
    assert all((8 * a).is_integer() for a in found.values())


def test_majority_and_tribes_count_ones():
    for x in itertools.product([0, 1], repeat=6):
        point = np.array([x])
        assert majority(6)(point)[0] == (-1 if sum(x) > 3 else 1)
        assert tribes(width=3, count=2)(point)[0] == (-1 if all(x[:3]) or all(x[3:]) else 1)


def test_noise_has_the_size_asked_for():
    clean = parity(10, (0, 1))
    assert squared_error(clean, noisy(clean, 0.1, seed=1)) == pytest.approx(2 * 0.1**2, rel=0.1)
    sizes = np.abs(noisy(clean, 0.1).values)  # 1 where the random sign agrees, 2 * 0.1 less where it does not
    assert np.unique(sizes.round(12)).tolist() == [0.8, 1.0] and (sizes > 0.9).mean() == pytest.approx(0.5, abs=0.05)


def test_points_come_in_the_order_of_the_table():
    assert all_points(2).tolist() == [[0, 0], [0, 1], [1, 0], [1, 1]]
    f = BooleanFunction("f", np.array([0.1, 0.2, 0.3, 0.4]))
    assert f(all_points(2)).tolist() == [0.1, 0.2, 0.3, 0.4] and f.bits == 2


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (
            lambda: BooleanFunction("f", np.zeros(3)),
            r"values must hold 2\*\*bits numbers, one per point; got shape \(3,\)",
        ),
        (lambda: BooleanFunction("f", np.array([0.0, 2.0])), r"values must lie within \[-1, 1\], got 2; scale them"),
        (lambda: parity(3, (3,)), r"subset must hold distinct positions from 0 to 2, got \(3,\)"),
        (lambda: junta(3, (1, 1)), "subset must hold distinct positions"),
        (lambda: majority(21), "bits must be between 1 and 20"),
        (lambda: tribes(7, 3), "bits must be between 1 and 20"),
        (lambda: decision_tree(3, 4), "depth must be between 1 and 3"),
        (lambda: noisy(majority(3), 1.5), "size must be a finite number between 0 and 1"),
    ],
)
def test_what_is_no_function_is_refused(make, message):
    with pytest.raises(ArgumentError, match=message):
        make()
