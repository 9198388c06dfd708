"""What the learner works with, as texts: the spanner's histories on a text that is read, witnesses, KL by position."""

from collections.abc import Callable, Mapping, Sequence
from html import escape
from typing import Any

import ipywidgets
import numpy as np
from jaxtyping import Float

from lowlogit_edu.baselines.contest import FLOOR_STEPS
from lowlogit_edu.baselines.floor import best_rank_kl
from lowlogit_edu.baselines.ngram import fit_ngram
from lowlogit_edu.core.numerics import kl_divergence
from lowlogit_edu.core.rng import stream
from lowlogit_edu.core.words import counted
from lowlogit_edu.events import Event
from lowlogit_edu.models.base import LanguageModel
from lowlogit_edu.oracles import LogitOracle, sample, sample_with_logits
from lowlogit_edu.practical.state import PracticalState
from lowlogit_edu.show.palette import BLUE, ORANGE
from lowlogit_edu.show.position_plot import describe_positions, position_figure
from lowlogit_edu.widgets.explorer import slider
from lowlogit_edu.widgets.html_parts import Picture, sentence

Read = Callable[[list[int]], str]

SHOWN = 8  # histories, witnesses
FRESH = 200  # texts that KL by position is measured on
AT_ONCE = 8  # of these texts; whole rows of a large alphabet would not fit into memory together
CELL = 'style="text-align: left; padding: 2px 10px; white-space: pre-wrap"'
EMPTY = "(nothing)"


class LearnerReading:
    """Below the picture: a text read token by token in terms of the spanner's histories; witnesses; KL by position.

    Attributes
    ----------
    view : ipywidgets.VBox
    """

    def __init__(self) -> None:
        self._table = ipywidgets.HTML()
        self._witnesses = ipywidgets.HTML()
        self._positions = ipywidgets.HTML()
        self.view = ipywidgets.VBox()
        self._put_slider(1)
        self.clear()

    def _put_slider(self, most: int) -> None:
        """A new one: the keyboard would go on with the end that the old one had first."""
        self._place = slider("Place in the text", most // 2, 0, most)
        self._place.observe(lambda _: self._draw(), "value")
        self.view.children = (self._place, self._table, self._witnesses, self._positions)

    def clear(self) -> None:
        """No run yet."""
        self._state: PracticalState | None = None
        self._text: list[int] = []
        self._witnesses.value = ""
        self._positions.value = ""
        self._draw()

    def show(self, state: Any, events: Sequence[Event], oracle: Any, horizon: int, seed: int, read: Read) -> None:
        """Take over what a run has found; `read` makes words of tokens."""
        self._witnesses.value = witness_words(events, read)
        if not isinstance(state, PracticalState) or state.spanner is None:
            return
        if not self._text:
            rng = stream(seed, "text that the dashboard reads")
            self._text = sample(oracle, 1, horizon, rng=rng)[0].tolist()
            self._put_slider(max(1, horizon - 1))
        self._state = state
        self._read = read
        self._draw()
        if events[-1].kind == "finish" and state.model is not None:
            curves = kl_by_position(oracle, state, seed)
            picture = Picture(position_figure(curves), describe_positions(curves))
            self._positions.value = picture.html() + sentence(picture.words)

    def coefficients(self) -> Float[np.ndarray, "history"]:
        """Those of the text up to the place."""
        assert self._state is not None and self._state.maps is not None and self._state.answers is not None
        columns = self._state.answers.code.columns[np.array([self._text])]
        return self._state.maps.carry(columns)[0, self._place.value]

    def _draw(self) -> None:
        self._place.disabled = self._state is None
        if self._state is None or self._state.spanner is None:
            self._table.value = "<p>The spanner's histories are shown here once there are some.</p>"
            return
        found = self.coefficients()
        histories = self._state.spanner.histories
        rows = []
        for i in np.argsort(-np.abs(found))[:SHOWN].tolist():
            size = float(found[i])
            cells = (escape(self._read(list(histories[i])) or EMPTY), f"{size:+.2f}", _bar(size))
            rows.append("<tr>" + "".join(f"<td {CELL}>{cell}</td>" for cell in cells) + "</tr>")
        heads = "".join(
            f'<th scope="col" {CELL}>{head}</th>' for head in ("history of the spanner", "coefficient", "size")
        )
        so_far = escape(self._read(self._text[: self._place.value]) or EMPTY)
        caption = f"<caption>The {len(rows)} largest of {len(histories)} coefficients of the solved model</caption>"
        table = f"<table>{caption}<tr>{heads}</tr>{''.join(rows)}</table>"
        self._table.value = f"<p><b>Read so far:</b> {so_far}</p>{table}"


def _bar(coefficient: float) -> str:
    """A bar as long as the coefficient is large; orange where it is negative."""
    colour = BLUE if coefficient > 0 else ORANGE
    look = f"width: {min(4.0, abs(coefficient)) * 4:.2f}em; height: 0.8em; background: {colour}"
    return f'<div aria-hidden="true" style="{look}"></div>'


def witness_words(events: Sequence[Event], read: Read) -> str:
    """HTML: the rare contexts asked about last, and the futures that the last verification found worst."""
    contexts = [
        f"{escape(read(history))}<b>[{escape(read([token]))}]</b>" for *history, token in _last(events, "contexts")
    ]
    worst = []
    for cut, word, error in _last(events, "worst_futures"):
        future = escape(read(list(word)) or EMPTY)
        before = counted(cut - 1, "token")
        worst.append(f"after histories of {before}, <b>{future}</b>: wrong by {error:.2f} nats on average")
    titles = {
        "Witnesses: contexts that end with a pair of tokens seen fewer than five times": contexts,
        "Worst futures when last verified": worst,
    }
    return "".join(f"<p><b>{title}</b></p>{_items(items)}" for title, items in titles.items() if items)


def _last(events: Sequence[Event], name: str) -> list[Any]:
    """The newest of the numbers that go by a name; none where there are none."""
    found = [event.data[name] for event in events if event.data.get(name)]
    return found[-1][:SHOWN] if found else []


def _items(items: Sequence[str]) -> str:
    return "<ul>" + "".join(f"<li>{item}</li>" for item in items) + "</ul>"


def kl_by_position(oracle: LogitOracle, state: PracticalState, seed: int) -> dict[str, list[float]]:
    """KL by column at every position of fresh texts, asked for this alone: models, n-grams, and the floor."""
    assert state.model is not None and state.plain is not None and state.answers is not None
    rng = stream(seed, "KL by position of the dashboard")
    code = state.answers.code
    tokens, logits = sample_with_logits(oracle, FRESH, state.model.horizon, rng=rng, keep=code.lump)
    trigram = fit_ngram(state.told.parts(), oracle.alphabet_size, 3, fold=(code.columns, code.shares))
    models: Mapping[str, LanguageModel] = {
        "learned": state.model,
        "solved, before refinement": state.plain,
        "trigram": trigram,
        "bigram": trigram.truncated(2),
    }
    curves = {}
    for name, model in models.items():
        parts = [code.lump(model.logits_along(tokens[i : i + AT_ONCE])) for i in range(0, FRESH, AT_ONCE)]
        curves[name] = kl_divergence(logits, np.concatenate(parts)).mean(axis=0).tolist()
    rank = len(state.spanner.histories) if state.spanner else state.model.rank
    # Without descent this is the best readout of logits, not of probabilities, and a learned model may be below it.
    floor = best_rank_kl(logits, rank, FLOOR_STEPS, shared=True)
    curves[f"best readout of rank {rank}"] = floor.mean(axis=0).tolist()
    return curves
