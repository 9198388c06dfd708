"""The explorers of weaker oracles: true numbers, whatever their controls are moved to."""

import csv
import io

import numpy as np
import pytest
from controls import push

from lowlogit_edu.core.numerics import softmax
from lowlogit_edu.evaluation.divergence import total_variation
from lowlogit_edu.oracles.conformance import broken_promises
from lowlogit_edu.oracles.exact import ExactOracle
from lowlogit_edu.oracles.sampled import samples_needed
from lowlogit_edu.widgets.noisy_oracles import TEACHERS, NoiseExplorer, SamplingExplorer, learned, oracle_model
from lowlogit_edu.widgets.sampled_logits import SameRow, estimates, usual_error


@pytest.fixture
def sampling():
    made = SamplingExplorer()
    yield made
    made.close()


@pytest.fixture
def noise():
    made = NoiseExplorer()
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


def test_the_learned_models_error_is_that_of_the_run(noise):
    teacher = TEACHERS["noisy parity, 4 bits"]
    noise.set(teacher="noisy parity, 4 bits", power=-3)
    size, run = noise.shown
    assert size == 1e-3 and run is learned(teacher, 0, 1e-3) and run.status == "VERIFIED"
    assert float(rows_of(noise)[5]["total_variation"]) == run.distance <= 5 * size / 2
    assert run.oracle_distance <= 5 * size / 2


def test_errors_grow_in_proportion_to_the_noise(noise):
    distances = [float(row["total_variation"]) for row in rows_of(noise)]
    slope = np.polyfit(range(-8, -1), np.log10(distances), 1)[0]
    assert slope == pytest.approx(1.0, abs=0.05)


def test_a_learner_that_is_not_told_of_the_noise_takes_it_for_witnesses():
    teacher = TEACHERS["random ISAN, 3 tokens, rank 3"]
    told, untold = learned(teacher, 0, 1e-3), learned(teacher, 0, 1e-3, told=0.0)
    assert told.epochs < untold.epochs and told.distance < untold.distance / 3


def test_an_exact_oracles_model_is_the_teacher():
    teacher = TEACHERS["copying, 3 bits"]
    assert total_variation(teacher, oracle_model(ExactOracle(teacher), teacher.horizon)) < 1e-12


def test_every_control_may_be_pushed_to_its_ends(sampling, noise):
    first = repr(sampling)
    assert push(sampling, count=3) == [] and repr(sampling) == first
    for teacher in TEACHERS:
        for seed, power in ((0, -8), (9, -2)):
            noise.set(teacher=teacher, seed=seed, power=power)
            assert "alert" not in noise._message.value and "VERIFIED" in noise.summary()
