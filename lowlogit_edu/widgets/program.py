"""Greedy update and linear program side by side: the room of each coefficient, and what becomes of the errors.

>>> explorer = ProgramExplorer()
>>> explorer
ProgramExplorer(teacher='blow-up automaton', text='token 0 again and again', step=14, row=1, futures=1, noise=0.0, \
bound=2.0, seed=0, greedy=8.88, program=2.0)
>>> explorer.close()
"""

import csv
import io
from functools import lru_cache
from typing import Any

import numpy as np
from jaxtyping import Float
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator, NullLocator

from lowlogit_edu.algorithm.learner import span
from lowlogit_edu.algorithm.sampler import ProgramModel
from lowlogit_edu.config import LearnerConfig
from lowlogit_edu.experiments.coefficient_room import Followed, coefficient_ranges, follow_text
from lowlogit_edu.matrices.logit_matrix import all_words
from lowlogit_edu.models.base import LanguageModel
from lowlogit_edu.models.blow_up import blow_up_isan
from lowlogit_edu.models.isan import random_isan
from lowlogit_edu.oracles.exact import ExactOracle
from lowlogit_edu.oracles.noisy import Noisy
from lowlogit_edu.widgets.explorer import Explorer, choice, slider
from lowlogit_edu.widgets.spanner import squeezed

HORIZON = 20
SCALE = 0.1  # nats; the largest logit of the blow-up automaton
BLUE, ORANGE, GREY = "#0072B2", "#D55E00", "#999999"  # Okabe and Ito
TEACHERS = ("blow-up automaton", "random ISAN of dimension 3")
TEXTS = ("token 0 again and again", "drawn from the teacher")
PRESETS: dict[str, dict[str, Any]] = {
    "greedy blows up": {"teacher": TEACHERS[0], "text": TEXTS[0], "step": 14, "futures": 1, "noise": 0.0},
    "longer futures cure it": {"teacher": TEACHERS[0], "text": TEXTS[0], "step": 14, "futures": 2, "noise": 0.0},
    "no room at all": {"teacher": TEACHERS[1], "text": TEXTS[1], "step": 10, "futures": 2, "noise": 0.0},
    "noise makes room": {"teacher": TEACHERS[1], "text": TEXTS[1], "step": 10, "futures": 2, "noise": 0.002},
}


@lru_cache(maxsize=16)
def spanned(teacher: str, futures: int, noise: float, bound: float, seed: int) -> tuple[LanguageModel, ProgramModel]:
    """A teacher and the spanner rows of each cut, for all futures of up to so many tokens."""
    model = blow_up_isan(HORIZON, SCALE) if teacher == TEACHERS[0] else random_isan(2, 3, HORIZON, seed=seed)
    words = [
        tuple(word for length in range(1, min(futures, HORIZON - cut) + 1) for word in all_words(2, length))
        for cut in range(HORIZON)
    ]
    oracle = Noisy(ExactOracle(model), noise, seed)
    config = LearnerConfig(spanner_samples=60, oracle_noise=noise, coefficient_bound=bound)
    return model, span(oracle, words, config, seed=seed, epoch=1)


@lru_cache(maxsize=16)
def followed(
    teacher: str, text: str, futures: int, noise: float, bound: float, seed: int
) -> tuple[list[int], Followed]:
    """A text of tokens, followed by both."""
    model, rows = spanned(teacher, futures, noise, bound, seed)
    tokens = np.zeros(HORIZON, dtype=np.int64) if text == TEXTS[0] else model.sample(1, seed=seed)[0]
    return tokens.tolist(), follow_text(model, rows, tokens)


@lru_cache(maxsize=64)
def room(
    teacher: str, text: str, step: int, row: int, futures: int, noise: float, bound: float, seed: int
) -> Float[np.ndarray, "cut 2"]:
    """Least and largest value of one coefficient at cuts 2 to `step`, given so many tokens."""
    _, rows = spanned(teacher, futures, noise, bound, seed)
    tokens, _ = followed(teacher, text, futures, noise, bound, seed)
    steps = [rows.step(cut, token) for cut, token in enumerate(tokens[: step - 1], start=2)]
    return coefficient_ranges(steps, row - 1, rows.bound, rows.tolerance)


def of_row(path: list[np.ndarray], row: int) -> Float[np.ndarray, "cut"]:
    """One coefficient along a path from cut 2 on; NaN where a cut has no such row."""
    return np.array([c[row - 1] if row <= len(c) else np.nan for c in path[1:]])


