"""A matrix and its best approximation of rank r, side by side, and the error against r.

>>> explorer = RankExplorer()
>>> explorer.set(specimen="noisy parity, 8 bits", rank=1)
>>> explorer.summary()[:76], explorer.errors()[:, 1].tolist()
('noisy parity, 8 bits: 32 histories by 30 columns of logits, numerical rank 1', [0.0, 0.0])
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
from jaxtyping import Float
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.image import AxesImage
from matplotlib.ticker import MaxNLocator

from lowlogit_edu.core.numerics import softmax
from lowlogit_edu.matrices.logit_matrix import best_rank_errors, cut_matrix, singular_values
from lowlogit_edu.matrices.probability_rank import probability_cut_matrix
from lowlogit_edu.matrices.spanner import numerical_rank
from lowlogit_edu.measure import MeasuredMatrix
from lowlogit_edu.measure.recall import RecallMatrices
from lowlogit_edu.models import LanguageModel, cauchy, copying, noisy_parity, random_isan, random_table
from lowlogit_edu.show.csv_text import csv_text
from lowlogit_edu.show.palette import BLUE, DARK, FAINT, ORANGE
from lowlogit_edu.widgets.axes import blank_figure, hide_frame
from lowlogit_edu.widgets.explorer import Explorer, Values, choice, slider

MOST = 40  # the largest rank of the slider
ROUNDING = 1e-12  # errors below this are rounding
DEPTH = 1e5  # on the logarithmic axis an error of zero is drawn this factor below the error of rank 0
LOGITS = "logits"
PROBABILITIES = "probabilities"


@dataclass(frozen=True)
class Entries:
    """A matrix with a row per history, what its columns are, and the unit of its entries."""

    matrix: Float[np.ndarray, "history column"]
    columns: str
    unit: str


Specimen = Mapping[str, Entries]  # keys are LOGITS and PROBABILITIES


def exact_specimen(model: LanguageModel, cut: int) -> Specimen:
    """All of a small model at one cut: its logit matrix, and the matrix of Definition 3.1."""
    return {
        LOGITS: Entries(cut_matrix(model, cut), "future and next token", "nats"),
        PROBABILITIES: Entries(probability_cut_matrix(model, cut), "rest of the sequence", "probability"),
    }


def sampled_specimen(matrix: MeasuredMatrix, top: int = 8) -> Specimen:
    """Of each different future the `top` next tokens that are likeliest on average; needs all tokens' logits."""
    once = [i for i, word in enumerate(matrix.futures) if word not in matrix.futures[:i]]
    given = matrix.logits[:, once]
    probabilities = softmax(given)
    likeliest = np.argsort(-probabilities.mean(axis=0), axis=1, kind="stable")[:, :top]
    chosen = likeliest[None]  # the same tokens after every history, so that columns can be compared
    rows = len(given)
    logits = np.take_along_axis(given, chosen, axis=2).reshape(rows, -1)
    likely = np.take_along_axis(probabilities, chosen, axis=2).reshape(rows, -1)
    return {
        LOGITS: Entries(logits, "future and next token", "nats"),
        PROBABILITIES: Entries(likely, "future and next token", "probability"),
    }


def recall_specimen(matrices: RecallMatrices) -> Specimen:
    """Whole futures: the sums of their tokens' centred logits, and their probabilities."""
    return {
        LOGITS: Entries(matrices.scores, "whole future (sum of its logits)", "nats"),
        PROBABILITIES: Entries(matrices.probabilities(), "whole future (largest entry 1)", "probability"),
    }


def small_specimens() -> dict[str, Specimen]:
    """Models that are known exactly, each at its middle cut."""
    return {
        "random ISAN, dimension 4": exact_specimen(random_isan(3, 4, 6, seed=0), 4),
        "noisy parity, 8 bits": exact_specimen(noisy_parity(8), 6),
        "copying 5 bits": exact_specimen(copying(5), 6),
        "comparing two numbers of 4 bits": exact_specimen(cauchy(4), 5),
        "random table": exact_specimen(random_table(3, 6), 4),
    }


