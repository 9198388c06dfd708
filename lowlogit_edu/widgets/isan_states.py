"""A state in the plane, moved by the matrix of each token that the student chooses.

>>> teacher("counter").next_token_logits([1, 1, 1, 1]).tolist()  # 1 and 4/2 nats, less their mean
[-0.5, 0.5]
"""

from collections.abc import Iterable
from functools import cache
from typing import Any

import numpy as np
from jaxtyping import Float, Int
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from lowlogit_edu.core.numerics import softmax
from lowlogit_edu.core.words import counted
from lowlogit_edu.matrices.logit_matrix import all_words
from lowlogit_edu.models import TimeVaryingISAN, fourier_sparse, random_isan, steady_isan
from lowlogit_edu.show import palette
from lowlogit_edu.show.csv_text import csv_text
from lowlogit_edu.widgets.axes import arrow, blank_figure, hide_frame
from lowlogit_edu.widgets.explorer import Explorer, choice, slider

STEPS = 6
TOKENS = "ab"
FIRST_WORD = "aabaab"
COLOURS = (palette.BLUE, palette.ORANGE)  # of the tokens
TEACHERS = ("turn and mirror", "counter", "two parities", "random, same at every step", "random, new at every step")
SIGNS: dict[Iterable[int], float] = {(0, 1, 3): 1.6, (2, 5): -0.8}  # bits of each parity: its weight, nats
TURN = np.radians(40)  # six steps do not lead back to the start
SAME = 6  # decimals in which two states are the same
HALF_SIDE = 0.62  # of the plane's frame, for points that spread over 1: a margin of 12 % on each side
BEYOND = 20  # halves of the frame; a coloured half-plane of this size has its edges outside


@cache
def teacher(name: str, seed: int = 0) -> TimeVaryingISAN:
    """One of `TEACHERS`: ISANs of dimension 2 over the tokens a and b that read up to six of them."""
    start = np.array([1.0, 0.0])
    if name == "turn and mirror":
        rotation = np.array([[np.cos(TURN), -np.sin(TURN)], [np.sin(TURN), np.cos(TURN)]])
        mirror = np.diag([1.0, -1.0])
        return steady_isan(start, np.stack([rotation, mirror]), np.eye(2), STEPS + 1, name)
    if name == "counter":
        matrices = np.array([np.eye(2), [[1, 0], [1, 1]]])  # the state (1, number of b)
        return steady_isan(start, matrices, np.diag([1.0, 0.5]), STEPS + 1, name)
    if name == "two parities":
        return fourier_sparse(STEPS, SIGNS, name)
    varying = random_isan(2, 2, STEPS + 1, seed)
    if name == "random, new at every step":
        return varying
    return steady_isan(varying.initial_state, varying.transitions[0], varying.readouts[0], STEPS + 1, name)


class StateExplorer(Explorer):
    """The path of a state of dimension 2, and the logits that are read off it."""

    def __init__(self) -> None:
        tokens = {}
        for i, letter in enumerate(FIRST_WORD, start=1):
            tokens[f"token_{i}"] = choice(f"Token {i}", list(TOKENS), letter)
            tokens[f"token_{i}"].layout.width = "8em"
        controls = {
            "teacher": choice("ISAN", TEACHERS),
            "read": slider("Tokens read", 3, 0, STEPS),
            **tokens,
            "slant": slider("Slant of the basis", 0.0, -2.0, 2.0, 0.25),
            "seed": slider("Seed (random ISANs)", 0, 0, 20),
        }
        only_b = {name: "b" for name in tokens}
        first = {name: control.value for name, control in tokens.items()}
        presets = {
            "counting b": {"teacher": "counter", "read": 6, "slant": 0.0, **only_b},
            "a parity is a corner": {"teacher": "two parities", "read": 6, "slant": 0.0, **only_b},
            "the same ISAN in another basis": {"teacher": "turn and mirror", "read": 3, "slant": 1.0, **first},
        }
        super().__init__(controls, "states", presets=presets, animated="read")

    @property
    def word(self) -> str:
        """The tokens read so far."""
        now = self.values
        return "".join(now[f"token_{i}"] for i in range(1, now["read"] + 1))

    @property
    def isan(self) -> TimeVaryingISAN:
        """The ISAN in the chosen basis."""
        now = self.values
        basis = np.array([[1, now["slant"]], [0, 1]])
        return teacher(now["teacher"], now["seed"]).in_basis(basis)

    def path(self) -> tuple[Int[np.ndarray, "time"], Float[np.ndarray, "state_time state"]]:
        """The tokens read and the states before, between and after them."""
        tokens = np.array([TOKENS.index(letter) for letter in self.word], dtype=np.int64)
        return tokens, self.isan.states_along(tokens[None])[0]

    def reachable(self) -> Float[np.ndarray, "history state"]:
        """The states of all histories as long as the one read."""
        length = self.values["read"]
        if length == 0:
            return self.isan.initial_state[None]
        words = np.array(all_words(len(TOKENS), length), dtype=np.int64)
        return self.isan.states_along(words)[:, -1]

    def facts(self) -> dict[str, Any]:
        """The ISAN, the tokens read, and the basis."""
        now = self.values
        return {"teacher": now["teacher"], "word": self.word, "slant": now["slant"], "seed": now["seed"]}

    def summary(self) -> str:
        word = self.word
        _, states = self.path()
        # + 0.0 makes 0 of -0, which rounding leaves and which would be printed.
        logits = self.isan.readouts[len(word)] @ states[-1] + 0.0
        x, y = states[-1].round(2) + 0.0
        places = len(np.unique(self.reachable().round(SAME) + 0.0, axis=0))
        histories = len(TOKENS) ** len(word)
        lead = f"{histories} histories of this length lead" if histories > 1 else "one history of this length leads"
        return (
            f"After {word or 'no token'} the state is ({x:.2f}, {y:.2f}). Logits: a {logits[0]:.2f}, "
            f"b {logits[1]:.2f} nats; b is next with probability {softmax(logits)[1]:.2f}. "
            f"The {lead} to {counted(places, 'different state')}."
        )

    def figure(self) -> Figure:
        tokens, states = self.path()
        readout = self.isan.readouts[len(tokens)]
        figure = blank_figure(10, 5.2)
        figure.subplots_adjust(left=0.07, right=0.98, bottom=0.28, top=0.93, wspace=0.45)
        plane, bars = figure.subplots(1, 2, width_ratios=[1.3, 1])
        reachable = self.reachable()
        half = _frame(plane, np.concatenate([reachable, states, np.zeros((1, 2))]))
        _draw_likelier(plane, readout[1] - readout[0], half)
        label = "states of all histories of this length"
        plane.scatter(reachable[:, 0], reachable[:, 1], s=70, color=palette.PALE, label=label)
        _draw_path(plane, states, tokens)
        plane.legend(fontsize=10, loc="upper center", bbox_to_anchor=(0.6, -0.16), ncols=2, frameon=False)
        _draw_logits(bars, readout @ states[-1], self.word)
        for axes in (plane, bars):
            hide_frame(axes)
        return figure

    def data(self) -> str:
        isan = self.isan
        tokens, states = self.path()
        rows = []
        for t, state in enumerate(states):
            token = TOKENS[tokens[t - 1]] if t else ""
            rows.append([t, token, *state, *(isan.readouts[t] @ state)])
        return csv_text(["tokens_read", "token", "state_1", "state_2", "logit_a_nats", "logit_b_nats"], rows)


