"""The atlas of epochs that a learner of one's own kept is that of the same epochs told by the package."""

from types import SimpleNamespace

import numpy as np
import pytest

from lowlogit_edu.algorithm.learner import extended_futures
from lowlogit_edu.config import LearnerConfig
from lowlogit_edu.experiments.atlas import NEVER
from lowlogit_edu.experiments.atlas_kept import KEPT, atlas_of_epochs
from lowlogit_edu.learner import learn_steps
from lowlogit_edu.matrices.logit_matrix import word_logits
from lowlogit_edu.models import random_isan
from lowlogit_edu.oracles.exact import ExactOracle

TEACHER = random_isan(alphabet_size=3, dimension=3, horizon=5, seed=0)


def kept(model, futures):
    """The cuts of a model of the package, with numpy's integers, as a student may keep them."""
    cuts = []
    for s, cut in enumerate(model.cuts):
        columns = extended_futures(futures[s], futures[s + 1], 3)
        table = word_logits(ExactOracle(TEACHER), cut.histories.tolist(), columns)
        logits = {future: table[:, column] for column, future in enumerate(columns)}
        cuts.append(SimpleNamespace(histories=[tuple(row) for row in cut.histories], logits=logits, model=model))
    return cuts


@pytest.fixture(scope="module")
def epochs():
    history = []
    config = LearnerConfig(spanner_samples=60, validation_samples=30)
    for state, event in learn_steps(ExactOracle(TEACHER), 5, config, seed=0):
        if event.kind == "span":
            futures = [list(words) for words in state.futures]
            cuts = kept(state.model, futures)
        elif event.kind == "verify":
            history.append([futures, cuts, np.array(event.data["residuals"]), "verified"])
        elif event.kind == "witness":
            history[-1][-1] = (event.data["cut"], tuple(np.array(event.data["future"])))
    return history


def followed(cuts, text):
    return list(cuts[0].model.solution(text).coefficients) or None


def test_cells_are_what_the_cuts_hold(epochs):
    atlas = atlas_of_epochs(epochs, 3)
    cells = 0
    for s, panel in enumerate(atlas.cuts):
        held = {
            (*history, *future): number
            for number, (_, cuts, *_) in reversed(list(enumerate(epochs)))
            for cut in cuts
            for history in cut.histories
            for future in cut.logits
        }
        for row, history in enumerate(panel.histories):
            for place, block in enumerate(panel.blocks):
                for token in range(3):
                    epoch = held.get((*history, *block, token))
                    since = panel.since[row, place, token]
                    assert since == (NEVER if epoch is None else 2 * epoch)
                    if epoch is not None:
                        truth = TEACHER.next_token_logits((*history, *block))[token]
                        assert np.isclose(panel.values[row, place, token], truth)
                        cells += 1
        assert {purpose for line in panel.purposes for purpose in line} <= {"", KEPT}
        assert all(len(history) == s for history in panel.histories)
    assert cells > 100


def test_frames_tell_spanners_futures_and_witnesses(epochs):
    atlas = atlas_of_epochs(epochs, 3)
    assert len(atlas.frames) == 2 * len(epochs) > 4
    for number, (futures, cuts, _, found) in enumerate(epochs):
        span, verify = atlas.frames[2 * number : 2 * number + 2]
        assert span.futures == tuple(map(tuple, futures)) and span.witnesses == ()
        assert span.spanners == tuple(tuple(cut.histories) for cut in cuts)
        if found == "verified":
            assert verify.message == "Every test passed." and verify.futures == span.futures
        else:
            assert verify.witnesses == (found,) and found[1] in verify.futures[found[0] - 1]
            assert f"and {found[0]} disagree by" in verify.message and "int64" not in verify.message
    assert atlas.frames[-1].queries is None


def test_the_learners_own_program_is_followed(epochs):
    text = (0, 1, 2, 0)
    atlas = atlas_of_epochs(epochs, 3, [text], followed)
    model = epochs[-1][1][0].model
    for c, expected in zip(atlas.frames[-1].paths[0], model.solution(text).coefficients, strict=True):
        np.testing.assert_array_equal(c, expected)
    assert text[:2] in atlas.cuts[2].histories  # the text's own row is shown
    without = atlas_of_epochs(epochs, 3, [text], lambda cuts, text: None)
    assert without.frames[-1].paths == ((),)
