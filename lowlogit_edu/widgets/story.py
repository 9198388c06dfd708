"""A story, token by token, with what each teller could have said next."""

from collections.abc import Mapping
from functools import lru_cache
from textwrap import wrap
from typing import Any

import ipywidgets
import numpy as np
from jaxtyping import Float
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from lowlogit_edu.core.errors import ArgumentError
from lowlogit_edu.core.numerics import softmax
from lowlogit_edu.core.rng import stream
from lowlogit_edu.oracles import LogitOracle, TransformerOracle, sample
from lowlogit_edu.oracles.base import ask
from lowlogit_edu.show.csv_text import csv_text
from lowlogit_edu.show.palette import AMBER, BLUE, GREEN, ORANGE
from lowlogit_edu.widgets.axes import blank_figure, hide_frame
from lowlogit_edu.widgets.explorer import Explorer, choice, slider
from lowlogit_edu.widgets.html_parts import WORDS

BARS = 8  # tokens shown; the one drawn comes on top where it is none of them
COLOURS = (BLUE, AMBER, GREEN)  # of the tellers
LINE = 100  # letters of the story on a line of the picture
BEGINNINGS = ("Once upon a time", "Tom was sad", "The dragon")


class StoryExplorer(Explorer):
    """Follow a story from token to token: the distribution it is drawn from, and what was drawn.

    Parameters
    ----------
    teacher : TransformerOracle
        Tells stories, and reads and writes text.
    others : mapping of str to LogitOracle
        More tellers with the same alphabet, learned models for example; at most two.
    length : int
        Most tokens of a story, your beginning included.
    text : str
        The first beginning.
    """

    def __init__(
        self,
        teacher: TransformerOracle,
        others: Mapping[str, LogitOracle] | None = None,
        length: int = 32,
        text: str = "Once upon a time",
    ) -> None:
        self._teacher = teacher
        self._tellers = {"the teacher": teacher, **(others or {})}
        self._length = length
        # A story is told to its end once, and then looked at token by token: the slider asks nobody anew.
        self._story = lru_cache(maxsize=32)(self._tell)
        self._next = lru_cache(maxsize=256)(self._ask)
        look: dict[str, Any] = {"continuous_update": False, "style": WORDS, "layout": {"width": "30em"}}
        controls = {
            "text": ipywidgets.Text(text, description="The story begins", **look),
            "teller": choice("Told by", list(self._tellers)),
            "told": slider("Tokens told", 0, 0, length - 1),
            "seed": slider("Seed", 0, 0, 99),
        }
        presets = {words: {"text": words, "told": 0} for words in BEGINNINGS}
        super().__init__(controls, "story", presets=presets, animated="told")

    def _tell(self, teller: str, text: str, seed: int) -> tuple[tuple[int, ...], int]:
        """The whole story, up to its end, and how many of its tokens are the beginning."""
        start = self._teacher.encode(text)
        if len(start) >= self._length:
            raise ArgumentError(
                f"your beginning has {len(start)} tokens; stories here have {self._length} at most. Shorten it."
            )
        rng = stream(seed, "story", teller)
        tokens = sample(self._tellers[teller], 1, self._length, prompt=start, rng=rng)[0].tolist()
        end = self._teacher.end_token
        if end in tokens[len(start) :]:
            first = tokens.index(end, len(start))  # sampling went on behind it: that is no part of the story
            tokens = tokens[: first + 1]
        return tuple(tokens), len(start)

    def _ask(self, teller: str, prefix: tuple[int, ...]) -> Float[np.ndarray, "token"]:
        return softmax(ask(self._tellers[teller], [prefix])[0])

    def end_sliders(self) -> None:
        """The slider of tokens ends where the story does."""
        chosen = self.values
        try:
            tokens, start = self._story(chosen["teller"], chosen["text"], chosen["seed"])
        except ArgumentError:  # a beginning that is too long: drawing says so
            return
        self._controls["told"].max = max(1, len(tokens) - 1 - start)  # at least 1: the slider's ends must differ

    def now(self) -> tuple[tuple[int, ...], int]:
        """The tokens told so far, beginning included, and the token drawn next."""
        chosen = self.values
        tokens, start = self._story(chosen["teller"], chosen["text"], chosen["seed"])
        position = min(start + chosen["told"], len(tokens) - 1)
        return tokens[:position], tokens[position]

    def probabilities(self) -> dict[str, Float[np.ndarray, "token"]]:
        """What each teller gives to every next token, here."""
        prefix, _ = self.now()
        return self._probabilities_after(prefix)

    def _probabilities_after(self, prefix: tuple[int, ...]) -> dict[str, Float[np.ndarray, "token"]]:
        return {teller: self._next(teller, prefix) for teller in self._tellers}

    def figure(self) -> Figure:
        """The story so far, and the likeliest next tokens as bars."""
        prefix, drawn = self.now()
        probabilities = self._probabilities_after(prefix)
        shown = _likeliest(probabilities[self.values["teller"]], BARS)
        if drawn not in shown:
            shown.append(drawn)
        figure = blank_figure(11, 4.8)
        lines = wrap(self._teacher.decode(prefix) + " ...", LINE)[-3:]
        # A dollar of a story is a dollar, no formula: here and below.
        figure.text(0.02, 0.97, "\n".join(lines), va="top", fontsize=13, family="serif", parse_math=False)
        axes = figure.add_axes((0.14, 0.1, 0.84, 0.67))
        _draw_bars(axes, {teller: row[shown] for teller, row in probabilities.items()})
        labels = [repr(self._word(token)) for token in shown]
        axes.set_yticks(np.arange(len(shown)), labels, parse_math=False)
        axes.get_yticklabels()[shown.index(drawn)].set(weight="bold", color=ORANGE)
        axes.set_ylim(len(shown) - 0.4, -0.6)
        axes.set(xlim=(0, 1.1), xlabel="probability of the next token (the one drawn is bold, in orange)")
        hide_frame(axes)
        axes.legend(loc="lower right", frameon=False)
        return figure

    def summary(self) -> str:
        """The picture in words."""
        prefix, drawn = self.now()
        told = []
        for teller, row in self._probabilities_after(prefix).items():
            words = ", ".join(f"{self._word(token)!r} {row[token]:.2f}" for token in _likeliest(row, 3))
            told.append(f"Likely next for {teller}: {words}.")
        return f"{self._teacher.decode(prefix)!r} {' '.join(told)} Drawn: {self._word(drawn)!r}."

    def data(self) -> str:
        """Every token's probability, as CSV."""
        columns = self.probabilities()
        names = [self._word(token) for token in range(self._teacher.alphabet_size)]
        return csv_text(["token", *columns], zip(names, *columns.values(), strict=True))

    def _word(self, token: int) -> str:
        return self._teacher.tokenizer.decode([token])


def _likeliest(probabilities: Float[np.ndarray, "token"], count: int) -> list[int]:
    """The most likely tokens; of equally likely ones the first."""
    return np.argsort(-probabilities, kind="stable")[:count].tolist()


def _draw_bars(axes: Axes, probabilities: Mapping[str, Float[np.ndarray, "bar"]]) -> None:
    """A group of bars per token, with a bar per teller around its middle."""
    height = 0.8 / len(probabilities)  # a fifth of every group stays empty
    middle = (len(probabilities) - 1) / 2
    for i, (teller, row) in enumerate(probabilities.items()):
        places = np.arange(len(row)) + (i - middle) * height
        bars = axes.barh(places, row, height, color=COLOURS[i], label=teller)
        axes.bar_label(bars, fmt="%.2f", padding=3, fontsize=9)
