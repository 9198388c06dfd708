"""Vectors that arrive one by one, and how often they can surprise.

>>> arrivals = follow_arrivals(np.array([[1.0, 0.0], [1.0, 0.0]]), regularization=1.0)
>>> arrivals.surprises.tolist(), arrivals.gains.round(3).tolist()  # 1 and 1/2; log 1, log 2, log 3
([1.0, 0.5], [0.0, 0.693, 1.099])
"""

from dataclasses import dataclass
from math import log1p

import numpy as np
from jaxtyping import Bool, Float

from lowlogit_edu.algorithm.potential import EllipticalPotential
from lowlogit_edu.core.checks import check_count, check_number

ROUNDING = 1e-9  # share by which floating point may miss a threshold that is met exactly
LEAST = 1e-9  # smallest size that the sums below are meant for


@dataclass(frozen=True)
class Arrivals:
    """What each vector of a stream did to the elliptical potential.

    Attributes
    ----------
    surprises : array of shape (vector,)
        phi^T V^-1 phi of each vector against those before it.
    gains : array of shape (vector + 1,)
        log(det V_j / det V_0) before any vector and after each.
    """

    surprises: Float[np.ndarray, "vector"]
    gains: Float[np.ndarray, "moment"]

    def surprising(self, threshold: float) -> Bool[np.ndarray, "vector"]:
        """Which vectors surprised by at least `threshold`, up to rounding."""
        return self.surprises >= threshold * (1 - ROUNDING)


def follow_arrivals(vectors: Float[np.ndarray, "vector dimension"], regularization: float) -> Arrivals:
    """Let the rows of `vectors` arrive one by one."""
    potential = EllipticalPotential.start(vectors.shape[1], regularization)
    surprises = []
    levels = [potential.log_determinant]
    for phi in vectors:
        surprises.append(potential.surprise(phi))
        potential = potential.add(phi)
        levels.append(potential.log_determinant)
    return Arrivals(np.array(surprises), np.array(levels) - levels[0])


def random_arrivals(
    dimension: int, count: int, radius: float, *, rng: np.random.Generator
) -> Float[np.ndarray, "vector dimension"]:
    """Vectors of norm `radius` in uniformly random directions."""
    directions = rng.standard_normal((count, dimension))
    return radius * directions / np.linalg.norm(directions, axis=1, keepdims=True)


def thrifty_arrivals(
    dimension: int, count: int, radius: float, regularization: float, threshold: float, *, rng: np.random.Generator
) -> Float[np.ndarray, "vector dimension"]:
    """An adversary's vectors: in the least known direction, and just long enough to surprise by `threshold`.

    Once that would need more than `radius`, nothing can surprise any more; they go on with norm `radius`.
    """
    # All vectors lie along one orthonormal basis, so that V stays diagonal in it.
    directions = np.linalg.qr(rng.standard_normal((dimension, dimension)))[0]
    known = np.full(dimension, float(regularization))  # V's eigenvalues in these directions
    vectors = np.zeros((count, dimension))
    for vector in vectors:
        least = int(known.argmin())
        length = min(radius, (threshold * known[least]) ** 0.5)  # surprise = length^2 / known
        vector += length * directions[least]
        known[least] += length**2
    return vectors


def surprise_limit(dimension: int, radius: float, regularization: float, threshold: float) -> int:
    """Most vectors of norm at most `radius` that can surprise by at least `threshold`, however many arrive.

    Paper: Lemma 5.1 (its potential argument alone), arXiv:2512.09892.
    Differs from the paper: counted by log(1 + threshold), so that the length of the stream drops out.

    The surprising ones alone surprise each other at least as much, so that n of them need
    n log(1 + threshold) <= dimension * log(1 + n radius^2 / (dimension * regularization)).

    >>> surprise_limit(dimension=1, radius=1.0, regularization=1.0, threshold=1.0)  # 2^n <= 1 + n
    1
    """
    d = check_count("dimension", dimension)
    check_number("radius", radius, least=LEAST)
    check_number("regularization", regularization, least=LEAST)
    check_number("threshold", threshold, least=LEAST)
    share = radius**2 / (d * regularization)
    # The left side grows like n, the right one like log n: the first n + 1 that fails ends it.
    n = 0
    while (n + 1) * log1p(threshold) <= d * log1p((n + 1) * share) * (1 + 1e-12):  # equality counts, up to rounding
        n += 1
    return n
