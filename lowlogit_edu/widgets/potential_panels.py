"""The panels of the explorer of the elliptical potential: the ellipsoid, each surprise, their number.

Letters of Lemma 5.1: V = lambda I + the sum of phi phi^T over the vectors so far; the next vector phi
surprises by phi^T V^-1 phi, and log det V is the potential.

>>> shadow(np.diag([4.0, 1.0])).max(axis=0).round(3).tolist()  # the half-axes are 1/2 and 1
[0.5, 1.0]
"""

from dataclasses import dataclass
from math import log1p, sqrt

import numpy as np
from jaxtyping import Bool, Float
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator, NullLocator

from lowlogit_edu.experiments.arrivals import Arrivals
from lowlogit_edu.show.palette import BLUE, GREEN, GREY, ORANGE
from lowlogit_edu.widgets.axes import arrow, blank_figure, hide_frame

MARGIN = 1.12  # of the plane around what it holds
LEAST = 1e-2  # surprises below this fall off the logarithmic axis


@dataclass(frozen=True)
class Scene:
    """All that one picture shows: a stream of vectors when the first `step` of them have arrived.

    Attributes
    ----------
    step, dimension : int
    radius, regularization, threshold : float
        R, lambda, and how much a vector has to surprise to be counted.
    vectors, arrivals
        The whole stream, and what it does to the potential.
    ceiling : array of shape (moment,)
        Most that log det V can have grown after 0, 1, 2, ... vectors of norm at most R.
    limit : int
        Most surprises that any stream can bring, however long.
    """

    step: int
    dimension: int
    radius: float
    regularization: float
    threshold: float
    vectors: Float[np.ndarray, "vector dimension"]
    arrivals: Arrivals
    ceiling: Float[np.ndarray, "moment"]
    limit: int

    @property
    def surprising(self) -> Bool[np.ndarray, "vector"]:
        """Which vectors of the whole stream are surprises."""
        return self.arrivals.surprising(self.threshold)

    @property
    def surprises(self) -> int:
        """How many surprises there were so far."""
        return int(self.surprising[: self.step].sum())

    @property
    def price(self) -> float:
        """What a surprise adds to log det V at least: it multiplies det V by 1 + its size."""
        return log1p(self.threshold)

    def matrix(self, count: int) -> Float[np.ndarray, "dimension dimension"]:
        """V after the first `count` vectors."""
        seen = self.vectors[:count]
        return self.regularization * np.eye(self.dimension) + seen.T @ seen


def potential_ceiling(dimension: int, radius: float, regularization: float, count: int) -> Float[np.ndarray, "moment"]:
    """Most that log det V can have grown after 0, 1, ..., `count` vectors of norm at most `radius` (Eq. 12)."""
    # det V is largest where the vectors' squares, R^2 each, are shared evenly among the d axes: after n of them every
    # eigenvalue is lambda (1 + n share).
    share = radius**2 / (dimension * regularization)
    return dimension * np.log1p(np.arange(count + 1) * share)


def shadow(matrix: Float[np.ndarray, "dimension dimension"]) -> Float[np.ndarray, "point 2"]:
    """Outline of {v : v^T V v <= 1} seen along all axes but the first two."""
    # In direction u the ellipsoid reaches sqrt(u^T V^-1 u), so the corner of V^-1 says all about the shadow.
    covariance = np.linalg.inv(matrix)[:2, :2]
    angle = np.linspace(0, 2 * np.pi, 121)
    circle = np.column_stack([np.cos(angle), np.sin(angle)])
    return circle @ np.linalg.cholesky(covariance).T


def potential_figure(scene: Scene) -> Figure:
    """Left the plane of the first two axes; right the surprises, and their number below its bounds."""
    figure = blank_figure(10, 5.4)
    figure.subplots_adjust(left=0.07, right=0.98, bottom=0.1, top=0.94, hspace=0.4, wspace=0.2)
    axes = figure.subplot_mosaic([["plane", "each"], ["plane", "count"]], width_ratios=[1.0, 1.3])
    draw_plane(axes["plane"], scene)
    draw_surprises(axes["each"], scene)
    draw_count(axes["count"], scene)
    for panel in ("each", "count"):
        hide_frame(axes[panel])
        axes[panel].set_xlim(0, len(scene.ceiling) - 0.5)
    return figure


