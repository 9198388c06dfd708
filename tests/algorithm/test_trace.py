"""A trace says epoch by epoch what the learner knew, what surprised it, and what that added to the potential."""

from itertools import pairwise

import numpy as np
import pytest

from lowlogit_edu.algorithm.learner import FaithfulState, faithful_steps
from lowlogit_edu.algorithm.trace import from_json, to_json, trace
from lowlogit_edu.config import LearnerConfig
from lowlogit_edu.core.errors import ArgumentError
from lowlogit_edu.matrices.logit_matrix import word_logits
from lowlogit_edu.models import random_isan
from lowlogit_edu.oracles.exact import ExactOracle

TEACHER = random_isan(alphabet_size=3, dimension=3, horizon=5, seed=7)


def run(**settings):
    config = LearnerConfig(spanner_samples=200, **settings)
    *_, (state, _) = faithful_steps(ExactOracle(TEACHER), 5, config, 0)
    return state


@pytest.fixture(scope="module", params=[False, True], ids=["one", "every cut"])
def state(request):
    return run(every_cut=request.param)


def test_futures_grow_by_each_witness(state):
    rows = trace(state)
    epochs = [row.epoch for row in rows]
    assert sorted(set(epochs)) == list(range(1, state.epoch + 1))
    assert rows[-1].futures == state.futures and rows[-1].witness is None
    assert all(row.futures[0] == ((0,), (1,), (2,)) for row in rows)
    for row, following in pairwise(rows):
        cut, word = row.witness
        grown = [(*words, word) if s == cut else words for s, words in enumerate(row.futures, start=1)]
        assert following.futures == tuple(grown)


def test_each_witness_adds_the_log_of_one_plus_its_surprise(state):
    rows = trace(state)
    for row, following in pairwise(rows):
        gained = np.array(following.log_determinants) - row.log_determinants
        assert gained[row.witness[0] - 1] == pytest.approx(np.log1p(row.surprise)) and row.surprise > 0
        assert (np.delete(gained, row.witness[0] - 1) == 0).all()


def test_the_potential_is_that_of_the_futures_on_the_last_spanner(state):
    (*_, last) = trace(state, regularization=0.5)
    factors = word_logits(ExactOracle(TEACHER), last.spanners[2], last.futures[2])
    expected = np.linalg.slogdet(0.5 * np.eye(len(factors)) + factors @ factors.T).logabsdet
    assert last.log_determinants[2] == pytest.approx(expected)


def test_queries_add_up_to_those_of_the_ledger(state):
    assert sum(row.queries for row in trace(state)) == sum(state.ledger.values())


def test_a_witness_of_the_last_epoch_has_no_surprise_yet():
    rows = trace(run(max_epochs=2))
    assert [row.surprise is None for row in rows] == [False, True] and rows[-1].witness and rows[-1].residual > 1e-6


def test_one_witness_an_epoch_unless_every_cut_may_have_one():
    one, every = (trace(run(every_cut=every_cut)) for every_cut in (False, True))
    assert len({row.epoch for row in one}) == len(one)
    assert len({row.epoch for row in every}) < min(len(every), len(one))
    assert len({(row.epoch, *row.witness[:1]) for row in every[:-1]}) == len(every) - 1  # one for each cut


def test_a_trace_written_as_json_is_read_again(state):
    assert from_json(to_json(trace(state))) == trace(state)


@pytest.mark.parametrize("text", ["", "3", '[{"epoch": 1}]', "[3]", '{"epoch": 1}'])
def test_other_json_is_refused(text):
    with pytest.raises(ArgumentError, match="expected a JSON array of objects with epoch, futures"):
        from_json(text)


def test_there_is_no_trace_before_the_first_spanner():
    with pytest.raises(ArgumentError, match="no epoch to trace yet"):
        trace(FaithfulState(()))
