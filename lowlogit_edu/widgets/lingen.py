"""What logits of other prompts give away about a text: its continuation, by LINGEN."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, LogLocator, NullLocator

from lowlogit_edu.baselines.lingen import cumulative_kl, lingen_baselines
from lowlogit_edu.core.words import counted
from lowlogit_edu.matrices.logit_matrix import Word
from lowlogit_edu.oracles.base import LogitOracle
from lowlogit_edu.oracles.cached import Cached
from lowlogit_edu.show.palette import AMBER, BLUE, GREEN, GREY, PINK, SKY
from lowlogit_edu.widgets.axes import RING, blank_figure, hide_frame
from lowlogit_edu.widgets.explorer import Explorer, choice
from lowlogit_edu.widgets.last_layer import WidthExplorer

# Notebook 12 takes both of its explorers from here.
__all__ = ["Continuations", "LingenExplorer", "WidthExplorer", "continuations"]

LEAST = 1e-3  # nats; a smaller error is drawn here
BASELINE_COLOURS = (AMBER, SKY, PINK, GREEN, GREY, "black")


@dataclass(frozen=True)
class Continuations:
    """LINGEN with growing numbers of histories, and its baselines with as many: cumulative KL, nats.

    Attributes
    ----------
    by_size : mapping of int to array of shape (time,)
    baselines : mapping of int to mapping of str to array of shape (time,)
    """

    by_size: Mapping[int, Float[np.ndarray, "time"]]
    baselines: Mapping[int, Mapping[str, Float[np.ndarray, "time"]]]


def continuations(
    oracle: LogitOracle,
    target: Word,
    histories: list[Word],
    futures: list[Word],
    horizon: int,
    sizes: list[int],
    n: int = 5,
    seed: int = 0,
) -> Continuations:
    """Continue `target` by the first 1, 2, ... histories; the KL is over `n` continuations of the teacher's."""
    asked = Cached(oracle)  # all models ask about the same histories and futures
    by_size = {}
    baselines: dict[int, dict[str, np.ndarray]] = {}
    for size in sizes:
        rivals = lingen_baselines(asked, target, histories[:size], futures, horizon)
        found = {name: cumulative_kl(asked, target, rival, n, seed) for name, rival in rivals.items()}
        by_size[size] = found.pop("lingen")
        baselines[size] = found
    return Continuations(by_size, baselines)


class LingenExplorer(Explorer):
    """The KL of LINGEN's continuations against the number of histories that it combines."""

    def __init__(self, measured: Continuations) -> None:
        self.measured = measured
        sizes = list(measured.by_size)
        super().__init__({"size": choice("Histories combined", sizes, sizes[-1])}, "lingen")

    def summary(self) -> str:
        size = self.values["size"]
        errors = self.measured.by_size[size]
        at_the_end = {name: values[-1] for name, values in self.measured.baselines[size].items()}
        best = min(at_the_end, key=lambda name: at_the_end[name])
        return (
            f"{counted(size, 'history', 'histories')}: {errors[-1]:.1f} nats over {counted(len(errors), 'token')}. "
            f"The best baseline on the same histories, {best}, has {at_the_end[best]:.1f}."
        )

    def figure(self) -> Figure:
        figure = blank_figure(10, 4.4)
        figure.subplots_adjust(left=0.08, right=0.98, bottom=0.13, top=0.9, wspace=0.24)
        left, right = figure.subplots(1, 2)
        self._draw_courses(left, self.values["size"])
        self._draw_ends(right, self.values["size"])
        for axes in (left, right):
            hide_frame(axes)
        return figure

    def _draw_courses(self, axes: Axes, size: int) -> None:
        # To be seen: at which token LINGEN and its baselines part.
        errors = self.measured.by_size[size]
        time = range(1, len(errors) + 1)
        for colour, (name, values) in zip(BASELINE_COLOURS, self.measured.baselines[size].items(), strict=False):
            axes.semilogy(time, np.maximum(values, LEAST), ".-", color=colour, lw=1, label=name)
        label = f"LINGEN, {counted(size, 'history', 'histories')}"
        axes.semilogy(time, np.maximum(errors, LEAST), "o-", color=BLUE, lw=2.5, label=label)
        axes.set(title="Error up to each token", xlabel="tokens generated", ylabel="cumulative KL (nats)")
        axes.set_ylim(0.7 * LEAST, 1e5)
        axes.legend(frameon=False, fontsize=8, ncols=2, loc="upper left")

    def _draw_ends(self, axes: Axes, size: int) -> None:
        # To be seen: what more histories are worth, to LINGEN and to those baselines that use them.
        sizes = list(self.measured.by_size)
        for colour, name in zip(BASELINE_COLOURS, self.measured.baselines[sizes[0]], strict=False):
            theirs = [max(LEAST, self.measured.baselines[known][name][-1]) for known in sizes]
            axes.loglog(sizes, theirs, ".-", color=colour, lw=1)
        ends = {known: max(LEAST, values[-1]) for known, values in self.measured.by_size.items()}
        axes.loglog(sizes, list(ends.values()), "o-", color=BLUE, lw=2.5)
        axes.plot([size], [ends[size]], "o", **RING)
        axes.set(title="Error at the end", xlabel="histories combined", ylabel="cumulative KL (nats)")
        # Plain numbers at the sizes there are, where a logarithmic axis would write powers of ten.
        axes.set_xticks(sizes, [str(known) for known in sizes])
        axes.xaxis.set_minor_locator(NullLocator())
        axes.yaxis.set_major_locator(LogLocator(subs=(1.0, 2.0, 5.0), numticks=9))
        axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
        axes.yaxis.set_minor_locator(NullLocator())

    def data(self) -> str:
        # By hand, since names stand in quotes in all files saved so far; csv_text quotes only where it must.
        lines = ["model,histories,tokens,cumulative_kl_nats"]
        for size, values in self.measured.by_size.items():
            lines += [f"lingen,{size},{t},{value}" for t, value in enumerate(values.tolist(), start=1)]
        for size, rivals in self.measured.baselines.items():
            for name, values in rivals.items():
                lines += [f'"{name}",{size},{t},{value}' for t, value in enumerate(values.tolist(), start=1)]
        return "\n".join(lines) + "\n"
