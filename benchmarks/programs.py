"""The linear program that follows a prefix from cut to cut (Equation 14), beside cvxpy and scipy.

The teacher is a random ISAN and its spanners are those that the exact learner found: these are the learner's programs.
"""

from collections.abc import Callable, Sequence
from functools import cache

import numpy as np

import lowlogit_edu as ll
from benchmarks.results import Row, row
from benchmarks.timing import Effort, compare, growth_of, largest_difference
from lowlogit_edu.algorithm.program import Step, solve_program
from lowlogit_edu.algorithm.sampler import ProgramModel

TOLERANCE = 1e-4  # nats of a logit, or of a sum of coefficients: solvers leave up to 1e-7 of an equation
BOUND = 2.0
SIZES = {"alphabet_size": 4, "dimension": 3}


@cache
def model(horizon: int) -> ProgramModel:
    """What the exact learner returns for a random ISAN."""
    oracle = ll.oracles.ExactOracle(ll.models.random_isan(**SIZES, horizon=horizon, seed=0))
    config = ll.LearnerConfig(spanner_samples=500, validation_samples=50, redraw=False)
    return ll.learn(oracle, horizon, config, seed=0).model


def prefixes(n: int, length: int, horizon: int) -> np.ndarray:
    """Beginnings of the teacher's texts, (n, length)."""
    return ll.models.random_isan(**SIZES, horizon=horizon, seed=0).sample(n, seed=1)[:, :length]


def steps_of(learned: ProgramModel, prefix: Sequence[int]) -> list[Step]:
    """The equations of a prefix, with nothing worked out in advance."""
    return [
        Step(learned.cuts[cut - 1].on_futures.T, learned.cuts[cut - 2].carried[token].T)
        for cut, token in enumerate(prefix[:-1], start=2)
    ]


def logits_from(learned: ProgramModel, prefix: Sequence[int], last: np.ndarray) -> np.ndarray:
    """Algorithm 2's answer: the logits after the prefix, from its last coefficients."""
    return last @ learned.cuts[len(prefix) - 1].next_logits[prefix[-1]]


# Peers: each returns c_2 to c_t, one after the other in one array.


def by_cvxpy(steps: Sequence[Step], least_sum: bool) -> np.ndarray:
    """The program as one writes it in cvxpy, solved by HiGHS."""
    import cvxpy as cp

    c = [np.eye(1, steps[0].carried.shape[1])[0]]
    c += [cp.Variable(step.futures.shape[1]) for step in steps]
    constraints = [cp.abs(coefficients) <= BOUND for coefficients in c[1:]]
    for step, before, after in zip(steps, c, c[1:], strict=False):
        constraints.append(step.futures @ after == step.carried @ before)
    cost = sum(cp.norm1(coefficients) for coefficients in c[1:]) if least_sum else 0
    problem = cp.Problem(cp.Minimize(cost), constraints)
    problem.solve(solver=cp.HIGHS)
    return np.concatenate([coefficients.value for coefficients in c[1:]])


def by_linprog(steps: Sequence[Step], least_sum: bool) -> np.ndarray:
    """The program as one writes it for `scipy.optimize.linprog`: a dense matrix, and x = p - q where |x| counts."""
    from scipy.optimize import linprog

    widths = [step.futures.shape[1] for step in steps]
    ends = np.cumsum(widths)
    matrix = np.zeros((sum(len(step.futures) for step in steps), ends[-1]))
    right = np.zeros(len(matrix))
    top = 0
    for s, step in enumerate(steps):
        rows = slice(top, top + len(step.futures))
        matrix[rows, ends[s] - widths[s] : ends[s]] = step.futures
        if s == 0:
            right[rows] = step.carried[:, 0]
        else:
            matrix[rows, ends[s - 1] - widths[s - 1] : ends[s - 1]] = -step.carried
        top = rows.stop
    if not least_sum:
        return linprog(np.zeros(ends[-1]), A_eq=matrix, b_eq=right, bounds=(-BOUND, BOUND)).x
    parts = linprog(np.ones(2 * ends[-1]), A_eq=np.hstack([matrix, -matrix]), b_eq=right, bounds=(0, BOUND)).x
    return parts[: ends[-1]] - parts[ends[-1] :]


def by_lstsq(steps: Sequence[Step]) -> np.ndarray:
    """Least squares cut by cut, with no check that the coefficients are small: often as good as the program."""
    path = [np.eye(1, steps[0].carried.shape[1])[0]]
    for step in steps:
        path.append(np.linalg.lstsq(step.futures, step.carried @ path[-1], rcond=1e-10)[0])
    return np.concatenate(path[1:])


