"""The room that the program leaves. What the explorer shows of it: tests/widgets/test_program.py."""

from dataclasses import replace

import numpy as np
import pytest

from lowlogit_edu.algorithm.learner import faithful_steps
from lowlogit_edu.algorithm.program import Step, solve_program
from lowlogit_edu.algorithm.sampler import ProgramModel
from lowlogit_edu.config import LearnerConfig
from lowlogit_edu.core.numerics import kl_divergence
from lowlogit_edu.experiments.coefficient_room import extreme_coefficients, follow_text, greedy_path
from lowlogit_edu.models import random_isan
from lowlogit_edu.oracles.exact import ExactOracle

TEACHER = random_isan(alphabet_size=2, dimension=2, horizon=4, seed=1)


@pytest.fixture(scope="module")
def rows():
    """The spanner rows of a run that was verified."""
    *_, (state, _) = faithful_steps(ExactOracle(TEACHER), 4, LearnerConfig(), 0)
    return state.model


def test_on_exact_rows_both_sides_predict_the_teacher(rows):
    found = follow_text(TEACHER, rows, np.array([0, 1, 1, 0]))
    assert [len(path) for path in found.greedy] == [len(path) for path in found.program] == [1, 2, 3]
    assert max(found.greedy_kl) < 1e-9 and max(found.program_kl) < 1e-9


def test_without_a_solution_the_prediction_is_uniform(rows):
    """Rows a thousand times too small at cut 2 need coefficients far outside of the box."""
    first, second, third = rows.cuts
    small = replace(second, on_futures=second.on_futures / 1000)
    found = follow_text(TEACHER, ProgramModel(rows.first_logits, [first, small, third]), np.array([0, 1, 1, 0]))
    assert [len(path) for path in found.program] == [1, 0, 0]
    assert np.isnan(found.largest(found.program)).tolist() == [False, True, True]
    assert found.largest(found.greedy)[1] > 100
    assert found.program_kl[1] == kl_divergence(TEACHER.next_token_logits([0, 1]), np.zeros(2))


def test_an_extreme_solution_is_feasible_and_goes_farthest():
    rng = np.random.default_rng(0)
    step = Step(futures=rng.normal(size=(2, 4)), carried=rng.normal(size=(2, 1)))
    direction = rng.normal(size=4)
    (farthest,) = extreme_coefficients([step], direction)
    assert np.allclose(step.residuals(np.ones(1), farthest), 0, atol=1e-7) and np.abs(farthest).max() <= 2 + 1e-9
    shortest = solve_program([step]).coefficients[1]
    assert farthest @ direction > shortest @ direction + 0.1


def test_the_greedy_path_leaves_the_box_without_being_stopped():
    step = Step(futures=np.array([[1.0]]), carried=np.array([[3.0]]))
    assert [c.tolist() for c in greedy_path([step, step])] == [[1.0], [3.0], [9.0]]
