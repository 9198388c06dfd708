"""Weaker oracles to touch: logits estimated from samples, and a learner whose oracle is wrong by a little.

>>> 0 < learned(TEACHERS["noisy parity, 4 bits"], 0, 1e-4).distance < 1e-3
True
"""

from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
from jaxtyping import Float
from matplotlib.figure import Figure

from lowlogit_edu.config import LearnerConfig
from lowlogit_edu.core.checks import Prefixes
from lowlogit_edu.evaluation.divergence import total_variation
from lowlogit_edu.learner import learn
from lowlogit_edu.matrices.logit_matrix import all_words
from lowlogit_edu.models import TabularModel, copying, noisy_parity, random_isan
from lowlogit_edu.models.base import LanguageModel
from lowlogit_edu.oracles.base import LogitOracle
from lowlogit_edu.oracles.exact import ExactOracle
from lowlogit_edu.oracles.noisy import Noisy
from lowlogit_edu.oracles.sampled import Sampled, samples_needed
from lowlogit_edu.widgets.explorer import Explorer, choice, slider

BLUE, ORANGE, GREEN, GREY = "#0072B2", "#D55E00", "#009E73", "#999999"
SHAPE = np.array([1.0, 0.3, -0.3, -1.0])  # of four logits, before they are scaled to the bound
REPEATS, DELTA = 20, 0.05
COUNTS = tuple(int(10**power) for power in range(1, 9))
TEMPERATURES = tuple(float(2.0**power) for power in range(-1, 6))
NOISES = tuple(10.0**power for power in range(-8, -1))
TEACHERS: dict[str, LanguageModel] = {
    "random ISAN, 3 tokens, rank 3": random_isan(alphabet_size=3, dimension=3, horizon=5, seed=0),
    "noisy parity, 4 bits": noisy_parity(bits=4, seed=1),
    "copying, 3 bits": copying(length=3),
}


class SameRow:
    """An oracle that gives the same logits after every prefix."""

    def __init__(self, row: Float[np.ndarray, "token"]) -> None:
        self.row, self.alphabet_size, self.fingerprint = row, len(row), f"same({row.tolist()})"

    def logits(self, prefixes: Prefixes) -> Float[np.ndarray, "prefix token"]:
        """The row, once per prefix."""
        return np.tile(self.row, (len(prefixes), 1))


@lru_cache(maxsize=4096)
def estimates(bound: float, samples: int, temperature: float, seed: int) -> Float[np.ndarray, "repeat token"]:
    """Logits of largest size `bound`, estimated `REPEATS` times from `samples` samples each."""
    oracle = Sampled(SameRow(bound * SHAPE), samples, temperature, seed)
    return oracle.logits([(0,) * length for length in range(REPEATS)])  # fresh samples after each prefix


