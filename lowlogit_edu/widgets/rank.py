"""A matrix and its best approximation of rank r, side by side, and the error against r.

>>> explorer = RankExplorer()
>>> explorer.set(specimen="noisy parity, 8 bits", rank=1)
>>> explorer.summary()[:76], explorer.errors()[:, 1].tolist()
('noisy parity, 8 bits: 32 histories by 30 columns of logits, numerical rank 1', [0.0, 0.0])
"""

import csv
import io
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from jaxtyping import Float
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from lowlogit_edu.core.numerics import softmax
from lowlogit_edu.matrices.logit_matrix import best_rank_errors, cut_matrix, singular_values
from lowlogit_edu.matrices.probability_rank import probability_cut_matrix
from lowlogit_edu.matrices.spanner import numerical_rank
from lowlogit_edu.measure import MeasuredMatrix
from lowlogit_edu.measure.recall import RecallMatrices
from lowlogit_edu.models import LanguageModel, cauchy, copying, noisy_parity, random_isan, random_table
from lowlogit_edu.widgets.explorer import Explorer, Values, choice, slider

MOST = 40  # the largest rank of the slider
ROUNDING = 1e-12  # errors below this are rounding
BLUE, ORANGE, GREY = "#0072B2", "#D55E00", "#555555"
LOGITS, PROBABILITIES = "logits", "probabilities"


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
    chosen = np.argsort(-probabilities.mean(axis=0), axis=1, kind="stable")[None, :, :top]
    logits, likely = (
        np.take_along_axis(entries, chosen, axis=2).reshape(len(entries), -1) for entries in (given, probabilities)
    )
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
        return (left[:, : self.rank] * values[: self.rank]) @ right[: self.rank]

    def errors(self) -> Float[np.ndarray, "2 rank"]:
        """Errors of the best approximation of rank 0, 1, 2, ...: mean absolute (Equation 2), root mean square."""
        return self._errors(self.values["specimen"], self.values["entries"])

    def _errors_of(self, specimen: str, entries: str) -> Float[np.ndarray, "2 rank"]:
        matrix = self._specimens[specimen][entries].matrix
        ranks = range(min(MOST, *matrix.shape) + 1)
        tails = np.append(np.cumsum(singular_values(matrix)[::-1] ** 2)[::-1], 0.0)
        errors = np.array([best_rank_errors(matrix, ranks), np.sqrt(tails[: len(ranks)] / matrix.size)])
        return np.where(errors < ROUNDING, 0.0, errors)

    def facts(self) -> Values:
        """The controls' values and the rank of the matrix."""
        return self.values | {"rank_of_the_matrix": numerical_rank(self.entries.matrix)}

    def figure(self) -> Figure:
        """The matrix, its approximation, and the error against the rank."""
        chosen, matrix = self.entries, self.entries.matrix
        figure = Figure(figsize=(11, 4.2), dpi=90, facecolor="white")
        places = ((0.03, 0.26), (0.31, 0.26), (0.715, 0.275))
        axes = [figure.add_axes((left, 0.13, width, 0.76)) for left, width in places]
        most = float(np.quantile(np.abs(matrix), 0.99)) or 1.0
        look = {"cmap": "RdBu_r", "vmin": -most, "vmax": most} if chosen.unit == "nats" else {"vmin": 0, "vmax": most}
        titles = self.values["entries"].capitalize(), f"Best approximation of rank {self.rank}"
        for ax, image, title in zip(axes, (matrix, self.approximation()), titles, strict=False):
            drawn = ax.imshow(image, aspect="auto", interpolation="nearest", **look)
            ax.set(title=title, xlabel=chosen.columns, xticks=[], yticks=[])
        axes[0].set_ylabel("history")
        bar = figure.colorbar(drawn, cax=figure.add_axes((0.585, 0.13, 0.012, 0.7)), extend="both")
        bar.ax.set_title(chosen.unit, fontsize=9, loc="left")
        self._curve(axes[2])
        return figure

    def _curve(self, axes: Axes) -> None:
        (absolute, square), full = self.errors(), numerical_rank(self.entries.matrix)
        zero = bool((square == 0).any())
        floor = square[0] / 1e5 if zero else min(square[square > 0].min(), absolute[absolute > 0].min())
        axes.semilogy(np.maximum(square, floor), color=BLUE, marker=".", lw=1.5, label="root mean square")
        axes.semilogy(np.maximum(absolute, floor), color=GREY, ls=":", lw=2, label="mean absolute (Eq. 2)")
        axes.plot(self.rank, max(square[self.rank], floor), "o", color=ORANGE, ms=11)
        axes.set(title="Error against the rank", xlabel="rank r", ylabel=f"error ({self.entries.unit})")
        axes.set_ylim(floor / 2, 3 * max(square[0], absolute.max()))
        axes.xaxis.set_major_locator(MaxNLocator(integer=True))
        axes.grid(alpha=0.3)
        axes.spines[["top", "right"]].set_visible(False)
        axes.legend(frameon=False, fontsize=9, loc="best")
        if zero:
            axes.axhspan(floor / 2, floor * 2, color="#DDDDDD", zorder=0)
            axes.text(0.99, floor * 2.6, "grey: as good as zero", transform=axes.get_yaxis_transform(), ha="right")
        if full < len(square):
            axes.axvline(full, color="black", ls="--", lw=1)
            side = "right" if 2 * full > len(square) else "left"
            axes.annotate(f" rank {full} ", (full, 0.92), xycoords=("data", "axes fraction"), ha=side)

    def summary(self) -> str:
        """The picture in words."""
        rows, columns = self.entries.matrix.shape
        absolute, square = (f"{errors[self.rank]:.3g}" for errors in self.errors())
        size = f"{self.errors()[1, 0]:.3g}"
        return (
            f"{self.values['specimen']}: {rows} histories by {columns} columns of {self.values['entries']}, numerical "
            f"rank {numerical_rank(self.entries.matrix)}. Best approximation of rank {self.rank}: root mean square "
            f"error {square}, mean absolute error {absolute}, in {self.entries.unit}; rank 0: {size}."
        )

    def data(self) -> str:
        """The error of every rank, as CSV."""
        text = io.StringIO()
        table = csv.writer(text, lineterminator="\n")
        table.writerow(["rank", "mean_absolute_error", "root_mean_square_error"])
        table.writerows((rank, *errors) for rank, errors in enumerate(self.errors().T.tolist()))
        return text.getvalue()
