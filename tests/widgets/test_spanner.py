"""The explorers of spanners: swapping in the plane, and what a spanner of samples misses."""

import csv
import io

import numpy as np
import pytest
from every_control import moved_everywhere

from lowlogit_edu.core.errors import ArgumentError
from lowlogit_edu.experiments.sampled_spanners import (
    missed_rows,
    missed_shares,
    pair_areas,
    patient_steps,
    spanner_sizes,
)
from lowlogit_edu.matrices.spanner import barycentric_steps
from lowlogit_edu.widgets.sampled_spanner import LAWS, SAMPLES, SamplesExplorer, draw_rows
from lowlogit_edu.widgets.spanner import CLOUDS, PRESETS, RULES, SpannerExplorer, squeezed, swap


@pytest.fixture(scope="module")
def explorer():
    made = SpannerExplorer()
    yield made
    made.close()


def test_every_control_may_go_to_its_ends(explorer):
    for _ in moved_everywhere(explorer):
        assert explorer.values["step"] <= max(1, explorer.facts()["swaps"])


def test_every_control_of_the_samples_may_go_to_its_ends():
    made = SamplesExplorer()
    assert len([None for _ in moved_everywhere(made, n=5)]) == 5 + len(LAWS) + 6
    assert len(made.data().splitlines()) == 1 + len(SAMPLES)
    made.close()


@pytest.mark.parametrize("cloud", CLOUDS)
@pytest.mark.parametrize("rule", RULES)
@pytest.mark.parametrize("bound", [1.05, 2.0])
def test_swapping_multiplies_the_area_until_all_rows_are_in_the_box(cloud, rule, bound):
    points, states = swap(cloud, 30, rule, bound, seed=4)
    logs = [state.log_determinant for state in states]
    assert (np.diff(logs) > np.log(bound)).all() and states[-1].largest <= bound
    most = np.log(pair_areas(points).max()) if cloud != CLOUDS[1] else np.log(np.linalg.norm(points, axis=1).max())
    assert len(states) - 1 <= (most - logs[0]) / np.log(bound)
    for state in states:
        rows = points[list(state.indices)]
        area = abs(np.linalg.det(rows)) if len(rows) == 2 else np.linalg.norm(rows)
        assert np.isclose(np.log(area), state.log_determinant)


def test_the_numbers_are_those_of_cramers_rule(explorer):
    explorer.reset()
    explorer.set(seed=7, step=2)
    rows = list(csv.DictReader(io.StringIO(explorer.data())))
    points = np.array([[float(row["x"]), float(row["y"])] for row in rows])
    one, two = explorer.facts()["spanner"]
    area = np.linalg.det(points[[one, two]])
    for point, row in zip(points, rows, strict=True):
        assert np.isclose(float(row["coefficient_1"]), np.linalg.det([point, points[two]]) / area)
        assert np.isclose(float(row["coefficient_2"]), np.linalg.det([points[one], point]) / area)
    outside = sum(max(abs(float(row["coefficient_1"])), abs(float(row["coefficient_2"]))) > 2 for row in rows)
    assert f" {outside} of 30 rows are outside" in explorer.summary()
    assert [int(row["in_spanner"]) for row in rows] == [int(i in (one, two)) for i in range(30)]


def test_equal_controls_give_equal_words():
    one, two = SpannerExplorer(seed=3), SpannerExplorer(seed=3)
    assert repr(one) == repr(two) and one.summary() == two.summary()
    one.close(), two.close()


@pytest.mark.parametrize("preset", PRESETS)
def test_presets_begin_with_rows_outside(explorer, preset):
    explorer.set(**PRESETS[preset])
    assert explorer.facts()["swaps"] >= 1 and "next swap multiplies" in explorer.summary()


def test_the_box_is_drawn_true_and_the_outside_in_order():
    assert squeezed(np.array([-2.0, 0.3, 2.0]), 2.0).tolist() == [-2.0, 0.3, 2.0]
    assert (np.diff(squeezed(np.linspace(-50, 50, 1001), 2.0)) > 0).all()


def test_a_row_is_missed_if_it_needs_a_large_coefficient_or_leaves_the_span():
    spanner = np.array([[1.0, 0.0, 0.0], [0.0, 1.0, 0.0]])
    rows = np.array([[2.0, -2.0, 0.0], [2.1, 0.0, 0.0], [1.0, 1.0, 0.1]])
    assert missed_rows(rows, spanner).tolist() == [False, True, True]
    assert missed_rows(rows, spanner, tolerance=0.2).tolist() == [False, True, False]


@pytest.mark.parametrize("law", LAWS)
def test_more_samples_miss_less_and_never_much_more_than_m_over_n(law):
    shares = missed_shares(lambda n, rng: draw_rows(law, 3, n, rng), (10, 100), repeats=10).mean(axis=1)
    assert shares[1] < shares[0] and (shares <= 1.5 * 3 / np.array([11, 101])).all()


def test_a_spanner_stops_growing_at_the_rank():
    rng = np.random.default_rng(0)
    rows = rng.normal(size=(50, 4)) @ rng.normal(size=(4, 9))
    assert spanner_sizes(rows, [2, 4, 50]) == {2: 2, 4: 4, 50: 4}
    assert spanner_sizes(rows + 1e-6 * rng.normal(size=rows.shape), [50], tolerance=1e-5) == {50: 4}


def test_a_start_must_span_all():
    rows = np.array([[1.0, 0.0], [2.0, 0.0], [0.0, 1.0]])
    assert next(barycentric_steps(rows, start=[2, 0])).indices == (2, 0)
    for start in ([0, 1], [0]):
        with pytest.raises(ArgumentError, match="start must name 2 independent rows, got"):
            next(barycentric_steps(rows, start=start))


def test_patient_swapping_takes_more_swaps_and_ends_in_a_spanner_too():
    rows = np.random.default_rng(2).normal(size=(40, 3))
    start = [0, 1, 2]
    patient, greedy = list(patient_steps(rows, 2.0, start)), list(barycentric_steps(rows, 2.0, start=start))
    assert patient[0].indices == greedy[0].indices and np.isclose(patient[0].log_determinant, greedy[0].log_determinant)
    assert len(patient) >= len(greedy) and max(patient[-1].largest, greedy[-1].largest) <= 2.0
