"""Weaker oracles to touch: logits estimated from samples, and a learner whose oracle is wrong by a little.

>>> 0 < learned(TEACHERS["noisy parity, 4 bits"], 0, 1e-4).distance < 1e-3
True
"""

from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from lowlogit_edu.config import LearnerConfig
from lowlogit_edu.evaluation.divergence import total_variation
from lowlogit_edu.learner import learn
from lowlogit_edu.matrices.logit_matrix import all_words
from lowlogit_edu.models import TabularModel, copying, noisy_parity, random_isan
from lowlogit_edu.models.base import LanguageModel
from lowlogit_edu.oracles.base import LogitOracle
from lowlogit_edu.oracles.exact import ExactOracle
from lowlogit_edu.oracles.noisy import Noisy
from lowlogit_edu.oracles.sampled import samples_needed
from lowlogit_edu.show.csv_text import csv_text
from lowlogit_edu.show.palette import BLUE, GREEN, GREY, ORANGE
from lowlogit_edu.widgets.axes import blank_figure, hide_frame
from lowlogit_edu.widgets.explorer import Explorer, choice, slider
from lowlogit_edu.widgets.sampled_logits import DELTA, SHAPE, estimates, usual_error

COUNTS = tuple(int(10**power) for power in range(1, 9))
MOST_COUNTED = 3e8  # more samples than that lie beyond the picture's right edge
TEMPERATURES = tuple(float(2.0**power) for power in range(-1, 6))
LEAST_NOISE = -8  # nats, as powers of 10; below it rounding errors would be seen as well
MOST_NOISE = -2
NOISES = tuple(10.0**power for power in range(LEAST_NOISE, MOST_NOISE + 1))
TEACHERS: dict[str, LanguageModel] = {
    "random ISAN, 3 tokens, rank 3": random_isan(alphabet_size=3, dimension=3, horizon=5, seed=0),
    "noisy parity, 4 bits": noisy_parity(bits=4, seed=1),
    "copying, 3 bits": copying(length=3),
}


