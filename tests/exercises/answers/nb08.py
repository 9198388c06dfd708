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


def passes_in_loops(futures, carried, before, after, bound, tolerance):
    """Equation by equation; a zero-dimensional array of truth comes back."""
    for left, right in zip(futures, carried, strict=True):
        if abs(sum(left * after) - sum(right * before)) > tolerance:
            return np.array(False)
    return np.array(all(-bound <= c <= bound for c in after))


def passes_by_norm(futures, carried, before, after, bound, tolerance):
    return np.linalg.norm(futures @ after - carried @ before, np.inf) <= tolerance and max(abs(after)) <= bound


def euclidean(futures, carried, before, after, bound, tolerance):
    return bool(np.linalg.norm(futures @ after - carried @ before) <= tolerance and max(abs(after)) <= bound)


def euclidean_box(futures, carried, before, after, bound, tolerance):
    return bool(abs(futures @ after - carried @ before).max() <= tolerance and np.linalg.norm(after) <= bound)


def mean_residual(futures, carried, before, after, bound, tolerance):
    return bool(abs(futures @ after - carried @ before).mean() <= tolerance and max(abs(after)) <= bound)


def mean_coefficient(futures, carried, before, after, bound, tolerance):
    return bool(abs(futures @ after - carried @ before).max() <= tolerance and abs(after).mean() <= bound)


def by_maximisation(a, b, bound):
    """Corner by corner: all others at an end of the box."""
    corners = np.stack(np.meshgrid(*[[-bound, bound]] * (len(a) - 1)), axis=-1).reshape(-1, len(a) - 1)
    values = (b - corners @ a[1:]) / a[0]
    return [max(min(values), -bound), min(max(values), bound)]


def interval_with(reach):
    """The interval where the others make `reach(a, bound)`."""

    def found(a, b, bound):
        return np.clip(sorted([(b - reach(a, bound)) / a[0], (b + reach(a, bound)) / a[0]]), -bound, bound)

    return found


RIGHT = {
    "nb08_tokens_to_leave": [3],
    "nb08_greedy_step": [greedy, lambda *given: greedy(*given).tolist()],
    "nb08_passes": [passes, passes_in_loops, passes_by_norm],
    "nb08_interval": [
        interval,
        lambda *given: tuple(interval(*given)),
        by_maximisation,
        lambda *given: np.array([float(end) for end in interval(*given)], dtype=object),
    ],
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
        "both equations miss by 0.08": euclidean,
        "both coefficients are 1.8": euclidean_box,
        "one that fails is enough": mean_residual,
        "one coefficient outside is enough": mean_coefficient,
        "the bound is 1": lambda *given: passes(*given[:4], 2.0, given[5]),
        "the bound is 3": lambda *given: passes(*given[:4], min(given[4], 2.0), given[5]),
        "the tolerance is 0.01": lambda *given: passes(*given[:5], 0.1),
        "0.5 is allowed": lambda *given: passes(*given[:5], min(given[5], 0.1)),
        "the largest residual is": lambda *given: passes(*given) and len(given[3]) < 4,
        "the largest coefficient": lambda futures, carried, *given: passes(futures[:2], carried[:2], *given),
    },
    "nb08_interval": {
        "in the box too": unclipped,
        "least value first": lambda a, b, bound: np.clip(
            [(b - bound * abs(a[1:]).sum()) / a[0], (b + bound * abs(a[1:]).sum()) / a[0]], -bound, bound
        ),
        "others must make": lambda a, b, bound: (-bound, bound),
        "other values are feasible": lambda a, b, bound: (b / a[0], b / a[0]),
        "Try c_1 = -0.5 with": interval_with(lambda a, bound: bound * abs(a[1])),  # the second coefficient alone
        "Try c_1 = -0.5": interval_with(lambda a, bound: bound * a[1:].sum()),  # no absolute value
        "can make at most 0.5": lambda a, b, bound: interval(a, b, 2.0),
        "outside the box, whose bound is": lambda a, b, bound: np.clip(unclipped(a, b, bound), -2 * bound, 2 * bound),
        "Try c_1 =": lambda a, b, bound: interval(a, b, min(bound, 2.0)),
        "all of them together": interval_with(lambda a, bound: bound * len(a[1:]) * abs(a[1:]).max()),
    },
    "nb08_growth": {
        "not a solution": lambda now, later: now @ later,
        "ratio of lengths": lambda now, later: np.linalg.norm(later) / np.linalg.norm(now),
        "|later|^2": lambda now, later: now @ later / (later @ later),
        "Begin with b = 1": lambda now, later: 0.0,
    },
}
