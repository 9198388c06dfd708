"""Factors are as short as the definition allows; the average error is zero exactly at the rank."""

import numpy as np
import pytest

from lowlogit_edu.core.errors import ArgumentError
from lowlogit_edu.learner import learn_steps
from lowlogit_edu.lemmas.traces import futures_are_representative, trace_is_low_rank
from lowlogit_edu.matrices.factors import average_rank_error, bounded_factors
from lowlogit_edu.matrices.logit_matrix import cut_matrix
from lowlogit_edu.models import noisy_parity, random_isan, random_table
from lowlogit_edu.oracles.base import sample
from lowlogit_edu.oracles.exact import ExactOracle
from lowlogit_edu.oracles.logged import Logged, Query
from lowlogit_edu.oracles.noisy import Noisy

TEACHER = random_isan(alphabet_size=3, dimension=2, horizon=5, seed=0)


@pytest.mark.parametrize("cut", [1, 2, 3, 5])
def test_factors_multiply_to_the_matrix_and_are_bounded(cut):
    matrix = cut_matrix(TEACHER, cut)
    factors = bounded_factors(matrix)
    rank = factors.histories.shape[1]
    assert rank <= 2 and np.allclose(factors.histories @ factors.futures.T, matrix, atol=1e-9)
    assert factors.alpha <= 1.01 * np.sqrt(rank * np.abs(matrix).max()) + 1e-9


def test_a_matrix_of_zeros_has_short_factors():
    assert bounded_factors(np.zeros((3, 2))).alpha <= 1.01


def test_the_average_error_vanishes_at_the_rank_and_not_below():
    oracle = ExactOracle(TEACHER)
    errors = [average_rank_error(oracle, 5, cut=2, rank=rank) for rank in (0, 1, 2)]
    assert errors[0] > errors[1] > 0.01 > 1e-12 > errors[2]


def test_a_random_table_keeps_an_error_at_low_rank():
    assert average_rank_error(ExactOracle(random_table(3, 5, seed=0)), 5, cut=2, rank=2) > 0.1


def test_the_last_cut_has_no_future_left():
    with pytest.raises(ArgumentError, match="cut must be between 1 and 4"):
        average_rank_error(ExactOracle(TEACHER), 5, cut=5, rank=1)


def test_a_trace_is_of_low_rank_up_to_the_oracles_noise_and_no_closer():
    oracle = Noisy(ExactOracle(TEACHER), 1e-3, seed=0)
    log = Logged(oracle)
    sample(log, 50, 5, rng=np.random.default_rng(0))
    assert trace_is_low_rank(oracle, log.records, TEACHER, dimension=2, epsilon=1e-3, alpha=10.0).holds
    assert not trace_is_low_rank(oracle, log.records, TEACHER, dimension=2, epsilon=1e-4).holds
    assert not trace_is_low_rank(oracle, log.records, TEACHER, dimension=1, epsilon=1e-3).holds
    assert not trace_is_low_rank(oracle, log.records, TEACHER, dimension=2, epsilon=1e-3, alpha=0.1).holds


def test_a_single_answer_of_another_model_breaks_a_trace():
    other = ExactOracle(random_isan(3, 2, 5, seed=1))
    assert not trace_is_low_rank(other, [Query("line 8", (0, 1))], TEACHER, dimension=2, epsilon=0.01).holds


def test_the_learners_futures_are_representative_and_single_tokens_are_not():
    *_, (state, _) = learn_steps(ExactOracle(TEACHER), 5, seed=0)
    for cut, futures in enumerate(state.futures[:4], start=1):
        assert futures_are_representative(TEACHER, cut, futures).holds
    parity = noisy_parity(bits=4, seed=1)
    finding = futures_are_representative(parity, 3, [(0,), (1,)])
    assert not finding.holds and finding.numbers == {"part": 0, "whole": 1}
