"""Barycentric spanners as pictures: rows swapped while the area grows.

>>> explorer = SpannerExplorer()
>>> explorer
SpannerExplorer(cloud='random cloud', points=30, rule='the row just outside', bound=2.0, step=0, seed=0, \
spanner=(15, 26), largest=151.0)
>>> explorer.close()
"""

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from jaxtyping import Bool, Float
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Polygon, Rectangle
from matplotlib.ticker import MaxNLocator, NullLocator

from lowlogit_edu.core.words import are
from lowlogit_edu.matrices.spanner import SpannerStep, spanner_coefficients
from lowlogit_edu.show.csv_text import csv_text
from lowlogit_edu.show.palette import BLUE, GREEN, GREY, ORANGE
from lowlogit_edu.widgets.axes import arrow, blank_figure, hide_frame, mark_squeezed, squeezed
from lowlogit_edu.widgets.clouds import CLOUDS, RULES, swap
from lowlogit_edu.widgets.explorer import Explorer, choice, slider

LABELS = 12  # bars that still have room for a number
LEAST_BARS = 8  # that there is room for at first
ROUNDING = 1e-9  # a coefficient of C is in the box, rounded up or not
PRESETS: dict[str, dict[str, Any]] = {
    **{cloud: {"cloud": cloud, "points": 30, "rule": RULES[0], "bound": 2.0, "step": 0} for cloud in CLOUDS},
    "C close to 1": {"cloud": "random cloud", "points": 60, "rule": RULES[0], "bound": 1.05, "step": 0},
}


@dataclass(frozen=True)
class Stage:
    """The swapping after some of its swaps: what all panels of one picture read.

    Attributes
    ----------
    points : array of shape (point, 2)
    states : list of SpannerStep
        After 0, 1, 2, ... swaps.
    swaps : int
        How many were made.
    bound : float
        Largest coefficient C that the box allows.
    """

    points: Float[np.ndarray, "point 2"]
    states: list[SpannerStep]
    swaps: int
    bound: float

    @property
    def state(self) -> SpannerStep:
        """The state after these swaps."""
        return self.states[self.swaps]

    @property
    def next_state(self) -> SpannerStep | None:
        """The state after one more swap; None at the end."""
        return self.states[self.swaps + 1] if self.swaps + 1 < len(self.states) else None

    @property
    def spanner(self) -> Float[np.ndarray, "spanner 2"]:
        """The rows of the spanner: two, or one where all points are on a line."""
        return self.points[list(self.state.indices)]

    @property
    def measure(self) -> str:
        """What swapping makes larger."""
        return "area" if len(self.state.indices) == 2 else "length"

    @cached_property
    def coefficients(self) -> Float[np.ndarray, "point spanner"]:
        """Of every row in the spanner."""
        return spanner_coefficients(self.points, self.spanner)

    @cached_property
    def outside(self) -> Bool[np.ndarray, "point"]:
        """Which rows need a coefficient larger than C."""
        return np.abs(self.coefficients).max(axis=1, initial=0.0) > self.bound * (1 + ROUNDING)


