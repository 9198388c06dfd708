"""Clouds of points in the plane, and every swap on the way to their barycentric spanner.

>>> points, states = swap("all on a line", 30, "the row just outside", bound=2.0, seed=0)
>>> [state.indices for state in states]
[(18,), (5,), (17,), (11,)]
"""

from functools import lru_cache

import numpy as np
from jaxtyping import Float

from lowlogit_edu.core.rng import stream
from lowlogit_edu.experiments.sampled_spanners import pair_areas, patient_steps
from lowlogit_edu.matrices.spanner import SpannerStep, barycentric_steps, numerical_rank

CLOUDS = ("random cloud", "all on a line", "two clusters", "one outlier")
RULES = ("the row just outside", "the row farthest outside")
# The smallest share of the largest length, or area, that swapping may begin with: rounding must not decide it.
SHORTEST = 1e-6
FLATTEST = 1e-3


def cloud_points(cloud: str, points: int, *, rng: np.random.Generator) -> Float[np.ndarray, "point 2"]:
    """Points of the plane: rows of a logit matrix with two columns, say."""
    rows = rng.standard_normal((points, 2))
    if cloud == "all on a line":
        return np.outer(rows[:, 0], [1.0, 0.5])
    if cloud == "two clusters":
        centres = np.array([[2.0, 0.5], [0.4, 1.6]])
        return centres[np.arange(points) % 2] + 0.2 * rows
    if cloud == "one outlier":
        rows[-1] = (4.5, 4.0)
    return rows


def weakest_start(points: Float[np.ndarray, "point 2"]) -> list[int]:
    """Two points that span little but not nothing; of points on a line, the one nearest to zero.

    From here swapping takes many steps, and there is something to watch.
    """
    if numerical_rank(points) < 2:
        lengths = np.linalg.norm(points, axis=1)
        usable = lengths > SHORTEST * lengths.max()
        return [int(np.where(usable, lengths, np.inf).argmin())]
    areas = pair_areas(points)
    usable = areas > FLATTEST * areas.max()
    smallest = np.where(usable, areas, np.inf).argmin()
    return [int(index) for index in np.unravel_index(smallest, areas.shape)]


@lru_cache(maxsize=32)
def swap(
    cloud: str, points: int, rule: str, bound: float, seed: int
) -> tuple[Float[np.ndarray, "point 2"], list[SpannerStep]]:
    """The points, and the spanner after 0, 1, 2, ... swaps."""
    rows = cloud_points(cloud, points, rng=stream(seed, "cloud"))
    start = weakest_start(rows)
    if rule == "the row just outside":
        return rows, list(patient_steps(rows, bound, start))
    return rows, list(barycentric_steps(rows, bound, start=start))
