"""Lemma 5.2 as an experiment: what a spanner of samples misses, and how large it grows.

>>> rows, spanner = np.array([[1.0, 2.0], [3.0, 0.0]]), np.eye(2)
>>> missed_rows(rows, spanner, bound=2.0).tolist()  # the second needs a coefficient of 3
[False, True]
"""

from collections.abc import Callable, Iterator, Sequence

import numpy as np
from jaxtyping import Bool, Float

from lowlogit_edu.core.rng import stream
from lowlogit_edu.matrices.spanner import SpannerStep, barycentric_spanner, spanner_coefficients

Draw = Callable[[int, np.random.Generator], np.ndarray]  # number of rows, generator -> rows
ROUNDING = 1e-9  # share of a row or a bound that floating point may add


def missed_rows(
    rows: Float[np.ndarray, "row column"],
    spanner: Float[np.ndarray, "spanner column"],
    bound: float = 2.0,
    tolerance: float = 0.0,
) -> Bool[np.ndarray, "row"]:
    """Which rows are no combination of the spanner's with coefficients of at most `bound`, up to `tolerance`."""
    coefficients = spanner_coefficients(rows, spanner)
    room = tolerance + ROUNDING * np.abs(rows).max(initial=1.0)
    far = np.abs(rows - coefficients @ spanner).max(axis=1, initial=0.0) > room
    outside = np.abs(coefficients).max(axis=1, initial=0.0) > bound * (1 + ROUNDING)
    return far | outside


def missed_shares(
    draw: Draw, samples: Sequence[int], bound: float = 2.0, fresh: int = 2000, repeats: int = 10, seed: int = 0
) -> Float[np.ndarray, "samples repeat"]:
    """Share of fresh rows that the spanner of so many samples misses.

    Paper: Lemma 5.2 (samples that a distributional spanner needs; here counted), arXiv:2512.09892.

    Parameters
    ----------
    draw : callable
        `draw(n, rng)` gives n rows of the distribution.
    samples : sequence of int
    bound : float
    fresh, repeats : int
        Rows to judge by, and independent spanners of each size.
    seed : int
    """
    shares = np.zeros((len(samples), repeats))
    for i, count in enumerate(samples):
        for repeat in range(repeats):
            rng = stream(seed, "samples of a spanner", i, repeat)
            rows = draw(count, rng)
            spanner = rows[barycentric_spanner(rows, bound)]
            unseen = draw(fresh, rng)  # its own samples the spanner never misses
            shares[i, repeat] = missed_rows(unseen, spanner, bound).mean()
    return shares


def spanner_sizes(
    rows: Float[np.ndarray, "row column"], samples: Sequence[int], tolerance: float = 0.0
) -> dict[int, int]:
    """Size of the spanner of the first n rows, for each n of `samples`."""
    return {count: len(barycentric_spanner(rows[:count], tolerance=tolerance)) for count in samples}


def pair_areas(points: Float[np.ndarray, "point 2"]) -> Float[np.ndarray, "point point"]:
    """|det| of every two points of the plane: the area that they span."""
    x = points[:, 0]
    y = points[:, 1]
    return np.abs(np.outer(x, y) - np.outer(y, x))


def patient_steps(rows: Float[np.ndarray, "row column"], bound: float, start: Sequence[int]) -> Iterator[SpannerStep]:
    """`barycentric_steps` from independent rows that span all, swapping in the row that is the least outside.

    Also a legal order: each swap multiplies the volume by more than `bound`, if not by much more.
    """
    chosen = list(start)
    while True:
        sizes = np.abs(spanner_coefficients(rows, rows[chosen]))
        # The volume of rows in a larger space is the product of their singular values; det knows only square ones.
        values = np.linalg.svd(rows[chosen], compute_uv=False)
        yield SpannerStep(tuple(chosen), float(np.log(values).sum()), float(sizes.max()))
        outside = np.where(sizes > bound, sizes, np.inf)
        if not np.isfinite(outside.min()):
            return
        row, place = np.unravel_index(outside.argmin(), sizes.shape)
        chosen[int(place)] = int(row)