class SpannerExplorer(Explorer):
    """Two rows span a parallelogram; rows outside the box are swapped in until none is left."""

    def __init__(self, **values: Any) -> None:
        controls = {
            "cloud": choice("Rows (points of the plane)", CLOUDS),
            "points": slider("Number of rows", 30, 2, 60),
            "rule": choice("Swap in", RULES),
            "bound": slider("Largest coefficient C", 2.0, 1.05, 4.0, 0.05),
            "step": slider("Swaps so far", 0, 0, 1),
            "seed": slider("Seed", 0, 0, 99),
        }
        super().__init__(controls, "spanner", presets=PRESETS, animated="step", values=values)

    def _now(self) -> Stage:
        now = self.values
        points, states = swap(now["cloud"], now["points"], now["rule"], now["bound"], now["seed"])
        # The slider may stand beyond the last swap while another control is being moved.
        return Stage(points, states, min(now["step"], len(states) - 1), now["bound"])

    def end_sliders(self) -> None:
        """The slider of swaps ends where the swapping does."""
        # At least 1: the slider's ends must differ.
        self._controls["step"].max = max(1, len(self._now().states) - 1)

    def facts(self) -> dict[str, Any]:
        """The controls, and the spanner as it is now; how many swaps there will be is for students to see."""
        stage = self._now()
        return self.values | {"spanner": stage.state.indices, "largest": float(f"{stage.state.largest:.3g}")}

    @property
    def swaps(self) -> int:
        """How many swaps there will be."""
        return len(self._now().states) - 1

    def coefficients(self) -> Float[np.ndarray, "point spanner"]:
        """Of every row in the spanner as it is now."""
        return self._now().coefficients

    def figure(self) -> Figure:
        """The rows with the spanner; their coefficients with the box; the area after each swap."""
        stage = self._now()
        figure = blank_figure(11, 4.5)
        figure.subplots_adjust(left=0.07, right=0.99, bottom=0.17, top=0.93, wspace=0.28)
        plane, box, area = figure.subplots(1, 3, width_ratios=[1.25, 1.25, 0.9])
        self._draw_plane(plane, stage)
        self._draw_box(box, stage)
        self._draw_area(area, stage)
        handles, labels = plane.get_legend_handles_labels()
        figure.legend(handles, labels, loc="lower left", ncols=4, frameon=False)
        return figure

    def _draw_plane(self, axes: Axes, stage: Stage) -> None:
        # To be seen: the arrows of the spanner, their parallelogram, and which rows the box C times as wide misses.
        if len(stage.spanner) == 2:
            one, two = stage.spanner
            corners = stage.bound * np.array([one + two, one - two, -one - two, two - one])
            axes.add_patch(Polygon(corners, color=BLUE, alpha=0.1, lw=0))
            axes.add_patch(Polygon(np.array([[0, 0], one, one + two, two]), color=GREEN, alpha=0.3))
        inner = stage.points[~stage.outside]
        outer = stage.points[stage.outside]
        axes.plot(inner[:, 0], inner[:, 1], "o", color=GREY, ms=5, label="in the box")
        axes.plot(outer[:, 0], outer[:, 1], "^", color=ORANGE, ms=6, label="outside")
        for row in stage.spanner:
            arrow(axes, (0, 0), row, BLUE)
        self._draw_next_swap(axes, stage)
        size = 1.15 * np.abs(stage.points).max()
        axes.set(xlim=(-size, size), ylim=(-size, size), aspect="equal", xlabel="first column", ylabel="second column")
        axes.set_title("Rows, spanner and box")

    def _draw_next_swap(self, axes: Axes, stage: Stage) -> None:
        # To be seen: before a step is taken, which row will come in and which will go.
        if stage.next_state is None:
            return
        (new,) = set(stage.next_state.indices) - set(stage.state.indices)
        (old,) = set(stage.state.indices) - set(stage.next_state.indices)
        axes.plot(*stage.points[new], "o", mfc="none", mec="black", ms=13, label="comes in next")
        axes.plot(*stage.points[old], "x", color="black", ms=11, mew=2, label="goes out next")

    def _draw_box(self, axes: Axes, stage: Stage) -> None:
        # To be seen: in coordinates of the spanner the box is a square, and every swap pulls the triangles into it.
        C = stage.bound
        # A spanner of one row has one coefficient: its second is drawn as zero, so the rows are on a line.
        padded = np.column_stack([stage.coefficients, np.zeros(len(stage.points))])
        places = squeezed(padded[:, :2], C)
        inner = places[~stage.outside]
        outer = places[stage.outside]
        axes.add_patch(Rectangle((-C, -C), 2 * C, 2 * C, color=BLUE, alpha=0.1, lw=0))
        axes.plot(inner[:, 0], inner[:, 1], "o", color=GREY, ms=5)
        axes.plot(outer[:, 0], outer[:, 1], "^", color=ORANGE, ms=6)
        size = 1.08 * max(np.abs(places).max(initial=0.0), 1.3 * C)
        mark_squeezed(axes.xaxis, C, size)
        mark_squeezed(axes.yaxis, C, size)
        axes.set(xlim=(-size, size), ylim=(-size, size), aspect="equal")
        axes.set(xlabel="first coefficient", ylabel="second coefficient")
        axes.yaxis.labelpad = 0
        axes.set_title("Coefficients (log scale outside)")

    def _draw_area(self, axes: Axes, stage: Stage) -> None:
        # To be seen: each swap multiplies the area by more than C. Swaps to come are not drawn: they may be guessed.
        seen = np.exp([state.log_determinant for state in stage.states[: stage.swaps + 1]])
        axes.bar(range(len(seen)), seen, color=GREEN)
        if len(seen) <= LABELS:
            for i, value in enumerate(seen):
                axes.text(i, value, f"{value:.2g}", ha="center", va="bottom", fontsize=8)
        # Neither do the ends of the axis tell of them: at the beginning they leave room for a hundredfold area.
        top = 2 * max(seen[-1], 100 * seen[0])
        axes.set(xlabel="swaps", yscale="log", ylim=(0.4 * seen[0], top))
        axes.set_xlim(-0.8, max(len(seen), LEAST_BARS) - 0.4)
        axes.xaxis.set_major_locator(MaxNLocator(LABELS, integer=True))
        axes.yaxis.set_minor_locator(NullLocator())
        axes.set_title(f"{stage.measure.capitalize()} of the spanner")
        hide_frame(axes)

    def summary(self) -> str:
        """The picture in words."""
        stage = self._now()
        area = np.exp(stage.state.log_determinant)
        last_swap = ""
        if stage.swaps:
            factor = area / np.exp(stage.states[stage.swaps - 1].log_determinant)
            last_swap = f"The last swap multiplied the {stage.measure} by {factor:.4g}. "
        end = "No swap is needed any more." if stage.next_state is None else "A row from outside can be swapped in."
        outside = int(stage.outside.sum())
        rows = " and ".join(f"({x:.2f}, {y:.2f})" for x, y in stage.spanner)
        return (
            f"After {stage.swaps} swap{'s' * (stage.swaps != 1)} the spanner is {rows}, of {stage.measure} "
            f"{area:.3g}. {outside} of {len(stage.points)} rows {are(outside)} outside the box of "
            f"C = {stage.bound:g}; the largest coefficient is {stage.state.largest:.3g}. {last_swap}{end}"
        )

    def data(self) -> str:
        """One line per row: its place, its coefficients, whether it is in the spanner."""
        stage = self._now()
        kept = stage.state.indices
        names = [f"coefficient_{i}" for i in range(1, len(kept) + 1)]
        rows = []
        for i, (place, coefficients) in enumerate(zip(stage.points, stage.coefficients, strict=True)):
            rows.append([i, *place, *coefficients, int(i in kept)])
        return csv_text(["row", "x", "y", *names, "in_spanner"], rows)
