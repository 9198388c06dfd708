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
HEADROOM = 1.15  # of the axis of coefficients around the largest of them
FEW_SIZES = (1.0, 2.0, 5.0)  # ticks within a power of ten, where an axis has hardly more than one of them
MANY = 100  # from so much on, the largest of an axis over its least, powers of ten are ticks enough
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
    """Left the room of one coefficient at cuts 2, 3, ...; right sizes and errors along the whole text.

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
    draw_sizes(axes["size"], now["bound"], found)
    draw_errors(axes["error"], found, uniform_kl)
    for panel in (axes["size"], axes["error"]):
        panel.axvline(now["step"], color=GREY, lw=1)  # the text so far, whose room is shown at the left
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
    # The scale is that of the whole text, so that it stands still while the tokens play.
    largest = max(found.largest(found.greedy).max(), 2 * C)
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


def draw_sizes(axes: Axes, bound: float, found: Followed) -> None:
    """The largest coefficient of both, and the bound."""
    # To be seen: greedy's coefficients grow geometrically (Section 2.3), the program's stop at C, the dotted line.
    greedy = found.largest(found.greedy)
    program = found.largest(found.program)
    _draw_curves(axes, greedy, program, least=0.5, most=bound)
    axes.set(title="Largest coefficient", ylabel="absolute value")
    axes.axhline(bound, color="black", ls=":", lw=1, label="C")
    axes.legend(loc="upper left", ncols=3, frameon=False)


def draw_errors(axes: Axes, found: Followed, uniform_kl: Float[np.ndarray, "time"]) -> None:
    """The error of the next token: of both, and of who knows nothing."""
    # To be seen: large coefficients enlarge the errors of the logits that they combine; and small ones are not always
    # right: on the grey line a prediction is no better than a guess.
    tokens = np.arange(1, len(uniform_kl) + 1)
    (blind,) = axes.plot(tokens, uniform_kl, color=GREY, lw=5, alpha=0.6, label="knows nothing (uniform)")
    _draw_curves(axes, found.greedy_kl, found.program_kl, least=1e-8, most=float(uniform_kl.max()), above=ABOVE_ERRORS)
    axes.set(title="Error of the next token: KL(teacher || prediction)", ylabel="nats", xlabel="tokens so far")
    axes.legend(handles=[blind], loc="upper left", frameon=False)


def _draw_curves(
    axes: Axes,
    greedy: Float[np.ndarray, "time"],
    program: Float[np.ndarray, "time"],
    *,
    least: float,
    most: float,
    above: float = ABOVE,
) -> None:
    """Both along the text on a log scale from `least`, where all that is smaller is drawn, to above `most`."""
    tokens = np.arange(1, len(greedy) + 1)
    axes.plot(tokens, np.maximum(greedy, least), marker="x", color=ORANGE, ms=5, label="greedy")
    axes.plot(tokens, np.maximum(program, least), marker="o", color=BLUE, ms=5, label="program")
    bottom = BELOW * least
    top = above * max(float(np.nanmax(greedy)), float(np.nanmax(program)), most, least)
    axes.set(yscale="log", ylim=(bottom, top))
    if top < MANY * bottom:  # a power of ten alone would be the only tick
        axes.yaxis.set_major_locator(LogLocator(subs=FEW_SIZES))
        axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
    axes.yaxis.set_minor_locator(NullLocator())
    axes.xaxis.set_major_locator(MaxNLocator(TICKS, integer=True))
    hide_frame(axes)
