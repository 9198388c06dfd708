"""Greedy update and linear program side by side: the room of each coefficient, and what becomes of the errors.

>>> explorer = ProgramExplorer()
>>> explorer
ProgramExplorer(teacher='blow-up automaton', text='token 0 again and again', step=14, row=1, futures=1, noise=0.0, \
bound=2.0, seed=0, greedy=8.88, program=2.0)
>>> explorer.close()
"""

from functools import lru_cache
from typing import Any

import numpy as np
from jaxtyping import Float, Int
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator, NullLocator

from lowlogit_edu.algorithm.learner import Drawn, span
from lowlogit_edu.algorithm.sampler import ProgramModel
from lowlogit_edu.config import LearnerConfig
from lowlogit_edu.experiments.coefficient_room import Followed, coefficient_ranges, follow_text
from lowlogit_edu.matrices.logit_matrix import Word, all_words
from lowlogit_edu.models.base import LanguageModel
from lowlogit_edu.models.blow_up import blow_up_isan
from lowlogit_edu.models.isan import random_isan
from lowlogit_edu.oracles.exact import ExactOracle
from lowlogit_edu.oracles.noisy import Noisy
from lowlogit_edu.show.csv_text import csv_text
from lowlogit_edu.show.palette import BLUE, GREY, ORANGE
from lowlogit_edu.widgets.axes import blank_figure, hide_frame, mark_squeezed, squeezed
from lowlogit_edu.widgets.explorer import Explorer, Values, choice, slider

HORIZON = 20
SCALE = 0.1  # nats; the largest logit of the blow-up automaton
SAMPLES = 60  # histories per spanner: enough for two tokens and three dimensions
TICKS = 10  # whole numbers along an axis of tokens
HEADROOM = 1.15  # of the axis of coefficients around the largest of them
# Of the logarithmic axes, as factors:
BELOW = 0.7  # the axis begins so far below the smallest value drawn
ABOVE = 6  # and ends so far above the largest, with room for the legend
LEAST_SPAN = 10  # it shows at least one power of ten, where all values are tiny
BLOW_UP = "blow-up automaton"
RANDOM = "random ISAN of dimension 3"
TEACHERS = (BLOW_UP, RANDOM)
REPEATED = "token 0 again and again"
DRAWN = "drawn from the teacher"
TEXTS = (REPEATED, DRAWN)
PRESETS: dict[str, dict[str, Any]] = {
    "greedy blows up": {"teacher": BLOW_UP, "text": REPEATED, "step": 14, "futures": 1, "noise": 0.0},
    "longer futures cure it": {"teacher": BLOW_UP, "text": REPEATED, "step": 14, "futures": 2, "noise": 0.0},
    "no room at all": {"teacher": RANDOM, "text": DRAWN, "step": 10, "futures": 2, "noise": 0.0},
    "noise makes room": {"teacher": RANDOM, "text": DRAWN, "step": 10, "futures": 2, "noise": 0.002},
}


def futures_of(tokens: int, longest: int) -> tuple[Word, ...]:
    """All words of 1 to `longest` tokens that a text has room for behind so many."""
    words: list[Word] = []
    for length in range(1, min(longest, HORIZON - tokens) + 1):
        words.extend(all_words(2, length))
    return tuple(words)


@lru_cache(maxsize=16)
def spanned(teacher: str, futures: int, noise: float, bound: float, seed: int) -> tuple[LanguageModel, ProgramModel]:
    """A teacher and the spanner rows of each cut, for all futures of up to so many tokens."""
    model = blow_up_isan(HORIZON, SCALE) if teacher == BLOW_UP else random_isan(2, 3, HORIZON, seed=seed)
    words = [futures_of(tokens, futures) for tokens in range(HORIZON)]
    oracle = Noisy(ExactOracle(model), noise, seed)
    config = LearnerConfig(spanner_samples=SAMPLES, oracle_noise=noise, coefficient_bound=bound)
    drawn = Drawn.of(oracle, HORIZON - 1, config, seed=seed, epoch=1)
    return model, span(oracle, drawn, words, config)


def tokens_of(model: LanguageModel, text: str, seed: int) -> Int[np.ndarray, "time"]:
    """One of `TEXTS`."""
    return np.zeros(HORIZON, dtype=np.int64) if text == REPEATED else model.sample(1, seed=seed)[0]


@lru_cache(maxsize=16)
def followed(teacher: str, text: str, futures: int, noise: float, bound: float, seed: int) -> Followed:
    """A text, followed by the greedy update and by the program."""
    model, rows = spanned(teacher, futures, noise, bound, seed)
    return follow_text(model, rows, tokens_of(model, text, seed))


