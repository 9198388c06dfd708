"""A state in the plane, moved by the matrix of each token that the student chooses.

>>> str(teacher("counter"))
'counter'
"""

import csv
import io
from collections.abc import Iterable
from functools import cache
from typing import Any

import numpy as np
from jaxtyping import Float, Int
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from lowlogit_edu.core.numerics import softmax
from lowlogit_edu.matrices.logit_matrix import all_words
from lowlogit_edu.models import TimeVaryingISAN, fourier_sparse, random_isan, steady_isan
from lowlogit_edu.widgets.explorer import Explorer, choice, slider

STEPS, TOKENS, COLOURS = 6, "ab", ("#0072B2", "#D55E00")
TEACHERS = ("turn and mirror", "counter", "two parities", "random, same at every step", "random, new at every step")
SIGNS: dict[Iterable[int], float] = {(0, 1, 3): 1.6, (2, 5): -0.8}


@cache
def teacher(name: str, seed: int = 0) -> TimeVaryingISAN:
    """One of `TEACHERS`: ISANs of dimension 2 over the tokens a and b that read up to six of them."""
    turn, flip = np.radians(40), np.diag([1.0, -1.0])
    rotation = np.array([[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]])
    if name == "turn and mirror":
        matrices = np.stack([rotation, flip])
        return steady_isan(np.array([1.0, 0.0]), matrices, np.array([[1.0, 0.0], [0.0, 1.0]]), STEPS + 1, name)
    if name == "counter":
        matrices = np.array([np.eye(2), [[1, 0], [1, 1]]])  # the state (1, number of b)
        return steady_isan(np.array([1.0, 0.0]), matrices, np.array([[1.0, 0.0], [0.0, 0.5]]), STEPS + 1, name)
    if name == "two parities":
        return fourier_sparse(STEPS, SIGNS, name)
    varying = random_isan(2, 2, STEPS + 1, seed)
    if name == "random, new at every step":
        return varying
    return steady_isan(varying.initial_state, varying.transitions[0], varying.readouts[0], STEPS + 1, name)


class StateExplorer(Explorer):
    """The path of a state of dimension 2, and the logits that are read off it."""

    def __init__(self) -> None:
        tokens = {f"token_{i}": choice(f"Token {i}", list(TOKENS), "aabaab"[i - 1]) for i in range(1, STEPS + 1)}
        for control in tokens.values():
            control.layout.width = "8em"
        controls = {
            "teacher": choice("ISAN", TEACHERS),
            "read": slider("Tokens read", 3, 0, STEPS),
            **tokens,
            "slant": slider("Slant of the basis", 0.0, -2.0, 2.0, 0.25),
            "seed": slider("Seed (random ISANs)", 0, 0, 20),
        }
        same = {name: "b" for name in tokens}
        first = {name: control.value for name, control in tokens.items()}
        presets = {
            "counting b": {"teacher": "counter", "read": 6, "slant": 0.0, **same},
            "a parity is a corner": {"teacher": "two parities", "read": 6, "slant": 0.0, **same},
            "the same ISAN in another basis": {"teacher": "turn and mirror", "read": 3, "slant": 1.0, **first},
        }
        super().__init__(controls, "states", presets=presets, animated="read")

    @property
    def word(self) -> str:
        """The tokens read so far."""
        return "".join(self.values[f"token_{i}"] for i in range(1, self.values["read"] + 1))

    @property
    def isan(self) -> TimeVaryingISAN:
        """The ISAN in the chosen basis."""
        return teacher(self.values["teacher"], self.values["seed"]).in_basis(
            np.array([[1, self.values["slant"]], [0, 1]])
        )

    def path(self) -> tuple[Int[np.ndarray, "time"], Float[np.ndarray, "state_time state"]]:
        """The tokens read and the states before, between and after them."""
        tokens = np.array([TOKENS.index(letter) for letter in self.word], dtype=np.int64)
        return tokens, self.isan.states_along(tokens[None])[0]

    def reachable(self) -> Float[np.ndarray, "history state"]:
        """The states of all histories as long as the one read."""
        length = self.values["read"]
        words = np.array(all_words(len(TOKENS), length), dtype=np.int64).reshape(-1, length) if length else None
        return self.isan.initial_state[None] if words is None else self.isan.states_along(words)[:, -1]

    def facts(self) -> dict[str, Any]:
        """The ISAN, the tokens read, and the basis."""
        chosen = self.values
        return {"teacher": chosen["teacher"], "word": self.word, "slant": chosen["slant"], "seed": chosen["seed"]}

    def summary(self) -> str:
        _, states = self.path()
        logits = self.isan.readouts[len(states) - 1] @ states[-1] + 0.0
        x, y = states[-1].round(2) + 0.0
        places = len(np.unique(self.reachable().round(6) + 0.0, axis=0))
        return (
            f"After {self.word or 'no token'} the state is ({x:.2f}, {y:.2f}). Logits: a {logits[0]:.2f}, "
            f"b {logits[1]:.2f} nats; b is next with probability {softmax(logits)[1]:.2f}. "
            f"The {len(TOKENS) ** len(self.word)} histories of this length lead to {places} different states."
        )

    def figure(self) -> Figure:
        tokens, states = self.path()
        readout = self.isan.readouts[len(tokens)]
        figure = Figure(figsize=(10, 5.2), dpi=90, facecolor="white")
        figure.subplots_adjust(left=0.07, right=0.98, bottom=0.28, top=0.93, wspace=0.45)
        plane, bars = figure.subplots(1, 2, width_ratios=[1.3, 1])
        _draw_plane(plane, self.reachable(), states, tokens, readout[1] - readout[0])
        logits = readout @ states[-1]
        bars.barh([1, 0], logits, color=COLOURS, height=0.5)
        bars.axvline(0, color="black", lw=0.8)
        names = [f"{t}: probability {p:.2f}" for t, p in zip(TOKENS, softmax(logits), strict=True)]
        bars.set_yticks([1, 0], names, fontsize=12)
        bars.set_title(f"Next token after {self.word or 'no token'}", fontsize=13)
        bars.set_xlabel("logit (nats)", fontsize=12)
        largest = max(1.0, 1.1 * np.abs(logits).max())
        bars.set(xlim=(-largest, largest), ylim=(-0.8, 1.8))
        for axes in (plane, bars):
            axes.spines[["top", "right"]].set_visible(False)
        return figure

    def data(self) -> str:
        tokens, states = self.path()
        text = io.StringIO()
        table = csv.writer(text, lineterminator="\n")
        table.writerow(["tokens_read", "token", "state_1", "state_2", "logit_a_nats", "logit_b_nats"])
        for t, state in enumerate(states):
            token = TOKENS[tokens[t - 1]] if t else ""
            table.writerow([t, token, *state.tolist(), *(self.isan.readouts[t] @ state).tolist()])
        return text.getvalue()


