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


def test_every_control_may_be_pushed_to_its_ends(sampling):
    first = repr(sampling)
    assert push(sampling, count=3) == [] and repr(sampling) == first