def _frame(axes: Axes, seen: Float[np.ndarray, "point state"]) -> float:
    """A square around all points, with titles; returns half its side."""
    middle = (seen.min(axis=0) + seen.max(axis=0)) / 2
    half = max(1.0, HALF_SIDE * np.ptp(seen, axis=0).max())
    left, low = middle - half
    axes.set(xlim=(left, left + 2 * half), ylim=(low, low + 2 * half), aspect="equal")
    axes.set_title("The state", fontsize=13)
    axes.set_xlabel("first coordinate", fontsize=12)
    axes.set_ylabel("second coordinate", fontsize=12)
    axes.grid(alpha=0.3)
    return half


def _draw_likelier(axes: Axes, gap: Float[np.ndarray, "state"], half: float) -> None:
    # To be seen: the readout cuts the plane by a line through the origin; on one side b is likelier than a.
    size = np.linalg.norm(gap)
    if size < 1e-9:
        return  # a and b are as likely everywhere
    away = BEYOND * half * gap / size  # to where b is likelier
    along = np.array([-away[1], away[0]])
    corners = np.stack([-along, along, along + away, away - along])
    axes.fill(corners[:, 0], corners[:, 1], color=COLOURS[1], alpha=0.09, lw=0)
    axes.plot([], [], color=COLOURS[1], alpha=0.3, lw=8, label="here b is likelier than a")


def _draw_path(axes: Axes, states: Float[np.ndarray, "state_time state"], tokens: Int[np.ndarray, "time"]) -> None:
    # To be seen: each token moves the state by its own matrix; paths that meet have one name for the place.
    for token, before, after in zip(tokens, states[:-1], states[1:], strict=True):
        arrow(axes, before, after, COLOURS[token], width=2.2)
    for token, colour in zip(TOKENS, COLOURS, strict=True):
        axes.plot([], [], color=colour, lw=2.2, label=f"step of token {token}")
    times_at: dict[tuple[float, float], list[str]] = {}
    for t, state in enumerate(states):
        x, y = (state.round(SAME) + 0.0).tolist()
        times_at.setdefault((x, y), []).append(str(t))
    for place, times in times_at.items():
        name = f"$x_{{{','.join(times)}}}$"
        axes.annotate(name, place, xytext=(7, 7), textcoords="offset points", fontsize=14)
    axes.plot(*states[-1], "o", ms=10, color="black", label="the state now")


def _draw_logits(axes: Axes, logits: Float[np.ndarray, "token"], word: str) -> None:
    # To be seen: what is read off the state now.
    names = [f"{token}: probability {share:.2f}" for token, share in zip(TOKENS, softmax(logits), strict=True)]
    axes.barh([1, 0], logits, color=COLOURS, height=0.5)
    axes.axvline(0, color="black", lw=0.8)
    axes.set_yticks([1, 0], names, fontsize=12)
    axes.set_title(f"Next token after {word or 'no token'}", fontsize=13)
    axes.set_xlabel("logit (nats)", fontsize=12)
    largest = max(1.0, 1.1 * np.abs(logits).max())
    axes.set(xlim=(-largest, largest), ylim=(-0.8, 1.8))
