"""What logits of other prompts give away about the last layer: its width.

>>> rows = np.random.default_rng(0).normal(size=(20, 3)) @ np.random.default_rng(1).normal(size=(3, 16))
>>> WidthExplorer(rows).summary()
'20 queries, the logits of 16 tokens: 3 singular values stand out of 16. There were more queries than that: it is 3.'
"""

from collections.abc import Mapping
from functools import cache
from typing import Any

import ipywidgets
import numpy as np
from jaxtyping import Float
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from lowlogit_edu.measure.last_layer import LastLayer, last_layer
from lowlogit_edu.show.csv_text import csv_text
from lowlogit_edu.show.palette import BLUE, GREY, ORANGE
from lowlogit_edu.widgets.axes import RING, blank_figure, hide_frame
from lowlogit_edu.widgets.explorer import Explorer, Player, choice, slider

PLAY_STEP = 8  # queries; one by one it would be a minute until something happens
FLOOR = 1e-8  # nats; singular values of zero are drawn here
# Where the word "width" stands: right of its line, and above the values.
BESIDE = 4  # singular values
NAME_HEIGHT = 30  # nats


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

    def _play(self, slider: ipywidgets.IntSlider) -> Player:
        play = super()._play(slider)
        play.step = PLAY_STEP
        return play

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
        if tokens <= queries:
            return text + f"All of them: it is this or more, and {tokens} tokens cannot tell, however many the queries."
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
            axes.text(width + BESIDE, NAME_HEIGHT, f"width {width}", color=ORANGE)
        axes.legend(frameon=False, loc="lower left")
        axes.set(title="Singular values", xlabel="number", ylabel="nats", xlim=(0, min(self.rows.shape) + 1))
        axes.set_ylim(FLOOR, 1e4)

    def _draw_widths(self, axes: Axes, queries: int, tokens: int) -> None:
        # To be seen: one more stands out with every query, until their number is the width and stays there.
        every = len(self.rows)
        most = min(queries, self.look(queries, tokens).width)
        # Not every number of queries, since a decomposition takes long: seven of them, and the corner of the curve.
        # None beyond the queries that were made: where the curve will bend may be guessed.
        some = np.linspace(2, every, 7).astype(int).tolist()
        grid = sorted({most, queries, *(n for n in some if n < queries)})
        axes.plot(grid, [self.look(n, tokens).width for n in grid], ".-", color=BLUE)
        axes.plot([queries], [self.look(queries, tokens).width], "o", label="these queries", **RING)
        axes.plot([0, every], [0, every], "--", color=GREY, lw=1, label="one per query")
        axes.set(title="How many stand out", xlabel="queries", ylabel="singular values")
        axes.set(xlim=(0, 1.02 * every), ylim=(0, 1.02 * every))
        axes.legend(frameon=False, loc="lower right")

    def data(self) -> str:
        return csv_text(["number", "singular_value_nats"], enumerate(self.found.values.tolist(), start=1))
