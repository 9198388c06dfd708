"""The explorer of sampled spanners: what they miss, and how large they grow."""

import csv
import io

import numpy as np
import pytest
from every_control import moved_everywhere

from lowlogit_edu.experiments.sampled_spanners import missed_rows, missed_shares, spanner_sizes
from lowlogit_edu.widgets.sampled_spanner import LAWS, REPEATS, SAMPLES, SamplesExplorer, draw_rows


@pytest.mark.reliability("R20")
def test_every_control_may_go_to_its_ends():
    made = SamplesExplorer()
    for _ in moved_everywhere(made, n=5):
        rows = list(csv.DictReader(io.StringIO(made.data())))
        assert [int(row["samples"]) for row in rows] == list(SAMPLES[: made.values["step"]])
        for row in rows:
            shares = [float(row[f"missed_{i}"]) for i in range(1, REPEATS + 1)]
            assert float(row["mean"]) == pytest.approx(np.mean(shares))
        assert made.facts()["missed"] == pytest.approx([float(row["mean"]) for row in rows], rel=1e-2)
    made.close()


def test_the_shares_are_those_of_the_controls():
    made = SamplesExplorer(law="heavy tails", columns=3, bound=1.5, step=6, seed=2)
    expected = missed_shares(
        lambda n, rng: draw_rows("heavy tails", 3, n, rng), SAMPLES, 1.5, fresh=1000, repeats=REPEATS, seed=2
    )
    assert (made.shares() == expected).all()
    assert f"{expected[0].mean():.2%} with 10" in made.summary()
    made.close()


def test_it_opens_with_no_share_drawn_and_one_more_comes_with_each_step():
    made = SamplesExplorer()
    assert "nothing drawn yet. m / (N + 1) goes from 36.36% to 0.80%." in made.summary()
    for step in (0, 2):
        made.set(step=step)
        curves = {curve.get_label(): curve for curve in made.figure().axes[0].lines}
        assert list(curves["mean of five"].get_xdata()) == list(SAMPLES[:step])
        assert len(curves["one spanner"].get_xdata()) == step
        assert len(curves["m / (N + 1)"].get_xdata()) == len(SAMPLES)
    made.close()


def test_a_row_is_missed_if_it_needs_a_large_coefficient_or_leaves_the_span():
    spanner = np.array([[1.0, 0.0, 0.0], [0.0, 1.0, 0.0]])
    rows = np.array([[2.0, -2.0, 0.0], [2.1, 0.0, 0.0], [1.0, 1.0, 0.1]])
    assert missed_rows(rows, spanner).tolist() == [False, True, True]
    assert missed_rows(rows, spanner, tolerance=0.2).tolist() == [False, True, False]


@pytest.mark.parametrize("law", LAWS)
def test_more_samples_miss_less_and_never_much_more_than_m_over_n(law):
    shares = missed_shares(lambda n, rng: draw_rows(law, 3, n, rng), (10, 100), repeats=10).mean(axis=1)
    assert shares[1] < shares[0]
    assert (shares <= 1.5 * 3 / np.array([11, 101])).all()


def test_a_spanner_stops_growing_at_the_rank():
    rng = np.random.default_rng(0)
    rows = rng.normal(size=(50, 4)) @ rng.normal(size=(4, 9))
    assert spanner_sizes(rows, [2, 4, 50]) == {2: 2, 4: 4, 50: 4}
    assert spanner_sizes(rows + 1e-6 * rng.normal(size=rows.shape), [50], tolerance=1e-5) == {50: 4}
