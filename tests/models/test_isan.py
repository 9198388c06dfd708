"""Time-varying ISANs compute what Definition 1.5 says, and refuse what is not one."""

import numpy as np
import pytest

from lowlogit_edu.core.errors import ArgumentError
from lowlogit_edu.matrices.logit_matrix import cut_ranks
from lowlogit_edu.models import TimeVaryingISAN, random_isan, steady_isan


def test_logits_are_the_matrix_product_of_the_definition():
    model = random_isan(alphabet_size=3, dimension=4, horizon=5, seed=2)
    state = model.transitions[1, 0] @ model.transitions[0, 2] @ model.initial_state
    assert np.allclose(model.next_token_logits([2, 0]), model.readouts[2] @ state, atol=1e-14)


def test_states_follow_the_transitions():
    model = random_isan(alphabet_size=3, dimension=4, horizon=5, seed=2)
    (states,) = model.states_along(np.array([[2, 0]]))
    assert np.array_equal(states[0], model.initial_state) and len(states) == 3
    assert np.allclose(states[2], model.transitions[1, 0] @ model.transitions[0, 2] @ model.initial_state, atol=1e-14)


def test_another_basis_has_other_states_and_the_same_probabilities():
    model = random_isan(alphabet_size=2, dimension=2, horizon=4, seed=0)
    change = np.array([[2.0, 1.0], [0.0, 0.5]])
    other = model.in_basis(change)
    words = np.array([[0, 1, 1]])
    assert np.allclose(other.states_along(words), model.states_along(words) @ change.T, atol=1e-12)
    assert np.allclose(other.log_probabilities(), model.log_probabilities(), atol=1e-12)


def test_a_change_of_basis_that_loses_a_dimension_is_refused():
    with pytest.raises(ArgumentError, match="change must be invertible: its columns are linearly dependent."):
        random_isan(2, 2, 3).in_basis(np.ones((2, 2)))
    with pytest.raises(ArgumentError, match=r"change must have shape \(2, 2\), got \(3, 3\)."):
        random_isan(2, 2, 3).in_basis(np.eye(3))


def test_a_steady_isan_is_the_same_at_every_step():
    start = np.ones(2)
    steps = np.arange(12.0).reshape(3, 2, 2)
    read = np.eye(3)[:, :2]
    model = steady_isan(start, steps, read, horizon=4)
    assert model.horizon == 4 and (model.transitions == steps).all() and (model.readouts == model.readouts[0]).all()


def test_prefixes_of_mixed_length_come_back_in_their_places():
    model = random_isan(alphabet_size=2, dimension=2, horizon=4, seed=0)
    prefixes = [(1, 0, 1), (), (0,), (1, 1, 1), (0, 1)]
    expected = np.stack([model.next_token_logits(prefix) for prefix in prefixes])
    assert np.allclose(model.logits(prefixes), expected, atol=1e-14)


def test_a_constant_added_to_the_readouts_changes_nothing():
    model = random_isan(alphabet_size=2, dimension=2, horizon=3, seed=0)
    other = TimeVaryingISAN(model.initial_state, model.transitions, model.readouts + np.array([7.0, -2.0]))
    assert np.allclose(model.log_probabilities(), other.log_probabilities(), atol=1e-12)


@pytest.mark.parametrize("dimension", [1, 2, 3])
def test_every_cut_rank_is_at_most_the_dimension(dimension):
    """Fact 1.1, one direction."""
    ranks = cut_ranks(random_isan(alphabet_size=3, dimension=dimension, horizon=5, seed=dimension))
    assert max(ranks) == dimension


def test_the_seed_decides_the_model():
    one, same, other = (random_isan(2, 2, 3, seed=seed) for seed in (0, 0, 1))
    assert one.fingerprint == same.fingerprint != other.fingerprint
    assert repr(one) == "random_isan(alphabet_size=2, dimension=2, horizon=3, seed=0, scale=1.5)"


def test_the_class_shows_its_sizes_and_its_arrays_cannot_be_changed():
    model = TimeVaryingISAN(np.ones(1), np.ones((1, 2, 1, 1)), np.zeros((2, 2, 1)))
    assert repr(model) == "TimeVaryingISAN(alphabet_size=2, dimension=1, horizon=2)"
    with pytest.raises(ValueError, match="read-only"):
        model.readouts[0] = 1.0


@pytest.mark.bad_shapes
@pytest.mark.parametrize(
    ("start", "transitions", "readouts", "message"),
    [
        (np.ones(2), np.ones((1, 2, 1, 1)), np.zeros((2, 2, 1)), r"initial_state must have shape \(1,\), got \(2,\)"),
        (np.ones(1), np.ones((2, 2, 1, 1)), np.zeros((2, 2, 1)), r"transitions must have shape \(1, 2, 1, 1\)"),
        (np.ones(1), np.ones((1, 2, 1, 1)), np.zeros((2, 2)), "readouts must have shape"),
        (np.ones(1), np.ones((1, 2, 1, 1)), np.full((2, 2, 1), np.nan), "readouts holds NaN or infinity"),
    ],
)
def test_arrays_that_make_no_isan_are_refused(start, transitions, readouts, message):
    with pytest.raises(ArgumentError, match=message):
        TimeVaryingISAN(start, transitions, readouts)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"alphabet_size": 1}, "alphabet_size must be at least 2"),
        ({"dimension": 0}, "dimension must be at least 1"),
        ({"horizon": 0}, "horizon must be at least 1"),
        ({"scale": 0.0}, "scale must be a finite number"),
    ],
)
def test_bad_sizes_are_refused(settings, message):
    with pytest.raises(ArgumentError, match=message):
        random_isan(**({"alphabet_size": 2, "dimension": 2, "horizon": 3} | settings))
