"""Logits as bars: a constant added, the temperature moved, the probabilities beside them.

>>> LogitExplorer().summary()  # doctest: +ELLIPSIS
"Logits of 'three words', constant 0, temperature 1: mean 1.00. Probabilities: 'cat' 0.665, 'dog' 0.245, 'fish' 0.090."
"""

import csv
import io
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import ipywidgets
import numpy as np
from jaxtyping import Float
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from lowlogit_edu.core.numerics import mean_center, softmax
from lowlogit_edu.oracles.transformer import TransformerOracle
from lowlogit_edu.widgets.explorer import Explorer, choice, slider
from lowlogit_edu.widgets.html_parts import WORDS

HAND_MADE = {
    "three words": {"cat": 2.0, "dog": 1.0, "fish": 0.0},
    "a coin": {"heads": 0.5, "tails": -0.5},
    "all equal": {"north": 1.0, "east": 1.0, "south": 1.0, "west": 1.0},
    "one favourite": {"yes": 6.0, "no": 0.0, "maybe": 0.0, "later": -1.0},
}
TEACHER = "the teacher after your text"
BARS = 8
BLUE, ORANGE, GREEN, GREY = "#0072B2", "#E69F00", "#009E73", "#666666"


@dataclass(frozen=True)
class Logits:
    """One row of logits, most likely token first."""

    names: tuple[str, ...]
    given: Float[np.ndarray, "token"]


class LogitExplorer(Explorer):
    """What a constant and a temperature do to logits, to mean-centred logits and to probabilities.

    Parameters
    ----------
    oracle : TransformerOracle, optional
        Then its logits after a text of your own can be looked at too.
    text : str
        The first such text.
    """

    def __init__(self, oracle: TransformerOracle | None = None, text: str = "Once upon a time, there was a") -> None:
        controls: dict[str, Any] = {
            "example": choice("Logits of", [*HAND_MADE, TEACHER] if oracle else list(HAND_MADE)),
            "constant": slider("Constant added (nats)", 0.0, -10.0, 10.0, 0.5),
            "temperature": slider("Temperature", 1.0, 0.1, 5.0, 0.1),
        }
        presets: dict[str, dict[str, Any]] = {
            "a constant": {"constant": 5.0, "temperature": 1.0},
            "cold": {"constant": 0.0, "temperature": 0.3},
            "hot": {"constant": 0.0, "temperature": 4.0},
        }
        if oracle:
            controls["text"] = ipywidgets.Text(
                text, description="Your text", continuous_update=False, style=WORDS, layout={"width": "30em"}
            )
            presets["the teacher"] = {"example": TEACHER, "constant": 0.0, "temperature": 1.0}
        self._oracle, self._ask = oracle, lru_cache(maxsize=32)(self._ask_teacher)
        super().__init__(controls, "logits", presets=presets)

    def logits(self) -> Logits:
        """The logits that the controls choose, before constant and temperature."""
        chosen = self.values
        if chosen["example"] == TEACHER:
            return self._ask(chosen["text"])
        example = HAND_MADE[chosen["example"]]
        return Logits(tuple(example), np.array(list(example.values())))

    def moved(self) -> Float[np.ndarray, "token"]:
        """The same with the constant added, divided by the temperature."""
        return (self.logits().given + self.values["constant"]) / self.values["temperature"]

    def _ask_teacher(self, text: str) -> Logits:
        assert self._oracle is not None, "the choice is offered with an oracle only"
        row = self._oracle.logits([self._oracle.encode(text)])[0].astype(np.float64)
        order = np.argsort(-row, kind="stable")
        return Logits(tuple(self._oracle.tokenizer.decode([int(token)]) for token in order), row[order])

    def figure(self) -> Figure:
        """Logits, mean-centred logits and probabilities, side by side."""
        logits, moved, chosen = self.logits(), self.moved(), self.values
        names, rest = logits.names[:BARS], len(logits.names) - BARS
        labels = [repr(name) for name in names] + [f"the {rest} others"] * (rest > 0)
        height = 1.0 + 0.38 * max(len(labels), 4)
        figure = Figure(figsize=(11, height), dpi=90, facecolor="white")
        figure.subplots_adjust(left=0.12, right=0.985, bottom=0.35 / height, top=1 - 0.4 / height, wspace=0.08)
        one, two, three = figure.subplots(1, 3, sharey=True)
        zoom = 1 / min(chosen["temperature"], 1.0)
        low, high = logits.given.min(), logits.given[0]
        _bars(one, moved[:BARS], ORANGE, "Logits (nats)", (zoom * min(low - 11, 0), zoom * (high + 12)))
        one.axvline(moved.mean(), color=GREY, ls="--", lw=1.5)
        one.annotate("mean", (moved.mean(), 1), xycoords=("data", "axes fraction"), xytext=(3, -11),
                     textcoords="offset points", color=GREY)  # fmt: skip
        centred = mean_center(moved)
        reach = 1.45 * zoom * max(np.abs(mean_center(logits.given)).max(), 0.5)
        _bars(two, centred[:BARS], BLUE, "Mean-centred logits (nats)", (-reach, reach))
        both = [softmax(row) for row in (moved, logits.given)]
        now, before = (np.append(p[:BARS], [p[BARS:].sum()] * (rest > 0)) for p in both)
        _bars(three, now, GREEN, "Probabilities (dotted: temperature 1)", (0, 1.19))
        three.barh(np.arange(len(before)), before, fill=False, ec="black", ls=":", lw=1.2)
        one.set_yticks(np.arange(len(labels)), labels, parse_math=False)
        one.set_ylim(len(labels) - 0.4, -0.9)
        return figure

    def summary(self) -> str:
        """The picture in words."""
        logits, moved, chosen = self.logits(), self.moved(), self.values
        source = f"the teacher after {chosen['text']!r}" if chosen["example"] == TEACHER else repr(chosen["example"])
        likely = [f"{name!r} {p:.3f}" for name, p in zip(logits.names[:4], softmax(moved)[:4], strict=True)]
        return (
            f"Logits of {source}, constant {chosen['constant']:g}, temperature {chosen['temperature']:g}: mean "
            f"{round(moved.mean(), 2) + 0.0:.2f}. Probabilities: {', '.join(likely)}."
        )

    def data(self) -> str:
        """All tokens, most likely first, as CSV."""
        logits, moved = self.logits(), self.moved()
        text = io.StringIO()
        table = csv.writer(text, lineterminator="\n")
        table.writerow(["token", "given_nats", "logit_nats", "centred_nats", "probability"])
        table.writerows(zip(logits.names, logits.given, moved, mean_center(moved), softmax(moved), strict=True))
        return text.getvalue()


def _bars(axes: Axes, values: np.ndarray, colour: str, title: str, limits: tuple[float, float]) -> None:
    bars = axes.barh(np.arange(len(values)), values, color=colour, height=0.7)
    axes.bar_label(bars, fmt="%.2f", padding=3, fontsize=9)
    axes.set(title=title, xlim=limits)
    axes.axvline(0, color="black", lw=0.8)
    axes.spines[["top", "right"]].set_visible(False)
    axes.grid(axis="x", alpha=0.3)
