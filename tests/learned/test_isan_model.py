"""The learned ISAN: mixtures of shared matrices, states carried in part, files, horizons."""

import re

import numpy as np
import pytest

import lowlogit_edu as ll
from lowlogit_edu.core.errors import ArgumentError, CheckpointError
from lowlogit_edu.core.storage import save_arrays
from lowlogit_edu.learned import isan_model
from lowlogit_edu.learned.base import FILE
from lowlogit_edu.learned.isan_model import ISANModel
from lowlogit_edu.models.base import LanguageModel


def arrays(seed=0):
    rng = np.random.default_rng(seed)
    return [rng.normal(size=shape) / 2 for shape in ((3,), (2, 3, 3), (5, 3), (5, 2))]


MIXTURES = {
    "dense": None,
    "floats": np.random.default_rng(2).dirichlet(np.ones(2), size=5),
    "ints": np.array([0, 1, 1, 0, 1]),
}


def narrow_and_padded(mixture, carried=2, rank=4):
    """A model that carries a part of its state, and the square one with columns of zeros for the rest."""
    rng = np.random.default_rng(3)
    count = 5 if mixture is None else 2
    state = rng.normal(size=rank)
    transitions = rng.normal(size=(count, rank, carried)) / 2
    readout = rng.normal(size=(5, rank))
    zeros = np.zeros((count, rank, rank - carried))
    square = np.concatenate([transitions, zeros], axis=2)
    return [ISANModel(state, matrices, readout, 6, mixture=mixture) for matrices in (transitions, square)]


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


@pytest.mark.parametrize("carried", [1, 2, 3])
@pytest.mark.parametrize("mixture", MIXTURES.values(), ids=MIXTURES)
def test_what_is_not_carried_is_a_column_of_zeros(mixture, carried):
    model, square = narrow_and_padded(mixture, carried)
    assert (model.rank, model.carried, square.carried) == (4, carried, 4)
    tokens = np.random.default_rng(1).integers(5, size=(20, 6))
    np.testing.assert_allclose(model.states_along(tokens), square.states_along(tokens), atol=1e-12)
    np.testing.assert_allclose(model.logits_along(tokens), square.logits_along(tokens), atol=1e-12)
    prefixes = [[], [3], [4, 0, 2]]
    np.testing.assert_allclose(model.logits(prefixes), square.logits(prefixes), atol=1e-12)
    written_out = square.transitions_of(np.array([4, 0, 4]))
    np.testing.assert_allclose(model.transitions_of(np.array([4, 0, 4])), written_out[:, :, :carried], atol=1e-12)
    assert model.fingerprint != square.fingerprint


def test_what_is_not_carried_is_read_once_and_forgotten():
    model, _ = narrow_and_padded(None)
    beside = model.initial_state + np.array([0.0, 0.0, 1.0, 1.0])
    other = ISANModel(beside, model.transitions, model.readout, 6)
    assert np.abs(other.logits([[]]) - model.logits([[]])).max() > 0.1
    np.testing.assert_array_equal(other.logits([[2], [2, 3]]), model.logits([[2], [2, 3]]))


@pytest.mark.parametrize("mixture", MIXTURES.values(), ids=MIXTURES)
def test_a_model_that_carries_a_part_is_saved_and_run_longer(tmp_path, mixture):
    model, _ = narrow_and_padded(mixture)
    model.save(tmp_path)
    loaded = ll.load(tmp_path)
    assert loaded.fingerprint == model.fingerprint and loaded.carried == 2
    longer = loaded.with_horizon(9)
    assert (longer.horizon, longer.carried, longer.fingerprint) == (9, 2, model.fingerprint)
    np.testing.assert_array_equal(loaded.logits([[], [4, 0, 2]]), model.logits([[], [4, 0, 2]]))


@pytest.mark.parametrize(
    ("mixture", "fingerprint"),
    [
        (None, "isan:12503fc12ee828e6"),
        (((np.arange(10.0) % 7 - 3) / 8).reshape(5, 2), "isan:4b3c30aa42fc33af"),
        (np.array([0, 1, 1, 0, 1]), "isan:916e78b344073a39"),
    ],
    ids=MIXTURES,
)
def test_square_models_have_the_fingerprints_that_they_had(mixture, fingerprint):
    # Computed before transitions could be anything else.
    count = 5 if mixture is None else 2
    state, transitions, readout = (
        ((np.arange(float(np.prod(shape))) % 7 - 3) / 8).reshape(shape) for shape in ((3,), (count, 3, 3), (5, 3))
    )
    model = ISANModel(state, transitions, readout, 4, mixture=mixture)
    assert model.fingerprint == fingerprint and model.carried == 3


@pytest.mark.bad_shapes
@pytest.mark.parametrize("shape", [(5, 3, 0), (5, 3, 4), (5, 2, 2), (4, 3, 2), (5, 3), (5,), (5, 3, 2, 1)])
def test_transitions_of_a_wrong_shape_are_refused(tmp_path, shape):
    state, _, readout, _ = arrays()
    expected = re.escape(f"transitions (5, 3, 1 to 3), got (3,) and {shape}")
    with pytest.raises(ArgumentError, match=expected):
        ISANModel(state, np.zeros(shape), readout, 4)
    # A file may come from anywhere.
    contents = {"initial_state": state, "transitions": np.zeros(shape), "readout": readout}
    save_arrays(tmp_path / FILE, ISANModel.kind, {"horizon": 4, "teacher": "", "settings": {}}, contents)
    with pytest.raises(CheckpointError, match=f"{expected}|transitions of the model has type float64"):
        ll.load(tmp_path)


@pytest.mark.bad_shapes
def test_shapes_that_do_not_fit_are_named():
    state, factors, readout, mixture = arrays()
    with pytest.raises(ArgumentError, match=r"transitions \(5, 3, 1 to 3\), got \(3,\) and \(2, 3, 3\)"):
        ISANModel(state, factors, readout, 4)
    with pytest.raises(ArgumentError, match="one row for each of the 5 tokens, got 4"):
        ISANModel(state, factors, readout, 4, mixture=mixture[:4])


@pytest.mark.parametrize("most_mixed", [0, 10**9])
@pytest.mark.parametrize("mixture", MIXTURES.values(), ids=MIXTURES)
@pytest.mark.parametrize("prompt", [(), (3, 1), (0, 1, 2, 3, 4, 0)])
def test_texts_drawn_state_by_state_are_those_drawn_prefix_by_prefix(mixture, prompt, most_mixed, monkeypatch):
    monkeypatch.setattr(isan_model, "MOST_MIXED", most_mixed)
    model, _ = narrow_and_padded(mixture)
    texts = model.sample(40, seed=2, prompt=prompt)
    assert texts.tolist() == LanguageModel.sample(model, 40, seed=2, prompt=prompt).tolist()
