"""Logits as bars: a constant added, the temperature moved, the probabilities beside them.

>>> LogitExplorer().summary()  # doctest: +ELLIPSIS
"Logits of 'three words', constant 0, temperature 1: mean 1.00. Probabilities: 'cat' 0.665, 'dog' 0.245, 'fish' 0.090."
"""

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
from lowlogit_edu.show.csv_text import csv_text
from lowlogit_edu.show.palette import AMBER, BLUE, GREEN, WRITTEN
from lowlogit_edu.widgets.axes import blank_figure, hide_frame
from lowlogit_edu.widgets.explorer import Explorer, Values, choice, slider
from lowlogit_edu.widgets.html_parts import WORDS

HAND_MADE = {
    "three words": {"cat": 2.0, "dog": 1.0, "fish": 0.0},
    "a coin": {"heads": 0.5, "tails": -0.5},
    "all equal": {"north": 1.0, "east": 1.0, "south": 1.0, "west": 1.0},
    "one favourite": {"yes": 6.0, "no": 0.0, "maybe": 0.0, "later": -1.0},
}
TEACHER = "the teacher after your text"
BARS = 8  # the most likely tokens; all others share one more bar of probability


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
    values : mapping of control names to values
        Where to begin, as for every explorer.
    """

    def __init__(
        self,
        oracle: TransformerOracle | None = None,
        text: str = "Once upon a time, there was a",
        values: Values | None = None,
    ) -> None:
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
        self._oracle = oracle
        self._ask = lru_cache(maxsize=32)(self._ask_teacher)
        super().__init__(controls, "logits", presets=presets, values=values)

    def logits(self) -> Logits:
        """The logits that the controls choose, before constant and temperature."""
        chosen = self.values
        if chosen["example"] == TEACHER:
            return self._ask(chosen["text"])
        example = HAND_MADE[chosen["example"]]
        return Logits(tuple(example), np.array(list(example.values())))

    def moved(self) -> Float[np.ndarray, "token"]:
        """The same with the constant added, divided by the temperature."""
        return _moved(self.logits(), self.values)

    def _ask_teacher(self, text: str) -> Logits:
        assert self._oracle is not None, "the choice is offered with an oracle only"
        row = self._oracle.logits([self._oracle.encode(text)])[0].astype(np.float64)
        order = np.argsort(-row, kind="stable")
        return Logits(tuple(self._oracle.tokenizer.decode([int(token)]) for token in order), row[order])

    def figure(self) -> Figure:
        """Logits, mean-centred logits and probabilities, side by side."""
        logits = self.logits()
        moved = _moved(logits, self.values)
        labels = [repr(name) for name in logits.names[:BARS]]
        rest = len(logits.names) - BARS
        if rest > 0:
            labels.append(f"the {rest} others")
        height = 1.0 + 0.38 * max(len(labels), 4)  # inches; the margins below are inches too
        figure = blank_figure(11, height)
        figure.subplots_adjust(left=0.12, right=0.985, bottom=0.35 / height, top=1 - 0.4 / height, wspace=0.08)
        one, two, three = figure.subplots(1, 3, sharey=True)
        # The limits do not follow constant and heat, so that the bars are seen to move; the cold alone zooms out.
        zoom = 1 / min(self.values["temperature"], 1.0)
        _draw_logits(one, logits, moved, zoom)
        _draw_centred(two, logits, moved, zoom)
        _draw_probabilities(three, logits, moved)
        one.set_yticks(np.arange(len(labels)), labels, parse_math=False)
        one.set_ylim(len(labels) - 0.4, -0.9)
        return figure

    def summary(self) -> str:
        """The picture in words."""
        logits = self.logits()
        chosen = self.values
        moved = _moved(logits, chosen)
        source = repr(chosen["example"])
        if chosen["example"] == TEACHER:
            source = f"the teacher after {chosen['text']!r}"
        mean = round(moved.mean(), 2) + 0.0  # no minus before a zero
        likely = [f"{name!r} {p:.3f}" for name, p in zip(logits.names[:4], softmax(moved)[:4], strict=True)]
        return (
            f"Logits of {source}, constant {chosen['constant']:g}, temperature {chosen['temperature']:g}: mean "
            f"{mean:.2f}. Probabilities: {', '.join(likely)}."
        )

    def data(self) -> str:
        """All tokens, most likely first, as CSV."""
        logits = self.logits()
        moved = _moved(logits, self.values)
        header = ["token", "given_nats", "logit_nats", "centred_nats", "probability"]
        rows = zip(logits.names, logits.given, moved, mean_center(moved), softmax(moved), strict=True)
        return csv_text(header, rows)


def _moved(logits: Logits, chosen: Values) -> Float[np.ndarray, "token"]:
    """The logits with the chosen constant added, divided by the chosen temperature."""
    return (logits.given + chosen["constant"]) / chosen["temperature"]


def _draw_logits(axes: Axes, logits: Logits, moved: Float[np.ndarray, "token"], zoom: float) -> None:
    """The logits and their mean, which the constant moves."""
    # Room for a constant of 10 nats either way, and for the numbers beside the bars.
    low = min(logits.given.min() - 11, 0)
    high = logits.given[0] + 12
    _bars(axes, moved[:BARS], AMBER, "Logits (nats)", (zoom * low, zoom * high))
    mean = moved.mean()
    axes.axvline(mean, color=WRITTEN, ls="--", lw=1.5)
    at_top: dict[str, Any] = {"xycoords": ("data", "axes fraction"), "xytext": (3, -11), "textcoords": "offset points"}
    axes.annotate("mean", (mean, 1), color=WRITTEN, **at_top)


def _draw_centred(axes: Axes, logits: Logits, moved: Float[np.ndarray, "token"], zoom: float) -> None:
    """The logits less their mean: no constant moves them."""
    largest = max(np.abs(mean_center(logits.given)).max(), 0.5)  # not 0, where all logits are equal
    reach = 1.45 * zoom * largest
    _bars(axes, mean_center(moved)[:BARS], BLUE, "Mean-centred logits (nats)", (-reach, reach))


def _draw_probabilities(axes: Axes, logits: Logits, moved: Float[np.ndarray, "token"]) -> None:
    """The probabilities, and dotted those at temperature 1."""
    before = _with_rest(softmax(logits.given))
    _bars(axes, _with_rest(softmax(moved)), GREEN, "Probabilities (dotted: temperature 1)", (0, 1.19))
    axes.barh(np.arange(len(before)), before, fill=False, ec="black", ls=":", lw=1.2)


def _with_rest(probabilities: Float[np.ndarray, "token"]) -> Float[np.ndarray, "bar"]:
    """The largest `BARS` of them, and the sum of all others where there are any."""
    if len(probabilities) <= BARS:
        return probabilities
    return np.append(probabilities[:BARS], probabilities[BARS:].sum())


def _bars(axes: Axes, values: np.ndarray, colour: str, title: str, limits: tuple[float, float]) -> None:
    bars = axes.barh(np.arange(len(values)), values, color=colour, height=0.7)
    axes.bar_label(bars, fmt="%.2f", padding=3, fontsize=9)
    axes.set(title=title, xlim=limits)
    axes.axvline(0, color="black", lw=0.8)
    hide_frame(axes)
    axes.grid(axis="x", alpha=0.3)
