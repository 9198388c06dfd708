"""The still picture shows the cells that are known, the marks, and a line for each coefficient."""

import numpy as np
import pytest
from matplotlib.colors import to_rgba
from matplotlib.patches import ConnectionPatch

from lowlogit_edu.config import LearnerConfig
from lowlogit_edu.experiments import atlas_of_model, atlas_of_run
from lowlogit_edu.models import copying, random_isan
from lowlogit_edu.oracles.exact import ExactOracle
from lowlogit_edu.show.palette import AMBER, BLUE, GREEN, ORANGE, PINK
from lowlogit_edu.widgets.atlas_panels import atlas_figure

CONFIG = LearnerConfig(spanner_samples=60, validation_samples=20)


@pytest.fixture(scope="module")
def atlas():
    teacher = random_isan(alphabet_size=3, dimension=3, horizon=5, seed=0)
    return atlas_of_run(ExactOracle(teacher), 5, CONFIG)


def frames_of(axes, colour):
    return [patch for patch in axes.patches if patch.get_edgecolor() == to_rgba(colour)]


def test_cells_are_white_until_they_are_known():
    atlas = atlas_of_model(copying(length=2))
    for frame in (0, 4, 15):
        figure = atlas_figure(atlas, frame, 0)
        for axes, panel in zip(figure.axes, atlas.cuts, strict=True):
            shown = axes.images[0].get_array().filled(np.nan)
            known = panel.known(frame).reshape(shown.shape)
            np.testing.assert_array_equal(np.isnan(shown), ~known)
            np.testing.assert_allclose(shown[known], panel.values.reshape(shown.shape)[known])


def test_spanners_futures_and_witnesses_are_framed(atlas):
    number = next(i for i, frame in enumerate(atlas.frames) if frame.witnesses)
    frame = atlas.frames[number]
    figure = atlas_figure(atlas, number, 0)
    for s, axes in enumerate(figure.axes):
        assert len(frames_of(axes, GREEN)) == len(frame.spanners[s])
        assert len(frames_of(axes, PINK)) == len(frame.futures[s])
        assert len(frames_of(axes, AMBER)) == sum(cut == s + 1 for cut, _ in frame.witnesses)
        bold = [label.get_text() for label in axes.get_yticklabels() if label.get_fontweight() == "bold"]
        expected = [" ".join(map(str, word)) or "start" for word in frame.spanners[s]]
        assert sorted(bold) == sorted(expected)


def test_a_line_for_each_coefficient(atlas):
    path = atlas.frames[-1].paths[0]
    lines = [
        each for each in atlas_figure(atlas, len(atlas.frames) - 1, 0).artists if isinstance(each, ConnectionPatch)
    ]
    # Those between the first and the last cut run in and out.
    terms = [c for s, of_cut in enumerate(path) for c in np.repeat(of_cut, 1 if s in (0, len(path) - 1) else 2)]
    terms = [c for c in terms if abs(c) >= 5e-4]
    assert len(lines) == len(terms)
    assert sum(line.get_edgecolor() == to_rgba(BLUE) for line in lines) == sum(c > 0 for c in terms)
    assert sum(line.get_edgecolor() == to_rgba(ORANGE) for line in lines) == sum(c < 0 for c in terms) > 0


def test_carried_columns_are_shown_where_they_are_wanted(atlas):
    few = [axes.images[0].get_array().shape[1] for axes in atlas_figure(atlas, 1, 0).axes]
    many = [axes.images[0].get_array().shape[1] for axes in atlas_figure(atlas, 1, 0, carried=True).axes]
    assert many == [3 * len(panel.blocks) for panel in atlas.cuts]
    assert all(f < m for f, m in zip(few, many, strict=True))
