"""Algorithm 1 in words, beside an epoch of a run: letters say which panel shows which lines.

>>> print(ALGORITHM_1[-1][1].strip())
return the spanners and their rows
"""

from typing import Any

from matplotlib.axes import Axes
from matplotlib.figure import SubFigure

from lowlogit_edu.show.palette import AMBER, WRITTEN
from lowlogit_edu.widgets.axes import blank_figure, hide_frame
from lowlogit_edu.widgets.epoch_panels import draw_futures, draw_potential, draw_residuals, draw_spanners, sizes
from lowlogit_edu.widgets.faithful_run import EpochExplorer
from lowlogit_edu.widgets.html_parts import Picture

# Lines of the paper, what they do, and the panel that shows it.
ALGORITHM_1 = (
    ("2", "F_s <- all futures of one token, for all cuts s", "A"),
    ("3", "for epoch 1, 2, ..., K:", ""),
    ("4", "  for every cut s:", ""),
    ("5-7", "    draw histories; ask for their rows on F_s", ""),
    ("", "    and on each token before F_{s+1}", ""),
    ("8", "    h_s <- a spanner of these rows", "B"),
    ("9", "  draw n fresh texts", ""),
    ("10", "  for t = 1, ..., T-1:", ""),
    ("11", "    solve the program of each text's y_{1:t}", ""),
    ("12", "    one has no solution? next epoch, same F", ""),
    ("13, 14", "    P_s(a) <- c_s L(h_s o y_{s:t} o a)", ""),
    ("15", "    some |P_{s-1}(a) - P_s(a)| > g?", "C"),
    ("16, 17", "      y_{s:t} o a joins F_s; next epoch", "A, D"),
    ("18, 19", "  return the spanners and their rows", ""),
)
MONO: dict[str, Any] = {"family": "monospace", "fontsize": 8.5, "va": "center"}


def algorithm_picture(explorer: EpochExplorer) -> Picture:
    """The picture of the epoch that an explorer shows, with the pseudocode on its left.

    Paper: Algorithm 1 (learning algorithm; here as a picture), arXiv:2512.09892.
    """
    figure = blank_figure(12, 5.4)
    parts: Any = figure.subfigures(1, 2, width_ratios=[1, 1.55])
    _write(parts[0])
    _draw(parts[1], explorer)
    lines = "\n".join(f"{line:7} {text:49} {panel}".rstrip() for line, text, panel in ALGORITHM_1)
    where = "A: futures, top left. B: spanners, top right. C: residuals, bottom left. D: potential, bottom right."
    return Picture(figure, f"{lines}\n{where}\n{explorer.summary()}")


def _write(figure: SubFigure) -> None:
    axes = figure.add_axes((0, 0, 1, 1))
    axes.set(xlim=(0, 1), ylim=(len(ALGORITHM_1) + 1.5, -2))
    axes.axis("off")
    axes.text(0.04, -1, "Algorithm 1", va="center", fontsize=12)
    for place, (line, text, panel) in enumerate(ALGORITHM_1):
        axes.text(0.04, place, line, color=WRITTEN, **MONO)
        axes.text(0.16, place, text, **MONO)
        for number, letter in enumerate(filter(None, panel.split(", "))):
            _letter(axes, 0.94 + 0.045 * number, place, letter)


def _draw(figure: SubFigure, explorer: EpochExplorer) -> None:
    run = explorer.run
    row = explorer.row
    figure.subplots_adjust(left=0.1, right=0.98, bottom=0.1, top=0.86, hspace=0.5, wspace=0.25)
    figure.suptitle(f"Epoch {row.epoch} of {len(run.rows)}. {explorer.verdict()}", x=0.04, ha="left", fontsize=10)
    (futures, spanners), (residuals, potential) = figure.subplots(2, 2)
    draw_futures(futures, row, most=max(max(sizes(each.futures)) for each in run.rows))
    draw_spanners(spanners, row, run.ranks)
    draw_residuals(residuals, row, run.threshold)
    draw_potential(potential, row, most=max(1.0, *run.rows[-1].log_determinants))
    residuals.set_title("Largest residual")  # the words on the left say the rest
    for axes, letter in zip((futures, spanners, residuals, potential), "ABCD", strict=True):
        axes.set_xlabel("cut s", fontsize=9)
        axes.set_xticks(run.cuts)
        axes.title.set_fontsize(10)
        if axes is not residuals:  # two entries side by side, as in the explorer, are too wide here
            axes.legend(frameon=False, loc="upper left", fontsize=8, labelspacing=0.2)
        _letter(axes, -0.12, 1.09, letter, inside=False)
        hide_frame(axes)


def _letter(axes: Axes, x: float, y: float, letter: str, *, inside: bool = True) -> None:
    """A letter in a round box, in the axes' data or beside them."""
    box = {"boxstyle": "circle,pad=0.15", "fc": AMBER, "ec": "none"}
    place = axes.transData if inside else axes.transAxes
    axes.text(x, y, letter, transform=place, ha="center", va="center", fontsize=9, bbox=box)
