"""A matrix, its best approximation of rank r and what that misses, side by side, and the error against r.

>>> explorer = RankExplorer()
>>> explorer.set(specimen="noisy parity, 8 bits", rank=1)
>>> explorer.summary()[:76], explorer.errors()[:, 1].tolist()
('noisy parity, 8 bits: 32 histories by 30 columns of logits, numerical rank 1', [0.0, 0.0])
"""

from collections.abc import Mapping
from functools import lru_cache
from typing import Any

import numpy as np
from jaxtyping import Float
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.image import AxesImage
from matplotlib.ticker import MaxNLocator

from lowlogit_edu.matrices.logit_matrix import best_rank_errors, singular_values
from lowlogit_edu.matrices.spanner import numerical_rank
from lowlogit_edu.show.csv_text import csv_text
from lowlogit_edu.show.palette import BLUE, DARK, FAINT, ORANGE
from lowlogit_edu.widgets.axes import blank_figure, hide_frame
from lowlogit_edu.widgets.explorer import Explorer, Values, choice, slider
from lowlogit_edu.widgets.rank_specimens import LOGITS, PROBABILITIES, Entries, Specimen, small_specimens

MOST = 40  # the largest rank of the slider
ROUNDING = 1e-12  # errors below this are rounding
DEPTH = 1e5  # on the logarithmic axis an error of zero is drawn this factor below the error of rank 0
NAMED = 5  # rows, and columns, whose texts are written beside the matrix
SHOWN = 14  # characters of such a text
LEFTS = (0.115, 0.285, 0.455)  # of the three matrices, as shares of the picture's width


class RankExplorer(Explorer):
    """How well rank r approximates a logit matrix, or a matrix of probabilities.

    Parameters
    ----------
    more : mapping of str to Specimen
        Matrices besides `small_specimens`.
    values : mapping of control names to values
        Where to begin, as for every explorer.
    """

    def __init__(self, more: Mapping[str, Specimen] | None = None, values: Values | None = None) -> None:
        self._specimens = {**small_specimens(), **(more or {})}
        self._errors = lru_cache(maxsize=32)(self._errors_of)
        controls = {
            "specimen": choice("Model", list(self._specimens)),
            "entries": choice("Entries", [LOGITS, PROBABILITIES]),
            "rank": slider("Rank r", 1, 0, MOST),
        }
        presets = {name: {"specimen": name, "entries": LOGITS, "rank": 1} for name in self._specimens}
        super().__init__(controls, "rank", presets=presets, animated="rank", values=values)

    @property
    def entries(self) -> Entries:
        """The matrix that the controls choose."""
        return self._specimens[self.values["specimen"]][self.values["entries"]]

    @property
    def rank(self) -> int:
        """The slider's rank, or the matrix's smaller side where that is less."""
        return min(self.values["rank"], *self.entries.matrix.shape)

    def end_sliders(self) -> None:
        """No rank is larger than the matrix's smaller side."""
        self._controls["rank"].max = min(MOST, *self.entries.matrix.shape)

    def approximation(self) -> Float[np.ndarray, "history column"]:
        """The best approximation of rank r in the least-squares sense (truncated SVD)."""
        left, values, right = np.linalg.svd(self.entries.matrix, full_matrices=False)
        rank = self.rank
        return (left[:, :rank] * values[:rank]) @ right[:rank]

    def errors(self) -> Float[np.ndarray, "2 rank"]:
        """Errors of the best approximation of rank 0, 1, 2, ...: mean absolute (Equation 2), root mean square."""
        return self._errors(self.values["specimen"], self.values["entries"])

    def _errors_of(self, specimen: str, entries: str) -> Float[np.ndarray, "2 rank"]:
        matrix = self._specimens[specimen][entries].matrix
        ranks = range(min(MOST, *matrix.shape) + 1)
        # Eckart and Young: the squared error of rank r is the sum of the squared singular values after the r-th.
        # Added up from the smallest on, for the small ones not to drown in the large ones.
        squares = singular_values(matrix) ** 2
        tails = np.append(np.cumsum(squares[::-1])[::-1], 0.0)
        root_mean_square = np.sqrt(tails[: len(ranks)] / matrix.size)
        errors = np.array([best_rank_errors(matrix, ranks), root_mean_square])
        return np.where(errors < ROUNDING, 0.0, errors)

    def facts(self) -> Values:
        """The controls' values and the rank of the matrix."""
        return self.values | {"rank_of_the_matrix": numerical_rank(self.entries.matrix)}

    def figure(self) -> Figure:
        """The matrix, its approximation, what is missed, and the error against the rank."""
        chosen = self.entries
        approximation = self.approximation()
        figure = blank_figure(12.5, 4.4)
        given, approximated, missed = (figure.add_axes((left, 0.24, 0.16, 0.66)) for left in LEFTS)
        curve = figure.add_axes((0.735, 0.24, 0.26, 0.66))
        # One entry in a hundred may be off the scale: a single large one would make all others pale.
        most = float(np.quantile(np.abs(chosen.matrix), 0.99)) or 1.0
        signed: dict[str, Any] = {"vmin": -most, "vmax": most, "cmap": "RdBu"}
        _draw_matrix(given, chosen.matrix, self.values["entries"].capitalize(), signed)
        _draw_matrix(approximated, approximation, f"Best of rank {self.rank}", signed)
        drawn = _draw_matrix(missed, chosen.matrix - approximation, "Missed", signed)
        _name(given, chosen)
        approximated.set_xlabel(chosen.kind)
        bar = figure.colorbar(drawn, cax=figure.add_axes((0.623, 0.24, 0.01, 0.58)), extend="both")
        bar.ax.set_title(chosen.unit, fontsize=9, loc="left")
        curve.set_ylabel(f"error ({chosen.unit})")
        _draw_errors(curve, self.errors(), self.rank, numerical_rank(chosen.matrix))
        return figure

    def summary(self) -> str:
        """The picture in words."""
        chosen = self.entries
        rank = self.rank
        rows, columns = chosen.matrix.shape
        absolute, square = self.errors()
        full = numerical_rank(chosen.matrix)
        reached = f", numerical rank {full}" if rank >= full else ""  # before, it may be guessed
        return (
            f"{self.values['specimen']}: {rows} histories by {columns} columns of {self.values['entries']}{reached}. "
            f"Best approximation of rank {rank}: root mean square error "
            f"{square[rank]:.3g}, mean absolute error {absolute[rank]:.3g}, in {chosen.unit}; "
            f"rank 0: {square[0]:.3g}."
        )

    def data(self) -> str:
        """The error of every rank, as CSV."""
        absolute, square = self.errors()
        rows = zip(range(len(square)), absolute, square, strict=True)
        return csv_text(["rank", "mean_absolute_error", "root_mean_square_error"], rows)


