"""One static page on which a learned model tells stories in the browser: no server, no network.

The page is a single file, so that it can be mailed, put on any web server, or opened from a disk. Opened from a disk a
page may not fetch files beside it: browsers forbid it. So the weights stand in the page itself, as text in base 64,
which takes a third more room than the bytes.
"""

import base64
import json
import os
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape
from pathlib import Path
from typing import Any

import numpy as np

from lowlogit_edu.core.errors import ArgumentError
from lowlogit_edu.core.numerics import kl_divergence
from lowlogit_edu.learned.isan_model import ISANModel
from lowlogit_edu.oracles.base import texts_at_once
from lowlogit_edu.show import palette
from lowlogit_edu.show.half_precision import half_precision, packed

PARTS = Path(__file__).with_name("web")
PAGE = "index.html"
LOOKED_AT = 40  # texts, at most, that the scale of the bars and the cost of rounding are measured on
REACH = 0.98  # share of the memory's numbers that a full bar stands for
COLOURS = {name.lower(): getattr(palette, name) for name in ("BLUE", "ORANGE", "SKY", "GREY")}


@dataclass(frozen=True)
class Tale:
    """Who tells stories beside whom: a name, a sentence about it, and tokens; None for the model of the page."""

    name: str
    about: str
    texts: Sequence[Sequence[int]] | None = None


@dataclass(frozen=True)
class StoryPage:
    """What stands on the page beside the model.

    Attributes
    ----------
    words : dict, optional
        The tokenizer, as `web_words` gives it; without it tokens are shown by their numbers.
    begin : str
        What a story begins with until another beginning is typed; `beginning` are its tokens.
    length : int
        Most tokens of a story; the reader may choose `lengths`.
    tales : sequence of Tale
        Side by side; `beside` says what they have in common, and what is left out and why.
    facts : mapping of str to str
        The section "In numbers".
    built_on : sequence of str
        Beginnings that the learner chose as its spanner.
    course : str, optional
        Address of the course.
    """

    words: dict[str, Any] | None
    begin: str
    beginning: Sequence[int]
    length: int
    lengths: Sequence[int]
    tales: Sequence[Tale]
    beside: str
    facts: Mapping[str, str]
    built_on: Sequence[str] = ()
    course: str | None = None

    def html(self, model: ISANModel) -> str:
        """The whole page; equal contents give equal bytes."""
        layout, weights = packed(model)
        rounded = half_precision(model)
        # Texts of the model itself, on which the page is tried.
        count = min(LOOKED_AT, texts_at_once(model.alphabet_size, self.length))
        tokens = model.with_horizon(self.length).sample(count, seed=0)
        memory = rounded.states_along(tokens)[..., : model.carried]
        lost = float(kl_divergence(model.logits_along(tokens), rounded.logits_along(tokens)).mean())
        data = {
            "layout": layout,
            "words": self.words,
            "begin": self.begin,
            "beginning": list(self.beginning),
            "length": self.length,
            "lengths": sorted({*self.lengths, self.length}),
            "tales": [vars(tale) for tale in self.tales],
            "untyped": _untyped(self.words),
            "reach": float(np.quantile(np.abs(memory), REACH)) or 1.0,
            "still": _still(model),
        }
        colours = "; ".join(f"--{name}: {value}" for name, value in COLOURS.items())
        slots = {
            "memory": str(model.carried),
            "style": f":root {{ {colours} }}\n{_part('page.css')}",
            "why": "#why" if self.course is None else escape(self.course),
            "memory_words": escape(_memory_words(model)),
            "beside": escape(self.beside),
            "course": self._course(),
            "built_on": self._built_on(),
            "facts": _definitions({**self.facts, **_costs(model, lost)}),
            "data": json.dumps(data).replace("<", "\\u003c"),  # no text in it can end the script element
            "weights": base64.b64encode(weights).decode(),
            "model_code": _part("model.js"),
            "bpe_code": _part("bpe.js"),
            "page_code": _part("page.js"),
        }
        # In one go, so that nothing in what is filled in is taken for a slot.
        return re.sub(r"\{\{(\w+)\}\}", lambda slot: slots[slot[1]], _part("page.html"))

    def _course(self) -> str:
        if self.course is None:
            return ""
        return f'<p><a href="{escape(self.course)}">The course</a> shows each step, with pictures to move.</p>'

    def _built_on(self) -> str:
        if not self.built_on:
            return ""
        quotes = "\n".join(f"<blockquote>{escape(words) or '(nothing)'}</blockquote>" for words in self.built_on)
        title = f"The {len(self.built_on)} beginnings that the learner chose"
        return f"<details><summary>{title}</summary>\n{quotes}\n</details>"


def save_story_page(html: str, folder: Path) -> Path:
    """Write a page to `folder`, which must be new or empty; the path of its file.

    Raises
    ------
    ArgumentError
        If something is in the folder, or it cannot be written.
    """
    check_page_folder(folder)
    path = folder / PAGE
    try:
        folder.mkdir(parents=True, exist_ok=True)
        path.write_text(html, encoding="utf-8", newline="\n")
    except OSError as error:
        raise ArgumentError(f"{path} cannot be written ({error.strerror}); choose another --out.") from error
    return path


def check_page_folder(folder: Path) -> None:
    """Refuse a folder that holds something, before the work and not after it."""
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise ArgumentError(f"{folder} is not empty; choose another --out. Nothing was changed.")
    there = next(place for place in (folder, *folder.absolute().parents) if place.exists())
    if not (there.is_dir() and os.access(there, os.W_OK)):
        raise ArgumentError(
            f"{folder} cannot be made: {there} is no folder that can be written to. Choose another --out."
        )


# About the model


def _still(model: ISANModel) -> list[int]:
    """Which numbers of the memory never move: the 1 that matrices need in order to add something."""
    weights = model.mixture if model.mixture is not None and model.mixture.ndim == 2 else None
    still = []
    for number in range(model.carried):
        rows = model.transitions[:, number]
        rows = rows if weights is None else weights @ rows
        if np.array_equal(rows, np.broadcast_to(np.eye(model.carried)[number], rows.shape)):
            still.append(number)
    return still


def _costs(model: ISANModel, lost: float) -> dict[str, str]:
    """How large the model is, and what rounding it for the page did to it."""
    _, arrays = model.contents()
    numbers = sum(array.size for array in arrays.values())
    return {
        "Numbers stored": f"{numbers:,}, the same for every story, in half precision: {2 * numbers / 1e6:.1f} MB",
        "Lost by rounding": f"{lost:.1g} nats per token",
    }


def _memory_words(model: ISANModel) -> str:
    still = len(_still(model))
    words = (
        "Each bar under the story is one number, upwards from zero or downwards. The story itself is never read again: "
        "what has not gone into these numbers is forgotten."
    )
    if still:
        words += " The grey one is always 1, so that a matrix can add something."
    if model.carried < model.rank:
        words += " What comes next is read from the numbers before the last token, by a matrix of that token."
    return words


def _untyped(words: dict[str, Any] | None) -> str:
    if words is None:
        return "This model has no tokenizer: tokens are shown by their numbers, and no beginning can be typed."
    if words["typing"] is None:
        return "This page cannot cut typed text into the tokens of this model, so no beginning can be typed."
    return ""


def _definitions(facts: Mapping[str, str]) -> str:
    return "\n".join(f"<dt>{escape(name)}</dt><dd>{escape(value)}</dd>" for name, value in facts.items())


def _part(name: str) -> str:
    return (PARTS / name).read_text(encoding="utf-8").strip()