def usual_error(bound: float, samples: int, temperature: float, seed: int) -> float:
    """The largest error of a logit that all but 5 % of the estimates stay below, nats."""
    errors = np.abs(estimates(bound, samples, temperature, seed) - bound * SHAPE).max(axis=1)
    return float(np.quantile(errors, 1 - DELTA))


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

    def settings(self, **changes: Any) -> tuple[float, int, float, int]:
        """Arguments of `estimates`, from the controls but for `changes`."""
        held = {"bound": self.values["bound"], "samples": self.samples, "temperature": self.values["temperature"]}
        return *(held | changes).values(), self.values["seed"]

    @property
    def needed(self) -> int:
        """Samples that are enough (Remarks 5.8 and 5.9)."""
        v = self.values
        return samples_needed(len(SHAPE), v["bound"], v["epsilon"], DELTA, v["temperature"])

    def summary(self) -> str:
        v, error = self.values, usual_error(*self.settings())
        return (
            f"Logits of up to {v['bound']:g} nats from {self.samples:,} samples at temperature {v['temperature']:.3g}: "
            f"off by at most {error:.2f} nats in 95 % of the estimates. "
            f"For {v['epsilon']:g} nats the formula asks for {self.needed:.1e} samples."
        )

    def figure(self) -> Figure:
        figure = Figure(figsize=(11.5, 4.2), dpi=90, facecolor="white")
        figure.subplots_adjust(left=0.06, right=0.99, bottom=0.14, top=0.9, wspace=0.28)
        tokens, counts, heat = figure.subplots(1, 3)
        truth, found = self.values["bound"] * SHAPE, estimates(*self.settings())
        low, high = np.quantile(found, [DELTA / 2, 1 - DELTA / 2], axis=0)
        for x, (a, b) in enumerate(zip(low, high, strict=True)):
            tokens.plot([x, x], [a, b], color=BLUE, lw=6, alpha=0.35, label="" if x else "95 % of the estimates")
        tokens.plot(range(4), found[0], "o", color=BLUE, ms=7, label="one estimate")
        tokens.plot(range(4), truth, "D", color="black", mfc="none", ms=11, label="true logit")
        tokens.set(title="The estimate of each logit", xlabel="next token", ylabel="logit (nats)", xticks=range(4))
        tokens.margins(y=0.25)
        tokens.legend(frameon=False, fontsize=9, loc="upper right")
        counts.loglog(COUNTS, [usual_error(*self.settings(samples=m)) for m in COUNTS], ".-", color=BLUE)
        counts.axvline(self.samples, color=GREY, lw=1)
        if self.needed <= 3e8:
            counts.plot([self.needed], [self.values["epsilon"]], "*", color=ORANGE, ms=15, label="enough (formula)")
            counts.legend(frameon=False, fontsize=9)
        counts.set(title="Error against samples", xlabel="samples of the next token", xlim=(5, 5e8))
        heat.loglog(TEMPERATURES, [usual_error(*self.settings(temperature=t)) for t in TEMPERATURES], ".-", color=BLUE)
        heat.axvline(self.values["temperature"], color=GREY, lw=1)
        heat.axvline(self.values["bound"], color=GREEN, lw=1, ls="--", label="temperature = largest logit")
        heat.legend(fontsize=9, loc="upper right", edgecolor="none", framealpha=1)
        heat.set(title="Error against temperature", xlabel="temperature")
        for axes in (counts, heat):
            axes.set(ylabel="largest error (nats)", ylim=(1e-3, 1e2))
        for axes in (tokens, counts, heat):
            axes.spines[["top", "right"]].set_visible(False)
        return figure

    def data(self) -> str:
        lines = ["varied,samples,temperature,error_nats"]
        for m in COUNTS:
            error = usual_error(*self.settings(samples=m))
            lines.append(f"samples,{m},{self.values['temperature']},{error}")
        for t in TEMPERATURES:
            lines.append(f"temperature,{self.samples},{t},{usual_error(*self.settings(temperature=t))}")
        return "\n".join(lines) + "\n"


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
    config = LearnerConfig(spanner_samples=300, validation_samples=60, max_epochs=20, oracle_noise=said)
    result = learn(oracle, teacher.horizon, config, seed)
    whole = total_variation(teacher, oracle_model(oracle, teacher.horizon))
    distance = total_variation(teacher, result.model)
    return NoisyRun(result.status.name, result.history[-1].epoch, distance, whole)


class NoiseExplorer(Explorer):
    """The learned model's error against its oracle's."""

    def __init__(self) -> None:
        controls = {
            "teacher": choice("Teacher", list(TEACHERS)),
            "power": slider("Noise (nats): 10 to the power", -4, -8, -2),
            "seed": slider("Seed", 0, 0, 9),
        }
        super().__init__(controls, "noise")

    @property
    def runs(self) -> dict[float, NoisyRun]:
        """A run for each noise."""
        return {noise: learned(TEACHERS[self.values["teacher"]], self.values["seed"], noise) for noise in NOISES}

    @property
    def shown(self) -> tuple[float, NoisyRun]:
        """The noise of the slider, and its run."""
        return list(self.runs.items())[self.values["power"] + 8]

    def summary(self) -> str:
        noise, run = self.shown
        return (
            f"Noise of {noise:.0e} nats: {run.status} after {run.epochs} epochs, total variation {run.distance:.1e} "
            f"from the teacher. Sampling from the noisy oracle itself has {run.oracle_distance:.1e}."
        )

    def figure(self) -> Figure:
        figure = Figure(figsize=(8, 4.6), dpi=90, facecolor="white")
        figure.subplots_adjust(left=0.11, right=0.97, bottom=0.13, top=0.9)
        axes, horizon = figure.subplots(), TEACHERS[self.values["teacher"]].horizon
        runs = self.runs
        axes.loglog(NOISES, [horizon * noise / 2 for noise in NOISES], "--", color=GREY, label="T times noise / 2")
        axes.loglog(NOISES, [r.oracle_distance for r in runs.values()], "s-", color=GREEN, mfc="none", label="oracle")
        axes.loglog(NOISES, [r.distance for r in runs.values()], "o-", color=BLUE, label="learned model")
        noise, run = self.shown
        axes.plot([noise], [run.distance], "o", color=ORANGE, ms=13, mfc="none", mew=2.5, label="slider")
        axes.set(title="Error out against error in", xlabel="noise of the oracle (nats)", ylabel="total variation")
        axes.legend(frameon=False)
        axes.spines[["top", "right"]].set_visible(False)
        return figure

    def data(self) -> str:
        lines = ["noise_nats,status,epochs,total_variation,oracle_total_variation"]
        lines += [f"{noise},{r.status},{r.epochs},{r.distance},{r.oracle_distance}" for noise, r in self.runs.items()]
        return "\n".join(lines) + "\n"
