"""Swapping in the plane: legal in any order, and it ends with all rows in the box."""

import numpy as np
import pytest

from lowlogit_edu.core.errors import ArgumentError
from lowlogit_edu.experiments.sampled_spanners import pair_areas, patient_steps
from lowlogit_edu.matrices.spanner import barycentric_steps
from lowlogit_edu.widgets.clouds import CLOUDS, RULES, swap


@pytest.mark.parametrize("cloud", CLOUDS)
@pytest.mark.parametrize("rule", RULES)
@pytest.mark.parametrize("bound", [1.05, 2.0])
def test_swapping_multiplies_the_area_until_all_rows_are_in_the_box(cloud, rule, bound):
    points, states = swap(cloud, 30, rule, bound, seed=4)
    logs = [state.log_determinant for state in states]
    assert (np.diff(logs) > np.log(bound)).all()
    last = points[list(states[-1].indices)]
    found = np.linalg.lstsq(last.T, points.T)[0]  # coordinates of all points in the last rows
    assert np.abs(found).max() <= bound * (1 + 1e-9)
    assert np.isclose(np.abs(found).max(), states[-1].largest)
    sizes = np.linalg.norm(points, axis=1) if cloud == "all on a line" else pair_areas(points)
    assert len(states) - 1 <= (np.log(sizes.max()) - logs[0]) / np.log(bound)
    for state in states:
        rows = points[list(state.indices)]
        area = abs(np.linalg.det(rows)) if len(rows) == 2 else np.linalg.norm(rows)
        assert np.isclose(np.log(area), state.log_determinant)


def test_the_clouds_are_what_their_names_say():
    points = {cloud: swap(cloud, 60, RULES[0], 2.0, seed=0)[0] for cloud in CLOUDS}
    assert len({rows.tobytes() for rows in points.values()}) == len(CLOUDS)
    assert np.linalg.matrix_rank(points["all on a line"]) == 1
    even = points["two clusters"][::2]
    odd = points["two clusters"][1::2]
    assert np.linalg.norm(even.mean(axis=0) - odd.mean(axis=0)) > 5 * even.std() / 2
    lengths = np.sort(np.linalg.norm(points["one outlier"], axis=1))
    assert lengths[-1] > 1.5 * lengths[-2]


def test_a_start_must_span_all():
    rows = np.array([[1.0, 0.0], [2.0, 0.0], [0.0, 1.0]])
    assert next(barycentric_steps(rows, start=[2, 0])).indices == (2, 0)
    for start in ([0, 1], [0]):
        with pytest.raises(ArgumentError, match="start must name 2 independent rows, got"):
            next(barycentric_steps(rows, start=start))


def test_patient_swapping_takes_more_swaps_and_ends_in_a_spanner_too():
    rows = np.random.default_rng(2).normal(size=(40, 3))
    start = [0, 1, 2]
    patient = list(patient_steps(rows, 2.0, start))
    greedy = list(barycentric_steps(rows, 2.0, start=start))
    assert patient[0].indices == greedy[0].indices
    assert np.isclose(patient[0].log_determinant, greedy[0].log_determinant)
    assert len(patient) > len(greedy)
    assert max(patient[-1].largest, greedy[-1].largest) <= 2.0
