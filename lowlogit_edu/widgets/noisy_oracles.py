"""A weaker oracle to touch: a learner whose oracle is wrong by a little.

>>> 0 < learned(TEACHERS["noisy parity, 4 bits"], 0, 1e-4).distance < 1e-3
True
"""

from dataclasses import dataclass
from functools import lru_cache

from matplotlib.figure import Figure

from lowlogit_edu.config import LearnerConfig
from lowlogit_edu.core.words import counted
from lowlogit_edu.evaluation.divergence import total_variation
from lowlogit_edu.learner import learn
from lowlogit_edu.matrices.logit_matrix import all_words
from lowlogit_edu.models import TabularModel, copying, noisy_parity, random_isan
from lowlogit_edu.models.base import LanguageModel
from lowlogit_edu.oracles.base import LogitOracle
from lowlogit_edu.oracles.exact import ExactOracle
from lowlogit_edu.oracles.noisy import Noisy
from lowlogit_edu.show.csv_text import csv_text
from lowlogit_edu.show.palette import BLUE, GREEN, GREY, ORANGE
from lowlogit_edu.widgets.axes import blank_figure, hide_frame
from lowlogit_edu.widgets.explorer import Explorer, choice, slider
from lowlogit_edu.widgets.sampling import SamplingExplorer

# Notebook 11 takes both of its explorers from here.
__all__ = ["TEACHERS", "NoiseExplorer", "NoisyRun", "SamplingExplorer", "learned", "oracle_model"]

LEAST_NOISE = -8  # nats, as powers of 10; below it rounding errors would be seen as well
MOST_NOISE = -2
NOISES = tuple(10.0**power for power in range(LEAST_NOISE, MOST_NOISE + 1))
TEACHERS: dict[str, LanguageModel] = {
    "random ISAN, 3 tokens, rank 3": random_isan(alphabet_size=3, dimension=3, horizon=5, seed=0),
    "noisy parity, 4 bits": noisy_parity(bits=4, seed=1),
    "copying, 3 bits": copying(length=3),
}


@dataclass(frozen=True)
class NoisyRun:
    """How a run on a noisy oracle ended; distances are total variations from the teacher."""

    status: str
    epochs: int
    distance: float
    oracle_distance: float  # of sampling from the noisy oracle itself


def oracle_model(oracle: LogitOracle, horizon: int) -> TabularModel:
    """The distribution of sampling from `oracle` token by token, written out."""
    return TabularModel([oracle.logits(all_words(oracle.alphabet_size, length)) for length in range(horizon)])


@lru_cache(maxsize=1024)
def learned(teacher: LanguageModel, seed: int, noise: float, told: float | None = None) -> NoisyRun:
    """Learn from an oracle that is wrong by `noise`; the learner is told so, or `told` instead."""
    oracle = Noisy(ExactOracle(teacher), noise, seed)
    said = noise if told is None else told
    # Enough samples for all of these small teachers, so that the noise is the only cause of an error.
    config = LearnerConfig(spanner_samples=300, validation_samples=60, max_epochs=20, oracle_noise=said)
    result = learn(oracle, teacher.horizon, config, seed)
    return NoisyRun(
        status=result.status.name,
        epochs=result.history[-1].epoch,
        distance=total_variation(teacher, result.model),
        oracle_distance=total_variation(teacher, oracle_model(oracle, teacher.horizon)),
    )


class NoiseExplorer(Explorer):
    """The learned model's error against its oracle's."""

    def __init__(self) -> None:
        controls = {
            "teacher": choice("Teacher", list(TEACHERS)),
            "power": slider("Noise (nats): 10 to the power", -4, LEAST_NOISE, MOST_NOISE),
            "seed": slider("Seed", 0, 0, 9),
        }
        super().__init__(controls, "noise")

    @property
    def runs(self) -> dict[float, NoisyRun]:
        """A run for each noise."""
        teacher = TEACHERS[self.values["teacher"]]
        seed = self.values["seed"]
        return {noise: learned(teacher, seed, noise) for noise in NOISES}

    @property
    def shown(self) -> tuple[float, NoisyRun]:
        """The noise of the slider, and its run."""
        noise = 10.0 ** self.values["power"]
        return noise, self.runs[noise]

    def summary(self) -> str:
        noise, run = self.shown
        return (
            f"Noise of {noise:.0e} nats: {run.status} after {counted(run.epochs, 'epoch')}, total variation "
            f"{run.distance:.1e} from the teacher. Sampling from the noisy oracle itself has {run.oracle_distance:.1e}."
        )

    def figure(self) -> Figure:
        figure = blank_figure(8, 4.6)
        figure.subplots_adjust(left=0.11, right=0.97, bottom=0.13, top=0.9)
        axes = figure.subplots()
        horizon = TEACHERS[self.values["teacher"]].horizon
        runs = self.runs.values()
        bounds = [horizon * noise / 2 for noise in NOISES]  # each of T tokens adds noise / 2 at most
        oracles = [run.oracle_distance for run in runs]
        models = [run.distance for run in runs]
        axes.loglog(NOISES, bounds, "--", color=GREY, label="T times noise / 2")
        axes.loglog(NOISES, oracles, "s-", color=GREEN, mfc="none", label="oracle")
        axes.loglog(NOISES, models, "o-", color=BLUE, label="learned model")
        noise, run = self.shown
        axes.plot([noise], [run.distance], "o", color=ORANGE, ms=13, mfc="none", mew=2.5, label="slider")
        axes.set(title="Error out against error in", xlabel="noise of the oracle (nats)", ylabel="total variation")
        axes.legend(frameon=False)
        hide_frame(axes)
        return figure

    def data(self) -> str:
        header = ["noise_nats", "status", "epochs", "total_variation", "oracle_total_variation"]
        rows = [(noise, run.status, run.epochs, run.distance, run.oracle_distance) for noise, run in self.runs.items()]
        return csv_text(header, rows)
