"""The explorer of noisy oracles: true numbers, whatever its controls are moved to."""

import csv
import io

import numpy as np
import pytest

from lowlogit_edu.evaluation.divergence import total_variation
from lowlogit_edu.oracles.exact import ExactOracle
from lowlogit_edu.widgets.noisy_oracles import TEACHERS, NoiseExplorer, learned, oracle_model


@pytest.fixture
def noise():
    made = NoiseExplorer()
    yield made
    made.close()


def rows_of(explorer):
    return list(csv.DictReader(io.StringIO(explorer.data())))


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
    told = learned(teacher, 0, 1e-3)
    untold = learned(teacher, 0, 1e-3, told=0.0)
    assert told.epochs < untold.epochs and told.distance < untold.distance / 3


def test_an_exact_oracles_model_is_the_teacher():
    teacher = TEACHERS["copying, 3 bits"]
    assert total_variation(teacher, oracle_model(ExactOracle(teacher), teacher.horizon)) < 1e-12


@pytest.mark.reliability("R20")
def test_every_control_may_be_pushed_to_its_ends(noise):
    for teacher in TEACHERS:
        for seed, power in ((0, -8), (9, -2)):
            noise.set(teacher=teacher, seed=seed, power=power)
            assert "alert" not in noise._message.value and "VERIFIED" in noise.summary()