def _ours(steps: Sequence[Step], fast: bool) -> np.ndarray:
    return np.concatenate(solve_program(steps, BOUND, fast=fast).coefficients[1:])


# Benchmarks


def alone(effort: Effort) -> Row:
    """One prefix, as the sampler solves it: least squares first, the program where that fails the check."""
    length = effort.pick(full=8, quick=8, tiny=4)
    learned = model(length + 1)
    prefix = prefixes(1, length, length + 1)[0].tolist()
    last = learned.cuts[length - 1].next_logits.shape[1]  # how many coefficients c_t has

    def answer(solver: Callable) -> Callable:
        return lambda: logits_from(learned, prefix, solver(steps_of(learned, prefix))[-last:])

    compared = compare(
        answer(lambda steps: _ours(steps, fast=True)),
        {
            "cvxpy (HiGHS)": answer(lambda steps: by_cvxpy(steps, least_sum=False)),
            "scipy linprog": answer(lambda steps: by_linprog(steps, least_sum=False)),
            "numpy lstsq, cut by cut, unchecked": answer(by_lstsq),
        },
        largest_difference,
        TOLERANCE,
        effort,
    )
    return row(
        "program-alone",
        f"program of Equation 14 for a prefix of {length} tokens, coefficients of at most {BOUND:g}",
        "logits after the prefix, nats",
        compared,
        growths=[_growth_in_length(length, True, effort)],
    )


def without_least_squares(effort: Effort) -> Row:
    """The same as a linear program, of least sum of absolute coefficients."""
    length = effort.pick(full=8, quick=8, tiny=4)
    learned = model(length + 1)
    prefix = prefixes(1, length, length + 1)[0].tolist()
    compared = compare(
        lambda: _ours(steps_of(learned, prefix), fast=False),
        {
            "cvxpy (HiGHS)": lambda: by_cvxpy(steps_of(learned, prefix), least_sum=True),
            "scipy linprog": lambda: by_linprog(steps_of(learned, prefix), least_sum=True),
        },
        lambda ours, theirs: abs(np.abs(ours).sum() - np.abs(theirs).sum()),
        TOLERANCE,
        effort,
    )
    return row(
        "program-without-least-squares",
        f"program of Equation 14 by linear programming alone, least sum of absolute coefficients, {length} tokens",
        "sum of absolute coefficients",
        compared,
        growths=[_growth_in_length(length, False, effort)],
        note="Where several solutions are cheapest, coefficients may differ; the sum may not.",
    )


def _growth_in_length(length: int, fast: bool, effort: Effort):
    learned = model(length + 1)
    word = prefixes(1, length, length + 1)[0].tolist()
    lengths = [length // 2, length - 1, length] if length < 8 else [2, 4, 8]
    return growth_of("tokens", lengths, lambda t: lambda: _ours(steps_of(learned, word[:t]), fast), effort)


def batch(effort: Effort) -> Row:
    """Many prefixes: least squares takes them from cut to cut together."""
    n, length = effort.pick(full=(500, 8), quick=(50, 8), tiny=(4, 4))
    learned = model(length + 1)
    words = prefixes(n, length, length + 1)
    last = learned.cuts[length - 1].next_logits.shape[1]

    def one_by_one(solver: Callable) -> Callable:
        def answers() -> np.ndarray:
            found = []
            for prefix in words.tolist():
                coefficients = solver(steps_of(learned, prefix))
                found.append(logits_from(learned, prefix, coefficients[-last:]))
            return np.stack(found)

        return answers

    compared = compare(
        lambda: learned.logits_after(words),
        {
            "cvxpy (HiGHS), one by one": one_by_one(lambda steps: by_cvxpy(steps, least_sum=False)),
            "scipy linprog, one by one": one_by_one(lambda steps: by_linprog(steps, least_sum=False)),
            "numpy lstsq, cut by cut, unchecked": one_by_one(by_lstsq),
        },
        largest_difference,
        TOLERANCE,
        effort,
    )
    counts = [n // 4, n // 2, n]
    return row(
        "program-batch",
        f"program of Equation 14 for a batch of {n} prefixes of {length} tokens, from a learned model",
        "logits after the prefixes, nats",
        compared,
        growths=[growth_of("prefixes", counts, lambda count: lambda: learned.logits_after(words[:count]), effort)],
        note="The model keeps each token's decomposition from one question to the next; the warm-up made them.",
    )
