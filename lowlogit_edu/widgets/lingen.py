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
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from lowlogit_edu.baselines.lingen import cumulative_kl, lingen, lingen_baselines
from lowlogit_edu.matrices.logit_matrix import Word
from lowlogit_edu.measure.last_layer import LastLayer, last_layer
from lowlogit_edu.oracles.base import LogitOracle
from lowlogit_edu.oracles.counted import Cached
from lowlogit_edu.show.csv_text import csv_text
from lowlogit_edu.show.palette import AMBER, BLUE, GREEN, GREY, ORANGE
from lowlogit_edu.widgets.axes import blank_figure, hide_frame
from lowlogit_edu.widgets.explorer import Explorer, choice, slider

SKY = "#56B4E9"  # Okabe and Ito's, too; only here are so many curves in one panel
PINK = "#CC79A7"
BASELINE_COLOURS = (AMBER, SKY, PINK, GREEN, GREY, "black")
FLOOR = 1e-8  # nats; singular values of zero are drawn here
RING: dict[str, Any] = {"color": ORANGE, "ms": 12, "mfc": "none", "mew": 2.5}  # around what the controls choose


class WidthExplorer(Explorer):
    """Singular values of the first so many logit rows.

    Parameters
    ----------
    rows : array of shape (query, token)
        Mean-centred logits after different prefixes, nats.
    """

    def __init__(self, rows: Float[np.ndarray, "query token"], queries: int | None = None) -> None:
        self.rows = rows
        n, V = rows.shape
        self.look = cache(self._look)  # a decomposition takes long, and the picture asks for ten
        shown = [V // parts for parts in (1, 2, 4, 8)]
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
        queries = self.values["queries"]
        tokens = self.values["tokens"]
        found = self.found
        width = found.width
        text = (
            f"{queries} queries, the logits of {tokens} tokens: {width} singular values stand out "
            f"of {len(found.values)}. "
        )
        if width < min(queries, tokens):
            return text + f"There were more queries than that: it is {width}."
        return text + "All of them: the width is this or more, and these queries cannot tell."

    def figure(self) -> Figure:
        figure = blank_figure(10, 4.2)
        figure.subplots_adjust(left=0.08, right=0.98, bottom=0.14, top=0.9, wspace=0.24)
        left, right = figure.subplots(1, 2)
        self._draw_values(left, self.found)
        self._draw_widths(right, self.values["queries"], self.values["tokens"])
        for axes in (left, right):
            hide_frame(axes)
        return figure

    def _draw_values(self, axes: Axes, found: LastLayer) -> None:
        # To be seen: the values fall off a cliff at the width, from nats to rounding errors.
        width = found.width
        values = np.maximum(found.values, FLOOR)
        axes.semilogy(range(1, width + 1), values[:width], ".", color=BLUE, label="stand out")
        if width < len(values):
            axes.semilogy(range(width + 1, len(values) + 1), values[width:], ".", color=GREY, label="rounding errors")
            axes.axvline(width + 0.5, color=ORANGE, lw=1.5)
            axes.text(width + 4, 30, f"width {width}", color=ORANGE)
        axes.legend(frameon=False, loc="lower left")
        axes.set(title="Singular values", xlabel="number", ylabel="nats", xlim=(0, min(self.rows.shape) + 1))
        axes.set_ylim(FLOOR, 1e4)

    def _draw_widths(self, axes: Axes, queries: int, tokens: int) -> None:
        # To be seen: one more stands out with every query, until their number is the width and stays there.
        every, V = self.rows.shape
        most = self.look(every, tokens).width
        # Not every number of queries, since a decomposition takes long: seven of them, and the corner of the curve.
        grid = sorted({most, *np.linspace(2, every, 7).astype(int).tolist()})
        axes.plot(grid, [self.look(n, tokens).width for n in grid], ".-", color=BLUE)
        axes.plot([queries], [self.look(queries, tokens).width], "o", label="these queries", **RING)
        axes.plot([0, every], [0, every], "--", color=GREY, lw=1, label="one per query")
        axes.set(title="How many stand out", xlabel="queries", ylabel="singular values")
        axes.set_ylim(0, 1.3 * self.look(every, V).width)
        axes.legend(frameon=False, loc="lower right")

    def data(self) -> str:
        return csv_text(["number", "singular_value_nats"], enumerate(self.found.values.tolist(), start=1))


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
    asked = Cached(oracle)  # all models ask about the same histories and futures
    by_size = {}
    for size in sizes:
        model = lingen(asked, target, histories[:size], futures, horizon)
        by_size[size] = cumulative_kl(asked, target, model, n, seed)
    baselines = {}
    for name, rival in lingen_baselines(asked, target, histories, futures, horizon).items():
        if name != "lingen":  # that is the largest of `sizes`, or near to it
            baselines[name] = cumulative_kl(asked, target, rival, n, seed)
    return Continuations(by_size, baselines)


class LingenExplorer(Explorer):
    """The KL of LINGEN's continuations against the number of histories that it combines."""

    def __init__(self, measured: Continuations) -> None:
        self.measured = measured
        sizes = list(measured.by_size)
        super().__init__({"size": choice("Histories combined", sizes, sizes[-1])}, "lingen")

    def summary(self) -> str:
        size = self.values["size"]
        errors = self.measured.by_size[size]
        at_the_end = {name: values[-1] for name, values in self.measured.baselines.items()}
        best = min(at_the_end, key=lambda name: at_the_end[name])
        return (
            f"{size} histories: {errors[-1]:.1f} nats over {len(errors)} tokens. "
            f"The best baseline, {best}, has {at_the_end[best]:.1f}."
        )

    def figure(self) -> Figure:
        figure = blank_figure(10, 4.4)
        figure.subplots_adjust(left=0.08, right=0.98, bottom=0.13, top=0.9, wspace=0.24)
        left, right = figure.subplots(1, 2)
        self._draw_courses(left, self.values["size"])
        self._draw_ends(right, self.values["size"])
        for axes in (left, right):
            hide_frame(axes)
        return figure

    def _draw_courses(self, axes: Axes, size: int) -> None:
        # To be seen: at which token LINGEN and its baselines part.
        errors = self.measured.by_size[size]
        time = range(1, len(errors) + 1)
        for colour, (name, values) in zip(BASELINE_COLOURS, self.measured.baselines.items(), strict=False):
            axes.semilogy(time, values, ".-", color=colour, lw=1, label=name)
        axes.semilogy(time, errors, "o-", color=BLUE, lw=2.5, label=f"LINGEN, {size} histories")
        axes.set(title="Error up to each token", xlabel="tokens generated", ylabel="cumulative KL (nats)")
        axes.set_ylim(1e-3, 2e3)
        axes.legend(frameon=False, fontsize=8, ncols=2, loc="upper left")

    def _draw_ends(self, axes: Axes, size: int) -> None:
        # To be seen: what more histories are worth.
        ends = {known: values[-1] for known, values in self.measured.by_size.items()}
        axes.loglog(list(ends), list(ends.values()), ".-", color=BLUE)
        axes.plot([size], [ends[size]], "o", **RING)
        axes.set(title="Error at the end", xlabel="histories combined", ylabel="cumulative KL (nats)")

    def data(self) -> str:
        # By hand, since names stand in quotes in all files saved so far; csv_text quotes only where it must.
        lines = ["model,histories,tokens,cumulative_kl_nats"]
        for size, values in self.measured.by_size.items():
            lines += [f"lingen,{size},{t},{value}" for t, value in enumerate(values.tolist(), start=1)]
        for name, values in self.measured.baselines.items():
            lines += [f'"{name}",,{t},{value}' for t, value in enumerate(values.tolist(), start=1)]
        return "\n".join(lines) + "\n"
