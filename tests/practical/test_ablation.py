"""The stages that `tests/benchmarks/ablation.py` takes out one by one: a run without one ends, and is another run."""

import importlib.util
from pathlib import Path

import numpy as np
import pytest

import lowlogit_edu as ll

PATH = Path(__file__).parents[1] / "benchmarks" / "ablation.py"
SPEC = importlib.util.spec_from_file_location("ablation", PATH)
ablation = importlib.util.module_from_spec(SPEC)
SPEC.loader.exec_module(ablation)

TEACHER = ll.oracles.ExactOracle(ll.models.random_isan(alphabet_size=6, dimension=8, horizon=6, seed=3))
# Rows of five numbers and a rank below the teacher's: every stage has something left to do.
CONFIG = ll.LearnerConfig.practical(rank=5, sequences=240, epochs=2, passes=1, validation=50)


@pytest.fixture(scope="module")
def usual():
    return ablation.ratios(TEACHER, 6, CONFIG, 0)


@pytest.mark.parametrize("name", ablation.STAGES)
def test_every_stage_may_be_taken_out_and_makes_a_difference(name, usual):
    with ablation.STAGES[name]():
        found = ablation.ratios(TEACHER, 6, CONFIG, 0)
    assert np.isfinite(found).all() and np.abs(found - usual).max() > 1e-4
