"""Large Fourier coefficients of a Boolean function, found by the search of Kushilevitz and Mansour.

>>> from lowlogit_edu.boolean.functions import parity
>>> round(kushilevitz_mansour(parity(bits=6, subset=(0, 3))).error, 9)
0.0
"""

from collections.abc import Iterator, Mapping
from math import ceil

import numpy as np

from lowlogit_edu.boolean.functions import BooleanFunction, Subset, all_points, character, squared_error
from lowlogit_edu.boolean.oracle import BooleanResult, FunctionOracle
from lowlogit_edu.core.checks import check_count, check_number
from lowlogit_edu.core.rng import stream

SAMPLES = 32  # times 1 / threshold^4: weights are off by threshold^2 / 6, a third of what a bucket is kept for


def bucket_levels(
    oracle: FunctionOracle, threshold: float, samples: int, *, rng: np.random.Generator
) -> Iterator[dict[Subset, float]]:
    """The search of Kushilevitz and Mansour: at level k, the buckets looked into and their estimated weights.

    The bucket of `part` holds all subsets that agree with it on the first k positions; its weight is
    the sum of their squared coefficients. That is the average of f(y, x) chi(y) f(y', x) chi(y')
    over x and over independent beginnings y, y' of k bits, with chi the character of `part`. Buckets
    of weight below threshold^2 / 2 are dropped; the others are parted in two at the next level.
    """
    n = oracle.function.bits
    parts: list[Subset] = [()]
    for k in range(1, n + 1):
        # Pairs of points that differ in the first k bits alone: what hangs on the others cancels in the average.
        one, other = rng.integers(2, size=(2, samples, n))
        other[:, k:] = one[:, k:]
        product = oracle.values(one) * oracle.values(other)
        grown = [(*part, *new) for part in parts for new in ((), (k - 1,))]  # without position k - 1, and with it
        weights = {}
        for part in grown:
            signs = character(part, one) * character(part, other)
            weights[part] = float((product * signs).mean())
        yield weights
        parts = kept_buckets(weights, threshold)


def kept_buckets(weights: Mapping[Subset, float], threshold: float) -> list[Subset]:
    """The buckets heavy enough to be looked into: weight at least threshold^2 / 2."""
    # One that holds a coefficient of `threshold` weighs threshold^2 at least; half of it is room for the estimates.
    return [part for part, weight in weights.items() if weight >= threshold**2 / 2]


def bucket_weight(coefficients: Mapping[Subset, float], part: Subset, level: int) -> float:
    """Exact weight of a bucket: the squares of all coefficients whose subset is `part` on the first positions.

    >>> bucket_weight({(0,): 0.5, (0, 2): 0.5, (1,): -0.5}, (0,), level=2)
    0.5
    """
    inside = [a for subset, a in coefficients.items() if tuple(i for i in subset if i < level) == part]
    return sum(a**2 for a in inside)


def heavy_coefficients(
    oracle: FunctionOracle, threshold: float, samples: int, *, rng: np.random.Generator
) -> dict[Subset, float]:
    """Subsets whose Fourier coefficient is about `threshold` or more, with estimates of it."""
    *_, weights = bucket_levels(oracle, threshold, samples, rng=rng)  # of the last level, a bucket per subset
    points = rng.integers(2, size=(samples, oracle.function.bits))
    values = oracle.values(points)
    return {part: float((values * character(part, points)).mean()) for part in kept_buckets(weights, threshold)}


def kushilevitz_mansour(
    function: BooleanFunction, threshold: float = 0.25, samples: int | None = None, seed: int = 0
) -> BooleanResult:
    """Learn a function by finding its large Fourier coefficients; independent of Algorithm 1.

    The algorithm of Kushilevitz and Mansour (1991), which is that of Goldreich and Levin for
    functions with values in [-1, 1].

    Parameters
    ----------
    function : BooleanFunction
    threshold : float
        At least 0.1. Coefficients below it are given up; 1 / threshold^2 of them at most are above.
    samples : int, optional
        Points per estimate, by default 32 / threshold^4: the weights' errors are then about threshold^2 / 6.
    seed : int
    """
    check_number("threshold", threshold, least=0.1, most=1)
    oracle = FunctionOracle(function)
    rng = stream(seed, "kushilevitz_mansour")
    if samples is None:
        samples = ceil(SAMPLES / threshold**4)
    found = heavy_coefficients(oracle, threshold, check_count("samples", samples), rng=rng)
    # f is taken to be the sum of its large terms; clipping brings it no farther from values within [-1, 1].
    points = all_points(function.bits)
    total = np.zeros(len(points))
    for subset, a in found.items():
        total += a * character(subset, points)
    learned = BooleanFunction(f"learned {function.name}", np.clip(total, -1, 1))
    error = squared_error(function, learned)
    return BooleanResult(function.name, "Kushilevitz-Mansour", learned, oracle.queries, error)
