"""Low logit rank and low probability rank are different things: every row of the table of known ranks."""

from decimal import Decimal

import numpy as np
import pytest

from lowlogit_edu.core.errors import ArgumentError, TooLarge
from lowlogit_edu.matrices.logit_matrix import cut_ranks
from lowlogit_edu.matrices.probability_rank import (
    precise_cut_ranks,
    precise_rank,
    probability_cut_matrix,
    probability_cut_ranks,
    rank_table,
)
from lowlogit_edu.models import cauchy, copying, hmm, noisy_parity, random_isan, random_table


@pytest.mark.parametrize(
    ("model", "logit_ranks", "probability_ranks"),
    [
        (noisy_parity(bits=5, secret=[1] * 5), [1, 1, 1, 1, 1, 1], [1, 2, 2, 2, 2, 2]),
        (copying(length=4), [1, 2, 3, 4, 4, 3, 2, 1], [1, 2, 4, 8, 16, 8, 4, 2]),
    ],
    ids=repr,
)
def test_ranks_of_parity_and_copying_at_either_precision(model, logit_ranks, probability_ranks):
    assert precise_cut_ranks(model, digits=60) == (logit_ranks, probability_ranks)
    expected = list(zip(range(1, model.horizon + 1), logit_ranks, probability_ranks, strict=True))
    assert rank_table(model) == rank_table(model, digits=60) == expected


@pytest.mark.parametrize("bits", [3, 4, 5])
def test_cauchy_has_logit_rank_2_and_probability_rank_exponential_in_the_bits(bits):
    logit_ranks, probability_ranks = precise_cut_ranks(cauchy(bits), digits=80)
    assert max(logit_ranks) == logit_ranks[bits] == 2
    assert probability_ranks[: bits + 1] == [2**b for b in range(bits + 1)]


def test_float64_cannot_see_the_probability_rank_of_cauchy():
    assert probability_cut_ranks(cauchy(bits=4))[4] < 16


def test_cauchy_compares_the_two_numbers():
    model = cauchy(bits=3)
    for x, f in [((1, 0, 1), (0, 1, 1)), ((0, 0, 1), (1, 1, 1)), ((1, 1, 0), (1, 1, 0))]:
        s_x, s_f = (sum(bit / 2**i for i, bit in enumerate(word, start=1)) for word in (x, f))
        assert model.next_token_logits([*x, *f]).tolist() == [(s_f - s_x) / 2, (s_x - s_f) / 2]
    assert not model.logits([(), (1,), (1, 1, 1, 0, 1)]).any() and repr(model) == "cauchy(bits=3)"
    with pytest.raises(ArgumentError, match="bits must be between 1 and 52"):
        cauchy(53)


def test_a_random_isan_has_its_dimension_as_logit_rank():
    model = random_isan(alphabet_size=2, dimension=3, horizon=6, seed=0)
    assert cut_ranks(model) == [1, 2, 3, 3, 3, 1]
    assert max(probability_cut_ranks(model)) == 8


def test_an_hmm_is_the_other_way_round():
    model = hmm(states=2, alphabet_size=2, horizon=6, seed=1)
    assert probability_cut_ranks(model) == [1, 2, 2, 2, 2, 2]
    assert max(cut_ranks(model)) > 2


def test_rows_are_the_probabilities_of_the_futures():
    model = random_table(alphabet_size=3, horizon=4, seed=0)
    row = probability_cut_matrix(model, cut=3)[5]  # history (1, 2)
    log_p = model.log_probabilities().reshape(9, 9)[5]
    assert row.sum() == pytest.approx(1) and np.allclose(row / row[0], np.exp(log_p - log_p[0]))


@pytest.mark.parametrize("rank", [0, 1, 3, 6])
def test_precise_rank_agrees_with_float64_on_integer_matrices(rank):
    rng = np.random.default_rng(rank)
    matrix = rng.integers(-9, 10, (6, rank)) @ rng.integers(-9, 10, (rank, 8))
    assert precise_rank(matrix.tolist(), digits=40) == np.linalg.matrix_rank(matrix) == rank


def test_more_digits_see_smaller_singular_values():
    rows = [[Decimal(2), Decimal(1)], [Decimal(2), Decimal("1." + 44 * "0" + "1")]]
    assert [precise_rank(rows, digits) for digits in (30, 50, 60)] == [1, 1, 2]


def test_too_much_is_refused():
    with pytest.raises(TooLarge, match=r"2\^25 sequences are too many for arithmetic in 50 digits"):
        precise_cut_ranks(cauchy(bits=12), digits=50)
    with pytest.raises(ArgumentError, match="digits must be at least 20"):
        precise_rank([[1]], digits=5)
    with pytest.raises(ArgumentError, match="cut must be between 1 and 4"):
        probability_cut_matrix(noisy_parity(bits=3), 5)
