"""The panels of the explorer of the linear program: the room of a coefficient, sizes, and errors.

>>> missing_cuts([np.ones(1), np.ones(2), np.ones(1), np.ones(2)], row=2)
[3]
"""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from jaxtyping import Float
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, LogLocator, MaxNLocator, NullLocator

from lowlogit_edu.core.words import counted
from lowlogit_edu.experiments.coefficient_room import Followed
from lowlogit_edu.show.palette import BLUE, DARK, FAINT, GREY, ORANGE
from lowlogit_edu.widgets.axes import blank_figure, hide_frame, mark_squeezed, squeezed

TICKS = 10  # whole numbers along an axis of tokens
LEAST_SCALE = 8  # times C: that much of the axis of coefficients there is at first
HEADROOM = 1.15  # of the axis of coefficients around the largest of them
FEW_SIZES = (1.0, 2.0, 5.0)  # ticks within a power of ten, where an axis has hardly more than one of them
MANY = 300  # from so much on, the largest of an axis over its least, powers of ten are ticks enough
# Of the logarithmic axes, as factors:
BELOW = 0.7  # the axis begins so far below the smallest value drawn
ABOVE = 6  # and ends so far above the largest, with room for the legend
ABOVE_ERRORS = 100  # the same of errors, which fill many powers of ten


def of_row(path: Sequence[np.ndarray], row: int) -> Float[np.ndarray, "cut"]:
    """One coefficient along a path from cut 2 on; NaN where a cut has no such row."""
    return np.array([c[row - 1] if row <= len(c) else np.nan for c in path[1:]])


def missing_cuts(path: Sequence[np.ndarray], row: int) -> list[int]:
    """The cuts from 2 on whose spanner has no such row."""
    return [cut for cut, c in enumerate(path[1:], start=2) if row > len(c)]


def program_figure(
    now: Mapping[str, Any],
    found: Followed,
    ranges: Float[np.ndarray, "cut 2"],
    uniform_kl: Float[np.ndarray, "time"],
) -> Figure:
    """Left the room of one coefficient at cuts 2, 3, ...; right sizes and errors along the text so far.

    Parameters
    ----------
    now : mapping
        What the controls hold: `step`, `row` and `bound` are drawn.
    found : Followed
        The text, followed by the greedy update and by the program.
    ranges : array of shape (cut, 2)
        Least and largest value of the coefficient shown.
    uniform_kl : array of shape (time,)
        KL(teacher || uniform) after 1, 2, ... tokens, nats.
    """
    figure = blank_figure(10.5, 5.2)
    figure.subplots_adjust(left=0.07, right=0.98, bottom=0.11, top=0.93, hspace=0.42, wspace=0.22)
    axes = figure.subplot_mosaic([["room", "size"], ["room", "error"]], width_ratios=[1.2, 1])
    draw_room(axes["room"], now, found, ranges)
    draw_sizes(axes["size"], now, found)
    draw_errors(axes["error"], now, found, uniform_kl)
    return figure