def draw_plane(axes: Axes, scene: Scene) -> None:
    """The ellipsoid {v : v^T V v <= 1}, what is still unknown, in the plane of the first two axes."""
    before = scene.matrix(max(scene.step - 1, 0))
    axes.plot(*shadow(scene.matrix(0)).T, color=GREY, lw=1, ls="--", label="at the start")
    axes.fill(*shadow(before).T, color=BLUE, alpha=0.15, lw=0)
    axes.plot(*shadow(before).T, color=BLUE, lw=2, label="before the last vector")
    if scene.step:
        _draw_last_vector(axes, scene, before)
    # What is still unknown, and the longest vector: the ball at the start is soon far outside.
    size = MARGIN * max(np.abs(shadow(before)).max(), scene.radius)
    axes.set(xlim=(-size, size), ylim=(-size, size), aspect="equal", xlabel="first axis", ylabel="second axis")
    note = "" if scene.dimension == 2 else f" (shadow of {scene.dimension} dimensions)"
    axes.set_title(f"What is still unknown{note}")
    axes.set_anchor("N")
    axes.legend(loc="upper center", bbox_to_anchor=(0.5, -0.13), ncols=2, frameon=False)


def _draw_last_vector(axes: Axes, scene: Scene, before: Float[np.ndarray, "dimension dimension"]) -> None:
    """The vector that came last, the ellipsoid after it, and the strip that tells whether it is a surprise."""
    phi = scene.vectors[scene.step - 1]
    axes.plot(*shadow(before + np.outer(phi, phi)).T, color=GREEN, lw=2, ls="-.", label="after it")
    colour = ORANGE if scene.surprising[scene.step - 1] else GREY
    arrow(axes, (0, 0), phi[:2], colour)
    if scene.dimension > 2:
        return  # phi has coordinates that the picture has not, so the strip has no edge in it
    # The strip is |phi^T v| <= sqrt(threshold). The ellipsoid reaches phi^T v = sqrt(its surprise), so phi
    # is a surprise exactly where the ellipsoid before it crosses the edge.
    edge = sqrt(scene.threshold) * phi / (phi @ phi)
    along = np.array([-phi[1], phi[0]])
    axes.axline(edge, edge + along, color="black", lw=1, ls=":", label="edge of the strip")
    axes.axline(-edge, -edge + along, color="black", lw=1, ls=":")


def draw_surprises(axes: Axes, scene: Scene) -> None:
    """How much each vector surprised, up to the last one."""
    sizes = scene.arrivals.surprises[: scene.step]
    surprising = scene.surprising[: scene.step]
    for chosen, colour, marker, label in (
        (surprising, ORANGE, "o", "a surprise"),
        (~surprising, GREY, ".", "none"),
    ):
        numbers = np.flatnonzero(chosen) + 1
        axes.vlines(numbers, LEAST / 10, sizes[chosen], color=colour, lw=1.5)
        axes.plot(numbers, sizes[chosen], marker, color=colour, label=label)
    axes.axhline(scene.threshold, color="black", lw=1, ls=":")
    most = scene.radius**2 / scene.regularization  # of the first vector; whoever comes later meets a larger V
    axes.set(yscale="log", ylim=(LEAST, 3 * max(most, 1)), ylabel="surprise")
    axes.yaxis.set_minor_locator(NullLocator())
    axes.set_title("Surprise of each vector")
    axes.legend(loc="upper right", ncols=2, frameon=False)


def draw_count(axes: Axes, scene: Scene) -> None:
    """The number of surprises, below the potential and its ceiling counted in surprises, and the limit."""
    t = scene.step
    moments = np.arange(len(scene.ceiling))
    ceiling = scene.ceiling / scene.price
    paid = scene.arrivals.gains / scene.price
    count = np.cumsum([0, *scene.surprising[:t]])
    axes.plot(moments, ceiling, color="black", lw=1.5, ls="--", label="ceiling for any vectors")
    axes.plot(moments[: t + 1], paid[: t + 1], color=BLUE, lw=2, label="log det potential")
    axes.step(moments[: t + 1], count, color=ORANGE, lw=2.5, where="post", label="surprises so far")
    axes.axhline(scene.limit, color=GREEN, lw=1.5, ls="-.", label="limit, however long")
    axes.set(xlabel="vectors so far", ylabel="number of surprises")
    axes.set_ylim(0, 1.5 * max(ceiling[-1], scene.limit))  # room for the legend
    axes.set_title("Surprises, and what the potential allows")
    axes.yaxis.set_major_locator(MaxNLocator(5, integer=True))
    axes.legend(loc="upper left", ncols=2, frameon=False)
