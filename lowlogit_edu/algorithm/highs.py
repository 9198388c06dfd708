"""HiGHS, by way of scipy: among the solutions of linear equations the one of least absolute sum.

>>> equations = scaled(two_diagonals([np.array([[1.0, 2.0]])], []), np.array([2.0]), slack=0.0)  # c(1) + 2 c(2) = 2
>>> status, c = least_absolute_sum(equations, bound=2.0)
>>> status == SOLVED, c.round(6).tolist()
(True, [0.0, 1.0])
"""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from jaxtyping import Float

from lowlogit_edu.config import SOLVER_ERROR

# How scipy names the two outcomes that say something about the equations; all others are limits.
SOLVED = 0
INFEASIBLE = 2
FEASIBILITY = 1e-10  # error of a constraint that HiGHS may leave, the least that it takes; its default is 1e-7


def two_diagonals(diagonal: Sequence[np.ndarray], below: Sequence[np.ndarray]) -> Any:
    """The sparse matrix with the blocks `diagonal`, and left of the second and later ones `below`."""
    from scipy.sparse import block_array, csr_array

    blocks = [[None] * len(diagonal) for _ in diagonal]
    for s, block in enumerate(diagonal):
        blocks[s][s] = csr_array(block)
    for s, block in enumerate(below, start=1):
        blocks[s][s - 1] = csr_array(block)
    return block_array(blocks, format="csr")


def scaled(matrix: Any, right: Float[np.ndarray, "equation"], slack: float) -> dict[str, Any]:
    """`matrix` @ x = `right`, up to `slack` in each row, as arguments of `scipy.optimize.linprog`.

    HiGHS drops entries below 1e-9 and measures errors in the rows' own scale: here the largest entry
    of every row becomes 1. `matrix` is a sparse array of scipy.
    """
    from scipy.sparse import diags_array, vstack

    largest = np.maximum(abs(matrix).max(axis=1).toarray().ravel(), np.abs(right))
    scale = np.divide(1.0, largest, out=np.ones_like(largest), where=largest > 0)
    matrix = diags_array(scale) @ matrix
    right = right * scale
    if slack <= 0:
        return {"A_eq": matrix, "b_eq": right}
    room = slack * scale
    return {"A_ub": vstack([matrix, -matrix]), "b_ub": np.concatenate([right + room, room - right])}


def least_absolute_sum(
    given: Mapping[str, Any], bound: float, time_limit: float | None = None
) -> tuple[int, Float[np.ndarray, "unknown"]]:
    """scipy's status, and x of least sum |x| with |x| <= `bound`; x means something where the status is SOLVED.

    Parameters
    ----------
    given : mapping
        A matrix and a right-hand side, under the names that `scipy.optimize.linprog` has for them.
    bound : float
    time_limit : float, optional
        In seconds.
    """
    from scipy.optimize import linprog
    from scipy.sparse import hstack

    # |x| is not linear, but x = positive - negative is, with both parts between 0 and the bound;
    # at the least sum one of the two is zero.
    matrix_name, right_name = given
    matrix = given[matrix_name]
    parts = {matrix_name: hstack([matrix, -matrix], format="csr"), right_name: given[right_name]}
    options = {"primal_feasibility_tolerance": FEASIBILITY, "time_limit": time_limit}
    costs = np.ones(2 * matrix.shape[1])
    answer = linprog(costs, bounds=(0, bound), method="highs", options=options, **parts)
    if answer.x is None:
        return answer.status, np.zeros(0)
    positive, negative = np.split(answer.x, 2)
    return answer.status, positive - negative


def slack_of(tolerance: float) -> float:
    """What the solver is given to use of a program's tolerance, in nats: all but its own error."""
    return max(tolerance - SOLVER_ERROR, 0.0)
