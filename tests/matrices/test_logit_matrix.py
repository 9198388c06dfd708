"""The logit matrix holds what Definition 1.3 says, and its ranks are those of the paper."""

import time

import numpy as np
import pytest

from lowlogit_edu.core.errors import ArgumentError, TooLarge
from lowlogit_edu.matrices.logit_matrix import (
    all_words,
    best_rank_errors,
    cut_matrix,
    cut_ranks,
    logit_matrix,
    singular_values,
    word_logits,
)
from lowlogit_edu.models import TimeVaryingISAN, copying, noisy_parity, random_isan
from lowlogit_edu.oracles.counted import Counted
from lowlogit_edu.oracles.exact import ExactOracle

MODEL = random_isan(alphabet_size=3, dimension=2, horizon=5, seed=0)
ORACLE = ExactOracle(MODEL)


def test_each_entry_is_the_logit_after_history_and_future():
    histories = [(0, 1), (2, 2)]
    futures = [(), (1,), (2, 0)]
    matrix = logit_matrix(ORACLE, histories, futures)
    assert matrix.shape == (2, 9)
    for (row, h), (column, f) in ((x, y) for x in enumerate(histories) for y in enumerate(futures)):
        assert np.allclose(matrix[row, 3 * column : 3 * column + 3], MODEL.next_token_logits(h + f), atol=1e-14)


def test_word_logits_are_columns_of_the_logit_matrix_and_share_queries():
    counted = Counted(ORACLE)
    words = [(1,), (0, 2), (2,), (0, 0)]
    values = word_logits(counted, [(0,), (1,)], words)
    matrix = logit_matrix(ORACLE, [(0,), (1,)], [(), (0,)])
    assert np.allclose(values, matrix[:, [1, 5, 2, 3]], atol=1e-14)
    assert counted.queries == 4


def test_an_empty_word_is_refused():
    with pytest.raises(ArgumentError, match="words must be nonempty"):
        word_logits(ORACLE, [()], [()])


def test_all_words_are_lexicographic():
    assert all_words(2, 2) == [(0, 0), (0, 1), (1, 0), (1, 1)] and all_words(3, 0) == [()]


@pytest.mark.parametrize(
    ("model", "ranks"),
    [
        (noisy_parity(bits=5), [1, 1, 1, 1, 1, 1]),
        (copying(length=4), [1, 2, 3, 4, 4, 3, 2, 1]),
        (random_isan(alphabet_size=2, dimension=3, horizon=6), [1, 2, 3, 3, 3, 1]),
    ],
    ids=repr,
)
def test_cut_ranks_are_those_known(model, ranks):
    assert cut_ranks(model) == ranks


def test_full_rank_is_noticed():
    """A table of independent logits after every prefix has no low rank."""
    rng = np.random.default_rng(0)
    prefixes = [word for length in range(3) for word in all_words(2, length)]
    states = np.eye(len(prefixes))
    place = {prefix: i for i, prefix in enumerate(prefixes)}
    moves = np.zeros((2, 2, len(prefixes), len(prefixes)))
    for prefix in prefixes[:3]:
        for token in range(2):
            moves[:, token, place[(*prefix, token)], place[prefix]] = 1
    readouts = rng.standard_normal((3, 2, len(prefixes)))
    assert cut_ranks(TimeVaryingISAN(states[0], moves, readouts)) == [1, 2, 1]


@pytest.mark.reliability("R16")
def test_a_permutation_of_tokens_keeps_the_singular_values():
    order = [2, 0, 1]
    permuted = TimeVaryingISAN(MODEL.initial_state, MODEL.transitions[:, order], MODEL.readouts[:, order])
    for cut in range(1, 6):
        ours, theirs = (singular_values(cut_matrix(model, cut)) for model in (MODEL, permuted))
        assert np.allclose(ours, theirs, atol=1e-10)


@pytest.mark.reliability("R23")
def test_a_matrix_that_does_not_fit_is_refused_at_once_with_its_size():
    big = noisy_parity(bits=40)
    start = time.perf_counter()
    with pytest.raises(TooLarge, match=r"at cut 20 of 41 would take [\d,]{18,} bytes.*use a smaller horizon"):
        cut_matrix(big, 20)
    assert time.perf_counter() - start < 0.05


@pytest.mark.reliability("R23")
def test_a_matrix_of_given_words_that_does_not_fit_is_refused_before_a_query():
    counted = Counted(ORACLE)
    words = [(0,)] * 50_000
    for matrix, gigabytes in ((logit_matrix, "60.0"), (word_logits, "20.0")):
        with pytest.raises(TooLarge, match=rf"would take {gigabytes} GB, more than 8; use fewer histories or futures"):
            matrix(counted, words, words)
    assert counted.queries == 0


def test_the_size_in_the_message_is_the_true_one():
    size = cut_matrix(MODEL, 3).nbytes
    assert cut_matrix(MODEL, 3, max_bytes=size).nbytes == size
    with pytest.raises(TooLarge, match=f"would take {size:,} bytes"):
        cut_matrix(MODEL, 3, max_bytes=size - 1)


@pytest.mark.parametrize("cut", [0, 6])
def test_a_cut_outside_the_model_is_refused(cut):
    with pytest.raises(ArgumentError, match=f"cut must be between 1 and 5, got {cut}"):
        cut_matrix(MODEL, cut)


def test_best_rank_errors_fall_to_zero_at_the_rank():
    errors = best_rank_errors(cut_matrix(MODEL, 3), [0, 1, 2, 3])
    assert errors[0] > errors[1] > 1e-3 and (errors[2:] < 1e-14).all()
    assert errors[0] == pytest.approx(np.abs(cut_matrix(MODEL, 3)).mean())
