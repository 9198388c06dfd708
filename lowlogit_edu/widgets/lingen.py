"""What logits of other prompts give away: the width of the last layer, and the continuation of a text.

>>> rows = np.random.default_rng(0).normal(size=(20, 3)) @ np.random.default_rng(1).normal(size=(3, 16))
>>> WidthExplorer(rows).summary()
'20 queries, the logits of 16 tokens: 3 singular values stand out of 16. There were more queries than that: it is 3.'
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
from jaxtyping import Float
from matplotlib.figure import Figure

from lowlogit_edu.baselines.lingen import cumulative_kl, lingen, lingen_baselines
from lowlogit_edu.matrices.logit_matrix import Word
from lowlogit_edu.measure.last_layer import LastLayer, last_layer
from lowlogit_edu.oracles.base import LogitOracle
from lowlogit_edu.oracles.counted import Cached
from lowlogit_edu.widgets.explorer import Explorer, choice, slider

BLUE, ORANGE, GREEN, GREY = "#0072B2", "#D55E00", "#009E73", "#999999"
OTHERS = ("#E69F00", "#56B4E9", "#CC79A7", "#009E73", "#999999", "#000000")


class WidthExplorer(Explorer):
    """Singular values of the first so many logit rows.

    Parameters
    ----------
    rows : array of shape (query, token)
        Mean-centred logits after different prefixes, nats.
    """

    def __init__(self, rows: Float[np.ndarray, "query token"], queries: int | None = None) -> None:
        self.rows, (n, V) = rows, rows.shape
        self.look = cache(self._look)
        shown = [V >> halvings for halvings in range(4)]
        controls = {
            "queries": slider("Queries (different prefixes)", n if queries is None else queries, 2, n),
            "tokens": choice("Tokens whose logits are shown", shown, V),
        }
        super().__init__(controls, "width", animated="queries")

    def _look(self, queries: int, tokens: int) -> LastLayer:
        return last_layer(self.rows[:queries, :tokens])

    @property
    def found(self) -> LastLayer:
        """What the settings' rows say."""
        return self.look(self.values["queries"], self.values["tokens"])

    def facts(self) -> Mapping[str, Any]:
        return self.values | {"width": self.found.width}

    def summary(self) -> str:
        queries, tokens, width = self.values["queries"], self.values["tokens"], self.found.width
        text = (
            f"{queries} queries, the logits of {tokens} tokens: {width} singular values stand out "
            f"of {len(self.found.values)}. "
        )
        if width < min(queries, tokens):
            return text + f"There were more queries than that: it is {width}."
        return text + "All of them: the width is this or more, and these queries cannot tell."

    def figure(self) -> Figure:
        figure = Figure(figsize=(10, 4.2), dpi=90, facecolor="white")
        figure.subplots_adjust(left=0.08, right=0.98, bottom=0.14, top=0.9, wspace=0.24)
        left, right = figure.subplots(1, 2)
        queries, tokens = self.values["queries"], self.values["tokens"]
        values, width = np.maximum(self.found.values, 1e-8), self.found.width
        left.semilogy(range(1, width + 1), values[:width], ".", color=BLUE, label="stand out")
        if width < len(values):
            left.semilogy(range(width + 1, len(values) + 1), values[width:], ".", color=GREY, label="rounding errors")
            left.axvline(width + 0.5, color=ORANGE, lw=1.5)
            left.text(width + 4, 30, f"width {width}", color=ORANGE)
        left.legend(frameon=False, loc="lower left")
        left.set(title="Singular values", xlabel="number", ylabel="nats", xlim=(0, min(self.rows.shape) + 1))
        left.set_ylim(1e-8, 1e4)
        most = self.look(len(self.rows), tokens).width
        grid = sorted({most, *np.linspace(2, len(self.rows), 7).astype(int).tolist()})
        right.plot(grid, [self.look(n, tokens).width for n in grid], ".-", color=BLUE)
        right.plot([queries], [width], "o", color=ORANGE, ms=12, mfc="none", mew=2.5, label="these queries")
        right.plot([0, len(self.rows)], [0, len(self.rows)], "--", color=GREY, lw=1, label="one per query")
        right.set(title="How many stand out", xlabel="queries", ylabel="singular values")
        right.set_ylim(0, 1.3 * self.look(len(self.rows), self.rows.shape[1]).width)
        right.legend(frameon=False, loc="lower right")
        for axes in (left, right):
            axes.spines[["top", "right"]].set_visible(False)
        return figure

    def data(self) -> str:
        lines = [f"{number},{value}" for number, value in enumerate(self.found.values.tolist(), start=1)]
        return "\n".join(["number,singular_value_nats", *lines]) + "\n"


