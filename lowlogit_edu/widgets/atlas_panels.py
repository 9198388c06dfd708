"""The still picture of the atlas, for pages and for notebooks without a kernel.

>>> from lowlogit_edu.experiments import atlas_of_model
>>> from lowlogit_edu.models import noisy_parity
>>> len(atlas_figure(atlas_of_model(noisy_parity(bits=2)), frame=7, text=0).axes)
3
"""

import textwrap
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import LinearSegmentedColormap
from matplotlib.figure import Figure
from matplotlib.patches import ConnectionPatch, Rectangle

from lowlogit_edu.experiments.atlas import NEVER, Atlas, Frame, Panel
from lowlogit_edu.matrices.logit_matrix import Word
from lowlogit_edu.show.palette import AMBER, BLUE, DARK, FAINT, GREEN, GREY, ORANGE, PINK
from lowlogit_edu.widgets.atlas_wire import column_of, columns_of, is_wide, own_blocks, scale, since_of
from lowlogit_edu.widgets.axes import blank_figure

MAP = LinearSegmentedColormap.from_list("orange to blue", [ORANGE, "white", BLUE])
LETTERS = 14  # of a label
LETTER = 0.075  # inches, about
WIDTH = 0.17  # of a column, in inches as all below
HEIGHT = 0.19  # of a row
GAP = 0.8  # between matrices, where the coefficients are drawn
LITTLE = 0.25  # the same where there are none
HEAD = 0.75  # above the matrices
SMALLEST = 5e-4  # coefficient that has a line
THICKEST = 5.0  # points, of the largest coefficient


def atlas_figure(atlas: Atlas, frame: int, text: int, *, carried: bool = False) -> Figure:
    """All cuts after a frame, with the coefficients of one text.

    Parameters
    ----------
    atlas : Atlas
    frame, text : int
        Counted from 0.
    carried : bool
        Whether the columns that a cut carries to the next one are shown, too.
    """
    now = atlas.frames[frame]
    panels = [_Shown.of(atlas, s, own, carried) for s, own in enumerate(own_blocks(atlas))]
    labels = [[_short(atlas, word, "start") for word in shown.panel.histories] for shown in panels]
    names = [LETTER * max(map(len, of_cut)) + 0.12 for of_cut in labels]  # inches that the rows' names take
    gap = GAP if atlas.texts else LITTLE
    widths = [max(0.3, WIDTH * len(shown.columns)) for shown in panels]
    total = sum(widths) + sum(names) + gap * (len(panels) - 1) + 0.3
    foot = LETTER * max(len(_short(atlas, block, "now")) for shown in panels for block in shown.panel.blocks) + 0.15
    tallest = HEIGHT * max(len(shown.panel.histories) for shown in panels)
    height = HEAD + tallest + foot
    figure = blank_figure(total, height)
    line = textwrap.fill(f"{now.title}: {now.message}", max(40, int(total * 13)))
    figure.suptitle(line, x=0.01, y=1 - 0.06 / height, ha="left", va="top", fontsize=9)
    left = 0.1
    for s, shown in enumerate(panels):
        left += names[s]
        tall = HEIGHT * len(shown.panel.histories)
        place = (left / total, (height - HEAD - tall) / height, widths[s] / total, tall / height)
        shown.axes = figure.add_axes(place)
        shown.start = (left - names[s]) / total
        _draw_cells(shown, frame, scale(atlas))
        _label(shown, atlas, labels[s])
        _mark(shown, now)
        left += widths[s] + gap
    if text < len(now.paths) and now.paths[text]:
        _draw_coefficients(figure, panels, atlas, now, text)
    return figure


@dataclass
class _Shown:
    """A cut's matrix as it is drawn."""

    panel: Panel
    s: int  # counted from 0
    wide: bool
    per: int  # columns of a block
    columns: list[int]
    axes: Axes | None = None
    start: float = 0.0  # where the rows' names begin, as a share of the width

    @classmethod
    def of(cls, atlas: Atlas, s: int, own: Sequence[bool], carried: bool) -> "_Shown":
        wide = is_wide(atlas)
        per = 1 if wide else atlas.alphabet_size
        columns = [block * per + token for block, mine in enumerate(own) if mine or carried for token in range(per)]
        return cls(atlas.cuts[s], s, wide, per, columns)

    def place(self, word: Word) -> int | None:
        """Where the column of a future is drawn."""
        column = column_of(self.panel, word, self.per, self.wide)
        return self.columns.index(column) if column in self.columns else None


