"""Two histories chosen as a basis: how large are the coordinates of the others?

>>> coordinates(np.array([[1.0, 0.0], [1.0, 2.0], [0.0, 4.0]]), 0, 1).tolist()
[[1.0, 0.0], [0.0, 1.0], [-2.0, 2.0]]
"""

from functools import cache
from typing import Any

import numpy as np
from jaxtyping import Float
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from lowlogit_edu.matrices.equivalence import cut_factors
from lowlogit_edu.matrices.logit_matrix import all_words
from lowlogit_edu.models import random_isan
from lowlogit_edu.show import palette
from lowlogit_edu.show.csv_text import csv_text
from lowlogit_edu.widgets.axes import arrow, blank_figure, hide_frame
from lowlogit_edu.widgets.explorer import Explorer, choice, slider

LENGTH = 3
WORDS = ["".join("ab"[token] for token in word) for word in all_words(2, LENGTH)]
ROUNDING = 1e-9  # a coordinate of 1 is in the box, rounded up or not; an area of this is none
INSIDE = palette.BLUE
OUTSIDE = palette.ORANGE
BASIS = palette.GREEN

States = Float[np.ndarray, "history state"]


@cache
def states_of(seed: int) -> States:
    """States of all histories of three tokens of a random ISAN of dimension 2."""
    # Cut s stands behind s - 1 tokens; the horizon leaves futures of one token behind it.
    states, _ = cut_factors(random_isan(2, 2, LENGTH + 2, seed), LENGTH + 1)
    return states


def coordinates(states: States, first: int, second: int) -> Float[np.ndarray, "history basis"] | None:
    """Coordinates of all states in two of them; None where the two span no plane.

    The rows of the logit matrix are a linear image of the states, so these are their coordinates too.
    """
    basis = states[[first, second]]
    area = abs(np.linalg.det(basis))
    if area < ROUNDING:
        return None
    # A state is a row here, x = c B, while solve takes columns: B^T c^T = x^T.
    return np.linalg.solve(basis.T, states.T).T


def volumes(states: States) -> Float[np.ndarray, "history history"]:
    """Area of the parallelogram of every pair of states."""
    x, y = states.T
    return np.abs(np.outer(x, y) - np.outer(y, x))


def largest_pair(seed: int) -> dict[str, int]:
    """The settings that choose the two histories of largest area."""
    areas = volumes(states_of(seed))
    first, second = np.unravel_index(areas.argmax(), areas.shape)
    return {"seed": seed, "first": int(first), "second": int(second)}


class BasisExplorer(Explorer):
    """Pick two histories; see the box of coordinates up to 1, and which histories lie outside."""

    def __init__(self) -> None:
        named = [(word, number) for number, word in enumerate(WORDS)]
        controls = {
            "first": choice("First history", named, 0),
            "second": choice("Second history", named, 4),
            "seed": slider("Seed", 1, 0, 20),
        }
        presets = {f"largest area, seed {seed}": largest_pair(seed) for seed in (0, 1)}
        super().__init__(controls, "basis", presets=presets)

    def chosen(self) -> tuple[States, Float[np.ndarray, "history basis"] | None]:
        """All states, and their coordinates in the chosen pair."""
        now = self.values
        states = states_of(now["seed"])
        return states, coordinates(states, now["first"], now["second"])

    def facts(self) -> dict[str, Any]:
        """The two histories and the seed."""
        now = self.values
        return {"first": WORDS[now["first"]], "second": WORDS[now["second"]], "seed": now["seed"]}

    def summary(self) -> str:
        states, found = self.chosen()
        now = self.values
        pair = f"{WORDS[now['first']]} and {WORDS[now['second']]}"
        if found is None:
            return f"The states of {pair} lie on one line through the origin: no basis."
        areas = volumes(states)
        area = areas[now["first"], now["second"]]
        sizes = _sizes(found)
        return (
            f"Basis {pair}: area {area:.2f}, the largest of any pair is {areas.max():.2f}. Largest coordinate of a "
            f"history: {sizes.max():.2f}. Outside of the box of coordinates up to 1: {_outside(sizes).sum()} "
            f"of {len(WORDS)}."
        )

    def figure(self) -> Figure:
        now = self.values
        states, found = self.chosen()
        figure = blank_figure(10, 4.6)
        figure.subplots_adjust(left=0.07, right=0.98, bottom=0.14, top=0.91, wspace=0.2)
        plane, bars = figure.subplots(1, 2)
        sizes = np.zeros(len(states)) if found is None else _sizes(found)
        colours = [OUTSIDE if outside else INSIDE for outside in _outside(sizes)]
        if found is not None:
            _draw_box(plane, states[now["first"]], states[now["second"]])
        _draw_states(plane, states, colours)
        _draw_sizes(bars, sizes, colours)
        if found is None:
            bars.text(0.5, 0.5, "no basis", transform=bars.transAxes, ha="center", fontsize=14)
        for axes in (plane, bars):
            hide_frame(axes)
        return figure

    def data(self) -> str:
        states, found = self.chosen()
        empty = np.full((len(states), 2), "")
        rows = []
        for word, state, place in zip(WORDS, states, empty if found is None else found, strict=True):
            rows.append([word, *state, *place])
        return csv_text(["history", "state_1", "state_2", "coordinate_1", "coordinate_2"], rows)


def _sizes(found: Float[np.ndarray, "history basis"]) -> Float[np.ndarray, "history"]:
    """The larger coordinate of each history."""
    return np.abs(found).max(axis=1)


def _outside(sizes: Float[np.ndarray, "history"]) -> np.ndarray:
    return sizes > 1 + ROUNDING


def _draw_box(axes: Axes, one: Float[np.ndarray, "state"], two: Float[np.ndarray, "state"]) -> None:
    # To be seen: the box is the larger, the larger the area of the basis; with the largest it holds all states.
    corners = np.stack([one + two, one - two, -one - two, two - one])
    axes.fill(corners[:, 0], corners[:, 1], color=BASIS, alpha=0.15, lw=0)
    for end in (one, two):
        arrow(axes, (0, 0), end, BASIS)


def _draw_states(axes: Axes, states: States, colours: list[str]) -> None:
    # To be seen: which histories are in the box.
    axes.scatter(states[:, 0], states[:, 1], s=60, c=colours, zorder=3)
    for word, state in zip(WORDS, states, strict=True):
        axes.annotate(word, state, xytext=(6, 5), textcoords="offset points", fontsize=12)
    half = 1.5 * np.abs(states).max()
    axes.set(xlim=(-half, half), ylim=(-half, half), aspect="equal")
    axes.set_title("States, and the box of coordinates up to 1", fontsize=13)
    axes.set_xlabel("first coordinate", fontsize=12)
    axes.set_ylabel("second coordinate", fontsize=12)
    axes.grid(alpha=0.3)


def _draw_sizes(axes: Axes, sizes: Float[np.ndarray, "history"], colours: list[str]) -> None:
    # To be seen: by how much histories are outside; the two of the basis have exactly 1.
    axes.bar(WORDS, sizes, color=colours)
    axes.axhline(1, color=palette.DARK, ls="--", lw=1)
    axes.set_ylim(0, max(1.2, 1.15 * sizes.max()))
    axes.set_title("Larger of the two coordinates in the basis", fontsize=13)
    axes.set_xlabel("history", fontsize=12)
