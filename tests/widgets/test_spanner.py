"""The explorer of spanners: rows of the plane, swapped one by one."""

import csv
import io

import numpy as np
import pytest
from every_control import moved_everywhere

from lowlogit_edu.widgets.spanner import PRESETS, SpannerExplorer


@pytest.fixture(scope="module")
def explorer():
    made = SpannerExplorer()
    yield made
    made.close()


def rows_of(explorer):
    return list(csv.DictReader(io.StringIO(explorer.data())))


def coefficients_of(row):
    return [float(row["coefficient_1"]), float(row["coefficient_2"])]


@pytest.mark.reliability("R20")
def test_every_control_may_go_to_its_ends(explorer):
    for _ in moved_everywhere(explorer):
        assert explorer.values["step"] <= max(1, explorer.swaps)


def test_the_numbers_are_those_of_cramers_rule(explorer):
    explorer.reset()
    explorer.set(seed=7, step=2)
    rows = rows_of(explorer)
    points = np.array([[float(row["x"]), float(row["y"])] for row in rows])
    one, two = explorer.facts()["spanner"]
    area = np.linalg.det(points[[one, two]])
    for point, row in zip(points, rows, strict=True):
        first, second = coefficients_of(row)
        assert np.isclose(first, np.linalg.det([point, points[two]]) / area)
        assert np.isclose(second, np.linalg.det([points[one], point]) / area)
    outside = sum(np.abs(coefficients_of(row)).max() > 2 for row in rows)
    assert f" {outside} of 30 rows are outside" in explorer.summary()
    assert [int(row["in_spanner"]) for row in rows] == [int(i in (one, two)) for i in range(30)]


def test_the_picture_names_the_next_swap(explorer):
    explorer.reset()
    explorer.set(seed=7, step=2)
    plane, _, area = explorer.figure().axes
    drawn = {line.get_label(): line.get_xydata() for line in plane.lines}
    points = np.array([[float(row["x"]), float(row["y"])] for row in rows_of(explorer)])
    before = explorer.facts()["spanner"]
    explorer.set(step=3)
    after = explorer.facts()["spanner"]
    (new,) = set(after) - set(before)
    (old,) = set(before) - set(after)
    assert (drawn["comes in next"] == points[new]).all()
    assert (drawn["goes out next"] == points[old]).all()
    assert len(area.patches) == 3 < explorer.swaps + 1


def test_it_opens_before_the_first_swap_and_does_not_say_what_comes():
    opened = SpannerExplorer()
    assert opened.values["step"] == 0 and len(opened.figure().axes[2].patches) == 1
    assert "of 7" not in opened.summary() and "swaps=" not in repr(opened) and "multiplie" not in opened.summary()
    opened.set(step=1)
    assert "The last swap multiplied the area by 2." in opened.summary()
    opened.reset()
    assert opened.values["step"] == 0
    opened.close()


def test_two_rows_have_whole_ticks_and_no_label_is_cut(explorer):
    explorer.reset()
    explorer.set(points=2)
    figure = explorer.figure()
    figure.draw_without_rendering()
    area = figure.axes[2]
    ticks = [tick for tick in area.get_xticks() if area.get_xlim()[0] <= tick <= area.get_xlim()[1]]
    assert all(tick == round(tick) for tick in ticks) and 2 <= len(ticks) <= 9
    assert min(axes.get_tightbbox().x0 for axes in figure.axes) > 0


def test_equal_controls_give_equal_words():
    one = SpannerExplorer(seed=3)
    two = SpannerExplorer(seed=3)
    assert repr(one) == repr(two)
    assert one.summary() == two.summary()
    one.close()
    two.close()


@pytest.mark.parametrize("preset", PRESETS)
def test_presets_begin_with_rows_outside(explorer, preset):
    explorer.set(**PRESETS[preset])
    assert explorer.swaps >= 1
    assert "A row from outside can be swapped in" in explorer.summary()
    explorer.set(step=explorer.swaps)
    assert "The last swap multiplied" in explorer.summary() and "No swap is needed" in explorer.summary()