class SamplingExplorer(Explorer):
    """Logits from conditional samples: how many samples, and at which temperature."""

    def __init__(self) -> None:
        controls = {
            "bound": slider("Largest logit (nats)", 3.0, 0.5, 8.0, 0.5),
            "power": slider("Samples: 10 to the power", 4.0, 1.0, 8.0, 0.5),
            "temperature": choice("Temperature", TEMPERATURES, 1.0),
            "epsilon": choice("Error allowed (nats)", [1.0, 0.3, 0.1, 0.03, 0.01], 0.1),
            "seed": slider("Seed", 0, 0, 9),
        }
        presets = {
            "small logits": {"bound": 1.0, "power": 4.0, "temperature": 1.0},
            "a token never drawn": {"bound": 6.0, "power": 4.0, "temperature": 1.0},
            "the same, hotter": {"bound": 6.0, "power": 4.0, "temperature": 8.0},
            "too hot": {"bound": 1.0, "power": 4.0, "temperature": 32.0},
        }
        super().__init__(controls, "sampling", presets=presets)

    @property
    def samples(self) -> int:
        """Samples per estimate."""
        return int(10 ** self.values["power"])

    def settings(self, **changes: Any) -> dict[str, Any]:
        """Arguments of `estimates`, from the controls but for `changes`."""
        chosen = self.values
        held = {name: chosen[name] for name in ("bound", "temperature", "seed")}
        return held | {"samples": self.samples} | changes

    @property
    def needed(self) -> int:
        """Samples that are enough (Remarks 5.8 and 5.9)."""
        chosen = self.values
        return samples_needed(len(SHAPE), chosen["bound"], chosen["epsilon"], DELTA, chosen["temperature"])

    def errors_by_samples(self) -> list[float]:
        """`usual_error` with each of `COUNTS` samples."""
        return [usual_error(**self.settings(samples=count)) for count in COUNTS]

    def errors_by_temperature(self) -> list[float]:
        """`usual_error` at each of `TEMPERATURES`."""
        return [usual_error(**self.settings(temperature=heat)) for heat in TEMPERATURES]

    def summary(self) -> str:
        chosen = self.values
        error = usual_error(**self.settings())
        return (
            f"Logits of up to {chosen['bound']:g} nats from {self.samples:,} samples at temperature "
            f"{chosen['temperature']:.3g}: off by at most {error:.2f} nats in 95 % of the estimates. "
            f"For {chosen['epsilon']:g} nats the formula asks for {self.needed:.1e} samples."
        )

    def figure(self) -> Figure:
        figure = blank_figure(11.5, 4.2)
        figure.subplots_adjust(left=0.06, right=0.99, bottom=0.14, top=0.9, wspace=0.28)
        tokens, counts, heat = figure.subplots(1, 3)
        self._draw_tokens(tokens)
        self._draw_counts(counts)
        self._draw_heat(heat)
        for axes in (counts, heat):
            axes.set(ylabel="largest error (nats)", ylim=(1e-3, 1e2))
        for axes in (tokens, counts, heat):
            hide_frame(axes)
        return figure

    def _draw_tokens(self, axes: Axes) -> None:
        """Of every logit the truth, one estimate and how far the estimates spread."""
        places = range(len(SHAPE))
        found = estimates(**self.settings())
        low, high = np.quantile(found, [DELTA / 2, 1 - DELTA / 2], axis=0)
        for place in places:
            label = "" if place else "95 % of the estimates"  # once in the legend
            axes.plot([place, place], [low[place], high[place]], color=BLUE, lw=6, alpha=0.35, label=label)
        axes.plot(places, found[0], "o", color=BLUE, ms=7, label="one estimate")
        axes.plot(places, self.values["bound"] * SHAPE, "D", color="black", mfc="none", ms=11, label="true logit")
        axes.set(title="The estimate of each logit", xlabel="next token", ylabel="logit (nats)", xticks=places)
        axes.margins(y=0.25)
        axes.legend(frameon=False, fontsize=9, loc="upper right")

    def _draw_counts(self, axes: Axes) -> None:
        """The error falls with the root of the number of samples, once every token was drawn."""
        axes.loglog(COUNTS, self.errors_by_samples(), ".-", color=BLUE)
        axes.axvline(self.samples, color=GREY, lw=1)
        if self.needed <= MOST_COUNTED:
            axes.plot([self.needed], [self.values["epsilon"]], "*", color=ORANGE, ms=15, label="enough (formula)")
            axes.legend(frameon=False, fontsize=9)
        axes.set(title="Error against samples", xlabel="samples of the next token", xlim=(5, 5e8))

    def _draw_heat(self, axes: Axes) -> None:
        """Too cold, and tokens are never drawn; too hot, and the estimate is scaled back by too much."""
        axes.loglog(TEMPERATURES, self.errors_by_temperature(), ".-", color=BLUE)
        axes.axvline(self.values["temperature"], color=GREY, lw=1)
        axes.axvline(self.values["bound"], color=GREEN, lw=1, ls="--", label="temperature = largest logit")
        axes.legend(fontsize=9, loc="upper right", edgecolor="none", framealpha=1)
        axes.set(title="Error against temperature", xlabel="temperature")

    def data(self) -> str:
        held = self.values["temperature"]
        rows: list[tuple[str, int, float, float]] = []
        for samples, error in zip(COUNTS, self.errors_by_samples(), strict=True):
            rows.append(("samples", samples, held, error))
        for temperature, error in zip(TEMPERATURES, self.errors_by_temperature(), strict=True):
            rows.append(("temperature", self.samples, temperature, error))
        return csv_text(["varied", "samples", "temperature", "error_nats"], rows)


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
            f"Noise of {noise:.0e} nats: {run.status} after {run.epochs} epochs, total variation {run.distance:.1e} "
            f"from the teacher. Sampling from the noisy oracle itself has {run.oracle_distance:.1e}."
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