@lru_cache(maxsize=64)
def room(
    teacher: str, text: str, step: int, row: int, futures: int, noise: float, bound: float, seed: int
) -> Float[np.ndarray, "cut 2"]:
    """Least and largest value of one coefficient at cuts 2 to `step`, given so many tokens."""
    model, rows = spanned(teacher, futures, noise, bound, seed)
    tokens = tokens_of(model, text, seed).tolist()
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
        super().__init__(controls, "program", presets=PRESETS, animated="step", values=values)

    def facts(self) -> dict[str, Any]:
        """The controls, and the largest coefficients of both."""
        now = self.values
        greedy, program = _largest(_followed(now))
        last = now["step"] - 1
        return now | {"greedy": float(f"{greedy[last]:.3g}"), "program": float(f"{program[last]:.3g}")}

    def figure(self) -> Figure:
        """Left the room of one coefficient; right sizes and errors along the text."""
        now = self.values
        found = _followed(now)
        figure = blank_figure(10.5, 5.2)
        figure.subplots_adjust(left=0.07, right=0.98, bottom=0.11, top=0.93, hspace=0.42, wspace=0.22)
        axes = figure.subplot_mosaic([["room", "size"], ["room", "error"]], width_ratios=[1.2, 1])
        _draw_room(axes["room"], now, found)
        _draw_sizes(axes["size"], now["bound"], found)
        _draw_errors(axes["error"], found)
        for panel in (axes["size"], axes["error"]):
            panel.axvline(now["step"], color=GREY, lw=1)  # the text so far, whose room is shown at the left
        return figure

    def summary(self) -> str:
        """The picture in words."""
        now = self.values
        found = _followed(now)
        t = now["step"]
        greedy, program = (sizes[t - 1] for sizes in _largest(found))
        low, high = room(**now)[-1]
        ranges = "has no feasible value" if np.isnan(low) else f"may be from {low:.3g} to {high:.3g}"
        choices = "the program has no solution"
        if found.program[t - 1]:
            choices = f"the program's are at most {program:.3g}"
        return (
            f"{now['teacher'].capitalize()}, {t} tokens, futures of up to {now['futures']} tokens, noise "
            f"{now['noise']:g} nats: greedy coefficients are at most {greedy:.3g}, {choices}, with C = "
            f"{now['bound']:g}. The coefficient of spanner row {now['row']} at cut {t} {ranges}. KL of the next "
            f"token: greedy {found.greedy_kl[t - 1]:.2g}, program {found.program_kl[t - 1]:.2g} nats."
        )

    def data(self) -> str:
        """One line per number of tokens; least and most are of the shown coefficient at the cut of that number."""
        now = self.values
        found = _followed(now)
        greedy, program = _largest(found)
        ranges = np.vstack([np.full((1, 2), np.nan), room(**now)])  # cut 1 has a coefficient of one, and no room
        rows = []
        for t in range(now["step"]):
            rows.append([t + 1, greedy[t], program[t], found.greedy_kl[t], found.program_kl[t], *ranges[t]])
        return csv_text(
            ["tokens", "largest_greedy", "largest_program", "kl_greedy", "kl_program", "least", "most"], rows
        )


def _followed(now: Values) -> Followed:
    """The text that the controls name, followed by both."""
    return followed(now["teacher"], now["text"], now["futures"], now["noise"], now["bound"], now["seed"])


def _largest(found: Followed) -> tuple[Float[np.ndarray, "time"], Float[np.ndarray, "time"]]:
    """Largest coefficient of the greedy update and of the program, for 1, 2, ... tokens."""
    return found.largest(found.greedy), found.largest(found.program)


def _draw_room(axes: Axes, now: Values, found: Followed) -> None:
    # To be seen: the bars are what is feasible; the circles are in them, the crosses may be far outside the box.
    t = now["step"]
    C = now["bound"]
    cuts = np.arange(2, t + 1)
    low, high = squeezed(room(**now), C).T
    heights = np.maximum(high - low, 0.02 * C)  # a single value is to be seen, too
    axes.axhspan(-C, C, color=BLUE, alpha=0.08, lw=0)
    axes.bar(cuts, heights, bottom=low, width=0.7, color=BLUE, alpha=0.35, label="feasible")
    greedy = of_row(found.greedy[t - 1], now["row"])
    axes.plot(cuts, squeezed(greedy, C), "x", color=ORANGE, ms=9, mew=2.5, label="greedy")
    if found.program[t - 1]:
        axes.plot(cuts, of_row(found.program[t - 1], now["row"]), "o", color=BLUE, ms=6, label="program")
    # The scale is that of the whole text, so that it stands still while the tokens play.
    largest = max(found.largest(found.greedy).max(), 2 * C)
    size = HEADROOM * float(squeezed(largest, C))
    mark_squeezed(axes.yaxis, C, size)
    axes.set(xlim=(1.4, HORIZON - 0.4), ylim=(-size, size), xlabel="cut", ylabel="coefficient (log scale outside)")
    axes.set_title(f"Coefficient of spanner row {now['row']}, after {t} tokens")
    axes.xaxis.set_major_locator(MaxNLocator(TICKS, integer=True))
    axes.legend(loc="lower left", ncols=3, frameon=False)


def _draw_sizes(axes: Axes, bound: float, found: Followed) -> None:
    # To be seen: greedy's coefficients grow geometrically (Section 2.3), the program's stop at C, the dotted line.
    greedy, program = _largest(found)
    _draw_curves(axes, greedy, program, least=0.5)
    axes.set(title="Largest coefficient", ylabel="absolute value")
    axes.axhline(bound, color="black", ls=":", lw=1)
    axes.legend(loc="upper left", frameon=False)


def _draw_errors(axes: Axes, found: Followed) -> None:
    # To be seen: large coefficients enlarge the errors of the logits that they combine.
    _draw_curves(axes, found.greedy_kl, found.program_kl, least=1e-8)
    axes.set(title="Error of the next token: KL(teacher || prediction)", ylabel="nats", xlabel="tokens so far")


def _draw_curves(
    axes: Axes, greedy: Float[np.ndarray, "time"], program: Float[np.ndarray, "time"], least: float
) -> None:
    """Both along the text on a log scale; what is smaller than `least` is drawn there."""
    tokens = np.arange(1, HORIZON)
    axes.plot(tokens, np.maximum(greedy, least), marker="x", color=ORANGE, ms=5, label="greedy")
    axes.plot(tokens, np.maximum(program, least), marker="o", color=BLUE, ms=5, label="program")
    top = max(float(np.nanmax(greedy)), float(np.nanmax(program)))
    axes.set(yscale="log", ylim=(BELOW * least, max(ABOVE * top, LEAST_SPAN * least)))
    axes.yaxis.set_minor_locator(NullLocator())
    axes.xaxis.set_major_locator(MaxNLocator(TICKS, integer=True))
    hide_frame(axes)
