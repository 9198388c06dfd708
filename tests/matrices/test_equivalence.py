"""Fact 1.1: what has low cut ranks is an ISAN of that dimension, and rows of mixed length would not do."""

import numpy as np
import pytest

from lowlogit_edu.core.errors import ArgumentError
from lowlogit_edu.matrices.equivalence import cut_factors, isan_from_model, mixed_matrix, mixed_ranks
from lowlogit_edu.matrices.logit_matrix import cut_matrix, cut_ranks
from lowlogit_edu.models import TimeVaryingISAN, blow_up_isan, noisy_parity, random_isan, random_table


def check_round_trip(seed):
    """Alphabets of 2 to 4, dimensions 1 to 5, horizons 1 to 6."""
    V = 2 + seed % 3
    d = 1 + seed % 5
    T = 1 + seed % 6
    teacher = random_isan(V, d, T, seed=seed)
    again = isan_from_model(teacher)
    words = teacher.sample(50, seed=1)
    assert again.dimension == max(cut_ranks(teacher)) <= d
    assert np.abs(again.log_probabilities() - teacher.log_probabilities()).max() < 1e-8
    assert np.abs(again.logits_along(words) - teacher.logits_along(words)).max() < 1e-8


@pytest.mark.parametrize("seed", range(0, 200, 10))
def test_the_round_trip_is_exact(seed):
    check_round_trip(seed)


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(200))
@pytest.mark.reliability("R13")
def test_the_round_trip_is_exact_on_200_random_isans(seed, record_property):
    record_property("figure", "Fact 1.1 on 200 ISANs")
    check_round_trip(seed)


@pytest.mark.parametrize("cut", [1, 2, 3, 4])
def test_states_times_readings_are_the_cut_matrix(cut):
    model = random_isan(alphabet_size=3, dimension=2, horizon=4, seed=1)
    states, readings = cut_factors(model, cut)
    assert states.shape == (3 ** (cut - 1), 2)
    assert np.allclose(states @ readings.T, cut_matrix(model, cut), atol=1e-12)


@pytest.mark.parametrize(
    "teacher",
    [noisy_parity(bits=5, seed=1), blow_up_isan(7), random_table(2, 5), random_table(3, 4)],
    ids=repr,
)
@pytest.mark.reliability("R13")
def test_any_model_is_an_isan_of_its_own_cut_rank(teacher):
    again = isan_from_model(teacher)
    assert again.dimension == max(cut_ranks(teacher))
    assert np.abs(again.log_probabilities() - teacher.log_probabilities()).max() < 1e-8


def test_states_and_transitions_have_entries_of_about_one_at_most():
    """A basis of (nearly) maximum volume."""
    again = isan_from_model(random_isan(alphabet_size=3, dimension=4, horizon=5, seed=3))
    assert np.abs(again.transitions).max() <= 1.01 + 1e-9
    assert again.initial_state.tolist() == [1, 0, 0, 0]


def test_a_larger_dimension_is_padded_and_a_smaller_one_refused():
    teacher = random_isan(alphabet_size=2, dimension=3, horizon=5, seed=0)
    assert isan_from_model(teacher, dimension=6).dimension == 6
    assert np.allclose(isan_from_model(teacher, dimension=6).log_probabilities(), teacher.log_probabilities())
    with pytest.raises(ArgumentError, match="dimension must be at least 3, the model's logit rank at cut 3; got 2"):
        isan_from_model(teacher, dimension=2)
    assert "isan_from_model(random_isan(" in repr(isan_from_model(teacher))


def test_rows_of_mixed_length_have_a_higher_rank_than_the_dimension():
    model = random_isan(alphabet_size=2, dimension=3, horizon=6, seed=0)
    assert cut_ranks(model) == [1, 2, 3, 3, 3, 1]
    assert mixed_ranks(model) == [1, 3, 6, 7, 3, 1]


def test_rows_of_mixed_length_are_harmless_where_nothing_depends_on_time():
    model = random_isan(alphabet_size=2, dimension=3, horizon=6, seed=0)
    steady = TimeVaryingISAN(
        model.initial_state, np.tile(model.transitions[0], (5, 1, 1, 1)), np.tile(model.readouts[0], (6, 1, 1))
    )
    assert mixed_ranks(steady) == [1, 3, 3, 3, 3, 1]


def test_mixed_rows_hold_the_cut_rows():
    model = random_isan(alphabet_size=2, dimension=2, horizon=4, seed=0)
    assert mixed_matrix(model, 3).shape == (1 + 2 + 4, 2 * (1 + 2))
    with pytest.raises(ArgumentError, match="cut must be between 1 and 4"):
        mixed_matrix(model, 0)
