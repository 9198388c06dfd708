"""What is sent to the browser says the same as the atlas."""

import json

import numpy as np
import pytest

from lowlogit_edu.config import LearnerConfig
from lowlogit_edu.experiments import Answer, Frame, assemble, atlas_of_run
from lowlogit_edu.models import random_isan
from lowlogit_edu.oracles.exact import ExactOracle
from lowlogit_edu.widgets.atlas_wire import own_blocks, scale, wire

CONFIG = LearnerConfig(spanner_samples=30, validation_samples=20)


@pytest.fixture(scope="module")
def atlas():
    teacher = random_isan(alphabet_size=3, dimension=3, horizon=6, seed=0)
    return atlas_of_run(ExactOracle(teacher), 6, CONFIG, rows=5)


def test_cells_are_rounded_and_what_is_not_known_is_null(atlas):
    sent = json.loads(json.dumps(wire(atlas), allow_nan=False))
    nulls = 0
    for panel, cut in zip(atlas.cuts, sent["cuts"], strict=True):
        flat = panel.values.reshape(len(panel.histories), -1)
        found = np.array([[np.nan if x is None else x for x in row] for row in cut["values"]])
        np.testing.assert_allclose(found, flat, atol=6e-4)
        np.testing.assert_array_equal(cut["since"], panel.since.reshape(flat.shape))
        nulls += int(np.isnan(found).sum())
        words = [[sent["purposes"][number] for number in row] for row in cut["purposes"]]
        assert words == [list(row) for row in panel.purposes]
        assert np.nanmax(np.abs(found)) <= sent["scale"]
    assert nulls > 0


def test_marks_and_terms_point_at_the_right_rows_and_columns(atlas):
    sent = wire(atlas)
    hidden = 0
    for frame, told in zip(atlas.frames, sent["frames"], strict=True):
        for s, (panel, rows) in enumerate(zip(atlas.cuts, told["spanners"], strict=False)):
            assert [panel.histories[row] for row in rows] == [h for h in frame.spanners[s] if h in panel.histories]
        for panel, words, columns in zip(atlas.cuts, frame.futures, told["futures"], strict=False):
            futures = {(*panel.blocks[column // 3], column % 3) for column in columns}
            assert futures == set(words)
        for (s, column), (cut, word) in zip(told["witnesses"], frame.witnesses, strict=True):
            assert s == cut - 1 and (*atlas.cuts[s].blocks[column // 3], column % 3) == word
        for path, terms, left in zip(frame.paths, told["paths"], told["hidden"], strict=True):
            assert (terms is None) == (path == ())
            if terms is None:
                continue
            for s, (c, of_cut) in enumerate(zip(path, terms, strict=True)):
                expected = dict(zip(frame.spanners[s], c.round(3), strict=True))
                for row, value in of_cut:
                    assert expected.pop(atlas.cuts[s].histories[row]) == pytest.approx(value)
                assert left[s] == sum(value != 0 for value in expected.values())
                hidden += left[s]
    assert hidden > 0  # five rows are too few for all spanners of the run


def test_own_blocks_are_those_of_the_futures(atlas):
    for s, (panel, own) in enumerate(zip(atlas.cuts, own_blocks(atlas), strict=True)):
        stems = {word[:-1] for frame in atlas.frames for word in frame.futures[s]}
        assert {block for block, mine in zip(panel.blocks, own, strict=True) if mine} == stems
    assert not all(all(own) for own in own_blocks(atlas))


def test_a_wide_alphabet_sends_sizes_and_the_largest_logits():
    logits = np.linspace(-1.0, 2.0, 40) - 0.5
    frames = [Frame("one", "One.", spanners=(((),),), paths=((np.array([1.0]),), ()))]
    answers = {(): Answer(logits, np.zeros(40, dtype=int), "by hand")}
    atlas = assemble(frames, answers, [[()]], [[(), (7,)]], [(1,), (2,)], names={39: " last"})
    sent = wire(atlas)
    (cut,) = sent["cuts"]
    size = float(np.sqrt((logits**2).mean()))
    assert cut["values"][0] == [pytest.approx(size, abs=1e-3), None] and cut["since"] == [[0, -1]]
    top, nothing = cut["top"][0]
    assert [token for token, _ in top] == list(range(39, 31, -1)) and top[0][1] == 1.5 and nothing == []
    assert sent["names"] == {"39": " last"} and scale(atlas) == pytest.approx(size, abs=1e-3)
    assert sent["frames"][0]["paths"] == [[[(0, 1.0)]], None]
