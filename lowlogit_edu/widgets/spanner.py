"""Barycentric spanners as pictures: rows swapped while the area grows, and what a spanner of samples misses.

>>> explorer = SpannerExplorer()
>>> explorer
SpannerExplorer(cloud='random cloud', points=30, rule='the row just outside', bound=2.0, step=1, seed=0, \
spanner=(0, 26), swaps=7, largest=47.9)
>>> explorer.close()
"""

import csv
import io
from functools import lru_cache
from typing import Any

import numpy as np
from jaxtyping import Float
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Polygon, Rectangle
from matplotlib.ticker import MaxNLocator, NullLocator

from lowlogit_edu.core.rng import stream
from lowlogit_edu.experiments.sampled_spanners import pair_areas, patient_steps
from lowlogit_edu.matrices.spanner import (
    SpannerStep,
    barycentric_steps,
    numerical_rank,
    spanner_coefficients,
)
from lowlogit_edu.widgets.explorer import Explorer, choice, slider

BLUE, ORANGE, GREEN, GREY = "#0072B2", "#D55E00", "#009E73", "#999999"  # Okabe and Ito
CLOUDS = ("random cloud", "all on a line", "two clusters", "one outlier")
RULES = ("the row just outside", "the row farthest outside")
LABELS = 12  # bars that still have room for a number
PRESETS: dict[str, dict[str, Any]] = {
    cloud: {"cloud": cloud, "points": 30, "rule": RULES[0], "bound": 2.0, "step": 0} for cloud in CLOUDS
} | {"C close to 1": {"cloud": CLOUDS[0], "points": 60, "rule": RULES[0], "bound": 1.05, "step": 0}}


def cloud_points(cloud: str, points: int, *, rng: np.random.Generator) -> Float[np.ndarray, "point 2"]:
    """Points of the plane: rows of a logit matrix with two columns, say."""
    rows = rng.standard_normal((points, 2))
    if cloud == CLOUDS[1]:
        return np.outer(rows[:, 0], [1.0, 0.5])
    if cloud == CLOUDS[2]:
        return np.array([[2.0, 0.5], [0.4, 1.6]])[np.arange(points) % 2] + 0.2 * rows
    if cloud == CLOUDS[3]:
        rows[-1] = (4.5, 4.0)
    return rows


def weakest_start(points: Float[np.ndarray, "point 2"]) -> list[int]:
    """Two points that span little but not nothing; of points on a line, the one nearest to zero."""
    if numerical_rank(points) < 2:
        lengths = np.linalg.norm(points, axis=1)
        return [int(np.where(lengths > 1e-6 * lengths.max(), lengths, np.inf).argmin())]
    areas = pair_areas(points)
    flat = np.where(areas > 1e-3 * areas.max(), areas, np.inf).argmin()
    return [int(index) for index in np.unravel_index(flat, areas.shape)]


@lru_cache(maxsize=32)
def swap(
    cloud: str, points: int, rule: str, bound: float, seed: int
) -> tuple[Float[np.ndarray, "point 2"], list[SpannerStep]]:
    """The points, and the spanner after 0, 1, 2, ... swaps."""
    rows = cloud_points(cloud, points, rng=stream(seed, "cloud"))
    start = weakest_start(rows)
    swaps = patient_steps(rows, bound, start) if rule == RULES[0] else barycentric_steps(rows, bound, start=start)
    return rows, list(swaps)


def squeezed(value: Any, bound: float) -> Any:
    """Coordinates on paper: true inside the box, logarithmic outside."""
    size = np.maximum(np.abs(value) / bound, 1.0)
    return np.where(size > 1, np.sign(value) * bound * (1 + np.log(size) / 2), value)


