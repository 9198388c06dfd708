"""The witnesses of a real run in the elliptical potential: what each v feels, how surprising each phi is, how many.

>>> from lowlogit_edu.lemmas import WitnessStream
>>> stream = WitnessStream(np.array([[1.0, 0.0]]), np.array([[0.0, 1.0]]), np.array([[0.0, 0.5]]))
>>> SurpriseExplorer({"a case by hand": {2: stream}})
SurpriseExplorer(run='a case by hand', cut=2, witnesses=1)
"""

from collections.abc import Mapping
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure

from lowlogit_edu.core.errors import ArgumentError
from lowlogit_edu.lemmas import WitnessStream
from lowlogit_edu.show.csv_text import csv_text
from lowlogit_edu.show.palette import BLUE, DARK, FAINT, ORANGE, SKY
from lowlogit_edu.widgets.axes import blank_figure, hide_frame
from lowlogit_edu.widgets.explorer import Explorer, choice

EXACT = 1e-9  # nats; residuals below this are rounding
WIDTH = 0.6  # of a bar; witnesses are 1 apart


class SurpriseExplorer(Explorer):
    """The witnesses of one cut of a run: inner products, surprises, and their number beside what is possible.

    Parameters
    ----------
    runs : mapping of str to mapping of int to WitnessStream
        For each run, by a name in words, its cuts.
    """

    def __init__(self, runs: Mapping[str, Mapping[int, WitnessStream]]) -> None:
        if not runs or not all(runs.values()):
            raise ArgumentError("expected at least one run, each with at least one cut that has witnesses.")
        self._runs = {name: dict(cuts) for name, cuts in runs.items()}
        cuts = sorted(set.union(*(set(of_run) for of_run in self._runs.values())))
        # It opens where there is most to see.
        first = next(iter(self._runs.values()))
        fullest = max(first, key=lambda cut: len(first[cut].vectors))
        controls = {"run": choice("Oracle", list(self._runs)), "cut": choice("Cut", cuts, fullest)}
        super().__init__(controls, "surprises")

    @property
    def stream(self) -> WitnessStream | None:
        """The witnesses of the run and cut chosen; None where it has none there."""
        return self._runs[self.values["run"]].get(self.values["cut"])

    def facts(self) -> dict[str, Any]:
        """The controls' values and how many witnesses there are."""
        return self.values | {"witnesses": len(self.stream.vectors) if self.stream else 0}

    def summary(self) -> str:
        stream = self.stream
        cut = self.values["cut"]
        if stream is None:
            return f"This run has no witness at cut {cut}."
        m, d = stream.vectors.shape
        unit = "witness" if m == 1 else "witnesses"
        return (
            f"Cut {cut}: {m} {unit} in {d} dimensions. Futures seen before have residuals of {_small(stream.seen)}, "
            f"each witness one of at least {stream.new:.2f} nats. The smallest surprise is "
            f"{stream.surprises().min():.2g}, and 1 is enough. {_possible(stream)}"
        )

    def figure(self) -> Figure:
        figure = blank_figure(10, 3.9)
        stream = self.stream
        if stream is None:
            figure.text(0.5, 0.5, self.summary(), ha="center")
            return figure
        # Enough room on the left for "v1" and on the right for the words beside the bars.
        figure.subplots_adjust(left=0.05, right=0.96, bottom=0.16, top=0.8, wspace=0.3)
        products, surprises, count = figure.subplots(1, 3, width_ratios=[1.5, 1, 1])
        figure.suptitle(f"Cut {self.values['cut']}, oracle: {self.values['run']}", x=0.02, ha="left")
        draw_products(products, stream)
        draw_surprises(surprises, stream)
        draw_count(count, stream)
        return figure

    def data(self) -> str:
        names = ["oracle", "cut", "witness", "residual_nats", "surprise", "at_least_by_equation_13", "limit"]
        lines = []
        for run, cuts in self._runs.items():
            for cut, stream in sorted(cuts.items()):
                residuals = np.diag(stream.products, len(stream.first))
                cells = zip(residuals, stream.surprises(), stream.least_surprises(), strict=True)
                lines += [[run, cut, j, *of_witness, stream.limit()] for j, of_witness in enumerate(cells, start=1)]
        return csv_text(names, lines)


