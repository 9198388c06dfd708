"""The numbers and the still picture of the game with a spanner.

>>> board = Board(np.array([[1.0, 0.0], [0.0, 1.0], [3.0, 1.0]]), [(0, 1)], bound=2.0)
>>> board.area, board.outside.tolist(), board.best_swap()
(1.0, [False, False, True], (2, 1))
"""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Polygon

from lowlogit_edu.experiments.sampled_spanners import pair_areas
from lowlogit_edu.show.palette import BLUE, GREEN, GREY, ORANGE
from lowlogit_edu.widgets.axes import arrow, blank_figure, hide_frame

FLAT = 1e-9  # share of the product of two lengths; a smaller area is none
ROUNDING = 1e-9  # a coefficient of C is in the box, rounded up or not
SIZE = 3.25  # of the plane, from its middle to its edge

Pair = tuple[int, int]


def area_of(one: Float[np.ndarray, "2"], two: Float[np.ndarray, "2"]) -> float:
    """|det| of two rows; 0 where they are on one line, rounding aside."""
    area = abs(float(one[0] * two[1] - one[1] * two[0]))
    return area if area > FLAT * float(np.linalg.norm(one) * np.linalg.norm(two)) else 0.0


@dataclass(frozen=True)
class Board:
    """Rows of the plane, and the pairs that spanned them so far.

    Attributes
    ----------
    rows : array of shape (row, 2)
    pairs : list of pairs
        The last one is the spanner.
    bound : float
        Largest coefficient C that the box allows.
    """

    rows: Float[np.ndarray, "row 2"]
    pairs: list[Pair]
    bound: float

    @property
    def pair(self) -> Pair:
        """The two rows that span."""
        return self.pairs[-1]

    @property
    def area(self) -> float:
        """What they span."""
        return area_of(*self.rows[list(self.pair)])

    @property
    def areas(self) -> list[float]:
        """What each pair spans."""
        return [area_of(*self.rows[list(pair)]) for pair in self.pairs]

    def after(self) -> Float[np.ndarray, "row 2"]:
        """The area with each row in the first place, and in the second; by Cramer's rule |coefficient| times `area`."""
        one, two = self.rows[list(self.pair)]
        return np.array([[area_of(row, two), area_of(one, row)] for row in self.rows])

    @property
    def outside(self) -> Bool[np.ndarray, "row"]:
        """Which rows the rule may swap in: the area grows more than C times, or from nothing."""
        return self.after().max(axis=1) > self.bound * self.area * (1 + ROUNDING)

    @property
    def coefficients(self) -> Float[np.ndarray, "row 2"] | None:
        """Of every row in the spanner; None where the two are on one line."""
        if self.area == 0:
            return None
        return np.linalg.solve(self.rows[list(self.pair)].T, self.rows.T).T

    def best_swap(self) -> Pair | None:
        """The spanner after the swap that makes the area grow most; None where the rule allows no swap."""
        if not self.outside.any():
            return None
        after = self.after()
        row, place = np.unravel_index(after.argmax(), after.shape)
        return (int(row), self.pair[1]) if place == 0 else (self.pair[0], int(row))

    def largest_pair(self) -> Pair:
        """The two rows that span the largest area of all."""
        areas = pair_areas(self.rows)
        one, two = np.unravel_index(areas.argmax(), areas.shape)
        return int(one), int(two)


def board_figure(board: Board) -> Figure:
    """The rows with the spanner and its box; the area after each swap."""
    figure = blank_figure(9, 4.6)
    plane, areas = figure.subplots(1, 2, width_ratios=[1.3, 1])
    _draw_plane(plane, board)
    _draw_areas(areas, board)
    figure.tight_layout()
    return figure


def _draw_plane(axes: Axes, board: Board) -> None:
    # To be seen: the arrows of the spanner, their parallelogram, and which rows the box C times as wide misses.
    one, two = board.rows[list(board.pair)]
    corners = board.bound * np.array([one + two, one - two, -one - two, two - one])
    if board.area:
        axes.add_patch(Polygon(corners, fc=BLUE, ec=BLUE, alpha=0.15))
        axes.add_patch(Polygon(np.array([[0, 0], one, one + two, two]), color=GREEN, alpha=0.35, lw=0))
    outside = board.outside
    axes.plot(*board.rows[~outside].T, "o", color=GREY, ms=6, label="in the box")
    axes.plot(*board.rows[outside].T, "^", color=ORANGE, ms=8, label="outside")
    for row in (one, two):
        arrow(axes, (0, 0), row, BLUE)
    for i, row in enumerate(board.rows, start=1):
        axes.annotate(str(i), row, (5, 4), textcoords="offset points")
    axes.set(xlim=(-SIZE, SIZE), ylim=(-SIZE, SIZE), aspect="equal", xlabel="first column", ylabel="second column")
    axes.set_title(f"Rows, spanner and box, C = {board.bound:g}")
    axes.legend(loc="lower left", ncols=2, frameon=False)


def _draw_areas(axes: Axes, board: Board) -> None:
    # To be seen: a swap by the rule makes the area grow more than C times.
    areas = board.areas
    axes.bar(range(len(areas)), areas, color=GREEN, width=0.6)
    for i, value in enumerate(areas):
        axes.text(i, value, f"{value:.2f}", ha="center", va="bottom")
    axes.set(xlabel="swaps", xlim=(-0.6, max(len(areas), 4) - 0.4), ylim=(0, 1.15 * max(*areas, 0.1)))
    axes.set_xticks(range(max(len(areas), 4)))
    axes.set_title("Area of the spanner")
    hide_frame(axes)
