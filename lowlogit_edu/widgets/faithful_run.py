"""The faithful learner, epoch by epoch: futures, spanners, residuals and the potential of every cut.

>>> run_once("random ISAN, rank 3", seed=0, samples=300).status.name
'VERIFIED'
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from lowlogit_edu.algorithm.learner import faithful_steps
from lowlogit_edu.algorithm.trace import EpochRow, trace
from lowlogit_edu.config import LearnerConfig
from lowlogit_edu.evaluation.divergence import total_variation
from lowlogit_edu.events import Status
from lowlogit_edu.matrices.logit_matrix import cut_matrix
from lowlogit_edu.matrices.spanner import numerical_rank
from lowlogit_edu.models import copying, noisy_parity, random_isan, random_table
from lowlogit_edu.models.base import LanguageModel
from lowlogit_edu.oracles.exact import ExactOracle
from lowlogit_edu.widgets.explorer import Explorer, choice, slider

BLUE, ORANGE, GREY = "#0072B2", "#D55E00", "#999999"
FLOOR = 1e-16  # where a residual of zero is drawn
TEACHERS: dict[str, Callable[[int], LanguageModel]] = {
    "random ISAN, rank 3": lambda seed: random_isan(alphabet_size=3, dimension=3, horizon=5, seed=seed),
    "noisy parity, rank 1": lambda seed: noisy_parity(bits=5, seed=seed),
    "copying, rank 3": lambda seed: copying(length=3),
    "random table, full rank": lambda seed: random_table(alphabet_size=2, horizon=7, seed=seed),
}
MOST_EPOCHS = 15


@dataclass(frozen=True)
class Run:
    """A finished run, and what a learner does not see: ranks and the distance from the teacher."""

    rows: list[EpochRow]
    status: Status
    distance: float  # total variation
    ranks: list[int]  # of cuts 1 to horizon - 1
    queries: int
    prefixes: int
    threshold: float


@lru_cache(maxsize=256)
def run_once(teacher: str, seed: int, samples: int) -> Run:
    """Algorithm 1 on an exact oracle, `samples` histories per spanner; remembered."""
    model = TEACHERS[teacher](seed)
    config = LearnerConfig(spanner_samples=samples, validation_samples=60, max_epochs=MOST_EPOCHS)
    *_, (state, _) = faithful_steps(ExactOracle(model), model.horizon, config, seed)
    return Run(
        rows=trace(state),
        status=state.status,
        distance=total_variation(model, state.result().model),
        ranks=[numerical_rank(cut_matrix(model, cut)) for cut in range(1, model.horizon)],
        queries=state.result().queries,
        prefixes=sum(model.alphabet_size**length for length in range(model.horizon)),
        threshold=config.residual_threshold,
    )


class EpochExplorer(Explorer):
    """A run of Algorithm 1 with a slider through its epochs."""

    def __init__(self, teacher: str = "random ISAN, rank 3", seed: int = 0, samples: int = 300, epoch: int = 1) -> None:
        controls = {
            "teacher": choice("Teacher", list(TEACHERS), teacher),
            "seed": slider("Seed", seed, 0, 9),
            "samples": choice("Histories sampled per spanner", [3, 10, 30, 300], samples),
            "epoch": slider("Epoch shown", epoch, 1, MOST_EPOCHS),
        }
        presets = {
            "enough samples": {"teacher": "random ISAN, rank 3", "seed": 0, "samples": 300},
            "rare histories missed": {"teacher": "random ISAN, rank 3", "seed": 3, "samples": 30},
            "far too few samples": {"teacher": "random ISAN, rank 3", "seed": 0, "samples": 3},
            "rank 1, long futures": {"teacher": "noisy parity, rank 1", "seed": 1, "samples": 300},
            "not of low rank": {"teacher": "random table, full rank", "seed": 0, "samples": 300},
        }
        super().__init__(controls, "epochs", presets=presets, animated="epoch")

    @property
    def run(self) -> Run:
        """The run that the controls name."""
        return run_once(self.values["teacher"], self.values["seed"], self.values["samples"])

    @property
    def row(self) -> EpochRow:
        """The epoch shown."""
        return self.run.rows[min(self.values["epoch"], len(self.run.rows)) - 1]

    def draw(self) -> None:
        """Draw the picture; the epoch slider ends where the run does."""
        before, self._still = self._still, True
        self._controls["epoch"].max = len(self.run.rows)
        self._still = before
        super().draw()

    def facts(self) -> dict[str, Any]:
        """The controls' values and how the run ended."""
        return self.values | {"epochs": len(self.run.rows), "status": self.run.status.name}

    def summary(self) -> str:
        run, row = self.run, self.row
        text = (
            f"Epoch {row.epoch} of {len(run.rows)}. Futures per cut {[len(words) for words in row.futures[:-1]]}, "
            f"spanner sizes {[len(words) for words in row.spanners]}, logit ranks {run.ranks}. {self.verdict()}"
        )
        if row is not run.rows[-1]:
            return text
        return (
            f"{text} The run ends as {run.status.name} with a total variation of "
            f"{_scale(run.distance)} from the teacher; it asked about {run.queries} of {run.prefixes} prefixes."
        )

    def verdict(self) -> str:
        """What the test of line 15 said in this epoch."""
        row = self.row
        if row.witness:
            cut, word = row.witness
            return f"Cut {cut} is wrong by {row.residual:.2f} nats about the future {list(word)}: a witness."
        if row.infeasible > 0:
            return f"No solution for {row.infeasible:.0%} of the trajectories: the epoch is abandoned."
        return "Every residual is below the threshold: accepted."

    def figure(self) -> Figure:
        figure = Figure(figsize=(10, 6.2), dpi=90, facecolor="white")
        figure.subplots_adjust(left=0.08, right=0.98, bottom=0.09, top=0.87, hspace=0.5, wspace=0.22)
        figure.suptitle(f"Epoch {self.row.epoch} of {len(self.run.rows)}. {self.verdict()}", x=0.02, ha="left")
        (futures, spanners), (residuals, potential) = figure.subplots(2, 2)
        self._futures(futures)
        self._spanners(spanners)
        self._residuals(residuals)
        self._potential(potential)
        for axes in (futures, spanners, residuals, potential):
            axes.set_xlabel("cut s (histories have s - 1 tokens)")
            axes.set_xticks(range(1, len(self.run.ranks) + 1))
            axes.spines[["top", "right"]].set_visible(False)
        return figure

    def _marked(self, axes: Axes, heights: list[float], added: float, label: str) -> None:
        """Bars per cut, with what this epoch's witness adds to its cut on top."""
        axes.bar(range(1, len(heights) + 1), heights, color=BLUE, width=0.6, label="before this epoch")
        if self.row.witness and added:
            cut = self.row.witness[0]
            axes.bar([cut], [added], bottom=[heights[cut - 1]], color=ORANGE, width=0.6, hatch="//", label=label)
        axes.set_ylim(0, None)
        axes.margins(y=0.3)
        axes.legend(frameon=False, loc="upper left", ncols=2, fontsize=9)

    def _futures(self, axes: Axes) -> None:
        self._marked(axes, [len(words) for words in self.row.futures[:-1]], 1, "the new witness")
        most = max(len(words) for row in self.run.rows for words in row.futures)
        axes.set(title="Futures of each cut", ylabel="futures", ylim=(0, 1.45 * most))
        axes.yaxis.set_major_locator(MaxNLocator(integer=True))

    def _spanners(self, axes: Axes) -> None:
        cuts, sizes = range(1, len(self.run.ranks) + 1), [len(words) for words in self.row.spanners]
        axes.bar(cuts, sizes, color=BLUE, width=0.6, label="spanner found")
        axes.plot(cuts, self.run.ranks, "D", color="black", mfc="none", ms=9, label="logit rank (hidden)")
        axes.set(title="Histories in each spanner", ylabel="histories", ylim=(0, 1.45 * max(self.run.ranks)))
        axes.yaxis.set_major_locator(MaxNLocator(integer=True))
        axes.legend(frameon=False, loc="upper left", ncols=2, fontsize=9)

    def _residuals(self, axes: Axes) -> None:
        heights = np.maximum(self.row.residuals[: len(self.run.ranks)], FLOOR)
        for cut, height in enumerate(heights, start=1):
            colour = GREY if height == FLOOR else ORANGE if height > self.run.threshold else BLUE
            axes.plot([cut, cut], [FLOOR, height], color=colour, lw=2)
            axes.plot([cut], [height], "o", color=colour, mfc="white" if height == FLOOR else colour, ms=8)
        axes.axhline(self.run.threshold, color="black", ls="--", lw=1)
        axes.text(0.55, self.run.threshold * 1.6, "threshold", fontsize=9)
        axes.set(
            title="Largest residual (line 15; hollow: 0 or not tested)",
            ylabel="nats",
            yscale="log",
            ylim=(FLOOR / 3, 1e3),
        )
        axes.set_xlim(0.5, len(heights) + 0.5)

    def _potential(self, axes: Axes) -> None:
        gain = float(np.log1p(self.row.surprise)) if self.row.surprise else 0.0
        self._marked(axes, list(self.row.log_determinants), gain, "gained by the witness")
        last = self.run.rows[-1]
        axes.set(title="Elliptical potential", ylabel="log det V", ylim=(0, 1.45 * max(1, *last.log_determinants)))

    def data(self) -> str:
        lines = ["epoch,cut,futures,spanner_size,logit_rank,residual_nats,log_det_v,witness,infeasible,queries"]
        for row in self.run.rows:
            for s, rank in enumerate(self.run.ranks, start=1):
                witness = " ".join(map(str, row.witness[1])) if row.witness and row.witness[0] == s else ""
                numbers = [len(row.futures[s - 1]), len(row.spanners[s - 1]), rank, row.residuals[s - 1]]
                cells = [row.epoch, s, *numbers, row.log_determinants[s - 1], witness, row.infeasible, row.queries]
                lines.append(",".join(map(str, cells)))
        return "\n".join(lines) + "\n"


def _scale(distance: float) -> str:
    """A distance in words that rounding cannot change."""
    return "less than 1e-9" if distance < 1e-9 else f"{distance:.2g}"