class ProgramExplorer(Explorer):
    """The range of a coefficient at every cut, greedy's choice and the program's; sizes and errors along the text."""

    def __init__(self, **values: Any) -> None:
        controls = {
            "teacher": choice("Teacher", TEACHERS),
            "text": choice("Text", TEXTS),
            "step": slider("Tokens so far", 14, 2, HORIZON - 1),
            "row": slider("Spanner row shown", 1, 1, 3),
            "futures": slider("Futures, longest (tokens)", 1, 1, 3),
            "noise": slider("Noise of the oracle (nats)", 0.0, 0.0, 0.005, 0.0005),
            "bound": slider("Largest coefficient C", 2.0, 1.1, 4.0, 0.1),
            "seed": slider("Seed", 0, 0, 99),
        }
        controls["noise"].readout_format = ".4f"
        super().__init__(controls, "program", presets=PRESETS, animated="step")
        self.set(**values)

    def _followed(self) -> Followed:
        now = self.values
        return followed(*(now[name] for name in ("teacher", "text", "futures", "noise", "bound", "seed")))[1]

    def _sizes(self) -> tuple[np.ndarray, np.ndarray]:
        """Largest coefficient of the greedy update and of the program, for 1, 2, ... tokens."""
        found = self._followed()
        return found.largest(found.greedy), found.largest(found.program)

    def facts(self) -> dict[str, Any]:
        """The controls, and the largest coefficients of both."""
        sizes = [float(f"{side[self.values['step'] - 1]:.3g}") for side in self._sizes()]
        return self.values | {"greedy": sizes[0], "program": sizes[1]}

    def figure(self) -> Figure:
        """Left the room of one coefficient; right sizes and errors along the text."""
        figure = Figure(figsize=(10.5, 5.2), dpi=90, facecolor="white")
        figure.subplots_adjust(left=0.07, right=0.98, bottom=0.11, top=0.93, hspace=0.42, wspace=0.22)
        axes = figure.subplot_mosaic([["room", "size"], ["room", "error"]], width_ratios=[1.2, 1])
        self._draw_room(axes["room"])
        found, t = self._followed(), self.values["step"]
        bound = self.values["bound"]
        self._draw_curves(axes["size"], self._sizes(), "Largest coefficient", "absolute value", 0.5)
        axes["size"].axhline(bound, color="black", ls=":", lw=1)
        title = "Error of the next token: KL(teacher || prediction)"
        self._draw_curves(axes["error"], (found.greedy_kl, found.program_kl), title, "nats", 1e-8)
        for panel in ("size", "error"):
            axes[panel].axvline(t, color=GREY, lw=1)
        axes["size"].legend(loc="upper left", frameon=False)
        axes["error"].set_xlabel("tokens so far")
        return figure

    def _draw_room(self, axes: Axes) -> None:
        now, found = self.values, self._followed()
        t, row, C = now["step"], now["row"], now["bound"]
        cuts, ranges = np.arange(2, t + 1), room(**now)
        axes.axhspan(-C, C, color=BLUE, alpha=0.08, lw=0)
        low, high = squeezed(ranges, C).T
        axes.bar(
            cuts, np.maximum(high - low, 0.02 * C), bottom=low, width=0.7, color=BLUE, alpha=0.35, label="feasible"
        )
        axes.plot(cuts, squeezed(of_row(found.greedy[t - 1], row), C), "x", color=ORANGE, ms=9, mew=2.5, label="greedy")
        if found.program[t - 1]:
            axes.plot(cuts, of_row(found.program[t - 1], row), "o", color=BLUE, ms=6, label="program")
        size = 1.15 * float(squeezed(max(self._sizes()[0].max(), 2 * C), C))
        ticks = [tick for tick in (-1000, -100, -10, -C, 0, C, 10, 100, 1000) if abs(tick) <= C or abs(tick) > 2 * C]
        ticks = [tick for tick in ticks if abs(squeezed(tick, C)) < size]
        axes.yaxis.set_ticks([float(squeezed(tick, C)) for tick in ticks], [f"{tick:g}" for tick in ticks])
        axes.set(xlim=(1.4, HORIZON - 0.4), ylim=(-size, size), xlabel="cut", ylabel="coefficient (log scale outside)")
        axes.set_title(f"Coefficient of spanner row {row}, after {t} tokens")
        axes.xaxis.set_major_locator(MaxNLocator(10, integer=True))
        axes.legend(loc="lower left", ncols=3, frameon=False)

    def _draw_curves(
        self, axes: Axes, pair: tuple[np.ndarray, np.ndarray], title: str, unit: str, least: float
    ) -> None:
        tokens = np.arange(1, HORIZON)
        for values, colour, marker, label in zip(pair, (ORANGE, BLUE), "xo", ("greedy", "program"), strict=True):
            axes.plot(tokens, np.maximum(values, least), marker=marker, color=colour, ms=5, label=label)
        top = max(float(np.nanmax(values)) for values in pair)
        axes.set(yscale="log", title=title, ylabel=unit, ylim=(0.7 * least, max(6 * top, 10 * least)))
        axes.yaxis.set_minor_locator(NullLocator())
        axes.xaxis.set_major_locator(MaxNLocator(10, integer=True))
        axes.spines[["top", "right"]].set_visible(False)

    def summary(self) -> str:
        """The picture in words."""
        now, found, (greedy, program) = self.values, self._followed(), self._sizes()
        t = now["step"]
        low, high = room(**now)[-1]
        ranges = "has no feasible value" if np.isnan(low) else f"may be from {low:.3g} to {high:.3g}"
        choices = (
            f"the program's are at most {program[t - 1]:.3g}" if found.program[t - 1] else "the program has no solution"
        )
        return (
            f"{now['teacher'].capitalize()}, {t} tokens, futures of up to {now['futures']} tokens, noise "
            f"{now['noise']:g} nats: greedy coefficients are at most {greedy[t - 1]:.3g}, {choices}, with C = "
            f"{now['bound']:g}. The coefficient of spanner row {now['row']} at cut {t} {ranges}. KL of the next "
            f"token: greedy {found.greedy_kl[t - 1]:.2g}, program {found.program_kl[t - 1]:.2g} nats."
        )

    def data(self) -> str:
        """One line per number of tokens; least and most are of the shown coefficient at the cut of that number."""
        now, found, sizes = self.values, self._followed(), self._sizes()
        text = io.StringIO()
        table = csv.writer(text, lineterminator="\n")
        table.writerow(["tokens", "largest_greedy", "largest_program", "kl_greedy", "kl_program", "least", "most"])
        ranges = np.vstack([np.full((1, 2), np.nan), room(**now)])
        for t in range(now["step"]):
            numbers = [sizes[0][t], sizes[1][t], found.greedy_kl[t], found.program_kl[t], *ranges[t]]
            table.writerow([t + 1, *(float(value) for value in numbers)])
        return text.getvalue()