def _draw_plane(
    axes: Axes,
    reachable: Float[np.ndarray, "history state"],
    states: Float[np.ndarray, "state_time state"],
    tokens: Int[np.ndarray, "time"],
    gap: Float[np.ndarray, "state"],
) -> None:
    """The path, the states of all histories of its length, and where b is likelier than a."""
    seen = np.concatenate([reachable, states, np.zeros((1, 2))])
    middle, half = (seen.min(axis=0) + seen.max(axis=0)) / 2, max(1.0, 0.62 * np.ptp(seen, axis=0).max())
    if (size := np.linalg.norm(gap)) > 1e-9:
        away = 20 * half * gap / size  # to where b is likelier; the line goes through the origin
        along = np.array([-away[1], away[0]])
        axes.fill(*np.stack([-along, along, along + away, away - along]).T, color=COLOURS[1], alpha=0.09, lw=0)
        axes.plot([], [], color=COLOURS[1], alpha=0.3, lw=8, label="here b is likelier than a")
    axes.scatter(
        reachable[:, 0], reachable[:, 1], s=70, color="#BBBBBB", label="states of all histories of this length"
    )
    for token, before, after in zip(tokens, states, states[1:], strict=False):
        axes.annotate("", after, before, arrowprops={"arrowstyle": "-|>", "color": COLOURS[token], "lw": 2.2})
    for token, colour in enumerate(COLOURS):
        axes.plot([], [], color=colour, lw=2.2, label=f"step of token {TOKENS[token]}")
    named: dict[tuple[float, float], list[str]] = {}
    for t, state in enumerate(states):
        x, y = (state.round(6) + 0.0).tolist()
        named.setdefault((x, y), []).append(str(t))
    for place, times in named.items():
        axes.annotate(f"$x_{{{','.join(times)}}}$", place, xytext=(7, 7), textcoords="offset points", fontsize=14)
    axes.plot(*states[-1], "o", ms=10, color="black", label="the state now")
    axes.set_title("The state", fontsize=13)
    axes.set_xlabel("first coordinate", fontsize=12)
    axes.set_ylabel("second coordinate", fontsize=12)
    left, low = middle - half
    axes.set(xlim=(left, left + 2 * half), ylim=(low, low + 2 * half), aspect="equal")
    axes.grid(alpha=0.3)
    axes.legend(fontsize=10, loc="upper center", bbox_to_anchor=(0.6, -0.16), ncols=2, frameon=False)
