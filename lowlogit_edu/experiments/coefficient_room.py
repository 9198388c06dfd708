"""How much room the program leaves, and what the greedy update does where the program stays in its box.

>>> step = Step(futures=np.array([[1.0, 1.0]]), carried=np.array([[1.0]]))  # c(1) + c(2) = 1, |c| <= 2
>>> coefficient_ranges([step], row=0)[0].round(6).tolist()
[-1.0, 2.0]
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Int

from lowlogit_edu.algorithm import highs
from lowlogit_edu.algorithm.program import (
    Step,
    equations,
    first_coefficients,
    least_squares_step,
    solve_program,
)
from lowlogit_edu.algorithm.sampler import ProgramModel
from lowlogit_edu.config import SOLVER_ERROR
from lowlogit_edu.core.checks import check_tokens
from lowlogit_edu.core.numerics import kl_divergence
from lowlogit_edu.models.base import LanguageModel


def extreme_coefficients(
    steps: Sequence[Step], direction: Float[np.ndarray, "unknown"], bound: float = 2.0, tolerance: float = SOLVER_ERROR
) -> list[Float[np.ndarray, "_"]] | None:
    """Of all feasible c_2, ..., c_t those with the largest inner product with `direction`; None if there are none."""
    from scipy.optimize import linprog

    given = equations(steps, first_coefficients(steps), highs.slack_of(tolerance))
    # linprog minimises, and all of the program's solutions are allowed, not only those of least sum |c|.
    answer = linprog(-np.asarray(direction), bounds=(-bound, bound), method="highs", **given)
    if answer.status != highs.SOLVED:
        return None
    sizes = [step.futures.shape[1] for step in steps]
    return np.split(answer.x, np.cumsum(sizes)[:-1])


def coefficient_ranges(
    steps: Sequence[Step], row: int, bound: float = 2.0, tolerance: float = SOLVER_ERROR
) -> Float[np.ndarray, "cut 2"]:
    """Least and largest value that coefficient `row` may have at cuts 2 to t: two linear programs each.

    Paper: Section 2.3 (all coefficients at once, in one linear program), arXiv:2512.09892.

    NaN where a cut has no such row or the program has no solution.
    """
    sizes = [step.futures.shape[1] for step in steps]
    firsts = np.cumsum([0, *sizes[:-1]])  # where each cut's coefficients begin among all
    ranges = np.full((len(steps), 2), np.nan)
    for s, first in enumerate(firsts):
        if row >= sizes[s]:
            continue
        for side, sign in enumerate((-1.0, 1.0)):
            direction = np.zeros(sum(sizes))
            direction[first + row] = sign
            found = extreme_coefficients(steps, direction, bound, tolerance)
            if found is not None:
                ranges[s, side] = found[s][row]
    return ranges


def greedy_path(steps: Sequence[Step]) -> list[Float[np.ndarray, "_"]]:
    """c_1 to c_t of the greedy update: each from the one before, by least squares, whatever comes out.

    Paper: Equation 5 (greedy update; a whole prefix), arXiv:2512.09892.
    """
    path = [first_coefficients(steps)]
    for step in steps:
        before = path[-1][None]  # a batch of one
        after, _ = least_squares_step(step, before, bound=np.inf, tolerance=np.inf)
        path.append(after[0])
    return path


@dataclass(frozen=True)
class Followed:
    """One text followed by the greedy update and by the program, prefix by prefix; entry t - 1 has t tokens.

    Attributes
    ----------
    greedy, program : tuples of lists of arrays
        c_1 to c_t; of the program an empty list where it has no solution.
    greedy_kl, program_kl : arrays of shape (prefix,)
        KL(teacher || prediction of the next token), nats; without a solution the prediction is uniform.
    """

    greedy: tuple[list[Float[np.ndarray, "_"]], ...]
    program: tuple[list[Float[np.ndarray, "_"]], ...]
    greedy_kl: Float[np.ndarray, "prefix"]
    program_kl: Float[np.ndarray, "prefix"]

    def largest(self, paths: Sequence[Sequence[np.ndarray]]) -> Float[np.ndarray, "prefix"]:
        """Largest absolute coefficient of each path; NaN of an empty one."""
        largest = np.full(len(paths), np.nan)
        for i, path in enumerate(paths):
            if path:
                largest[i] = max(np.abs(c).max() for c in path)
        return largest


def follow_text(teacher: LanguageModel, model: ProgramModel, tokens: Int[np.ndarray, "time"]) -> Followed:
    """Follow `tokens` with the spanner rows of `model`: least squares on one side, the program on the other.

    Paper: Section 2.3 (growth of the coefficients, and how the program prevents it), arXiv:2512.09892.
    """
    text = check_tokens(np.asarray(tokens)[None], teacher.alphabet_size)[0].tolist()
    greedy = []
    program = []
    greedy_kl = np.zeros(model.horizon - 1)
    program_kl = np.zeros(model.horizon - 1)
    for t in range(1, model.horizon):
        # Every prefix is solved anew: a longer one's program may choose other coefficients at all cuts.
        steps = [model.step(cut, token) for cut, token in enumerate(text[: t - 1], start=2)]
        greedy.append(greedy_path(steps))
        # Without least squares, whose solution would be the greedy one wherever that stays in the box.
        solution = solve_program(steps, model.bound, model.tolerance, fast=False)
        program.append(list(solution.coefficients))  # empty unless solved
        truth = teacher.next_token_logits(text[:t])
        readout = model.cuts[t - 1].next_logits[text[t - 1]]  # Alg. 2, lines 5 to 7
        greedy_kl[t - 1] = kl_divergence(truth, greedy[-1][-1] @ readout)
        program_kl[t - 1] = kl_divergence(truth, _predicted(program[-1], readout))
    return Followed(tuple(greedy), tuple(program), greedy_kl, program_kl)


def _predicted(path: Sequence[np.ndarray], readout: Float[np.ndarray, "row token"]) -> Float[np.ndarray, "token"]:
    """Logits of the next token; uniform without a solution (Alg. 2, line 4)."""
    if not path:
        return np.zeros(readout.shape[1])
    return path[-1] @ readout
