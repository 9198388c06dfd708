"""What this machine can do at most, measured: products of matrices, and moving memory."""

from dataclasses import dataclass
from functools import cache

import numpy as np

from benchmarks.timing import Seconds, once

SIDE = 1024  # of the matrices: large enough for the full rate, small enough to be done in a moment
COPIED = 2**26  # bytes: more than caches hold
TRIES = 7


@dataclass(frozen=True)
class Limits:
    """The best of several tries.

    Attributes
    ----------
    float32, float64 : float
        Floating point operations per second in a matrix product, with as many threads as numpy takes.
    memory : float
        Bytes per second that a copy reads and writes.
    """

    float32: float
    float64: float
    memory: float


@dataclass(frozen=True)
class Limit:
    """Least seconds that a work could take.

    Attributes
    ----------
    what : str
    seconds : float
    """

    what: str
    seconds: float


@cache
def limits() -> Limits:
    """The machine's limits, measured once per run."""
    source = np.ones(COPIED, dtype=np.uint8)
    target = np.empty_like(source)
    copying = _best(lambda: np.copyto(target, source))
    return Limits(_product_rate(np.float32), _product_rate(np.float64), 2 * COPIED / copying.wall)


def _product_rate(kind: type) -> float:
    matrix = np.ones((SIDE, SIDE), dtype=kind)
    return 2 * SIDE**3 / _best(lambda: matrix @ matrix).wall


def _best(work) -> Seconds:
    return min((once(work) for _ in range(TRIES)), key=lambda seconds: seconds.wall)


def by_products(operations: float, kind: str = "float32") -> Limit:
    """The limit of so many operations in matrix products."""
    return Limit(f"{kind} products", operations / getattr(limits(), kind))


def by_memory(moved: float) -> Limit:
    """The limit of so many bytes that have to be read or written."""
    return Limit("memory", moved / limits().memory)
