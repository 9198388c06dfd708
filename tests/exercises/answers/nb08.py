"""Answers to the exercises of notebook 08."""

import numpy as np


def greedy(futures, carried, before):
    return np.linalg.pinv(futures) @ (carried @ before)


def basic(futures, carried, before):
    """A solution with as many zeros as it can have, where there is a choice."""
    if futures.shape[0] >= futures.shape[1]:
        return greedy(futures, carried, before)
    solution = np.zeros(futures.shape[1])
    solution[:1] = carried @ before / futures[0, 0]
    return solution


def passes(futures, carried, before, after, bound, tolerance, *, size=np.abs, of=np.max):
    return bool(of(size(futures @ after - carried @ before)) <= tolerance and of(size(after)) <= bound)


def interval(a, b, bound):
    reach = bound * abs(a[1:]).sum()
    return np.clip(sorted([(b - reach) / a[0], (b + reach) / a[0]]), -bound, bound)


def unclipped(a, b, bound):
    reach = bound * abs(a[1:]).sum()
    return sorted([(b - reach) / a[0], (b + reach) / a[0]])


RIGHT = {
    "nb08_tokens_to_leave": [3],
    "nb08_greedy_step": [greedy, lambda *given: greedy(*given).tolist()],
    "nb08_passes": [passes],
    "nb08_interval": [interval, lambda *given: tuple(interval(*given))],
    "nb08_growth": [lambda now, later: now @ later / (now @ now)],
}
WRONG = {
    "nb08_tokens_to_leave": {"still inside": 2, "tokens are whole": 2.41, "first time": 4, "count": 20},
    "nb08_greedy_step": {
        "pseudo-inverse": lambda futures, carried, before: futures.T @ (carried @ before),
        "a shorter solution": basic,
        "futures @ c is": lambda futures, carried, before: np.zeros(futures.shape[1]),
        "of shape (2,)": lambda futures, carried, before: np.zeros(7),
    },
    "nb08_passes": {
        "3 is outside the box": lambda futures, carried, before, after, bound, tolerance: passes(
            futures, carried, before, after, np.inf, tolerance
        ),
        "misses by 0.5": lambda *given: passes(*given, size=np.asarray),
        "up to the tolerance": lambda *given: passes(*given[:-1], 1e-9),
        "expected True or False": lambda *given: 1,
        "everything holds": lambda *given: False,
        "second equation": lambda *given: passes(*given, of=np.min),
    },
    "nb08_interval": {
        "in the box too": unclipped,
        "least value first": lambda a, b, bound: np.clip(
            [(b - bound * abs(a[1:]).sum()) / a[0], (b + bound * abs(a[1:]).sum()) / a[0]], -bound, bound
        ),
        "others must make": lambda a, b, bound: (-bound, bound),
        "other values are feasible": lambda a, b, bound: (b / a[0], b / a[0]),
    },
    "nb08_growth": {
        "not a solution": lambda now, later: now @ later,
        "ratio of lengths": lambda now, later: np.linalg.norm(later) / np.linalg.norm(now),
        "|later|^2": lambda now, later: now @ later / (later @ later),
        "Begin with b = 1": lambda now, later: 0.0,
    },
}
