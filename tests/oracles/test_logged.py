"""A log holds every query, and the line of the algorithm that asked it."""

import numpy as np
import pytest

from lowlogit_edu.algorithm.learner import faithful_steps
from lowlogit_edu.config import LearnerConfig
from lowlogit_edu.core.errors import ArgumentError
from lowlogit_edu.models import random_isan
from lowlogit_edu.oracles.base import LogitOracle, ask
from lowlogit_edu.oracles.counted import Counted
from lowlogit_edu.oracles.exact import ExactOracle
from lowlogit_edu.oracles.logged import Logged, Query

TEACHER = random_isan(alphabet_size=3, dimension=2, horizon=4, seed=0)


def test_a_log_holds_the_questions_in_their_order():
    oracle = Logged(ExactOracle(TEACHER))
    assert isinstance(oracle, LogitOracle) and np.allclose(ask(oracle, [(1,), ()]), TEACHER.logits([(1,), ()]))
    with oracle.purpose("check"):
        ask(oracle, [(0, 2)])
    assert oracle.records == [Query("unnamed", (1,)), Query("unnamed", ()), Query("check", (0, 2))]
    assert repr(oracle).endswith("records=3)")


def test_a_refused_question_is_not_recorded():
    oracle = Logged(ExactOracle(TEACHER))
    with pytest.raises(ArgumentError, match="at most 3"):
        ask(oracle, [(0,) * 4])
    assert oracle.records == []


def test_a_purpose_reaches_the_wrappers_inside():
    log = Logged(ExactOracle(TEACHER))
    counted = Counted(log)
    with counted.purpose("outer"):
        ask(counted, [()])
        with counted.purpose("inner"):
            ask(counted, [(0,)])
        ask(counted, [(1,)])
    assert [query.purpose for query in log.records] == ["outer", "inner", "outer"]
    assert dict(counted.by_purpose) == {"outer": 2, "inner": 1}


def test_the_log_of_the_faithful_learner_agrees_with_its_ledger():
    log = Logged(ExactOracle(TEACHER))
    *_, (state, _) = faithful_steps(log, 4, LearnerConfig(spanner_samples=50), 0)
    lines = [query.purpose for query in log.records]
    assert {line: lines.count(line) for line in set(lines)} == state.ledger