class SpannerExplorer(Explorer):
    """Two rows span a parallelogram; rows outside the box are swapped in until none is left."""

    def __init__(self, **values: Any) -> None:
        controls = {
            "cloud": choice("Rows (points of the plane)", CLOUDS),
            "points": slider("Number of rows", 30, 2, 60),
            "rule": choice("Swap in", RULES),
            "bound": slider("Largest coefficient C", 2.0, 1.05, 4.0, 0.05),
            "step": slider("Swaps so far", 1, 0, 1),
            "seed": slider("Seed", 0, 0, 99),
        }
        super().__init__(controls, "spanner", presets=PRESETS, animated="step")
        self.set(**values)

    def _now(self) -> tuple[np.ndarray, list[SpannerStep], int]:
        """Points, states, and the number of the state that is shown."""
        points, states = swap(*(self.values[name] for name in self.values if name != "step"))
        return points, states, min(self.values["step"], len(states) - 1)

    def draw(self) -> None:
        """Let the slider end where the swapping ends, and draw."""
        self._controls["step"].max = max(1, len(self._now()[1]) - 1)
        super().draw()

    def facts(self) -> dict[str, Any]:
        """The controls, the spanner as it is now, and how many swaps there will be."""
        _, states, k = self._now()
        largest = float(f"{states[k].largest:.3g}")
        return self.values | {"spanner": states[k].indices, "swaps": len(states) - 1, "largest": largest}

    def coefficients(self) -> Float[np.ndarray, "point spanner"]:
        """Of every row in the spanner as it is now."""
        points, states, k = self._now()
        return spanner_coefficients(points, points[list(states[k].indices)])

    def figure(self) -> Figure:
        """The rows with the spanner; their coefficients with the box; the area after each swap."""
        figure = Figure(figsize=(11, 4.5), dpi=90, facecolor="white")
        figure.subplots_adjust(left=0.05, right=0.99, bottom=0.17, top=0.93, wspace=0.28)
        plane, box, area = figure.subplots(1, 3, width_ratios=[1.25, 1.25, 0.9])
        self._draw_plane(plane)
        self._draw_box(box)
        self._draw_area(area)
        figure.legend(*plane.get_legend_handles_labels(), loc="lower left", ncols=4, frameon=False)
        return figure

    def _outside(self) -> np.ndarray:
        return np.abs(self.coefficients()).max(axis=1, initial=0.0) > self.values["bound"] * (1 + 1e-9)

    def _draw_plane(self, axes: Axes) -> None:
        points, states, k = self._now()
        pair, C = points[list(states[k].indices)], self.values["bound"]
        size = 1.15 * np.abs(points).max()
        if len(pair) == 2:
            corners = np.array([[C, C], [C, -C], [-C, -C], [-C, C]]) @ pair
            axes.add_patch(Polygon(corners, color=BLUE, alpha=0.1, lw=0))
            axes.add_patch(Polygon(np.array([[0, 0], pair[0], pair.sum(axis=0), pair[1]]), color=GREEN, alpha=0.3))
        outside = self._outside()
        axes.plot(*points[~outside].T, "o", color=GREY, ms=5, label="in the box")
        axes.plot(*points[outside].T, "^", color=ORANGE, ms=6, label="outside")
        for row in pair:
            axes.annotate("", row, (0, 0), arrowprops={"arrowstyle": "-|>", "color": BLUE, "lw": 2.5})
        if k + 1 < len(states):
            (new,) = set(states[k + 1].indices) - set(states[k].indices)
            (old,) = set(states[k].indices) - set(states[k + 1].indices)
            axes.plot(*points[new], "o", mfc="none", mec="black", ms=13, label="comes in next")
            axes.plot(*points[old], "x", color="black", ms=11, mew=2, label="goes out next")
        axes.set(xlim=(-size, size), ylim=(-size, size), aspect="equal", xlabel="first column", ylabel="second column")
        axes.set_title("Rows, spanner and box")

    def _draw_box(self, axes: Axes) -> None:
        C, c, outside = self.values["bound"], self.coefficients(), self._outside()
        c = np.column_stack([c, np.zeros(len(c))])[:, :2]  # one spanner row: on a line
        seen = squeezed(c, C)
        axes.add_patch(Rectangle((-C, -C), 2 * C, 2 * C, color=BLUE, alpha=0.1, lw=0))
        axes.plot(*seen[~outside].T, "o", color=GREY, ms=5)
        axes.plot(*seen[outside].T, "^", color=ORANGE, ms=6)
        ticks = [t for t in (-1000, -100, -10, -C, 0, C, 10, 100, 1000) if abs(t) <= C or abs(t) > 2 * C]
        size = 1.08 * max(np.abs(seen).max(initial=0.0), 1.3 * C)
        ticks = [t for t in ticks if abs(squeezed(t, C)) < size]
        for axis in (axes.xaxis, axes.yaxis):
            axis.set_ticks([float(squeezed(t, C)) for t in ticks], [f"{t:g}" for t in ticks])
        axes.set(xlim=(-size, size), ylim=(-size, size), aspect="equal")
        axes.set(xlabel="first coefficient", ylabel="second coefficient")
        axes.yaxis.labelpad = 0
        axes.set_title("Coefficients (log scale outside)")

    def _draw_area(self, axes: Axes) -> None:
        _, states, k = self._now()
        areas = np.exp([state.log_determinant for state in states])
        colours = [GREEN if i <= k else "#DDDDDD" for i in range(len(areas))]
        axes.bar(range(len(areas)), areas, color=colours)
        for i, value in enumerate(areas if len(areas) <= LABELS else ()):
            axes.text(i, value, f"{value:.2g}", ha="center", va="bottom", fontsize=8)
        axes.set(xlabel="swaps", yscale="log", ylim=(0.4 * areas.min(), 2 * areas.max()))
        axes.xaxis.set_major_locator(MaxNLocator(LABELS, integer=True))
        axes.yaxis.set_minor_locator(NullLocator())
        axes.set_title("Area of the spanner" if len(states[0].indices) == 2 else "Length of the spanner")
        axes.spines[["top", "right"]].set_visible(False)

    def summary(self) -> str:
        """The picture in words."""
        points, states, k = self._now()
        state, outside = states[k], int(self._outside().sum())
        what = "area" if len(state.indices) == 2 else "length"
        next_swap = "No swap is needed any more."
        if k + 1 < len(states):
            factor = np.exp(states[k + 1].log_determinant - state.log_determinant)
            next_swap = f"The next swap multiplies the {what} by {factor:.4g}."
        rows = " and ".join(f"({x:.2f}, {y:.2f})" for x, y in points[list(state.indices)])
        return (
            f"After {k} of {len(states) - 1} swaps the spanner is {rows}, of {what} "
            f"{np.exp(state.log_determinant):.3g}. {outside} of {len(points)} rows are outside the box of "
            f"C = {self.values['bound']:g}; the largest coefficient is {state.largest:.3g}. {next_swap}"
        )

    def data(self) -> str:
        """One line per row: its place, its coefficients, whether it is in the spanner."""
        points, states, k = self._now()
        text = io.StringIO()
        table = csv.writer(text, lineterminator="\n")
        c, kept = self.coefficients(), states[k].indices
        table.writerow(["row", "x", "y", *(f"coefficient_{i + 1}" for i in range(len(kept))), "in_spanner"])
        for i, (point, numbers) in enumerate(zip(points, c, strict=True)):
            table.writerow([i, *map(float, point), *map(float, numbers), int(i in kept)])
        return text.getvalue()
