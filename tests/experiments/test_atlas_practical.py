"""The atlas of a practical run: what was asked, of a real alphabet; one spanner for all cuts."""

import numpy as np
import pytest

from lowlogit_edu.config import LearnerConfig
from lowlogit_edu.core.errors import ArgumentError
from lowlogit_edu.experiments.atlas import NEVER
from lowlogit_edu.experiments.atlas_practical import NotedTexts, atlas_of_practical_run, atlas_of_practical_state
from lowlogit_edu.learner import learn, learn_steps
from lowlogit_edu.models import random_isan
from lowlogit_edu.oracles.base import logits_along
from lowlogit_edu.oracles.exact import ExactOracle
from lowlogit_edu.practical.state import PracticalState

TEACHER = random_isan(alphabet_size=9, dimension=3, horizon=8, seed=0)
CONFIG = LearnerConfig.practical(rank=4, sequences=120, witnesses=30, passes=0, epochs=2)


@pytest.fixture(scope="module")
def atlas():
    return atlas_of_practical_run(ExactOracle(TEACHER), 8, CONFIG, seed=0, cuts=7, rows=3)


def test_questions_are_counted_as_the_ledger_does(atlas):
    result = learn(ExactOracle(TEACHER), 8, CONFIG, seed=0)
    assert [frame.queries for frame in atlas.frames] == [event.data["queries"] for event in result.history]
    noted = NotedTexts(ExactOracle(TEACHER))
    learn(noted, 8, CONFIG, seed=0)
    assert noted.asked == result.queries
    assert {purpose for _, purpose in noted.first.values()} == set(result.ledger)
    cells = 0
    for panel in atlas.cuts:
        for row, history in enumerate(panel.histories):
            for place, block in enumerate(panel.blocks):
                asked = (*history, *block) in noted.first
                assert (panel.since[row, place] != NEVER).all() == asked
                if asked:
                    truth = TEACHER.next_token_logits((*history, *block))
                    np.testing.assert_allclose(panel.values[row, place], truth, atol=1e-9)
                    cells += 1
    assert 10 < cells < sum(panel.since[..., 0].size for panel in atlas.cuts)


def test_rows_are_those_with_the_largest_coefficients(atlas):
    *_, (state, _) = learn_steps(ExactOracle(TEACHER), 8, CONFIG, seed=0)
    last = atlas.frames[-1]
    assert last.spanners == (state.spanner.histories,) * 7
    columns = state.answers.code.columns[np.array(atlas.texts)]
    np.testing.assert_allclose(np.array(last.paths), state.maps.carry(columns)[:, :7], rtol=1e-6)
    for s, panel in enumerate(atlas.cuts):
        weights = {}
        for frame in atlas.frames:
            for path in frame.paths:
                for history, c in zip(frame.spanners[s], path[s], strict=True):
                    weights[history] = max(weights.get(history, 0), abs(c))
        largest = sorted(weights, key=lambda history: -weights[history])[:3]
        assert set(largest) <= set(panel.histories)
        assert {text[s : s + 1] for text in atlas.texts} <= set(panel.blocks)


def test_rare_contexts_are_rows_and_light_up_when_they_are_asked(atlas):
    number, frame = next((i, frame) for i, frame in enumerate(atlas.frames) if "witness" in frame.title)
    assert "rare contexts" in frame.message
    lit = [(row, place) for panel in atlas.cuts for row, place in np.argwhere(panel.since[..., 0] == number)]
    assert lit


def test_a_run_as_it_stands_shows_what_its_answers_hold(atlas):
    *_, (state, _) = learn_steps(ExactOracle(TEACHER), 8, CONFIG, seed=0)
    standing = atlas_of_practical_state(ExactOracle(TEACHER), state, cuts=7, rows=3)
    (frame,) = standing.frames
    assert frame.queries == atlas.frames[-1].queries and frame.spanners == atlas.frames[-1].spanners
    told = {
        tuple(text[:t])
        for block in state.told.blocks
        for text, known in zip(block.tokens.tolist(), block.known, strict=True)
        for t in np.flatnonzero(known)
    }
    cells = 0
    for panel in standing.cuts:
        for row, history in enumerate(panel.histories):
            for place, block in enumerate(panel.blocks):
                known = (*history, *block) in told
                assert (panel.since[row, place] == 0).all() == known
                cells += known
    assert 10 < cells < sum(panel.since[..., 0].size for panel in standing.cuts)
    with pytest.raises(ArgumentError, match="the state has no spanner yet"):
        atlas_of_practical_state(ExactOracle(TEACHER), PracticalState())


def test_texts_noted_are_all_their_beginnings():
    noted = NotedTexts(ExactOracle(TEACHER))
    tokens = np.array([[0, 1, 2], [0, 1, 3]])
    with noted.purpose("along"):
        rows = logits_along(noted, tokens)
    noted.frame = 1
    noted.logits([(0,), (4,)])
    np.testing.assert_allclose(rows[1, 2], TEACHER.next_token_logits((0, 1)))
    assert noted.first == {(): (0, "along"), (0,): (0, "along"), (0, 1): (0, "along"), (4,): (1, "unnamed")}
    assert noted.asked == 8


@pytest.mark.slow
def test_the_embedded_teachers_tokens_have_texts(embedded):
    settings = LearnerConfig.practical(rank=8, sequences=60, witnesses=8, passes=0, epochs=1)
    atlas = atlas_of_practical_run(embedded, 6, settings, names=lambda token: embedded.decode([token]))
    assert atlas.alphabet_size == 512 and atlas.names[atlas.texts[0][0]] == embedded.decode([atlas.texts[0][0]])
