"""Two histories chosen as a basis: how large are the coordinates of the others?

>>> coordinates(np.array([[1.0, 0.0], [1.0, 2.0], [0.0, 4.0]]), 0, 1).tolist()
[[1.0, 0.0], [0.0, 1.0], [-2.0, 2.0]]
"""

import csv
import io
from functools import cache
from typing import Any

import numpy as np
from jaxtyping import Float
from matplotlib.figure import Figure

from lowlogit_edu.matrices.equivalence import cut_factors
from lowlogit_edu.matrices.logit_matrix import all_words
from lowlogit_edu.models import random_isan
from lowlogit_edu.widgets.explorer import Explorer, choice, slider

LENGTH = 3
WORDS = ["".join("ab"[token] for token in word) for word in all_words(2, LENGTH)]
INSIDE, OUTSIDE, BASIS = "#0072B2", "#D55E00", "#009E73"


@cache
def states_of(seed: int) -> Float[np.ndarray, "history state"]:
    """States of all histories of three tokens of a random ISAN of dimension 2."""
    return cut_factors(random_isan(2, 2, LENGTH + 2, seed), LENGTH + 1)[0]


def coordinates(
    states: Float[np.ndarray, "history state"], first: int, second: int
) -> Float[np.ndarray, "history basis"] | None:
    """Coordinates of all states in two of them; None where the two span no plane.

    The rows of the logit matrix are a linear image of the states, so these are their coordinates too.
    """
    basis = states[[first, second]]
    return None if abs(np.linalg.det(basis)) < 1e-9 else np.linalg.solve(basis.T, states.T).T


def volumes(states: Float[np.ndarray, "history state"]) -> Float[np.ndarray, "history history"]:
    """Area of the parallelogram of every pair of states."""
    x, y = states.T
    return np.abs(np.outer(x, y) - np.outer(y, x))


class BasisExplorer(Explorer):
    """Pick two histories; see the box of coordinates up to 1, and which histories lie outside."""

    def __init__(self) -> None:
        largest = [
            dict(zip(("first", "second"), np.unravel_index(volumes(states_of(seed)).argmax(), (8, 8)), strict=True))
            for seed in (0, 1)
        ]
        named = [(word, number) for number, word in enumerate(WORDS)]
        controls = {
            "first": choice("First history", named, 0),
            "second": choice("Second history", named, 4),
            "seed": slider("Seed", 1, 0, 20),
        }
        presets = {
            f"largest area, seed {seed}": {"seed": seed} | {name: int(row) for name, row in rows.items()}
            for seed, rows in enumerate(largest)
        }
        super().__init__(controls, "basis", presets=presets)

    def chosen(self) -> tuple[Float[np.ndarray, "history state"], Float[np.ndarray, "history basis"] | None]:
        """All states, and their coordinates in the chosen pair."""
        states = states_of(self.values["seed"])
        return states, coordinates(states, self.values["first"], self.values["second"])

    def facts(self) -> dict[str, Any]:
        """The two histories and the seed."""
        first, second = WORDS[self.values["first"]], WORDS[self.values["second"]]
        return {"first": first, "second": second, "seed": self.values["seed"]}

    def summary(self) -> str:
        states, found = self.chosen()
        facts, areas = self.facts(), volumes(states)
        pair = f"{facts['first']} and {facts['second']}"
        if found is None:
            return f"The states of {pair} lie on one line through the origin: no basis."
        area = areas[self.values["first"], self.values["second"]]
        outside = int((np.abs(found).max(axis=1) > 1 + 1e-9).sum())
        return (
            f"Basis {pair}: area {area:.2f}, the largest of any pair is {areas.max():.2f}. Largest coordinate of a "
            f"history: {np.abs(found).max():.2f}. Outside of the box of coordinates up to 1: {outside} of {len(WORDS)}."
        )

    def figure(self) -> Figure:
        states, found = self.chosen()
        pair = [self.values["first"], self.values["second"]]
        figure = Figure(figsize=(10, 4.6), dpi=90, facecolor="white")
        figure.subplots_adjust(left=0.07, right=0.98, bottom=0.14, top=0.91, wspace=0.2)
        plane, bars = figure.subplots(1, 2)
        sizes = np.zeros(len(states)) if found is None else np.abs(found).max(axis=1)
        colours = [OUTSIDE if size > 1 + 1e-9 else INSIDE for size in sizes]
        if found is not None:
            one, two = states[pair]
            plane.fill(*np.stack([one + two, one - two, -one - two, two - one]).T, color=BASIS, alpha=0.15, lw=0)
            for arrow in (one, two):
                plane.annotate("", arrow, (0, 0), arrowprops={"arrowstyle": "-|>", "color": BASIS, "lw": 2.5})
        plane.scatter(*states.T, s=60, c=colours, zorder=3)
        for word, state in zip(WORDS, states, strict=True):
            plane.annotate(word, state, xytext=(6, 5), textcoords="offset points", fontsize=12)
        half = 1.5 * np.abs(states).max()
        plane.set(xlim=(-half, half), ylim=(-half, half), aspect="equal")
        plane.set_title("States, and the box of coordinates up to 1", fontsize=13)
        plane.set_xlabel("first coordinate", fontsize=12)
        plane.set_ylabel("second coordinate", fontsize=12)
        plane.grid(alpha=0.3)
        bars.bar(WORDS, sizes, color=colours)
        bars.axhline(1, color="#555555", ls="--", lw=1)
        bars.set_ylim(0, max(1.2, 1.15 * sizes.max()))
        bars.set_title("Larger of the two coordinates in the basis", fontsize=13)
        bars.set_xlabel("history", fontsize=12)
        if found is None:
            bars.text(0.5, 0.5, "no basis", transform=bars.transAxes, ha="center", fontsize=14)
        for axes in (plane, bars):
            axes.spines[["top", "right"]].set_visible(False)
        return figure

    def data(self) -> str:
        states, found = self.chosen()
        text = io.StringIO()
        table = csv.writer(text, lineterminator="\n")
        table.writerow(["history", "state_1", "state_2", "coordinate_1", "coordinate_2"])
        for number, (word, state) in enumerate(zip(WORDS, states.tolist(), strict=True)):
            table.writerow([word, *state, *(["", ""] if found is None else found[number].tolist())])
        return text.getvalue()
