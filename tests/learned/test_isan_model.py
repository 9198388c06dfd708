"""The learned ISAN: mixtures of shared matrices, files, horizons."""

import numpy as np
import pytest

import lowlogit_edu as ll
from lowlogit_edu.core.errors import ArgumentError
from lowlogit_edu.learned.isan_model import ISANModel


def arrays(seed=0):
    rng = np.random.default_rng(seed)
    return [rng.normal(size=shape) / 2 for shape in ((3,), (2, 3, 3), (5, 3), (5, 2))]


def test_a_mixture_is_the_model_with_its_matrices_written_out():
    state, factors, readout, mixture = arrays()
    mixed = ISANModel(state, factors, readout, horizon=4, mixture=mixture)
    plain = ISANModel(state, np.einsum("zk,kij->zij", mixture, factors), readout, horizon=4)
    tokens = np.random.default_rng(1).integers(5, size=(20, 4))
    np.testing.assert_allclose(mixed.logits_along(tokens), plain.logits_along(tokens), atol=1e-12)
    np.testing.assert_allclose(mixed.transitions_of(np.array([3, 1])), plain.transitions[[3, 1]], atol=1e-12)


def test_a_saved_mixture_comes_back_bit_for_bit(tmp_path):
    state, factors, readout, mixture = arrays()
    model = ISANModel(state, factors, readout, 4, "teacher", {"seed": 0}, mixture)
    model.save(tmp_path)
    loaded = ll.load(tmp_path)
    assert loaded.fingerprint == model.fingerprint and loaded.settings == {"seed": 0}


def test_another_horizon_keeps_the_matrices():
    state, factors, readout, mixture = arrays()
    model = ISANModel(state, factors, readout, 4, mixture=mixture)
    longer = model.with_horizon(9)
    assert longer.horizon == 9 and longer.fingerprint == model.fingerprint


@pytest.mark.bad_shapes
def test_shapes_that_do_not_fit_are_named():
    state, factors, readout, mixture = arrays()
    with pytest.raises(ArgumentError, match=r"transitions \(5, 3, 1 to 3\), got \(3,\) and \(2, 3, 3\)"):
        ISANModel(state, factors, readout, 4)
    with pytest.raises(ArgumentError, match="one row for each of the 5 tokens, got 4"):
        ISANModel(state, factors, readout, 4, mixture=mixture[:4])
