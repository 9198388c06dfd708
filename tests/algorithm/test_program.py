"""The program is solved within its bounds, checked in its own units, and never silently wrong."""

import sys
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis.strategies import integers

from lowlogit_edu.algorithm.program import ProgramStatus, Step, least_squares_step, solve_program, solve_with_cvxpy
from lowlogit_edu.core.errors import ArgumentError, MissingExtra


def random_steps(seed, length=4, rank=2, futures=4):
    """Consistent steps of low rank: every right-hand side lies in the span of the next rows."""
    rng = np.random.default_rng(seed)
    rows = [1, *rng.integers(2, 5, length)]
    steps = []
    for before, after in pairwise(rows):
        basis = rng.standard_normal((futures, rank))
        carried = basis @ rng.standard_normal((rank, before)) / 2
        steps.append(Step(basis @ rng.standard_normal((rank, after)), carried))
    return steps


def cost(solution):
    return sum(np.abs(c).sum() for c in solution.coefficients)


@settings(max_examples=40, deadline=None, derandomize=True)
@given(integers(0, 10_000))
@pytest.mark.reliability("R11")
def test_a_solution_satisfies_every_constraint(seed):
    steps = random_steps(seed)
    for fast in (True, False):
        solution = solve_program(steps, fast=fast)
        if solution.status is ProgramStatus.SOLVED:
            assert solution.coefficients[0].tolist() == [1.0] and len(solution.coefficients) == 5
            assert max(np.abs(c).max() for c in solution.coefficients) <= 2 * (1 + 1e-7)
            for step, before, after in zip(steps, solution.coefficients, solution.coefficients[1:], strict=False):
                assert np.abs(step.futures @ after - step.carried @ before).max() <= 1e-7


@pytest.mark.parametrize("seed", range(8))
def test_the_readable_program_finds_the_same_cost(seed):
    """The eliminated program and the paper's own lines (a), (b), (c) have the same optimum."""
    steps = random_steps(seed)
    ours, theirs = solve_program(steps, fast=False), solve_with_cvxpy(steps)
    assert ours.status is theirs.status
    if ours.status is ProgramStatus.SOLVED:
        assert cost(ours) == pytest.approx(cost(theirs), abs=1e-6) and not ours.fast


def test_the_comparison_above_sees_both_outcomes():
    outcomes = {solve_program(random_steps(seed), fast=False).status for seed in range(8)}
    assert outcomes == {ProgramStatus.SOLVED, ProgramStatus.INFEASIBLE}


def test_least_squares_is_kept_only_where_it_passes():
    """Two equal columns: least squares splits 3 into 1.5 + 1.5, within 2; a 5 does not fit."""
    two_columns = np.array([[1.0, 1.0]])
    kept = solve_program([Step(two_columns, np.array([[3.0]]))])
    assert kept.fast and np.allclose(kept.coefficients[1], [1.5, 1.5])
    assert solve_program([Step(two_columns, np.array([[5.0]]))]).status is ProgramStatus.INFEASIBLE


def test_the_linear_program_saves_what_least_squares_loses():
    """Cut 2 leaves a choice that cut 3 needs: least squares splits it evenly, which cut 3 cannot take."""
    choice = Step(np.array([[1.0, 1.0]]), np.array([[1.0]]))
    needs_first = Step(np.array([[0.0], [1.0]]), np.array([[0.0, 1.0], [1.0, 0.0]]))
    solution = solve_program([choice, needs_first])
    assert solution.status is ProgramStatus.SOLVED and not solution.fast
    assert np.allclose(solution.coefficients[1], [1, 0]) and np.allclose(solution.coefficients[2], [1])


def test_many_prefixes_step_together():
    step = Step(np.eye(2), np.array([[1.0], [3.0]]))
    after, passed = least_squares_step(step, np.array([[0.5], [1.0]]), bound=2.0, tolerance=1e-7)
    assert np.allclose(after, [[0.5, 1.5], [1.0, 3.0]]) and passed.tolist() == [True, False]


