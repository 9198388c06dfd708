"""A student's run in the course's picture: the adapter says of a run what `trace` says of it."""

from dataclasses import replace

import numpy as np
import pytest

from lowlogit_edu.algorithm.learner import extended_futures
from lowlogit_edu.algorithm.trace import trace
from lowlogit_edu.config import LearnerConfig
from lowlogit_edu.exercises.own_learner import BOUND, Cut, Own, Trial
from lowlogit_edu.exercises.own_run import OwnRunExplorer, epoch_rows, own_atlas
from lowlogit_edu.learner import learn_steps
from lowlogit_edu.matrices.logit_matrix import word_logits
from lowlogit_edu.models import random_isan
from lowlogit_edu.oracles.exact import ExactOracle

TEACHER = random_isan(alphabet_size=3, dimension=3, horizon=5, seed=0)


def cuts_of_model(model, futures):
    cuts = []
    for s, cut in enumerate(model.cuts):
        histories = [tuple(history) for history in cut.histories.tolist()]
        columns = extended_futures(futures[s], futures[s + 1], TEACHER.alphabet_size)
        table = word_logits(ExactOracle(TEACHER), histories, columns)
        logits = {future: table[:, column] for column, future in enumerate(columns)}
        cuts.append(Cut(histories, list(futures[s]), logits))
    return cuts


@pytest.fixture(scope="module")
def course_run():
    """(state, history): the course's run, and the same in a student's form."""
    history = []
    config = LearnerConfig(spanner_samples=300, validation_samples=60)
    for state, event in learn_steps(ExactOracle(TEACHER), TEACHER.horizon, config, seed=0):
        if event.kind == "span":
            futures = state.futures
            cuts = cuts_of_model(state.model, futures)
        elif event.kind == "verify":
            history.append(([list(words) for words in futures], cuts, event.data["residuals"], "verified"))
        elif event.kind == "witness":
            witness = (event.data["cut"], tuple(event.data["future"]))
            history[-1] = (*history[-1][:3], witness)
    return state, history


def test_the_rows_are_those_of_trace(course_run):
    state, history = course_run
    for ours, theirs in zip(epoch_rows(history), trace(state), strict=True):
        assert ours.log_determinants == pytest.approx(theirs.log_determinants)
        assert ours.surprise == pytest.approx(theirs.surprise)
        same = {"queries": 0, "log_determinants": (), "surprise": None}
        assert replace(ours, **same) == replace(theirs, **same)


def test_an_epoch_without_solution_and_a_witness_that_was_not_asked_about(course_run):
    _, history = course_run
    given = [(*history[0][:3], "infeasible"), history[0]]
    rows = epoch_rows(given)
    assert rows[0].infeasible == 1.0 and rows[0].witness is None
    assert rows[1].witness == history[0][3]
    assert epoch_rows([(*history[0][:3], (2, (0, 1, 2, 0)))])[0].surprise is None


def test_the_explorer_walks_through_her_epochs(course_run):
    _, history = course_run
    found = Trial([], history, distance=0.0, queries=119, prefixes=121)
    explorer = OwnRunExplorer(TEACHER, found)
    for epoch in range(1, len(history) + 1):
        explorer.set(epoch=epoch)
        assert 'role="alert"' not in explorer._message.value
    assert explorer.summary().endswith("it asked about 119 of 121 prefixes.")
    first, second = explorer.data().splitlines()[:2]
    assert first.endswith(",infeasible") and first.count(",") == second.count(",")
    explorer.close()


def test_the_atlas_opens_at_the_last_witness_and_follows_her_program(course_run):
    state, history = course_run

    def solve(cuts, text, bound):
        assert bound == BOUND and any(cuts is kept for _, kept, *_ in history)
        return [np.full(len(cut.histories), float(number)) for number, cut in enumerate(cuts)]

    own = Own(*[solve] * len(Own._fields))
    atlas = own_atlas(TEACHER, Trial([], history), own)
    shown = atlas.atlas.frames[atlas.frame]
    last = [found for *_, found in history if not isinstance(found, str)][-1]
    assert shown.witnesses == (last,) and not any(f.witnesses for f in atlas.atlas.frames[atlas.frame + 1 :])
    assert len(atlas.atlas.texts) == 3 and all(len(text) == TEACHER.horizon - 1 for text in atlas.atlas.texts)
    assert [set(c) for c in shown.paths[0]] == [{0.0}, {1.0}, {2.0}, {3.0}]
    assert shown.spanners == tuple(tuple(cut.histories) for cut in history[-2][1])
    assert state.futures[: len(shown.futures)] == shown.futures
    atlas.close()


def test_there_is_no_atlas_before_the_functions_are_written():
    unwritten = Trial(["solve"])
    assert own_atlas(TEACHER, unwritten, Own(*[None] * len(Own._fields))) is unwritten
