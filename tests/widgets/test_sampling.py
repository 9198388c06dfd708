"""The explorer of logits from samples: true numbers, whatever its controls are moved to."""

import csv
import io

import numpy as np
import pytest
from controls import push

from lowlogit_edu.core.numerics import softmax
from lowlogit_edu.oracles.conformance import broken_promises
from lowlogit_edu.oracles.sampled import samples_needed
from lowlogit_edu.widgets.sampled_logits import SameRow, estimates, usual_error
from lowlogit_edu.widgets.sampling import SamplingExplorer


@pytest.fixture
def sampling():
    made = SamplingExplorer()
    yield made
    made.close()


def rows_of(explorer):
    return list(csv.DictReader(io.StringIO(explorer.data())))


def test_the_estimates_are_logits_of_counts():
    found = estimates(bound=1.0, samples=1000, temperature=2.0, seed=0)
    counts = 1000 * softmax(found / 2)
    assert np.allclose(counts, counts.round(), atol=1e-6) and counts.sum(axis=1) == pytest.approx(1000)
    assert len(np.unique(found.round(9), axis=0)) > 10


def test_an_oracle_of_one_row_keeps_the_protocol_but_for_tokens_out_of_range():
    assert set(broken_promises(SameRow(np.array([1.0, -1.0])))) == {"range"}


def test_more_samples_help_and_some_temperature_is_best(sampling):
    sampling.set(bound=6.0, power=5.0)
    rows = rows_of(sampling)
    by_samples = [float(row["error_nats"]) for row in rows if row["varied"] == "samples"]
    by_heat = [float(row["error_nats"]) for row in rows if row["varied"] == "temperature"]
    assert by_samples[-1] < 0.1 < 3 < by_samples[0]
    assert 0 < int(np.argmin(by_heat)) < len(by_heat) - 1


def test_the_number_of_samples_asked_for_is_enough(sampling):
    sampling.set(bound=1.0, epsilon=0.3)
    assert sampling.needed == samples_needed(4, 1.0, 0.3, 0.05)
    assert usual_error(1.0, sampling.needed, 1.0, 0) <= 0.3
    assert f"{sampling.needed:.1e}" in sampling.summary()


@pytest.mark.reliability("R20")
def test_every_control_may_be_pushed_to_its_ends(sampling):
    first = repr(sampling)
    assert push(sampling, count=3) == [] and repr(sampling) == first


def test_a_token_never_drawn_moves_the_mean_and_no_difference_of_likely_tokens(sampling):
    sampling.set(bound=6.0, power=4.0)
    found = estimates(bound=6.0, samples=10_000, temperature=1.0, seed=0)
    centred, differences = sampling.errors_by_token().values()
    assert np.allclose(centred, found - 6 * np.array([1.0, 0.3, -0.3, -1.0])) and (differences[:, 0] == 0).all()
    assert np.median(np.abs(centred), axis=0)[0] > 0.4 > 0.1 > np.median(np.abs(differences), axis=0)[1]
    assert "likeliest token's logit is off by more than 0.52 nats" in sampling.summary()


def test_no_error_is_said_to_be_zero(sampling):
    sampling.set(bound=0.5, power=8.0)
    assert "off by at most 0 " not in sampling.summary() and " 0.00 nats" not in sampling.summary()


def test_a_formula_beyond_the_picture_is_shown_at_its_edge(sampling):
    for bound, mark in ((1.0, "*"), (8.0, ">")):
        sampling.set(bound=bound)
        star = sampling.figure().axes[1].lines[-1]
        assert star.get_marker() == mark and star.get_label() == f"enough (formula): {sampling.needed:.1e}"
        low, high = sampling.figure().axes[1].get_xlim()
        assert low < star.get_xdata()[0] < high


def test_a_preset_sets_every_control(sampling):
    assert all(set(preset) == set(sampling.values) for preset in sampling.presets.values())