@pytest.mark.reliability("R11")
def test_inconsistent_equations_are_infeasible_until_the_tolerance_covers_them():
    step = Step(np.ones((2, 1)), np.array([[1.0], [1.1]]))
    assert solve_program([step]).status is ProgramStatus.INFEASIBLE
    for fast in (True, False):
        solved = solve_program([step], tolerance=0.06, fast=fast)
        assert solved.status is ProgramStatus.SOLVED and 0.05 - 1e-9 <= solved.residual <= 0.06


@pytest.mark.parametrize("scale", [1e-9, 1e-6, 1e-3, 1.0, 1e3])
@pytest.mark.parametrize("fast", [True, False])
@pytest.mark.reliability("R11")
def test_the_units_of_a_row_do_not_change_the_answer(scale, fast):
    """HiGHS drops entries below 1e-9 and calls such rows infeasible when they are not scaled."""
    futures, carried = np.array([[2.0, 1.0], [1.0, -1.0]]), np.array([[1.0], [0.25]])
    solution = solve_program([Step(scale * futures, scale * carried)], fast=fast)
    assert solution.status is ProgramStatus.SOLVED
    assert np.allclose(solution.coefficients[1], np.linalg.solve(futures, carried[:, 0]), atol=1e-6)


@pytest.mark.reliability("R11")
def test_near_collinear_rows_still_solve():
    for gap in (1e-6, 1e-9, 1e-12):
        step = Step(np.array([[1.0, 1.0], [1.0, 1.0 + gap]]), np.ones((2, 1)))
        for fast in (True, False):
            assert solve_program([step], fast=fast).status is ProgramStatus.SOLVED


@pytest.mark.reliability("R11")
def test_a_time_limit_is_told_apart_from_infeasible():
    solution = solve_program(random_steps(0, length=12), fast=False, time_limit=0.0)
    assert solution.status is ProgramStatus.LIMIT and solution.coefficients == ()


@pytest.mark.parametrize("fast", [True, False])
@pytest.mark.reliability("R11")
def test_no_steps_and_no_futures_are_fine(fast):
    assert [c.tolist() for c in solve_program([], fast=fast).coefficients] == [[1.0]]
    empty = solve_program([Step(np.zeros((0, 2)), np.zeros((0, 1)))], fast=fast)
    assert [c.tolist() for c in empty.coefficients] == [[1.0], [0.0, 0.0]]


@pytest.mark.reliability("R11")
def test_repeated_futures_change_nothing():
    steps = random_steps(1)
    twice = [Step(np.tile(step.futures, (2, 1)), np.tile(step.carried, (2, 1))) for step in steps]
    assert solve_program(steps).status is ProgramStatus.SOLVED
    assert cost(solve_program(steps, fast=False)) == pytest.approx(cost(solve_program(twice, fast=False)))


def test_the_same_program_has_the_same_solution():
    for fast in (True, False):
        one, two = (solve_program(random_steps(1), fast=fast).coefficients for _ in range(2))
        assert all(np.array_equal(a, b) for a, b in zip(one, two, strict=True))


@pytest.mark.bad_shapes
def test_bad_input_is_refused():
    with pytest.raises(ArgumentError, match=r"one row per future, got shapes \(2, 1\) and \(1, 1\)"):
        Step(np.ones((2, 1)), np.ones((1, 1)))
    with pytest.raises(ArgumentError, match="a step's logits must be finite"):
        Step(np.array([[np.inf]]), np.ones((1, 1)))
    with pytest.raises(ArgumentError, match="step 1 ends with 2 spanner rows, but the next begins with 1"):
        solve_program([Step(np.ones((1, 2)), np.ones((1, 1))), Step(np.ones((1, 1)), np.ones((1, 1)))])
    with pytest.raises(ArgumentError, match="bound must be at least 1"):
        solve_program([], bound=0.5)


def test_a_missing_cvxpy_names_the_pip_line(monkeypatch):
    monkeypatch.setitem(sys.modules, "cvxpy", None)
    with pytest.raises(MissingExtra, match=r'pip install "lowlogit_edu\[lab\]", or call solve_program'):
        solve_with_cvxpy([])
