"""How much of a distribution the spanner of a sample misses, to look at."""

from functools import lru_cache
from typing import Any

import numpy as np
from jaxtyping import Float
from matplotlib.figure import Figure

from lowlogit_edu.experiments.sampled_spanners import missed_shares
from lowlogit_edu.matrices.spanner import spanner_sample_size
from lowlogit_edu.widgets.explorer import Explorer, choice, slider

BLUE, ORANGE, GREY = "#0072B2", "#D55E00", "#999999"
LAWS = ("normal", "heavy tails", "a rare direction")
SAMPLES = (10, 20, 50, 100, 200, 500)
DELTA = 0.1


def draw_rows(law: str, columns: int, count: int, rng: np.random.Generator) -> Float[np.ndarray, "row column"]:
    """Rows of a distribution; of the last one, one row in a hundred leaves the hyperplane of the others."""
    if law == LAWS[1]:
        return rng.standard_t(1.5, size=(count, columns))
    rows = rng.standard_normal((count, columns))
    if law == LAWS[2]:
        rows[:, -1] *= rng.random(count) < 0.01
    return rows


@lru_cache(maxsize=32)
def shares_of(law: str, columns: int, bound: float, seed: int) -> Float[np.ndarray, "samples repeat"]:
    """`missed_shares` of a law."""
    return missed_shares(
        lambda n, rng: draw_rows(law, columns, n, rng), SAMPLES, bound, fresh=1000, repeats=5, seed=seed
    )


class SamplesExplorer(Explorer):
    """The share of a distribution that a sampled spanner misses, against the number of samples."""

    def __init__(self, **values: Any) -> None:
        controls = {
            "law": choice("Rows are", LAWS),
            "columns": slider("Length of a row m", 4, 2, 10),
            "bound": slider("Largest coefficient C", 2.0, 1.05, 4.0, 0.05),
            "seed": slider("Seed", 0, 0, 99),
        }
        super().__init__(controls, "samples")
        self.set(**values)

    def _means(self) -> np.ndarray:
        return shares_of(*self.values.values()).mean(axis=1)

    def facts(self) -> dict[str, Any]:
        """The controls, and the mean share missed with the fewest and the most samples."""
        means = self._means()
        return self.values | {"missed_first": float(f"{means[0]:.3g}"), "missed_last": float(f"{means[-1]:.3g}")}

    def figure(self) -> Figure:
        """Each spanner's share, their means, and two curves of theory."""
        figure = Figure(figsize=(8, 4.5), dpi=90, facecolor="white")
        figure.subplots_adjust(left=0.1, right=0.97, bottom=0.13, top=0.92)
        axes, m, least = figure.subplots(), self.values["columns"], 2e-4
        shares, counts = np.maximum(shares_of(*self.values.values()), least), np.array(SAMPLES)
        axes.plot(counts, shares, ".", color=GREY, label=["one spanner", *[None] * (shares.shape[1] - 1)])
        axes.plot(counts, np.maximum(self._means(), least), "o-", color=ORANGE, lw=2, label="mean of five")
        axes.plot(counts, np.minimum(m / (counts + 1), 1), color="black", ls="--", label="m / (N + 1)")
        shares_allowed = np.geomspace(0.01, 0.9, 60)
        sizes = [spanner_sample_size(m, float(share), DELTA) for share in shares_allowed]
        axes.plot(sizes, shares_allowed, color=BLUE, ls="-.", label=f"sure to {1 - DELTA:.0%} (Lemma 5.2)")
        axes.set(xscale="log", yscale="log", xlim=(8, 1200), ylim=(0.8 * least, 1.5))
        axes.set(xlabel="samples N", ylabel="share of fresh rows that is missed")
        axes.set_title(f"Rows of length {m}, {self.values['law']}, C = {self.values['bound']:g}")
        axes.legend(loc="lower left", frameon=False)
        axes.grid(alpha=0.3)
        return figure

    def summary(self) -> str:
        """The picture in words."""
        means, m = self._means(), self.values["columns"]
        pairs = ", ".join(f"{share:.2%} with {n}" for n, share in zip(SAMPLES, means, strict=True))
        return (
            f"Share of fresh rows of length {m} ({self.values['law']}) that the spanner of N samples misses, mean of "
            f"five: {pairs}. m / (N + 1) goes from {m / (SAMPLES[0] + 1):.2%} to {m / (SAMPLES[-1] + 1):.2%}."
        )

    def data(self) -> str:
        """One line per number of samples: the share that each of five spanners misses."""
        lines = [f"samples,{','.join(f'missed_{i + 1}' for i in range(5))},mean"]
        for n, shares in zip(SAMPLES, shares_of(*self.values.values()), strict=True):
            lines.append(",".join(map(str, [n, *map(float, shares), float(shares.mean())])))
        return "\n".join(lines) + "\n"
