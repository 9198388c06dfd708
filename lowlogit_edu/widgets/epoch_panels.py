"""The four panels that show an epoch of the faithful learner.

>>> sizes([[(0,), (1,)], [(0, 1)]])
[2, 1]
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator

from lowlogit_edu.algorithm.trace import EpochRow
from lowlogit_edu.show.palette import BLUE, GREY, ORANGE

FLOOR = 1e-16  # nats; where a residual of zero is drawn
CEILING = 1e3  # nats; above every residual of the course's teachers
ROOM = 1.45  # height of a panel as a multiple of its highest bar: the legend is above
WIDTH = 0.6  # of a bar; cuts are 1 apart
LEGEND: dict[str, Any] = {"frameon": False, "loc": "upper left", "ncols": 2, "fontsize": 9}


def sizes(words_of_cuts: Sequence[Sequence[Any]]) -> list[int]:
    """How many words each cut has."""
    return [len(words) for words in words_of_cuts]


def draw_futures(axes: Axes, row: EpochRow, most: int) -> None:
    """Futures per cut, on the scale of the whole run, in which a cut has `most`."""
    # To be seen: an epoch adds one future, to one cut (Alg. 1, line 16).
    _draw_growth(axes, row, sizes(row.futures[:-1]), 1, "the new witness")
    axes.set(title="Futures of each cut", ylabel="futures", ylim=(0, ROOM * most))
    axes.yaxis.set_major_locator(MaxNLocator(integer=True))


def draw_spanners(axes: Axes, row: EpochRow, ranks: Sequence[int]) -> None:
    """Spanner sizes per cut beside the ranks, which the learner is not told."""
    # To be seen: a spanner is never larger than the rank, and smaller while futures or samples are missing.
    cuts = range(1, len(ranks) + 1)
    axes.bar(cuts, sizes(row.spanners), color=BLUE, width=WIDTH, label="spanner found")
    axes.plot(cuts, ranks, "D", color="black", mfc="none", ms=9, label="logit rank (hidden)")
    axes.set(title="Histories in each spanner", ylabel="histories", ylim=(0, ROOM * max(ranks)))
    axes.yaxis.set_major_locator(MaxNLocator(integer=True))
    axes.legend(**LEGEND)


def draw_residuals(axes: Axes, row: EpochRow, threshold: float) -> None:
    """Residuals per cut on a log scale, with the threshold of line 15."""
    # To be seen: what is right has rounding errors and what is wrong misses by nats; the threshold is far from both.
    heights = np.maximum(row.residuals[: len(row.spanners)], FLOOR)
    for cut, height in enumerate(heights, start=1):
        colour = ORANGE if height > threshold else BLUE
        filling = colour
        if height == FLOOR:
            colour = GREY
            filling = "white"
        axes.plot([cut, cut], [FLOOR, height], color=colour, lw=2)
        axes.plot([cut], [height], "o", color=colour, mfc=filling, ms=8)
    axes.axhline(threshold, color="black", ls="--", lw=1)
    axes.text(0.55, threshold * 1.6, "threshold", fontsize=9)
    axes.set(title="Largest residual (line 15; hollow: 0 or not tested)", ylabel="nats")
    axes.set(yscale="log", ylim=(FLOOR / 3, CEILING), xlim=(0.5, len(heights) + 0.5))


def draw_potential(axes: Axes, row: EpochRow, most: float) -> None:
    """log det V per cut, on the scale of the whole run, which ends at `most`."""
    # To be seen: a witness adds log(1 + surprise), and log det V has a ceiling: so the epochs end (Lemma 5.6).
    gain = float(np.log1p(row.surprise)) if row.surprise else 0.0
    _draw_growth(axes, row, row.log_determinants, gain, "gained by the witness")
    axes.set(title="Elliptical potential", ylabel="log det V", ylim=(0, ROOM * most))


def _draw_growth(axes: Axes, row: EpochRow, heights: Sequence[float], added: float, label: str) -> None:
    """Bars per cut, with what this epoch's witness adds to its cut on top."""
    axes.bar(range(1, len(heights) + 1), heights, color=BLUE, width=WIDTH, label="before this epoch")
    if row.witness and added:
        cut, _ = row.witness
        axes.bar([cut], [added], bottom=[heights[cut - 1]], color=ORANGE, width=WIDTH, hatch="//", label=label)
    axes.legend(**LEGEND)