def _draw_cells(shown: _Shown, frame: int, largest: float) -> None:
    axes = shown.axes
    assert axes is not None
    since = since_of(shown.panel, shown.wide)[:, shown.columns]
    known = (since != NEVER) & (since <= frame)
    values = np.where(known, columns_of(shown.panel, shown.wide)[:, shown.columns], np.nan)
    axes.imshow(values, cmap=MAP, vmin=-largest, vmax=largest, aspect="auto", interpolation="none")
    for row, column in np.argwhere(~known):
        axes.plot(column, row, ".", color=FAINT, ms=2)
    for row, column in np.argwhere(known & (since == frame)):
        axes.add_patch(Rectangle((column - 0.42, row - 0.42), 0.84, 0.84, fill=False, ec=DARK, lw=0.8))
    axes.spines[:].set_color(FAINT)
    axes.tick_params(length=0, labelsize=8, pad=2)


def _label(shown: _Shown, atlas: Atlas, rows: list[str]) -> None:
    axes = shown.axes
    assert axes is not None
    axes.set_title(f"cut {shown.s + 1}", fontsize=9, pad=6)
    axes.set_yticks(range(len(rows)), rows)
    firsts = range(0, len(shown.columns), shown.per)
    blocks = [shown.panel.blocks[shown.columns[first] // shown.per] for first in firsts]
    middles = [first + (shown.per - 1) / 2 for first in firsts]
    axes.set_xticks(middles, [_short(atlas, word, "now") for word in blocks], rotation=90)
    for first in firsts:
        if first:
            axes.axvline(first - 0.5, color=GREY, lw=0.8)


def _short(atlas: Atlas, word: Word, nothing: str) -> str:
    """A word as a label: its end, where it is long."""
    names = atlas.names or {}
    parts = [names.get(token, str(token)) for token in word]
    text = ("" if names else " ").join(parts).replace("\n", " ") if word else nothing
    text = text if len(text) <= LETTERS else f"…{text[1 - LETTERS :]}"
    return text.replace("$", "\\$")  # else a pair of them would begin a formula


def _mark(shown: _Shown, frame: Frame) -> None:
    """Frames around the spanner's rows, the columns of F_s and the witnesses."""
    axes = shown.axes
    assert axes is not None
    count = len(shown.panel.histories)

    def column(word: Word, colour: str, width: float) -> None:
        place = shown.place(word)
        if place is not None:
            frame_of = Rectangle((place - 0.5, -0.5), 1, count, fill=False, ec=colour, lw=width, clip_on=False)
            axes.add_patch(frame_of)

    for word in frame.futures[shown.s] if shown.s < len(frame.futures) else ():
        column(word, PINK, 1.2)
    for word in frame.spanners[shown.s] if shown.s < len(frame.spanners) else ():
        if word in shown.panel.histories:
            row = shown.panel.histories.index(word)
            width = len(shown.columns) + 0.2
            axes.add_patch(Rectangle((-0.6, row - 0.5), width, 1, fill=False, ec=GREEN, lw=2, clip_on=False))
            axes.get_yticklabels()[row].set_fontweight("bold")
    for cut, word in frame.witnesses:
        if cut == shown.s + 1:
            column(word, AMBER, 3)


def _draw_coefficients(figure: Figure, panels: Sequence[_Shown], atlas: Atlas, frame: Frame, text: int) -> None:
    """Lines from the old spanner rows into the token that is read, and out of it into the new ones."""
    path = frame.paths[text]
    largest = max(1.0, *(float(np.abs(c).max(initial=0.0)) for c in path))
    inch_across, inch_up = 1 / figure.get_size_inches()
    for s in range(min(len(path), len(panels)) - 1):
        axes = panels[s].axes
        assert axes is not None
        here = axes.get_position()
        ends = {s: here.x1 + 0.05 * inch_across, s + 1: panels[s + 1].start}
        token = (sum(ends.values()) / 2, here.y1 - 0.3 * inch_up)
        for side, x in ends.items():
            ys = _heights(figure, panels[side])
            for word, c in zip(frame.spanners[side], path[side], strict=True):
                if word in ys:
                    _draw_line(figure, (x, ys[word]), token, float(c), largest)
        name = _short(atlas, atlas.texts[text][s : s + 1], "").strip()
        look = {"boxstyle": "round", "fc": "white", "ec": DARK}
        figure.text(*token, name, ha="center", va="center", fontsize=8, bbox=look)


def _heights(figure: Figure, shown: _Shown) -> dict[Word, float]:
    """Where each row stands, as a share of the figure's height."""
    assert shown.axes is not None
    to_figure = shown.axes.transData + figure.transFigure.inverted()
    return {word: float(to_figure.transform((0, row))[1]) for row, word in enumerate(shown.panel.histories)}


def _draw_line(figure: Figure, end: tuple[float, float], token: tuple[float, float], c: float, largest: float) -> None:
    if abs(c) < SMALLEST:
        return
    width = max(0.5, THICKEST * abs(c) / largest)
    look: dict[str, Any] = {"color": BLUE, "linestyle": "-"} if c > 0 else {"color": ORANGE, "linestyle": "--"}
    figure.add_artist(ConnectionPatch(end, token, "figure fraction", linewidth=width, zorder=0, **look))
