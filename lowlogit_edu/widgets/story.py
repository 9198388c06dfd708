"""A story, token by token, with what each teller could have said next."""

import csv
import io
from collections.abc import Mapping
from functools import lru_cache
from textwrap import wrap
from typing import Any

import ipywidgets
import numpy as np
from jaxtyping import Float
from matplotlib.figure import Figure

from lowlogit_edu.core.errors import ArgumentError
from lowlogit_edu.core.numerics import softmax
from lowlogit_edu.core.rng import stream
from lowlogit_edu.oracles import LogitOracle, TransformerOracle, sample
from lowlogit_edu.oracles.base import ask
from lowlogit_edu.widgets.explorer import Explorer, Values, choice, slider
from lowlogit_edu.widgets.html_parts import WORDS

BARS = 8
COLOURS = ("#0072B2", "#E69F00", "#009E73")


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
        self._teacher, self._tellers, self._length = teacher, {"the teacher": teacher, **(others or {})}, length
        self._story, self._next = lru_cache(maxsize=32)(self._tell), lru_cache(maxsize=256)(self._ask)
        look: dict[str, Any] = {"continuous_update": False, "style": WORDS, "layout": {"width": "30em"}}
        controls = {
            "text": ipywidgets.Text(text, description="The story begins", **look),
            "teller": choice("Told by", list(self._tellers)),
            "told": slider("Tokens told", 0, 0, length - 1),
            "seed": slider("Seed", 0, 0, 99),
        }
        beginnings = {words: {"text": words, "told": 0} for words in ("Once upon a time", "Tom was sad", "The dragon")}
        super().__init__(controls, "story", presets=beginnings, animated="told")

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
            tokens = tokens[: tokens.index(end, len(start)) + 1]
        return tuple(tokens), len(start)

    def _ask(self, teller: str, prefix: tuple[int, ...]) -> Float[np.ndarray, "token"]:
        return softmax(ask(self._tellers[teller], [prefix])[0])

    def now(self) -> tuple[tuple[int, ...], int]:
        """The tokens told so far, beginning included, and the token drawn next."""
        chosen = self.values
        tokens, start = self._story(chosen["teller"], chosen["text"], chosen["seed"])
        position = min(start + chosen["told"], len(tokens) - 1)
        return tokens[:position], tokens[position]

    def probabilities(self) -> dict[str, Float[np.ndarray, "token"]]:
        """What each teller gives to every next token, here."""
        prefix, _ = self.now()
        return {teller: self._next(teller, prefix) for teller in self._tellers}

    def facts(self) -> Values:
        """The controls' values."""
        return self.values

    def figure(self) -> Figure:
        """The story so far, and the likeliest next tokens as bars."""
        (prefix, drawn), all_probabilities = self.now(), self.probabilities()
        mine = all_probabilities[self.values["teller"]]
        rows = np.argsort(-mine, kind="stable")[:BARS].tolist()
        rows += [drawn] * (drawn not in rows)
        figure = Figure(figsize=(11, 4.8), dpi=90, facecolor="white")
        lines = wrap(self._teacher.decode(prefix) + " ...", 100)[-3:]
        figure.text(0.02, 0.97, "\n".join(lines), va="top", fontsize=13, family="serif", parse_math=False)
        axes = figure.add_axes((0.14, 0.1, 0.84, 0.67))
        height = 0.8 / len(all_probabilities)
        for i, (teller, probabilities) in enumerate(all_probabilities.items()):
            places = np.arange(len(rows)) + (i - (len(all_probabilities) - 1) / 2) * height
            bars = axes.barh(places, probabilities[rows], height, color=COLOURS[i], label=teller)
            axes.bar_label(bars, fmt="%.2f", padding=3, fontsize=9)
        labels = [repr(self._word(token)) for token in rows]
        axes.set_yticks(np.arange(len(rows)), labels, parse_math=False)
        axes.get_yticklabels()[rows.index(drawn)].set(weight="bold", color="#D55E00")
        axes.set_ylim(len(rows) - 0.4, -0.6)
        axes.set(xlim=(0, 1.1), xlabel="probability of the next token (the one drawn is bold, in red)")
        axes.spines[["top", "right"]].set_visible(False)
        axes.legend(loc="lower right", frameon=False)
        return figure

    def summary(self) -> str:
        """The picture in words."""
        (prefix, drawn), told = self.now(), []
        for teller, probabilities in self.probabilities().items():
            likely = np.argsort(-probabilities, kind="stable")[:3].tolist()
            words = ", ".join(f"{self._word(token)!r} {probabilities[token]:.2f}" for token in likely)
            told.append(f"Likely next for {teller}: {words}.")
        return f"{self._teacher.decode(prefix)!r} {' '.join(told)} Drawn: {self._word(drawn)!r}."

    def data(self) -> str:
        """Every token's probability, as CSV."""
        columns, text = self.probabilities(), io.StringIO()
        table = csv.writer(text, lineterminator="\n")
        table.writerow(["token", *columns])
        names = (self._word(token) for token in range(self._teacher.alphabet_size))
        table.writerows(zip(names, *columns.values(), strict=True))
        return text.getvalue()

    def _word(self, token: int) -> str:
        return self._teacher.tokenizer.decode([token])