@dataclass(frozen=True)
class Continuations:
    """LINGEN with growing numbers of histories, and its baselines with all: cumulative KL, nats.

    Attributes
    ----------
    by_size : mapping of int to array of shape (time,)
    baselines : mapping of str to array of shape (time,)
    """

    by_size: Mapping[int, Float[np.ndarray, "time"]]
    baselines: Mapping[str, Float[np.ndarray, "time"]]


def continuations(
    oracle: LogitOracle,
    target: Word,
    histories: list[Word],
    futures: list[Word],
    horizon: int,
    sizes: list[int],
    n: int = 5,
    seed: int = 0,
) -> Continuations:
    """Continue `target` by the first 1, 2, ... histories; the KL is over `n` continuations of the teacher's."""
    asked = Cached(oracle)
    found = {
        size: cumulative_kl(asked, target, lingen(asked, target, histories[:size], futures, horizon), n, seed)
        for size in sizes
    }
    models = lingen_baselines(asked, target, histories, futures, horizon)
    others = {name: cumulative_kl(asked, target, model, n, seed) for name, model in models.items() if name != "lingen"}
    return Continuations(found, others)


class LingenExplorer(Explorer):
    """The KL of LINGEN's continuations against the number of histories that it combines."""

    def __init__(self, measured: Continuations) -> None:
        self.measured = measured
        sizes = list(measured.by_size)
        super().__init__({"size": choice("Histories combined", sizes, sizes[-1])}, "lingen")

    def summary(self) -> str:
        size = self.values["size"]
        end = float(self.measured.by_size[size][-1])
        best = min(self.measured.baselines, key=lambda name: self.measured.baselines[name][-1])
        return (
            f"{size} histories: {end:.1f} nats over {len(self.measured.by_size[size])} tokens. "
            f"The best baseline, {best}, has {self.measured.baselines[best][-1]:.1f}."
        )

    def figure(self) -> Figure:
        figure = Figure(figsize=(10, 4.4), dpi=90, facecolor="white")
        figure.subplots_adjust(left=0.08, right=0.98, bottom=0.13, top=0.9, wspace=0.24)
        left, right = figure.subplots(1, 2)
        size, by_size = self.values["size"], self.measured.by_size
        time = range(1, len(by_size[size]) + 1)
        for colour, (name, values) in zip(OTHERS, self.measured.baselines.items(), strict=False):
            left.semilogy(time, values, ".-", color=colour, lw=1, label=name)
        left.semilogy(time, by_size[size], "o-", color=BLUE, lw=2.5, label=f"LINGEN, {size} histories")
        left.set(title="Error up to each token", xlabel="tokens generated", ylabel="cumulative KL (nats)")
        left.set_ylim(1e-3, 2e3)
        left.legend(frameon=False, fontsize=8, ncols=2, loc="upper left")
        right.loglog(list(by_size), [values[-1] for values in by_size.values()], ".-", color=BLUE)
        right.plot([size], [by_size[size][-1]], "o", color=ORANGE, ms=12, mfc="none", mew=2.5)
        right.set(title="Error at the end", xlabel="histories combined", ylabel="cumulative KL (nats)")
        for axes in (left, right):
            axes.spines[["top", "right"]].set_visible(False)
        return figure

    def data(self) -> str:
        lines = ["model,histories,tokens,cumulative_kl_nats"]
        for size, values in self.measured.by_size.items():
            lines += [f"lingen,{size},{t},{value}" for t, value in enumerate(values.tolist(), start=1)]
        for name, values in self.measured.baselines.items():
            lines += [f'"{name}",,{t},{value}' for t, value in enumerate(values.tolist(), start=1)]
        return "\n".join(lines) + "\n"
