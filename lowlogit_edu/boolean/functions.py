"""Boolean functions with values in [-1, 1], as tables, and their Fourier coefficients.

>>> majority(bits=3).values.tolist()
[1.0, 1.0, 1.0, -1.0, 1.0, -1.0, -1.0, -1.0]
>>> {subset: round(a, 6) for subset, a in majority(bits=3).fourier().items() if a}
{(2,): 0.5, (1,): 0.5, (0,): 0.5, (0, 1, 2): -0.5}
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Int

from lowlogit_edu.core.checks import check_count, check_number
from lowlogit_edu.core.errors import ArgumentError
from lowlogit_edu.core.rng import stream

Subset = tuple[int, ...]
MAX_BITS = 20  # tables of a million values
ROUNDING = 1e-12  # by which a value may pass 1: sums of Fourier terms do


def all_points(bits: int) -> Int[np.ndarray, "point bit"]:
    """Every point of {0, 1}^bits, in lexicographic order."""
    return np.arange(2**bits)[:, None] >> np.arange(bits)[::-1] & 1


def point_index(points: Int[np.ndarray, "point bit"]) -> Int[np.ndarray, "point"]:
    """The place of each point in `all_points`: its bits read as a number, the first one largest."""
    return points @ (1 << np.arange(points.shape[1])[::-1])


def character(subset: Sequence[int], points: Int[np.ndarray, "point bit"]) -> Float[np.ndarray, "point"]:
    """(-1)**sum(x[i] for i in subset) at some points."""
    ones = points[:, list(subset)].sum(axis=1)
    return 1.0 - 2.0 * (ones % 2)


@dataclass(frozen=True)
class BooleanFunction:
    """A function from bits to [-1, 1].

    Attributes
    ----------
    name : str
    values : array of shape (2**bits,)
        At all points, in lexicographic order.
    """

    name: str
    values: Float[np.ndarray, "point"]

    def __post_init__(self) -> None:
        size = np.shape(self.values)
        if len(size) != 1 or size[0] < 2 or size[0].bit_count() != 1:  # a power of two has one bit set
            raise ArgumentError(f"values must hold 2**bits numbers, one per point; got shape {size}.")
        if not (np.abs(self.values) <= 1 + ROUNDING).all():
            raise ArgumentError(f"values must lie within [-1, 1], got {np.abs(self.values).max():g}; scale them.")

    @property
    def bits(self) -> int:
        """Number of arguments."""
        return len(self.values).bit_length() - 1

    def __call__(self, points: Int[np.ndarray, "point bit"]) -> Float[np.ndarray, "point"]:
        """Values at some points."""
        return self.values[point_index(points)]

    def fourier(self) -> dict[Subset, float]:
        """Every Fourier coefficient: the average of f times the subset's character."""
        # The fast Walsh-Hadamard transform: one bit at a time, from its two values to their mean and half difference.
        cube = self.values.reshape((2,) * self.bits)
        for axis in range(self.bits):
            zero, one = np.split(cube, 2, axis)
            cube = np.concatenate([zero + one, zero - one], axis) / 2
        subsets = [tuple(np.flatnonzero(point).tolist()) for point in all_points(self.bits)]
        return dict(zip(subsets, cube.ravel().tolist(), strict=True))


def squared_error(one: BooleanFunction, other: BooleanFunction) -> float:
    """E (f - g)^2 over uniform points."""
    return float(((one.values - other.values) ** 2).mean())


def _points(bits: int) -> Int[np.ndarray, "point bit"]:
    return all_points(check_count("bits", bits, most=MAX_BITS))


def _checked(subset: Sequence[int], bits: int) -> list[int]:
    if len(set(subset)) != len(subset) or not set(subset) <= set(range(bits)):
        raise ArgumentError(f"subset must hold distinct positions from 0 to {bits - 1}, got {subset}.")
    return list(subset)


def parity(bits: int, subset: Sequence[int]) -> BooleanFunction:
    """1 where the bits of `subset` have an even sum, -1 elsewhere."""
    points = _points(bits)
    return BooleanFunction(f"parity{tuple(subset)} of {bits}", character(_checked(subset, bits), points))


def junta(bits: int, subset: Sequence[int], seed: int = 0) -> BooleanFunction:
    """A random function of the bits of `subset` alone."""
    relevant = _points(bits)[:, _checked(subset, bits)]
    signs = stream(seed, "junta").choice([-1.0, 1.0], size=2 ** len(subset))
    place = relevant @ (1 << np.arange(len(subset)))  # first bit smallest: any order will do for random signs
    return BooleanFunction(f"junta{tuple(subset)} of {bits}", signs[place])


def decision_tree(bits: int, depth: int, seed: int = 0) -> BooleanFunction:
    """A complete tree of the given depth: random questions, none twice on a path, and random signs at the leaves."""
    points = _points(bits)
    rng = stream(seed, "decision_tree")
    check_count("depth", depth, most=bits)
    values = np.empty(len(points))

    def grow(rows: np.ndarray, unasked: list[int], depth: int) -> None:
        if depth == 0:
            values[rows] = rng.choice([-1.0, 1.0])
            return
        asked = int(rng.choice(unasked))
        left = [i for i in unasked if i != asked]
        for bit in (0, 1):
            grow(rows[points[rows, asked] == bit], left, depth - 1)

    grow(np.arange(len(points)), list(range(bits)), depth)
    return BooleanFunction(f"decision tree of depth {depth} on {bits}", values)


def majority(bits: int) -> BooleanFunction:
    """-1 where more than half of the bits are one, 1 elsewhere."""
    ones = _points(bits).sum(axis=1)
    return BooleanFunction(f"majority of {bits}", np.where(2 * ones > bits, -1.0, 1.0))


def tribes(width: int, count: int) -> BooleanFunction:
    """-1 where some of `count` blocks of `width` bits is all ones, 1 elsewhere."""
    points = _points(check_count("width", width) * check_count("count", count))
    ones = points.reshape(-1, count, width).sum(axis=2)
    won = (ones == width).any(axis=1)
    return BooleanFunction(f"tribes of {count} x {width}", np.where(won, -1.0, 1.0))


def noisy(function: BooleanFunction, size: float, seed: int = 0) -> BooleanFunction:
    """`(1 - size) * function + size * r` with an independent random sign r at every point."""
    check_number("size", size, least=0, most=1)
    signs = stream(seed, "noisy").choice([-1.0, 1.0], size=len(function.values))
    return BooleanFunction(f"{function.name}, noise {size:g}", (1 - size) * function.values + size * signs)