def _draw_matrix(
    axes: Axes, matrix: Float[np.ndarray, "history column"], title: str, look: dict[str, Any]
) -> AxesImage:
    drawn = axes.imshow(matrix, aspect="auto", interpolation="nearest", **look)
    axes.set(title=title, xticks=[], yticks=[])
    return drawn


def _name(axes: Axes, entries: Entries) -> None:
    """The texts of a few rows and columns, evenly spread."""
    rows = _spread(len(entries.rows))
    columns = _spread(len(entries.columns))
    axes.set_yticks(rows, [_short(entries.rows[i]) for i in rows], fontsize=7)
    look: dict[str, Any] = {"fontsize": 7, "rotation": 35, "ha": "right", "rotation_mode": "anchor"}
    axes.set_xticks(columns, [_short(entries.columns[i]) for i in columns], **look)
    axes.set_ylabel("history")


def _spread(count: int) -> list[int]:
    return sorted(set(np.linspace(0, count - 1, min(NAMED, count)).round().astype(int).tolist()))


def _short(text: str) -> str:
    """The end of a text, which says most about what comes next, on one line."""
    line = text.replace("\n", " / ")
    # A dollar sign would begin a formula.
    return (line if len(line) <= SHOWN else "…" + line[-SHOWN:]).replace("$", r"\$")


def _draw_errors(axes: Axes, errors: Float[np.ndarray, "2 rank"], rank: int, full: int) -> None:
    """Both errors up to the slider's `rank`, and the matrix's own, `full`, once it is reached."""
    # What is to come is not drawn: it may be guessed. The axes are those of all ranks, and stand still.
    last = errors.shape[1] - 1
    floor = errors[1, 0] / DEPTH if (errors == 0).any() else errors.min()
    top = 3 * errors.max()
    absolute, square = errors[:, : rank + 1]
    zero = bool((square == 0).any())
    axes.semilogy(np.maximum(square, floor), color=BLUE, marker=".", lw=1.5, label="root mean square")
    axes.semilogy(np.maximum(absolute, floor), color=DARK, ls=":", lw=2, label="mean absolute (Eq. 2)")
    axes.plot(rank, max(square[rank], floor), "o", color=ORANGE, ms=11)
    axes.set(title="Error against the rank", xlabel="rank r")
    axes.set(xlim=(-0.03 * last, 1.03 * last), ylim=(floor / 2, top))
    axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    axes.grid(alpha=0.3)
    hide_frame(axes)
    axes.legend(frameon=False, fontsize=9, loc="upper center", bbox_to_anchor=(0.5, -0.16))
    if zero:
        axes.axhspan(floor / 2, floor * 2, color=FAINT, zorder=0)
        axes.text(0.99, floor * 2.6, "grey: as good as zero", transform=axes.get_yaxis_transform(), ha="right")
    if full <= rank:
        axes.axvline(full, color="black", ls="--", lw=1)
        side = "right" if 2 * full > last else "left"  # of the line: the words stay inside the axes
        axes.annotate(f" rank {full} ", (full, 0.92), xycoords=("data", "axes fraction"), ha=side)