def draw_products(axes: Axes, stream: WitnessStream) -> None:
    """<v_j, phi_f> in squares: nothing to the left of the witness, more than the threshold on it."""
    # To be seen: a staircase. The program is blind to what stands in F_s (left), and the witness is what it overlooks.
    products = stream.products
    m, columns = products.shape
    before = len(stream.first)
    picture = np.empty((m, columns, 3))
    for j in range(m):
        for column in range(columns):
            colour = FAINT if column < before + j else ORANGE if column == before + j else SKY
            picture[j, column] = to_rgb(colour)
            value = products[j, column]
            words = "0" if abs(value) < 1e-9 else f"{value:.2g}"
            axes.text(column, j, words, ha="center", va="center", fontsize=9)
    axes.imshow(picture, aspect="auto")
    axes.set_xticks(range(columns), ["first"] * before + [f"$\\varphi_{j}$" for j in range(1, m + 1)])
    axes.set_yticks(range(m), [f"$v_{j}$" for j in range(1, m + 1)])
    axes.tick_params(length=0)
    axes.set(title="Residual $\\langle v_j, \\varphi\\rangle$, nats\n", xlabel="futures, in the order of joining $F_s$")
    handles = [axes.plot([], [], "s", color=colour, ms=9)[0] for colour in (FAINT, ORANGE, SKY)]
    axes.legend(
        handles, ["in $F_s$", "the witness", "later"], frameon=False, ncols=3, fontsize=9, loc="lower center",
        bbox_to_anchor=(0.5, 0.98), handletextpad=0.2, columnspacing=1,
    )  # fmt: skip


def draw_surprises(axes: Axes, stream: WitnessStream) -> None:
    """Surprises on a log scale, with what Equation 13 promises and the 1 that Equation 12 counts."""
    # To be seen: all bars pass the line, and the ticks of Equation 13, which are what the proof uses.
    surprises = stream.surprises()
    places = np.arange(1, len(surprises) + 1)
    axes.bar(places, surprises, color=BLUE, width=WIDTH, label="surprise", bottom=1e-3)
    axes.plot(places, stream.least_surprises(), "_", color="black", ms=22, mew=2, label="at least, by Eq. 13")
    axes.axhline(1, color=DARK, ls="--", lw=1)
    axes.set(yscale="log", ylim=(1e-1, 1e4 * max(surprises.max(), 1)), xlim=(0.3, len(places) + 0.7))
    axes.set(title="Surprise, and the 1 it takes\n", xlabel="witness j")
    axes.set_xticks(places)
    axes.legend(frameon=False, fontsize=9, loc="upper left")
    hide_frame(axes)


def draw_count(axes: Axes, stream: WitnessStream) -> None:
    """How many witnesses there are, beside what exact answers and Lemma 5.1 allow."""
    m, d = stream.vectors.shape
    limit = stream.limit()
    heights = [m, d]
    labels = [f"{m}", f"{d}"]
    if not is_exact(stream):  # then the dimension is the limit
        heights.append(limit if np.isfinite(limit) else 1e6)
        labels.append(_limit(stream))
    axes.bar(range(len(heights)), heights, color=[ORANGE, FAINT, FAINT][: len(heights)], width=WIDTH)
    for place, (height, label) in enumerate(zip(heights, labels, strict=True)):
        axes.text(place, height * 1.1, label, ha="center")
    axes.set(yscale="log", ylim=(0.5, 10 * max(heights)), title="How many witnesses\n")
    axes.set_xticks(range(len(heights)), ["found", "dimen-\nsion", "Lemma\n5.1"][: len(heights)])
    hide_frame(axes)


def _limit(stream: WitnessStream) -> str:
    limit = stream.limit()
    return f"{limit:.0f}" if np.isfinite(limit) else "no limit"


def _possible(stream: WitnessStream) -> str:
    limit = stream.limit()
    if not np.isfinite(limit):
        return "Lemma 5.1 says nothing: what goes unnoticed is as large as a witness."
    if is_exact(stream):
        return f"With exact answers at most {stream.vectors.shape[1]} are possible, one for each dimension."
    return f"Lemma 5.1 allows at most {limit:.0f}."


def is_exact(stream: WitnessStream) -> bool:
    """Whether residuals of futures seen before are zero, but for rounding; then there are no more than dimensions."""
    return stream.seen < EXACT


def _small(value: float) -> str:
    """A residual in words that rounding cannot change."""
    return "less than 1e-9 nats" if value < EXACT else f"at most {value:.1g} nats"
