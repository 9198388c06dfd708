"""The linear program that follows a prefix from cut to cut.

>>> step = Step(futures=np.array([[1.0, 0.0], [0.0, 2.0]]), carried=np.array([[1.0], [1.0]]))
>>> solution = solve_program([step])
>>> solution.status.name, [c.round(6).tolist() for c in solution.coefficients]
('SOLVED', [[1.0], [1.0, 0.5]])
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum
from functools import cached_property
from itertools import pairwise
from typing import Any

import numpy as np
from jaxtyping import Bool, Float

from lowlogit_edu.algorithm import highs
from lowlogit_edu.config import SOLVER_ERROR
from lowlogit_edu.core.errors import ArgumentError, missing_extra
from lowlogit_edu.matrices.spanner import noise_floor

CVXPY_ERROR = 1e-6  # nats; the solver's error where the rows are not scaled and the solver has its default settings


class ProgramStatus(Enum):
    """How the program ended; the value is a sentence that says what to try."""

    SOLVED = "All constraints hold, checked in their own units."
    INFEASIBLE = "No coefficients within the bound satisfy the equations: the spanner misses this prefix."
    LIMIT = "The solver stopped at its time or iteration limit; this says nothing about feasibility."
    INACCURATE = "The solver's answer breaks a constraint when checked; scale the logits or raise the tolerance."


@dataclass(frozen=True)
class Step:
    """The equations `futures @ c_s = carried @ c_{s-1}` between two cuts, one per future.

    Paper: Equation 8 (coefficients held to the representative futures), arXiv:2512.09892.

    Attributes
    ----------
    futures : array of shape (future, spanner at s)
        Logits of the futures F_s after the histories of cut s.
    carried : array of shape (future, spanner at s - 1)
        Logits of the same futures after the histories of cut s - 1 and the prefix's token s - 1.
    tolerance : float
        Noise of an entry of `futures`, in nats, below which a direction of it is not inverted.
    """

    futures: Float[np.ndarray, "future row"]
    carried: Float[np.ndarray, "future row_before"]
    tolerance: float = 0.0

    def __post_init__(self) -> None:
        if self.futures.ndim != 2 or self.carried.ndim != 2 or len(self.futures) != len(self.carried):
            raise ArgumentError(
                "a step needs two matrices with one row per future, got shapes "
                f"{self.futures.shape} and {self.carried.shape}."
            )
        if not (np.isfinite(self.futures).all() and np.isfinite(self.carried).all()):
            raise ArgumentError("a step's logits must be finite; NaN or infinity came from the oracle.")

    @cached_property
    def transition(self) -> Float[np.ndarray, "row row_before"]:
        """Least-squares map of coefficients: on it the learned model is an ISAN."""
        if not self.futures.size:
            return np.zeros((self.futures.shape[1], self.carried.shape[1]))
        left, values, right = np.linalg.svd(self.futures, full_matrices=False)
        # Noise would be divided by the small singular values that it made itself: those are left out.
        kept = values > noise_floor(self.futures.shape, values[0], self.tolerance)
        return right[kept].T / values[kept] @ (left[:, kept].T @ self.carried)

    def residuals(self, before: np.ndarray, after: np.ndarray) -> Float[np.ndarray, "*prefix future"]:
        """How far coefficients `before` and `after` are from the equations, in nats."""
        return after @ self.futures.T - before @ self.carried.T


@dataclass(frozen=True)
class ProgramSolution:
    """What `solve_program` found.

    Attributes
    ----------
    status : ProgramStatus
    coefficients : tuple of arrays
        c_1 to c_t; empty unless SOLVED.
    residual : float
        Largest error of an equation, in nats.
    fast : bool
        Whether least squares passed the check, so that no linear program was needed.
    """

    status: ProgramStatus
    coefficients: tuple[Float[np.ndarray, "_"], ...] = ()
    residual: float = float("nan")
    fast: bool = False


def least_squares_step(
    step: Step, before: Float[np.ndarray, "prefix row_before"], bound: float, tolerance: float
) -> tuple[Float[np.ndarray, "prefix row"], Bool[np.ndarray, "prefix"]]:
    """The next coefficients of many prefixes by least squares, and which of them pass the program's check.

    Paper: Equation 5 (greedy update), arXiv:2512.09892.
    Differs from the paper: every answer is held to the equations and the bound of Equation 14.
    """
    after = before @ step.transition.T
    residual = np.abs(step.residuals(before, after)).max(axis=1, initial=0.0)
    largest = np.abs(after).max(axis=1, initial=0.0)
    return after, (residual <= tolerance) & (largest <= bound)


def solve_program(
    steps: Sequence[Step],
    bound: float = 2.0,
    tolerance: float = SOLVER_ERROR,
    *,
    fast: bool = True,
    time_limit: float | None = None,
) -> ProgramSolution:
    """Coefficients c_1 to c_t of a prefix of t tokens, given its t - 1 steps.

    Paper: Equation 14 (linear program; also Equations 9 and 10), arXiv:2512.09892.
    Differs from the paper: the unknowns Lhat are eliminated, the solution of least sum |c| is
    taken, and least squares goes first and is kept where it passes the same check.

    Parameters
    ----------
    steps : sequence of Step
        For cuts 2 to t. c_1 is the first unit vector.
    bound : float
        Largest absolute coefficient.
    tolerance : float
        Largest error of an equation, in nats; the solver may use what exceeds `SOLVER_ERROR`.
    fast : bool
        Whether to try least squares first.
    time_limit : float, optional
        Seconds for the linear program. A limit makes the result depend on the machine's speed.
    """
    _check_steps(steps, bound)
    # Least squares is about a thousand times faster than the program, and as good where it passes the
    # check. Where there is no equation at all it does, and there is no program to solve.
    if fast or not any(len(step.futures) for step in steps):
        path = _greedy_path(steps, bound, tolerance)
        if path is not None:
            return _checked(steps, path, bound, tolerance, fast=True)
    return _cheapest(steps, bound, tolerance, time_limit)


def _check_steps(steps: Sequence[Step], bound: float) -> None:
    """ArgumentError unless each step begins with as many rows as the one before ends with."""
    if not bound >= 1:
        raise ArgumentError(f"bound must be at least 1, the size of the first coefficient; got {bound!r}.")
    for number, (one, two) in enumerate(pairwise(steps), start=1):
        if one.futures.shape[1] != two.carried.shape[1]:
            raise ArgumentError(
                f"step {number} ends with {one.futures.shape[1]} spanner rows, but the next begins "
                f"with {two.carried.shape[1]}."
            )


def first_coefficients(steps: Sequence[Step]) -> Float[np.ndarray, "row"]:
    """c_1 = e_1: cut 1 has one history, the empty one, which is the first of its rows."""
    rows = steps[0].carried.shape[1] if steps else 1
    return np.eye(1, rows)[0]


def _greedy_path(steps: Sequence[Step], bound: float, tolerance: float) -> list[np.ndarray] | None:
    """c_1 to c_t by least squares, cut by cut; None where a step fails the check."""
    path = [first_coefficients(steps)]
    for step in steps:
        after, passed = least_squares_step(step, path[-1][None], bound, tolerance)
        if not passed[0]:
            return None
        path.append(after[0])
    return path


def _checked(
    steps: Sequence[Step], path: Sequence[np.ndarray], bound: float, tolerance: float, fast: bool = False
) -> ProgramSolution:
    """The coefficients as SOLVED, or INACCURATE where a constraint fails in its own units."""
    errors = [step.residuals(path[s], path[s + 1]) for s, step in enumerate(steps)]
    residual = max((float(np.abs(error).max(initial=0.0)) for error in errors), default=0.0)
    largest = max(float(np.abs(c).max(initial=0.0)) for c in path)
    if residual <= tolerance and largest <= bound * (1 + SOLVER_ERROR):
        return ProgramSolution(ProgramStatus.SOLVED, tuple(path), residual, fast)
    return ProgramSolution(ProgramStatus.INACCURATE, (), residual)


def equations(steps: Sequence[Step], start: np.ndarray, slack: float) -> dict[str, Any]:
    """The equations between c_2, ..., c_t as arguments of `scipy.optimize.linprog`; each may miss by `slack` nats."""
    # A step's row of blocks has `futures` at its own cut and minus `carried` at the cut before; c_1 is
    # known, so what stands on it goes to the right-hand side.
    matrix = highs.two_diagonals([step.futures for step in steps], [-step.carried for step in steps[1:]])
    right = np.zeros(matrix.shape[0])
    right[: len(steps[0].carried)] = steps[0].carried @ start
    return highs.scaled(matrix, right, slack)


def _cheapest(steps: Sequence[Step], bound: float, tolerance: float, time_limit: float | None) -> ProgramSolution:
    """c_1 to c_t all at once, of least sum |c|.

    The paper takes any solution. This one lets the oracle's noise through least: with it the total
    variation was 5 to 9 times smaller than with whatever vertex the solver came to first.
    """
    start = first_coefficients(steps)
    given = equations(steps, start, highs.slack_of(tolerance))
    answer, unknowns = highs.least_absolute_sum(given, bound, time_limit)
    if answer == highs.INFEASIBLE:
        return ProgramSolution(ProgramStatus.INFEASIBLE)
    if answer != highs.SOLVED:
        return ProgramSolution(ProgramStatus.LIMIT)
    ends = np.cumsum([step.futures.shape[1] for step in steps])
    return _checked(steps, [start, *np.split(unknowns, ends[:-1])], bound, tolerance)


def solve_with_cvxpy(steps: Sequence[Step], bound: float = 2.0) -> ProgramSolution:
    """`solve_program` as the paper writes it, for reading and for comparison; slow, and without noise.

    Paper: Equation 14, lines a, b and c (linear program), arXiv:2512.09892.
    """
    try:
        import cvxpy as cp
    except ImportError as error:
        raise missing_extra("solve_with_cvxpy", "cvxpy", "or call solve_program") from error
    _check_steps(steps, bound)
    start = first_coefficients(steps)
    sizes = [len(start)] + [step.futures.shape[1] for step in steps]
    c = [cp.Variable(size) for size in sizes]
    predicted = [cp.Variable(len(step.futures)) for step in steps]  # Lhat at cuts 2 to t
    constraints = [c[0] == start]  # (b)
    constraints += [cp.norm_inf(coefficients) <= bound for coefficients in c]  # (b)
    for s, step in enumerate(steps):
        constraints += [predicted[s] == step.futures @ c[s + 1]]  # (a)
        constraints += [predicted[s] == step.carried @ c[s]]  # (c)
    cost = sum(cp.norm1(coefficients) for coefficients in c)
    problem = cp.Problem(cp.Minimize(cost), constraints)
    problem.solve(solver=cp.HIGHS)
    if problem.status == cp.INFEASIBLE:
        return ProgramSolution(ProgramStatus.INFEASIBLE)
    if problem.status != cp.OPTIMAL:
        return ProgramSolution(ProgramStatus.LIMIT)
    return _checked(steps, [np.asarray(coefficients.value) for coefficients in c], bound, CVXPY_ERROR)
