"""How much of a distribution the spanner of a sample misses, to look at.

>>> shares_of("heavy tails", columns=4, bound=2.0, seed=0).mean(axis=1).round(2).tolist()
[0.12, 0.05, 0.04, 0.01, 0.01, 0.0]
"""

from functools import lru_cache
from typing import Any

import numpy as np
from jaxtyping import Float
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from lowlogit_edu.experiments.sampled_spanners import missed_shares
from lowlogit_edu.matrices.spanner import spanner_sample_size
from lowlogit_edu.show.csv_text import csv_text
from lowlogit_edu.show.palette import BLUE, GREY, ORANGE
from lowlogit_edu.widgets.axes import blank_figure
from lowlogit_edu.widgets.explorer import Explorer, choice, slider

LAWS = ("normal", "heavy tails", "a rare direction")
SAMPLES = (10, 20, 50, 100, 200, 500)
REPEATS = 5  # spanners of each size; the words below say five
FRESH = 1000  # rows that judge a spanner: shares below one in a thousand are not seen
LEAST = 2e-4  # where a share of zero is drawn
DELTA = 0.1


def draw_rows(law: str, columns: int, count: int, rng: np.random.Generator) -> Float[np.ndarray, "row column"]:
    """Rows of a distribution; of the last one, one row in a hundred leaves the hyperplane of the others."""
    if law == "heavy tails":
        # Student's t of 1.5 degrees of freedom has a mean, but no variance.
        return rng.standard_t(1.5, size=(count, columns))
    rows = rng.standard_normal((count, columns))
    if law == "a rare direction":
        rows[:, -1] *= rng.random(count) < 0.01
    return rows


@lru_cache(maxsize=32)
def shares_of(law: str, columns: int, bound: float, seed: int) -> Float[np.ndarray, "samples repeat"]:
    """`missed_shares` of a law."""

    def draw(count: int, rng: np.random.Generator) -> np.ndarray:
        return draw_rows(law, columns, count, rng)

    return missed_shares(draw, SAMPLES, bound, fresh=FRESH, repeats=REPEATS, seed=seed)


class SamplesExplorer(Explorer):
    """The share of a distribution that a sampled spanner misses, against the number of samples."""

    def __init__(self, **values: Any) -> None:
        controls = {
            "law": choice("Rows are", LAWS),
            "columns": slider("Length of a row m", 4, 2, 10),
            "bound": slider("Largest coefficient C", 2.0, 1.05, 4.0, 0.05),
            "step": slider("Numbers of samples so far", 0, 0, len(SAMPLES)),
            "seed": slider("Seed", 0, 0, 99),
        }
        super().__init__(controls, "samples", animated="step", values=values)

    def shares(self) -> Float[np.ndarray, "samples repeat"]:
        """What the controls' spanners miss; a row per number of samples so far."""
        now = self.values
        return shares_of(now["law"], now["columns"], now["bound"], now["seed"])[: now["step"]]

    def facts(self) -> dict[str, Any]:
        """The controls, and the mean share missed with each number of samples so far."""
        means = self.shares().mean(axis=1)
        return self.values | {"missed": [float(f"{mean:.3g}") for mean in means]}

    def figure(self) -> Figure:
        """Each spanner's share, their means, and two curves of theory; what is to come is not drawn."""
        now = self.values
        figure = blank_figure(8, 4.5)
        figure.subplots_adjust(left=0.1, right=0.97, bottom=0.13, top=0.92)
        axes = figure.subplots()
        _draw_shares(axes, self.shares())
        _draw_theory(axes, now["columns"])
        axes.set(xscale="log", yscale="log", xlim=(8, 1200), ylim=(0.8 * LEAST, 4))
        axes.set(xlabel="samples N", ylabel="share of fresh rows that is missed")
        axes.set_title(f"Rows of length {now['columns']}, {now['law']}, C = {now['bound']:g}")
        axes.legend(loc="upper center", ncols=4, frameon=False)
        axes.grid(alpha=0.3)
        return figure

    def summary(self) -> str:
        """The picture in words."""
        now = self.values
        m = now["columns"]
        means = self.shares().mean(axis=1)
        pairs = ", ".join(f"{share:.2%} with {n}" for n, share in zip(SAMPLES, means, strict=False))
        first, last = (m / (n + 1) for n in (SAMPLES[0], SAMPLES[-1]))
        return (
            f"Share of fresh rows of length {m} ({now['law']}) that the spanner of N samples misses, mean of "
            f"five: {pairs or 'nothing drawn yet'}. m / (N + 1) goes from {first:.2%} to {last:.2%}."
        )

    def data(self) -> str:
        """One line per number of samples so far: the share that each of five spanners misses."""
        names = [f"missed_{i}" for i in range(1, REPEATS + 1)]
        rows = [[n, *shares, shares.mean()] for n, shares in zip(SAMPLES, self.shares(), strict=False)]
        return csv_text(["samples", *names, "mean"], rows)


def _draw_shares(axes: Axes, shares: Float[np.ndarray, "samples repeat"]) -> None:
    # To be seen: luck decides what one spanner misses; the mean of five falls with the number of samples.
    labels = ["one spanner", *[None] * (REPEATS - 1)]  # one line of the legend for all
    seen = SAMPLES[: len(shares)]
    axes.plot(seen, np.maximum(shares, LEAST), ".", color=GREY, label=labels)
    means = np.maximum(shares.mean(axis=1), LEAST)
    axes.plot(seen, means, "o-", color=ORANGE, lw=2, label="mean of five")


def _draw_theory(axes: Axes, m: int) -> None:
    # To be seen: the mean stays below m / (N + 1), though that is no theorem for C > 1; to be sure of as little takes
    # far more samples.
    counts = np.array(SAMPLES)
    axes.plot(counts, np.minimum(m / (counts + 1), 1), color="black", ls="--", label="m / (N + 1)")
    allowed = np.geomspace(0.01, 0.9, 60)
    sizes = [spanner_sample_size(m, float(share), DELTA) for share in allowed]
    axes.plot(sizes, allowed, color=BLUE, ls="-.", label=f"sure to {1 - DELTA:.0%} (Lemma 5.2)")
