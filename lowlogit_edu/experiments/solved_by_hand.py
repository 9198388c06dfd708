"""The linear program solved by hand: one coefficient of each cut is chosen, the equations give all the others.

The text is 0, 0, 0, ... on the automaton of `models.blow_up_isan`, with the rows L, S+ and S- at each cut. With
futures of one token a cut has one equation, (1, 1/2, 1/2) @ c = the logit so far, and choices in c that it cannot see.

>>> program = hand_program(cuts=3)
>>> path = program.follow([0.5, None, None])
>>> path.logits.tolist()  # invisible at the first cut, and for ever after it is not
[1.0, 1.5, 1.5, 1.5]
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from jaxtyping import Float

from lowlogit_edu.algorithm.program import Step, solve_program
from lowlogit_edu.core.checks import check_count
from lowlogit_edu.core.errors import ArgumentError
from lowlogit_edu.experiments.coefficient_room import extreme_coefficients
from lowlogit_edu.matrices.logit_matrix import Word, word_logits
from lowlogit_edu.models.blow_up import blow_up_isan
from lowlogit_edu.oracles.exact import ExactOracle

FIRST_CUT = 6  # the cut before it is the first that has histories in all three states
FUTURES: tuple[Word, ...] = ((1,), (0, 1), (1, 1))  # the logit of token 1 now, after a 0, after a 1
MOST_CUTS = 12
ROUNDING = 1e-9


def automaton_steps(cuts: int, futures: Sequence[Word] = FUTURES[:1], scale: float = 1.0) -> list[Step]:
    """The program's equations at so many cuts, from cut 6 on, of the text 0, 0, 0, ....

    Before them, at cut 5, the text is itself a row of the spanner, the first: its coefficients are (1, 0, 0).
    """
    last = FIRST_CUT + cuts
    oracle = ExactOracle(blow_up_isan(last + 2, scale))

    def rows(cut: int, words: Sequence[Word]) -> Float[np.ndarray, "future row"]:
        zeros = (0,) * (cut - 3)
        # The automaton is in L after two zeros or more; a 1 leads to O, and from there 0 to S+, 1 to S-.
        return word_logits(oracle, [(*zeros, 0, 0), (*zeros, 1, 0), (*zeros, 1, 1)], words).T

    steps = []
    for cut in range(FIRST_CUT, last):
        carried = rows(cut - 1, [(0, *future) for future in futures])
        steps.append(Step(rows(cut, futures), carried))
    return steps


@dataclass(frozen=True)
class HandPath:
    """A solution of the program, cut by cut.

    Attributes
    ----------
    coefficients : array of shape (cut, 3)
    rooms : array of shape (cut, 2)
        Least and largest value of the first coefficient, given those of the cuts before.
    logits : array of shape (cut + 1,)
        What is predicted at each cut, and at the one after the last; the truth is 1 everywhere.
    """

    coefficients: Float[np.ndarray, "cut 3"]
    rooms: Float[np.ndarray, "cut 2"]
    logits: Float[np.ndarray, "moment"]

    @property
    def cost(self) -> float:
        """The sum of all |c|, which `solve_program` makes least."""
        return float(np.abs(self.coefficients).sum())


@dataclass(frozen=True)
class HandProgram:
    """What is needed to solve the program by hand, in numbers.

    Attributes
    ----------
    steps : list of Step
        One equation each.
    bound : float
        Largest absolute coefficient C.
    now, later : pairs of float
        What an equation has for the first coefficient, and for the other two together, which are kept alike; at this
        cut, and carried to the next one.
    reach : array of shape (cut,)
        Largest logit at a cut that the cuts from there on can follow: the program looks ahead.
    """

    steps: list[Step]
    bound: float
    now: tuple[float, float]
    later: tuple[float, float]
    reach: Float[np.ndarray, "cut"]

    @property
    def growth(self) -> float:
        """What each greedy step (Equation 5) multiplies the logit by."""
        return float((self.steps[1].carried @ self.steps[0].transition)[0] @ [1.0, 0.0, 0.0])

    @cached_property
    def cheapest(self) -> list[float]:
        """The first coefficients of the solution of least sum |c|, which the sampler takes."""
        found = solve_program(self.steps, self.bound, fast=False).coefficients
        return [float(c[0]) for c in found[1:]]

    @cached_property
    def band(self) -> Float[np.ndarray, "moment 2"]:
        """Least and largest logit at each cut, and after the last, over all solutions of the program."""
        # After the last cut its coefficients are carried as from every other.
        rows = [*(step.futures[0] for step in self.steps), self.steps[-1].carried[0]]
        band = np.zeros((len(rows), 2))
        for s, row in enumerate(rows):
            begin = 3 * min(s, len(self.steps) - 1)
            for side, sign in enumerate((-1.0, 1.0)):
                direction = np.zeros(3 * len(self.steps))
                direction[begin : begin + 3] = sign * row
                found = extreme_coefficients(self.steps, direction, self.bound)
                if found is None:
                    raise ArgumentError(f"with C = {self.bound:g} the program has no solution; take 1 or more.")
                band[s, side] = np.concatenate(found) @ (sign * direction)
        return band

    def room(self, logit: float, cut: int) -> tuple[float, float]:
        """Least and largest first coefficient at a cut, counted from 0, that has to predict `logit`."""
        own, others = self.now
        carried, carried_others = self.later
        low = -self.bound
        high = self.bound
        # The others are (logit - own v) / others, and the next logit is linear in v, too.
        limits = [(logit / others, -own / others, self.bound)]
        if cut + 1 < len(self.steps):
            at_zero = carried_others * logit / others
            limits.append((at_zero, carried - carried_others * own / others, float(self.reach[cut + 1])))
        for value, slope, most in limits:
            if abs(slope) > ROUNDING:
                ends = sorted([(-most - value) / slope, (most - value) / slope])
                low = max(low, ends[0])
                high = min(high, ends[1])
        return low, max(low, high)

    def follow(self, chosen: Sequence[float | None]) -> HandPath:
        """The solution with these first coefficients, each moved into its room; None is the cheapest at its own cut.

        Parameters
        ----------
        chosen : sequence of float or None
            One for each cut. Cheapest means least |c_1| + |c_2| + |c_3|: here the first row carries all that it may.
        """
        own, others = self.now
        carried, carried_others = self.later
        logits = [float(self.steps[0].carried[0, 0])]  # of the coefficients (1, 0, 0) at the cut before
        coefficients = []
        rooms = []
        for cut, wanted in enumerate(chosen):
            low, high = self.room(logits[-1], cut)
            value = min(max(logits[-1] / own if wanted is None else wanted, low), high)
            other = (logits[-1] - own * value) / others
            coefficients.append([value, other, other])
            rooms.append([low, high])
            logits.append(carried * value + carried_others * other)
        return HandPath(np.array(coefficients), np.array(rooms), np.array(logits))


def hand_program(cuts: int = 8, bound: float = 2.0) -> HandProgram:
    """The program of `automaton_steps` with one future per cut, ready to be solved by hand.

    Paper: Section 2.3 (a choice that no equation sees, and what becomes of it), arXiv:2512.09892.
    """
    steps = automaton_steps(check_count("cuts", cuts, least=2, most=MOST_CUTS))
    now = steps[0].futures[0]
    later = steps[1].carried[0]
    if not bound >= 1:
        raise ArgumentError(f"bound must be at least 1, the size of the first coefficient; got {bound!r}.")
    weights = ((float(now[0]), float(now[1:].sum())), (float(later[0]), float(later[1:].sum())))
    return HandProgram(steps, bound, *weights, reach=_reach(now, later, cuts, bound))


def _reach(now: np.ndarray, later: np.ndarray, cuts: int, bound: float) -> Float[np.ndarray, "cut"]:
    """Largest now @ c in the box at each cut, from the last one backwards: later @ c must be in reach of the next."""
    from scipy.optimize import linprog

    reach = np.zeros(cuts)
    reach[-1] = bound * np.abs(now).sum()
    for cut in range(cuts - 2, -1, -1):
        both = np.array([later, -later])
        answer = linprog(-now, A_ub=both, b_ub=[reach[cut + 1]] * 2, bounds=(-bound, bound), method="highs")
        reach[cut] = -answer.fun
    return reach
