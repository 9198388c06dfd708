"""The program solved by hand: held against the linear program itself."""

import numpy as np
import pytest
from scipy.optimize import linprog

from lowlogit_edu.algorithm import highs
from lowlogit_edu.algorithm.program import equations, solve_program
from lowlogit_edu.core.errors import ArgumentError
from lowlogit_edu.experiments.coefficient_room import coefficient_ranges, greedy_path
from lowlogit_edu.experiments.solved_by_hand import FUTURES, automaton_steps, hand_program
from lowlogit_edu.models import blow_up_isan


@pytest.fixture(scope="module")
def program():
    return hand_program()


def room_by_program(steps, start, bound):
    """Least and largest first coefficient of the first of these steps, by two linear programs."""
    given = equations(steps, start, highs.slack_of(0.0))
    ends = []
    for sign in (1.0, -1.0):
        cost = np.zeros(3 * len(steps))
        cost[0] = sign
        answer = linprog(cost, bounds=(-bound, bound), method="highs", **given)
        assert answer.status == highs.SOLVED
        ends.append(sign * answer.fun)
    return ends


def test_the_equations_are_the_table_of_the_notebook():
    """L, S+ and S- now, after 0 and after 1; read a 0, and all three are L."""
    for step in automaton_steps(4, FUTURES):
        assert step.futures.tolist() == [[1, 0.5, 0.5], [1, 1, 1], [0, 1, -1]]
        assert step.carried.tolist() == [[1, 1, 1], [1, 1, 1], [0, 0, 0]]
    teacher = blow_up_isan(16, 1.0)
    assert {teacher.next_token_logits([0] * t)[1] for t in range(4, 14)} == {1.0}


@pytest.mark.parametrize("bound", [1.0, 1.3, 2.0, 3.0])
def test_rooms_are_those_of_the_linear_program(bound):
    program = hand_program(6, bound)
    rng = np.random.default_rng(0)
    for _ in range(5):
        path = program.follow(rng.uniform(-bound, bound, size=6).tolist())
        start = np.array([1.0, 0.0, 0.0])
        for cut in range(6):
            wanted = room_by_program(program.steps[cut:], start, bound)
            assert path.rooms[cut] == pytest.approx(wanted, abs=1e-7)
            start = path.coefficients[cut]


def test_the_first_room_is_that_of_the_explorer(program):
    assert program.follow([None] * 8).rooms[0] == pytest.approx(coefficient_ranges(program.steps, 0)[0], abs=1e-7)


def test_every_path_is_a_solution_and_its_logits_are_what_the_equations_say(program):
    rng = np.random.default_rng(1)
    reached = []
    for _ in range(200):
        chosen = [None if rng.random() < 0.3 else float(value) for value in rng.uniform(-2, 2, size=8)]
        path = program.follow(chosen)
        before = np.array([1.0, 0.0, 0.0])
        for step, c, logit in zip(program.steps, path.coefficients, path.logits, strict=False):
            assert np.abs(step.residuals(before, c)).max() < 1e-12 and np.abs(c).max() <= 2 + 1e-12
            assert step.futures[0] @ c == pytest.approx(logit)
            before = c
        assert path.logits[-1] == pytest.approx(program.steps[-1].carried[0] @ before)
        reached.append(path.logits)
    low, high = program.band.T
    assert (np.array(reached) >= low - 1e-7).all() and (np.array(reached) <= high + 1e-7).all()


def test_the_band_is_reached(program):
    # Down as far as the program lets it at cut 6, then up as far as it goes at each cut.
    highest = program.follow([-2.0] + [2.0] * 8)
    assert highest.logits[1] == pytest.approx(program.band[1, 1]) and highest.logits[0] == 1
    assert program.band[-1].tolist() == pytest.approx([-6, 6])


def test_the_least_sum_is_that_of_the_solver_and_forgets_the_text(program):
    path = program.follow(program.cheapest)
    solved = solve_program(program.steps, fast=False).coefficients
    assert path.cost == pytest.approx(sum(np.abs(c).sum() for c in solved[1:])) == pytest.approx(4)
    assert path.logits == pytest.approx([1] + [0] * 8, abs=1e-9)
    assert program.follow([None] * 8).cost == 8  # to be right costs twice as much


def test_growth_is_that_of_the_greedy_path(program):
    greedy = greedy_path(program.steps)
    said = [step.futures[0] @ c for step, c in zip(program.steps, greedy[1:], strict=True)]
    assert said == pytest.approx(program.growth ** np.arange(8))
    assert program.growth == pytest.approx(4 / 3)


def test_with_two_tokens_there_is_one_solution_and_greedy_finds_it():
    steps = automaton_steps(8, FUTURES)
    for path in (greedy_path(steps), solve_program(steps, fast=False).coefficients):
        assert np.allclose(path, [1, 0, 0], atol=1e-9)
    ranges = coefficient_ranges(steps, 0)
    assert np.allclose(ranges, 1, atol=1e-7)


def test_settings_are_checked():
    with pytest.raises(ArgumentError, match="bound must be at least 1"):
        hand_program(4, bound=0.5)
    with pytest.raises(ArgumentError, match="cuts must be"):
        hand_program(1)
