"""The atlas of a run holds the teacher's logits, the questions that were counted, and coefficients that add up."""

from dataclasses import replace

import numpy as np
import pytest

from lowlogit_edu.config import LearnerConfig
from lowlogit_edu.core.errors import ArgumentError, TooLarge
from lowlogit_edu.experiments.atlas import NEVER
from lowlogit_edu.experiments.atlas_runs import BLOCKS, ROWS, Noted, atlas_of_model, atlas_of_run, chosen_texts
from lowlogit_edu.learner import learn
from lowlogit_edu.matrices.logit_matrix import cut_matrix, word_logits
from lowlogit_edu.models import copying, noisy_parity, random_isan
from lowlogit_edu.oracles.exact import ExactOracle

TEACHER = random_isan(alphabet_size=3, dimension=3, horizon=7, seed=1)
CONFIG = LearnerConfig(spanner_samples=40, validation_samples=20)


@pytest.fixture(scope="module")
def atlas():
    return atlas_of_run(ExactOracle(TEACHER), TEACHER.horizon, CONFIG, seed=0)


@pytest.fixture(scope="module")
def result():
    return learn(ExactOracle(TEACHER), TEACHER.horizon, CONFIG, seed=0)


def wrong_cells(atlas, teacher):
    """How many cells that are known differ from the teacher's logits."""
    count = 0
    for panel in atlas.cuts:
        for row, history in enumerate(panel.histories):
            for place, block in enumerate(panel.blocks):
                known = panel.since[row, place] != NEVER
                truth = teacher.next_token_logits((*history, *block))
                count += int((np.abs(panel.values[row, place] - truth)[known] > 1e-9).sum())
    return count


def test_every_cell_is_the_teachers_logit(atlas):
    assert atlas.known(len(atlas.frames)) > 500
    assert wrong_cells(atlas, TEACHER) == 0
    assert wrong_cells(atlas, random_isan(alphabet_size=3, dimension=3, horizon=7, seed=2)) > 500
    panel = atlas.cuts[2]
    values = panel.values.copy()
    values[1, 0, 2] += 1e-3
    assert wrong_cells(replace(atlas, cuts=(*atlas.cuts[:2], replace(panel, values=values))), TEACHER) == 1


def test_what_is_known_is_what_the_run_was_counted_for(atlas, result):
    assert atlas.frames[-1].queries == result.queries
    noted = Noted(ExactOracle(TEACHER))
    learn(noted, TEACHER.horizon, CONFIG, seed=0)
    assert noted.asked == len(noted.answers) == result.queries
    purposes = {answer.purpose for answer in noted.answers.values()}
    assert purposes == {purpose for purpose, queries in result.ledger.items() if queries}
    unknown = 0
    for panel in atlas.cuts:
        for row, history in enumerate(panel.histories):
            for place, block in enumerate(panel.blocks):
                asked = noted.answers.get((*history, *block))
                unknown += asked is None
                assert (panel.since[row, place] != NEVER).all() == (asked is not None)
                assert panel.purposes[row][place] == (asked.purpose if asked else "")
    assert unknown > 0  # the run does not ask everything


def test_cells_become_known_while_questions_are_asked(atlas):
    for number, frame in enumerate(atlas.frames):
        before = atlas.frames[number - 1].queries if number else 0
        grows = atlas.known(number) > (atlas.known(number - 1) if number else 0)
        assert not grows or frame.queries > before
    assert atlas.known(0) == 0 < atlas.known(1) < atlas.known(len(atlas.frames) - 1)


def test_the_run_is_the_learners(atlas, result):
    last = atlas.frames[-1]
    assert [frame.message for frame in atlas.frames] == [event.message for event in result.history]
    for histories, cut in zip(last.spanners, result.model.cuts, strict=True):
        assert histories == tuple(map(tuple, cut.histories.tolist()))
    found = [event.data for event in result.history if event.kind == "witness"]
    shown = [witness for frame in atlas.frames for witness in frame.witnesses]
    assert shown == [(each["cut"], tuple(each["future"])) for each in found]
    assert len(shown) > 2
    for frame in atlas.frames:
        assert all(word in frame.futures[cut - 1] for cut, word in frame.witnesses)
    assert all(word not in atlas.frames[0].futures[cut - 1] for cut, word in shown)