class RankExplorer(Explorer):
    """How well rank r approximates a logit matrix, or a matrix of probabilities.

    Parameters
    ----------
    more : mapping of str to Specimen
        Matrices besides `small_specimens`.
    """

    def __init__(self, more: Mapping[str, Specimen] | None = None) -> None:
        self._specimens = {**small_specimens(), **(more or {})}
        self._errors = lru_cache(maxsize=32)(self._errors_of)
        controls = {
            "specimen": choice("Model", list(self._specimens)),
            "entries": choice("Entries", [LOGITS, PROBABILITIES]),
            "rank": slider("Rank r", 1, 0, MOST),
        }
        presets = {name: {"specimen": name, "entries": LOGITS, "rank": 1} for name in self._specimens}
        super().__init__(controls, "rank", presets=presets, animated="rank")

    @property
    def entries(self) -> Entries:
        """The matrix that the controls choose."""
        return self._specimens[self.values["specimen"]][self.values["entries"]]

    @property
    def rank(self) -> int:
        """The slider's rank, or the matrix's smaller side where that is less."""
        return min(self.values["rank"], *self.entries.matrix.shape)

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
        """The matrix, its approximation, and the error against the rank."""
        chosen = self.entries
        figure = blank_figure(11, 4.2)
        given = figure.add_axes((0.03, 0.13, 0.26, 0.76))
        approximated = figure.add_axes((0.31, 0.13, 0.26, 0.76))
        curve = figure.add_axes((0.715, 0.13, 0.275, 0.76))
        # One entry in a hundred may be off the scale: a single large one would make all others pale.
        most = float(np.quantile(np.abs(chosen.matrix), 0.99)) or 1.0
        look: dict[str, Any] = {"vmin": 0, "vmax": most}
        if chosen.unit == "nats":  # logits have a sign, probabilities have none
            look = {"vmin": -most, "vmax": most, "cmap": "RdBu_r"}
        _draw_matrix(given, chosen.matrix, self.values["entries"].capitalize(), chosen.columns, look)
        title = f"Best approximation of rank {self.rank}"
        drawn = _draw_matrix(approximated, self.approximation(), title, chosen.columns, look)
        given.set_ylabel("history")
        bar = figure.colorbar(drawn, cax=figure.add_axes((0.585, 0.13, 0.012, 0.7)), extend="both")
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
        return (
            f"{self.values['specimen']}: {rows} histories by {columns} columns of {self.values['entries']}, numerical "
            f"rank {numerical_rank(chosen.matrix)}. Best approximation of rank {rank}: root mean square error "
            f"{square[rank]:.3g}, mean absolute error {absolute[rank]:.3g}, in {chosen.unit}; "
            f"rank 0: {square[0]:.3g}."
        )

    def data(self) -> str:
        """The error of every rank, as CSV."""
        absolute, square = self.errors()
        rows = zip(range(len(square)), absolute, square, strict=True)
        return csv_text(["rank", "mean_absolute_error", "root_mean_square_error"], rows)


def _draw_matrix(
    axes: Axes, matrix: Float[np.ndarray, "history column"], title: str, columns: str, look: dict[str, Any]
) -> AxesImage:
    drawn = axes.imshow(matrix, aspect="auto", interpolation="nearest", **look)
    axes.set(title=title, xlabel=columns, xticks=[], yticks=[])
    return drawn


def _draw_errors(axes: Axes, errors: Float[np.ndarray, "2 rank"], rank: int, full: int) -> None:
    """Both errors against the rank, the slider's `rank` marked, and the matrix's own, `full`."""
    absolute, square = errors
    zero = bool((square == 0).any())
    floor = square[0] / DEPTH if zero else min(square[square > 0].min(), absolute[absolute > 0].min())
    axes.semilogy(np.maximum(square, floor), color=BLUE, marker=".", lw=1.5, label="root mean square")
    axes.semilogy(np.maximum(absolute, floor), color=DARK, ls=":", lw=2, label="mean absolute (Eq. 2)")
    axes.plot(rank, max(square[rank], floor), "o", color=ORANGE, ms=11)
    axes.set(title="Error against the rank", xlabel="rank r")
    axes.set_ylim(floor / 2, 3 * max(square[0], absolute.max()))
    axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    axes.grid(alpha=0.3)
    hide_frame(axes)
    axes.legend(frameon=False, fontsize=9, loc="best")
    if zero:
        axes.axhspan(floor / 2, floor * 2, color=FAINT, zorder=0)
        axes.text(0.99, floor * 2.6, "grey: as good as zero", transform=axes.get_yaxis_transform(), ha="right")
    if full < len(square):
        axes.axvline(full, color="black", ls="--", lw=1)
        side = "right" if 2 * full > len(square) else "left"  # of the line: the words stay inside the axes
        axes.annotate(f" rank {full} ", (full, 0.92), xycoords=("data", "axes fraction"), ha=side)
