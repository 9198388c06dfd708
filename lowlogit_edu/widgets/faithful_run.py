"""The faithful learner, epoch by epoch: futures, spanners, residuals and the potential of every cut.

>>> run_once("random ISAN, rank 3", seed=0, samples=300).status.name
'VERIFIED'
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from matplotlib.figure import Figure

from lowlogit_edu.algorithm.learner import faithful_steps
from lowlogit_edu.algorithm.stage_events import disagreement
from lowlogit_edu.algorithm.trace import EpochRow, trace
from lowlogit_edu.config import LearnerConfig
from lowlogit_edu.evaluation.divergence import total_variation
from lowlogit_edu.events import Status
from lowlogit_edu.matrices.logit_matrix import cut_matrix
from lowlogit_edu.matrices.spanner import numerical_rank
from lowlogit_edu.models import copying, noisy_parity, random_isan, random_table
from lowlogit_edu.models.base import LanguageModel
from lowlogit_edu.oracles.exact import ExactOracle
from lowlogit_edu.show.csv_text import csv_text
from lowlogit_edu.widgets.axes import blank_figure, hide_frame
from lowlogit_edu.widgets.epoch_panels import draw_futures, draw_potential, draw_residuals, draw_spanners, sizes
from lowlogit_edu.widgets.explorer import Explorer, Values, choice, slider

TEACHERS: dict[str, Callable[[int], LanguageModel]] = {
    "random ISAN, rank 3": lambda seed: random_isan(alphabet_size=3, dimension=3, horizon=5, seed=seed),
    "noisy parity, rank 1": lambda seed: noisy_parity(bits=5, seed=seed),
    "copying, rank 3": lambda seed: copying(length=3),
    "random table, full rank": lambda seed: random_table(alphabet_size=2, horizon=7, seed=seed),
}
MOST_EPOCHS = 15
# A preset sets every control: an epoch left over from the run before would show the end of the new run first.
PRESETS: dict[str, Values] = {
    "enough samples": {"teacher": "random ISAN, rank 3", "seed": 0, "samples": 300, "epoch": 1},
    "rare histories missed": {"teacher": "random ISAN, rank 3", "seed": 3, "samples": 30, "epoch": 1},
    "far too few samples": {"teacher": "random ISAN, rank 3", "seed": 0, "samples": 3, "epoch": 1},
    "rank 1, long futures": {"teacher": "noisy parity, rank 1", "seed": 1, "samples": 300, "epoch": 1},
    "not of low rank": {"teacher": "random table, full rank", "seed": 0, "samples": 300, "epoch": 1},
}


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

    @property
    def cuts(self) -> range:
        """The cuts that have a spanner, 1 to horizon - 1."""
        return range(1, len(self.ranks) + 1)


@lru_cache(maxsize=256)
def run_once(teacher: str, seed: int, samples: int) -> Run:
    """Algorithm 1 on an exact oracle, `samples` histories per spanner; remembered."""
    model = TEACHERS[teacher](seed)
    config = LearnerConfig(spanner_samples=samples, validation_samples=60, max_epochs=MOST_EPOCHS)
    *_, (state, _) = faithful_steps(ExactOracle(model), model.horizon, config, seed)
    result = state.result()
    return Run(
        rows=trace(state),
        status=state.status,
        distance=total_variation(model, result.model),
        ranks=[numerical_rank(cut_matrix(model, cut)) for cut in range(1, model.horizon)],
        queries=result.queries,
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
        super().__init__(controls, "epochs", presets=PRESETS, animated="epoch")

    @property
    def run(self) -> Run:
        """The run that the controls name."""
        now = self.values
        return run_once(now["teacher"], now["seed"], now["samples"])

    @property
    def row(self) -> EpochRow:
        """The epoch shown."""
        run = self.run
        return run.rows[min(self.values["epoch"], len(run.rows)) - 1]

    def set(self, **values: Any) -> None:
        """Move several controls, and draw once."""
        with self._on_the_move():
            self._controls["epoch"].max = MOST_EPOCHS  # the run before may end earlier than the epoch asked for
        super().set(**values)

    def end_sliders(self) -> None:
        """The slider of epochs ends where the run does."""
        self._controls["epoch"].max = len(self.run.rows)

    def facts(self) -> dict[str, Any]:
        """The controls' values and how the run ended."""
        run = self.run
        return self.values | {"epochs": len(run.rows), "status": run.status.name}

    def summary(self) -> str:
        run = self.run
        row = self.row
        text = (
            f"Epoch {row.epoch} of {len(run.rows)}. Futures per cut {sizes(row.futures[:-1])}, "
            f"spanner sizes {sizes(row.spanners)}, logit ranks {run.ranks}. {_verdict(row)}"
        )
        if row is not run.rows[-1]:
            return text
        return (
            f"{text} The run ends as {run.status.name} with a total variation of "
            f"{_scale(run.distance)} from the teacher; it asked about {run.queries} of {run.prefixes} prefixes."
        )

    def verdict(self) -> str:
        """What the test of line 15 said in this epoch."""
        return _verdict(self.row)

    def figure(self) -> Figure:
        run = self.run
        row = self.row
        figure = blank_figure(10, 6.2)
        figure.subplots_adjust(left=0.08, right=0.98, bottom=0.09, top=0.87, hspace=0.5, wspace=0.22)
        figure.suptitle(f"Epoch {row.epoch} of {len(run.rows)}. {_verdict(row)}", x=0.02, ha="left")
        (futures, spanners), (residuals, potential) = figure.subplots(2, 2)
        draw_futures(futures, row, most=max(max(sizes(each.futures)) for each in run.rows))
        draw_spanners(spanners, row, run.ranks)
        draw_residuals(residuals, row, run.threshold)
        draw_potential(potential, row, most=max(1.0, *run.rows[-1].log_determinants))
        for axes in (futures, spanners, residuals, potential):
            axes.set_xlabel("cut s (histories have s - 1 tokens)")
            axes.set_xticks(run.cuts)
            hide_frame(axes)
        return figure

    def data(self) -> str:
        run = self.run
        names = ["epoch", "cut", "futures", "spanner_size", "logit_rank", "residual_nats"]
        names += ["log_det_v", "witness", "infeasible", "queries"]
        lines = []
        for row in run.rows:
            cells = zip(
                run.cuts,
                sizes(row.futures[:-1]),
                sizes(row.spanners),
                run.ranks,
                row.residuals[: len(run.ranks)],
                row.log_determinants,
                _witnesses(run, row),
                strict=True,
            )
            lines += [[row.epoch, *of_cut, row.infeasible, row.queries] for of_cut in cells]
        return csv_text(names, lines)


def _witnesses(run: Run, row: EpochRow) -> list[str]:
    """For each cut, the tokens of the witness that it got in this epoch."""
    texts = ["" for _ in run.cuts]
    if row.witness:
        cut, word = row.witness
        texts[cut - 1] = " ".join(str(token) for token in word)
    return texts


def _verdict(row: EpochRow) -> str:
    if row.witness and row.residual is not None:
        cut, word = row.witness
        return f"{disagreement(cut, row.residual)} about the future {list(word)}: a witness."
    if row.infeasible > 0:
        return f"No solution for {row.infeasible:.0%} of the trajectories: the epoch is abandoned."
    return "Every residual is below the threshold: accepted."


def _scale(distance: float) -> str:
    """A distance in words that rounding cannot change."""
    return "less than 1e-9" if distance < 1e-9 else f"{distance:.2g}"