def errors_of_rows(atlas, frame, text):
    """Of each cut: how far the spanner's rows, added up by the coefficients, are from the text's own row, on F_s."""
    oracle = ExactOracle(TEACHER)
    errors = []
    for s, c in enumerate(frame.paths[text]):
        futures = frame.futures[s]
        spanner = word_logits(oracle, frame.spanners[s], futures)
        row = word_logits(oracle, [atlas.texts[text][:s]], futures)[0]
        errors.append(float(np.abs(c @ spanner - row).max()))
    return errors


def test_coefficients_reproduce_the_rows_of_the_text_once_it_is_verified(atlas):
    last = atlas.frames[-1]
    assert len(atlas.texts) == 3 and all(len(text) == TEACHER.horizon - 1 for text in atlas.texts)
    for text in range(3):
        assert max(errors_of_rows(atlas, last, text)) < 1e-6
    first = next(frame for frame in atlas.frames if frame.paths)
    assert max(errors_of_rows(atlas, first, 0)) > 0.01  # before the witnesses they do not
    wrong = list(last.paths[0])
    wrong[3] = wrong[3] + 0.01
    perturbed = replace(last, paths=(tuple(wrong),))
    assert max(errors_of_rows(atlas, perturbed, 0)) > 1e-3


def test_coefficients_go_from_cut_to_cut_as_equation_8_says(atlas):
    oracle = ExactOracle(TEACHER)
    last = atlas.frames[-1]
    text = atlas.texts[0]
    path = last.paths[0]
    for s in range(1, len(path)):
        carried = [(text[s - 1], *future) for future in last.futures[s]]
        left = path[s - 1] @ word_logits(oracle, last.spanners[s - 1], carried)
        right = path[s] @ word_logits(oracle, last.spanners[s], last.futures[s])
        np.testing.assert_allclose(left, right, atol=1e-6)


def test_given_texts_are_followed_and_sizes_are_kept():
    text = (0, 0, 0, 0, 0, 0)
    small = atlas_of_run(ExactOracle(TEACHER), 7, CONFIG, texts=[text], rows=4, blocks=3)
    assert small.texts == (text,)
    assert max(len(panel.histories) for panel in small.cuts) == 4
    assert max(len(panel.blocks) for panel in small.cuts) == 3
    usual = atlas_of_run(ExactOracle(TEACHER), 7, CONFIG, texts=[text])
    assert 4 < max(len(panel.histories) for panel in usual.cuts) <= ROWS
    assert 3 < max(len(panel.blocks) for panel in usual.cuts) <= BLOCKS


def test_what_no_run_can_be_is_refused():
    with pytest.raises(ArgumentError, match="horizon must be at least 2, got 1"):
        atlas_of_run(ExactOracle(TEACHER), 1)
    with pytest.raises(ArgumentError, match="has 7 tokens, but with horizon 7"):
        atlas_of_run(ExactOracle(TEACHER), 7, CONFIG, texts=[(0,) * 7])


def test_texts_that_show_a_witness_come_first():
    drawn = [(0, 0, 0), (0, 1), (1, 1, 0), (0, 1, 1), (1, 0, 1)]
    assert chosen_texts(drawn, 3, []) == [(0, 0, 0), (1, 1, 0), (0, 1, 1)]
    assert chosen_texts(drawn, 3, [(2, (0, 1, 1))]) == [(1, 0, 1), (0, 0, 0), (1, 1, 0)]
    assert chosen_texts(drawn, 3, [(2, (1, 1, 0)), (2, (1, 0))]) == [(0, 1, 1), (1, 1, 0), (0, 0, 0)]


def test_a_whole_model_is_its_cut_matrices():
    model = copying(length=2, strength=3.0)
    atlas = atlas_of_model(model)
    assert [frame.queries for frame in atlas.frames] == list(range(16))
    for cut, panel in enumerate(atlas.cuts, start=1):
        np.testing.assert_allclose(panel.values.reshape(len(panel.histories), -1), cut_matrix(model, cut))
        assert panel.known(len(atlas.frames) - 1).all()
    # One question: one block at each cut that the prefix can be parted at.
    new = [int((panel.since == 9).sum()) for panel in atlas.cuts]
    assert new == [2, 2, 2, 2] and "cuts 1 to 4" in atlas.frames[9].message


def test_a_model_that_is_too_large_is_refused():
    with pytest.raises(TooLarge, match="at most 130 prefixes, and this one has 255; use a smaller alphabet"):
        atlas_of_model(noisy_parity(bits=7))
