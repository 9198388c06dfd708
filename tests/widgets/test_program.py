"""The explorer of the linear program: ranges, the greedy path, and what both predict."""

import csv
import io

import numpy as np
import pytest
from every_control import moved_everywhere

from lowlogit_edu.algorithm.program import Step, solve_program, solve_with_cvxpy
from lowlogit_edu.experiments.coefficient_room import coefficient_ranges, extreme_coefficients, follow_text, greedy_path
from lowlogit_edu.widgets.program import HORIZON, PRESETS, TEACHERS, TEXTS, ProgramExplorer, room, spanned


@pytest.fixture(scope="module")
def explorer():
    made = ProgramExplorer()
    yield made
    made.close()


@pytest.fixture(scope="module")
def automaton():
    return spanned(TEACHERS[0], futures=1, noise=0.0, bound=2.0, seed=0)


def steps_of(rows, tokens):
    return [rows.step(cut, token) for cut, token in enumerate(tokens[:-1], start=2)]


def test_every_control_may_go_to_its_ends(explorer):
    for _ in moved_everywhere(explorer):
        chosen = explorer.facts()["program"]
        assert np.isnan(chosen) or chosen <= explorer.values["bound"] * (1 + 1e-2)
        if explorer.values["row"] > 1:
            continue  # not every cut has a second row
        # The ranges come from programs of their own: they know whether there is a solution, and where.
        ranges = room(**explorer.values)
        assert np.isnan(chosen) == np.isnan(ranges).all()
        least_sizes = np.maximum(ranges[:, 0], -ranges[:, 1])  # of this coefficient; below zero where 0 is feasible
        assert np.isnan(chosen) or least_sizes.max() - 1e-2 <= chosen


def test_the_numbers_are_those_of_the_solvers(explorer, automaton):
    explorer.reset()
    explorer.set(step=12)
    teacher, rows = automaton
    lines = list(csv.DictReader(io.StringIO(explorer.data())))
    assert len(lines) == 12
    steps = steps_of(rows, [0] * 12)
    path = [np.ones(1)]
    for step in steps:
        path.append(np.linalg.pinv(step.futures, rcond=1e-8) @ step.carried @ path[-1])
    assert np.isclose(float(lines[-1]["largest_greedy"]), max(np.abs(c).max() for c in path))
    solution = solve_with_cvxpy(steps)
    assert solution.status.name == "SOLVED"
    assert float(lines[-1]["largest_program"]) <= 2 + 1e-9
    truth = teacher.next_token_logits([0] * 12)
    predicted = path[-1] @ rows.cuts[11].next_logits[0]
    p = np.exp(truth) / np.exp(truth).sum()
    q = np.exp(predicted) / np.exp(predicted).sum()
    assert np.isclose(float(lines[-1]["kl_greedy"]), (p * np.log(p / q)).sum())
    assert f"at most {float(lines[-1]['largest_greedy']):.3g}" in explorer.summary()


def test_equal_controls_give_equal_words():
    one = ProgramExplorer(seed=2, noise=0.001)
    two = ProgramExplorer(seed=2, noise=0.001)
    assert repr(one) == repr(two)
    assert one.summary() == two.summary()
    assert one.data() == two.data()
    one.close()
    two.close()


@pytest.mark.parametrize("text", TEXTS)
def test_the_room_shown_is_that_of_the_text(explorer, text):
    explorer.reset()
    explorer.set(teacher=TEACHERS[1], text=text, step=6, futures=2, noise=0.002, seed=3)
    model, rows = spanned(TEACHERS[1], futures=2, noise=0.002, bound=2.0, seed=3)
    tokens = [0] * 6 if text == TEXTS[0] else model.sample(1, seed=3)[0, :6].tolist()
    ranges = coefficient_ranges(steps_of(rows, tokens), 0, rows.bound, rows.tolerance)
    lines = list(csv.DictReader(io.StringIO(explorer.data())))
    assert np.allclose([[float(line["least"]), float(line["most"])] for line in lines[1:]], ranges)


@pytest.mark.parametrize("preset", PRESETS)
def test_presets_are_within_the_controls(explorer, preset):
    explorer.set(**PRESETS[preset])
    assert {name: explorer.values[name] for name in PRESETS[preset]} == PRESETS[preset]


def test_greedy_grows_by_four_thirds_and_the_program_does_not(automaton):
    teacher, rows = automaton
    found = follow_text(teacher, rows, np.zeros(HORIZON, dtype=int))
    greedy = found.largest(found.greedy)
    assert np.allclose(greedy[8:] / greedy[7:-1], 4 / 3)
    assert found.largest(found.program).max() <= 2 + 1e-9
    assert found.greedy_kl[-1] > 100 * found.program_kl[-1]


@pytest.mark.parametrize("noise", [0.0, 0.002])
def test_every_solution_is_inside_the_ranges_and_their_ends_are_reached(noise):
    _, rows = spanned(TEACHERS[1], futures=2, noise=noise, bound=2.0, seed=1)
    steps = steps_of(rows, [0, 1, 1, 0, 1])
    solution = solve_program(steps, rows.bound, rows.tolerance, fast=False)
    for row in range(2):
        ranges = coefficient_ranges(steps, row, rows.bound, rows.tolerance)
        chosen = np.array([c[row] for c in solution.coefficients[1:]])
        assert (ranges[:, 0] <= chosen + 1e-6).all() and (chosen <= ranges[:, 1] + 1e-6).all()
        assert (np.diff(ranges).max() < 1e-4) == (noise == 0)


def test_a_range_by_hand():
    """a c = b with |c| <= 2: the others reach 2 * (1/2 + 1/4)."""
    step = Step(np.array([[1.0, 0.5, -0.25]]), np.array([[1.0]]))
    assert np.allclose(coefficient_ranges([step], 0), [[-0.5, 2.0]])
    assert np.allclose(coefficient_ranges([step], 1), [[-2.0, 2.0]])
    assert np.isnan(coefficient_ranges([step], 3)).all()


def test_an_infeasible_program_has_no_ranges_and_no_extremes():
    step = Step(np.array([[1.0]]), np.array([[3.0]]))
    assert np.isnan(coefficient_ranges([step], 0)).all() and extreme_coefficients([step], np.ones(1)) is None
    assert np.allclose(coefficient_ranges([step], 0, bound=4.0), 3.0)


def test_the_greedy_path_of_one_token_is_the_first_unit_vector():
    assert [c.tolist() for c in greedy_path([])] == [[1.0]]
