"""The explorer of the faithful learner: true numbers, whatever its controls are moved to."""

import csv
import io

import numpy as np
import pytest

from lowlogit_edu.config import LearnerConfig
from lowlogit_edu.evaluation.divergence import total_variation
from lowlogit_edu.learner import learn
from lowlogit_edu.models import random_isan
from lowlogit_edu.oracles.exact import ExactOracle
from lowlogit_edu.widgets.faithful_run import MOST_EPOCHS, TEACHERS, EpochExplorer


@pytest.fixture
def explorer():
    made = EpochExplorer()
    yield made
    made.close()


def test_the_numbers_are_those_of_the_learner(explorer):
    teacher = random_isan(alphabet_size=3, dimension=3, horizon=5, seed=3)
    config = LearnerConfig(spanner_samples=30, validation_samples=60, max_epochs=MOST_EPOCHS)
    result = learn(ExactOracle(teacher), 5, config, seed=3)
    explorer.set(teacher="random ISAN, rank 3", seed=3, samples=30)
    assert explorer.run.distance == total_variation(teacher, result.model) > 1e-3
    assert explorer.run.queries == result.queries and explorer.run.prefixes == 121
    assert explorer.run.status is result.status
    rows = list(csv.DictReader(io.StringIO(explorer.data())))
    verified = [event.data for event in result.history if event.kind == "verify"]
    assert [float(row["residual_nats"]) for row in rows[-4:]] == verified[-1]["residuals"][:4]
    assert [int(row["futures"]) for row in rows[-4:]] == verified[-1]["futures_per_cut"][:4]


def test_the_slider_ends_with_the_run_and_the_summary_tells_how(explorer):
    assert "a witness" in explorer.summary() and "ends as" not in explorer.summary()
    explorer.set(epoch=MOST_EPOCHS)
    assert explorer.values["epoch"] == len(explorer.run.rows) < MOST_EPOCHS
    assert "accepted" in explorer.summary() and "VERIFIED with a total variation of less than" in explorer.summary()
    explorer.set(samples=3)
    assert explorer.facts()["status"] == "PROGRAM_INFEASIBLE" and "abandoned" in explorer.summary()
    assert explorer._controls["epoch"].max == MOST_EPOCHS


def test_the_bars_are_the_futures_the_spanners_and_the_ranks(explorer):
    explorer.set(epoch=2)
    futures, spanners, residuals, _ = explorer.figure().axes
    heights = [patch.get_height() for patch in futures.patches]
    assert heights == [*(len(words) for words in explorer.row.futures[:-1]), 1]
    assert [patch.get_height() for patch in spanners.patches] == [len(words) for words in explorer.row.spanners]
    assert spanners.lines[0].get_ydata().tolist() == explorer.run.ranks
    assert residuals.lines[-1].get_ydata() == [explorer.run.threshold] * 2


def test_every_preset_and_the_reset_draw(explorer):
    first = repr(explorer)
    for values in explorer.presets.values():
        explorer.set(**values)
        assert not explorer._message.value.count("alert"), explorer._message.value
    explorer.reset()
    assert repr(explorer) == first


def test_a_preset_sets_every_control_and_begins_with_the_first_epoch(explorer):
    for name, values in explorer.presets.items():
        assert values.keys() == explorer.values.keys(), name
        explorer.set(epoch=4)
        explorer._preset.value = name
        assert explorer.values == values and explorer.summary().startswith("Epoch 1 of "), name


def test_an_epoch_behind_the_end_of_the_run_before_can_be_set():
    with_copies = EpochExplorer(teacher="copying, rank 3", epoch=8)
    with_copies.set(teacher="random ISAN, rank 3")
    assert with_copies.values["epoch"] == with_copies._controls["epoch"].max == 4
    with_copies.reset()
    assert with_copies.values["epoch"] == 8 and with_copies.summary().startswith("Epoch 8 of 9.")
    with_copies.close()


@pytest.mark.reliability("R20")
def test_every_control_may_be_pushed_to_its_ends(explorer):
    rng = np.random.default_rng(0)
    for teacher, samples in [*((name, 300) for name in TEACHERS), (next(iter(TEACHERS)), 3)]:
        explorer.set(teacher=teacher, samples=samples)
        for epoch in (1, explorer._controls["epoch"].max, int(rng.integers(1, MOST_EPOCHS))):
            explorer.set(epoch=epoch)
            assert "alert" not in explorer._message.value, explorer._message.value
            assert explorer.summary().startswith(f"Epoch {explorer.row.epoch} of ")
    explorer.set(teacher="noisy parity, rank 1", samples=300)
    for seed in (0, 9, 4):
        explorer.set(seed=seed, epoch=int(rng.integers(1, MOST_EPOCHS)))
        assert "alert" not in explorer._message.value and explorer.run.distance < 1e-9