def draw_room(axes: Axes, now: Mapping[str, Any], found: Followed, ranges: Float[np.ndarray, "cut 2"]) -> None:
    """What one coefficient may be at every cut, and what greedy and the program make of it."""
    # To be seen: the bars are what is feasible; the circles are in them, the crosses may be far outside the box.
    t = now["step"]
    C = now["bound"]
    path = found.greedy[t - 1]
    cuts = np.arange(2, t + 1)
    low, high = squeezed(ranges, C).T
    heights = np.maximum(high - low, 0.02 * C)  # a single value is to be seen, too
    # The scale does not tell of tokens to come: they may be guessed.
    largest = max(found.largest(found.greedy)[:t].max(), LEAST_SCALE * C)
    size = HEADROOM * float(squeezed(largest, C))
    axes.axhspan(-C, C, color=BLUE, alpha=0.08, lw=0)
    missing = missing_cuts(path, now["row"])
    if missing:
        axes.bar(missing, 2 * size, bottom=-size, width=1.0, color=FAINT, label="no such row")
    axes.bar(cuts, heights, bottom=low, width=0.7, color=BLUE, alpha=0.35, label="feasible")
    axes.plot(cuts, squeezed(of_row(path, now["row"]), C), "x", color=ORANGE, ms=9, mew=2.5, label="greedy")
    if found.program[t - 1]:
        axes.plot(cuts, of_row(found.program[t - 1], now["row"]), "o", color=BLUE, ms=6, label="program")
    else:
        words = f"The program has no solution\nwith C = {C:g}"
        axes.text(0.5, 0.85, words, transform=axes.transAxes, ha="center", va="center", color=DARK)
    mark_squeezed(axes.yaxis, C, size)
    axes.set(xlim=(1.4, len(found.greedy) + 0.6), ylim=(-size, size))
    axes.set(xlabel="cut", ylabel="coefficient (log scale outside)")
    axes.set_title(f"Coefficient of spanner row {now['row']}, after {counted(t, 'token')}")
    axes.xaxis.set_major_locator(MaxNLocator(TICKS, integer=True))
    axes.legend(loc="lower left", ncols=2, frameon=False)


def draw_sizes(axes: Axes, now: Mapping[str, Any], found: Followed) -> None:
    """The largest coefficient of both after each token so far, and the bound."""
    # To be seen: greedy's coefficients grow geometrically (Section 2.3), the program's stop at C, the dotted line.
    greedy = found.largest(found.greedy)
    program = found.largest(found.program)
    _draw_curves(axes, greedy, program, now["step"], least=0.5, most=now["bound"])
    axes.set(title="Largest coefficient", ylabel="absolute value")
    axes.axhline(now["bound"], color="black", ls=":", lw=1, label="C")
    axes.legend(loc="upper left", ncols=3, frameon=False)


def draw_errors(axes: Axes, now: Mapping[str, Any], found: Followed, uniform_kl: Float[np.ndarray, "time"]) -> None:
    """The error of the next token, after each token so far: of both, and of who knows nothing."""
    # To be seen: large coefficients enlarge the errors of the logits that they combine; and small ones are not always
    # right: on the grey line a prediction is no better than a guess.
    t = now["step"]
    most = float(uniform_kl.max())
    (blind,) = axes.plot(
        np.arange(1, t + 1), uniform_kl[:t], color=GREY, lw=5, alpha=0.6, label="knows nothing (uniform)"
    )
    _draw_curves(axes, found.greedy_kl, found.program_kl, t, least=1e-8, most=most, above=ABOVE_ERRORS)
    axes.set(title="Error of the next token: KL(teacher || prediction)", ylabel="nats", xlabel="tokens so far")
    axes.legend(handles=[blind], loc="upper left", frameon=False)


def _draw_curves(
    axes: Axes,
    greedy: Float[np.ndarray, "time"],
    program: Float[np.ndarray, "time"],
    t: int,
    *,
    least: float,
    most: float,
    above: float = ABOVE,
) -> None:
    """Both after 1, ..., t tokens on a log scale from `least`, where all that is smaller is drawn, to above `most`."""
    tokens = np.arange(1, t + 1)
    seen = np.maximum([greedy[:t], program[:t]], least)  # what is to come is not drawn: it may be guessed
    axes.plot(tokens, seen[0], marker="x", color=ORANGE, ms=5, label="greedy")
    axes.plot(tokens, seen[1], marker="o", color=BLUE, ms=5, label="program")
    axes.set_xlim(0.4, len(greedy) + 0.6)
    bottom = BELOW * least
    top = above * max(float(np.nanmax(seen)), most)
    axes.set(yscale="log", ylim=(bottom, top))
    if top < MANY * bottom:  # a power of ten alone would be the only tick
        axes.yaxis.set_major_locator(LogLocator(subs=FEW_SIZES))
        axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
    axes.yaxis.set_minor_locator(NullLocator())
    axes.xaxis.set_major_locator(MaxNLocator(TICKS, integer=True))
    hide_frame(axes)
