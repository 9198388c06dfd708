"""Parts of pictures: a scale that keeps far points on paper, and its ticks."""

import numpy as np
import pytest

from lowlogit_edu.widgets.axes import blank_figure, mark_squeezed, squeezed


def labels(bound, end):
    axes = blank_figure(2, 2).subplots()
    mark_squeezed(axes.xaxis, bound, end)
    assert np.allclose(axes.get_xticks(), [squeezed(float(tick.get_text()), bound) for tick in axes.get_xticklabels()])
    return [tick.get_text() for tick in axes.get_xticklabels()]


def test_the_box_is_drawn_true_and_the_outside_in_order():
    assert squeezed(np.array([-2.0, 0.3, 2.0]), 2.0).tolist() == [-2.0, 0.3, 2.0]
    assert (np.diff(squeezed(np.linspace(-50, 50, 1001), 2.0)) > 0).all()


def test_ticks_end_with_the_axis():
    assert labels(bound=2.0, end=3.0) == ["-2", "0", "2"]
    assert labels(bound=2.0, end=4.0) == ["-10", "-2", "0", "2", "10"]


@pytest.mark.parametrize(("bound", "kept"), [(4.9, True), (5.0, False)])
def test_no_tick_is_written_over_the_edge_of_the_box(bound, kept):
    assert ("10" in labels(bound, end=20.0)) == kept
