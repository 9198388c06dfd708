"""The explorer of the elliptical potential, and the streams that it shows."""

import csv
import io

import numpy as np
import pytest
from every_control import moved_everywhere

from lowlogit_edu.algorithm.potential import elliptical_bound
from lowlogit_edu.experiments.arrivals import follow_arrivals, random_arrivals, surprise_limit, thrifty_arrivals
from lowlogit_edu.widgets.potential import COUNT, PRESETS, STREAMS, PotentialExplorer, arrive
from lowlogit_edu.widgets.potential_panels import shadow


@pytest.fixture(scope="module")
def explorer():
    made = PotentialExplorer()
    yield made
    made.close()


@pytest.mark.reliability("R20")
def test_every_control_may_go_to_its_ends(explorer):
    for _ in moved_everywhere(explorer):
        assert explorer.facts()["surprises"] <= explorer.facts()["limit"]


def test_equal_controls_give_equal_words():
    one = PotentialExplorer(seed=3)
    two = PotentialExplorer(seed=3)
    assert repr(one) == repr(two) and one.summary() == two.summary() and one.data() == two.data()
    one.close(), two.close()


def test_the_numbers_are_those_computed_with_inverses(explorer):
    explorer.reset()
    explorer.set(step=9, dimension=3, regularization=0.5, threshold=0.3, seed=5)
    rows = list(csv.DictReader(io.StringIO(explorer.data())))
    V = 0.5 * np.eye(3)
    count = 0
    for row in rows:
        phi = np.array([float(row[f"coordinate_{i}"]) for i in (1, 2, 3)])
        surprise = phi @ np.linalg.inv(V) @ phi
        V += np.outer(phi, phi)
        count += surprise >= 0.3
        assert np.isclose(float(row["surprise"]), surprise)
        assert np.isclose(float(row["log_det_gain"]), np.log(np.linalg.det(V) / 0.5**3))
    assert len(rows) == 9 and f": {count} surprises" in explorer.summary() and f"surprises={count}" in repr(explorer)


@pytest.mark.parametrize("preset", PRESETS)
def test_presets_are_within_the_controls(explorer, preset):
    explorer.set(**PRESETS[preset])
    assert {name: explorer.values[name] for name in PRESETS[preset]} == PRESETS[preset]


def test_the_shadow_of_an_ellipsoid_is_its_reach():
    """No point of the ellipsoid lies outside its shadow, and the shadow's own points are reached."""
    factor = np.random.default_rng(0).normal(size=(4, 4))
    V = factor @ factor.T + np.eye(4)
    for direction in np.random.default_rng(1).normal(size=(5, 2)):
        reach = np.sqrt(np.r_[direction, 0, 0] @ np.linalg.solve(V, np.r_[direction, 0, 0]))
        assert np.isclose((shadow(V) @ direction).max(), reach, rtol=1e-3)


@pytest.mark.parametrize("stream", STREAMS)
@pytest.mark.parametrize("dimension", [1, 2, 5])
def test_no_stream_breaks_the_bounds(stream, dimension):
    vectors, arrivals = arrive(stream, dimension, 1.5, 0.2, 0.4, seed=1)
    assert np.linalg.norm(vectors, axis=1).max() <= 1.5 * (1 + 1e-12)
    assert np.minimum(1, arrivals.surprises).sum() <= elliptical_bound(dimension, COUNT, 1.5, 0.2)
    assert arrivals.surprising(0.4).sum() <= surprise_limit(dimension, 1.5, 0.2, 0.4)
    assert np.allclose(np.diff(arrivals.gains), np.log1p(arrivals.surprises))


def test_the_thrifty_adversary_surprises_as_long_as_it_can():
    """Each direction takes factors of 1 + threshold until radius^2 is too short; nothing surprises after that."""
    rng = np.random.default_rng(0)
    arrivals = follow_arrivals(thrifty_arrivals(3, 200, 1.0, 0.1, 0.5, rng=rng), 0.1)
    per_direction = 1 + int(np.log(1 / (0.5 * 0.1)) / np.log(1.5))
    surprising = arrivals.surprising(0.5)
    assert surprising.sum() == 3 * per_direction and surprising[: 3 * per_direction].all()
    assert np.allclose(arrivals.surprises[surprising], 0.5)
    assert surprising.sum() > 2 * follow_arrivals(random_arrivals(3, 200, 1.0, rng=rng), 0.1).surprising(0.5).sum()


def test_the_limit_is_the_largest_count_that_the_potential_pays_for():
    n = surprise_limit(2, 1.0, 0.1, 0.5)
    share = 1.0 / 0.2
    assert n * np.log(1.5) <= 2 * np.log1p(n * share) < 2 * (n + 1) * np.log(1.5)
    assert (n + 1) * np.log(1.5) > 2 * np.log1p((n + 1) * share)
    assert surprise_limit(2, 0.1, 1.0, 2.0) == 0
