"""Greedy update and linear program side by side: the room of each coefficient, and what becomes of the errors.

>>> explorer = ProgramExplorer()
>>> explorer
ProgramExplorer(teacher='blow-up automaton', text='token 0 again and again', step=2, row=1, futures=1, noise=0.0, \
bound=2.0, seed=0, greedy=1.0, program=1.0)
>>> explorer.close()
"""

from functools import lru_cache
from typing import Any

import numpy as np
from jaxtyping import Float, Int
from matplotlib.figure import Figure

from lowlogit_edu.algorithm.learner import Drawn, span
from lowlogit_edu.algorithm.sampler import ProgramModel
from lowlogit_edu.config import LearnerConfig
from lowlogit_edu.core.numerics import kl_divergence
from lowlogit_edu.core.words import counted
from lowlogit_edu.experiments.coefficient_room import Followed, coefficient_ranges, follow_text
from lowlogit_edu.matrices.logit_matrix import Word, all_words
from lowlogit_edu.models.base import LanguageModel
from lowlogit_edu.models.blow_up import blow_up_isan
from lowlogit_edu.models.isan import random_isan
from lowlogit_edu.oracles.exact import ExactOracle
from lowlogit_edu.oracles.noisy import Noisy
from lowlogit_edu.show.csv_text import csv_text
from lowlogit_edu.widgets.explorer import Explorer, Values, choice, slider
from lowlogit_edu.widgets.program_panels import program_figure

HORIZON = 20
SCALE = 0.1  # nats; the largest logit of the blow-up automaton
SAMPLES = 60  # histories per spanner: enough for two tokens and three dimensions
ROUNDING = 1e-12  # what is smaller is said to be zero
WORKING = "Solving linear programs: this may take some seconds."
BLOW_UP = "blow-up automaton"
RANDOM = "random ISAN of dimension 3"
TEACHERS = (BLOW_UP, RANDOM)
REPEATED = "token 0 again and again"
DRAWN = "drawn from the teacher"
TEXTS = (REPEATED, DRAWN)
PRESETS: dict[str, dict[str, Any]] = {
    "greedy blows up": {"teacher": BLOW_UP, "text": REPEATED, "step": 14, "futures": 1, "noise": 0.0},
    "two tokens only delay it": {"teacher": BLOW_UP, "text": REPEATED, "step": 14, "futures": 2, "noise": 0.0},
    "longer futures cure it": {"teacher": BLOW_UP, "text": REPEATED, "step": 14, "futures": 3, "noise": 0.0},
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


def uniform_kl(teacher: str, text: str, futures: int, noise: float, bound: float, seed: int) -> np.ndarray:
    """KL(teacher || uniform) after 1, 2, ... tokens, nats: the error of who knows nothing."""
    model, _ = spanned(teacher, futures, noise, bound, seed)
    truth = model.logits_along(tokens_of(model, text, seed)[None])[0, 1:]
    return kl_divergence(truth, np.zeros_like(truth))


class ProgramExplorer(Explorer):
    """The range of a coefficient at every cut, greedy's choice and the program's; sizes and errors along the text."""

    def __init__(self, **values: Any) -> None:
        controls = {
            "teacher": choice("Teacher", TEACHERS),
            "text": choice("Text", TEXTS),
            "step": slider("Tokens so far", 2, 2, HORIZON - 1),
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

    def draw(self) -> None:
        """Draw the picture and its words anew, and say meanwhile that there is work to do."""
        self.say(WORKING)
        super().draw()
        self.say("")

    def figure(self) -> Figure:
        """Left the room of one coefficient; right sizes and errors along the text so far."""
        now = self.values
        return program_figure(now, _followed(now), room(**now), uniform_kl(**_followed_by(now)))

    def summary(self) -> str:
        """The picture in words."""
        now = self.values
        found = _followed(now)
        t = now["step"]
        greedy, program = (sizes[t - 1] for sizes in _largest(found))
        choices = "the program has no solution"
        if found.program[t - 1]:
            choices = f"the program's are at most {program:.3g}"
        teacher = now["teacher"][0].upper() + now["teacher"][1:]
        futures = "one token" if now["futures"] == 1 else f"up to {now['futures']} tokens"
        errors = (found.greedy_kl[t - 1], found.program_kl[t - 1], uniform_kl(**_followed_by(now))[t - 1])
        of_greedy, of_program, of_uniform = (f"{_rounded(error):.2g}" for error in errors)
        return (
            f"{teacher}, {counted(t, 'token')}, futures of {futures}, noise {now['noise']:g} nats: greedy coefficients "
            f"are at most {greedy:.3g}, {choices}, with C = {now['bound']:g}. {_room_words(now, found)} KL of the next "
            f"token: greedy {of_greedy}, program {of_program} nats; who knows nothing has {of_uniform}."
        )

    def data(self) -> str:
        """One line per number of tokens; least and most are of the shown coefficient at the cut of that number."""
        now = self.values
        found = _followed(now)
        greedy, program = _largest(found)
        ranges = np.vstack([np.full((1, 2), np.nan), room(**now)])  # cut 1 has a coefficient of one, and no room
        blind = uniform_kl(**_followed_by(now))
        rows = []
        for t in range(now["step"]):
            errors = [found.greedy_kl[t], found.program_kl[t], blind[t]]
            rows.append([t + 1, greedy[t], program[t], *errors, *ranges[t]])
        names = ["tokens", "largest_greedy", "largest_program", "kl_greedy", "kl_program", "kl_uniform"]
        return csv_text([*names, "least", "most"], rows)


def _followed_by(now: Values) -> dict[str, Any]:
    """The controls that decide which text is followed, and how."""
    return {name: now[name] for name in ("teacher", "text", "futures", "noise", "bound", "seed")}


def _followed(now: Values) -> Followed:
    """The text that the controls name, followed by both."""
    return followed(**_followed_by(now))


def _rounded(value: float) -> float:
    """The value, or zero where rounding alone may have made it."""
    return 0.0 if abs(value) < ROUNDING else float(value)


def _room_words(now: Values, found: Followed) -> str:
    """What the coefficient shown may be at the last cut; why there is nothing to show, where there is not."""
    t = now["step"]
    row = now["row"]
    rows = len(found.greedy[t - 1][-1])
    if row > rows:
        has = "one spanner row" if rows == 1 else f"{rows} spanner rows"
        return f"Cut {t} has {has} only: there is no row {row}."
    low, high = (_rounded(end) for end in room(**now)[-1])
    if np.isnan(low):
        return f"The coefficient of spanner row {row} at cut {t} has no feasible value."
    return f"The coefficient of spanner row {row} at cut {t} may be from {low:.3g} to {high:.3g}."


def _largest(found: Followed) -> tuple[Float[np.ndarray, "time"], Float[np.ndarray, "time"]]:
    """Largest coefficient of the greedy update and of the program, for 1, 2, ... tokens."""
    return found.largest(found.greedy), found.largest(found.program)
