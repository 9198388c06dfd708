"""Atlases of epochs that any learner kept: futures, cuts, residuals and what was found, as in notebook 13.

>>> from types import SimpleNamespace
>>> kept = {(0,): np.array([1.0]), (1,): np.array([-1.0]), (0, 1): np.array([0.5])}
>>> cut = SimpleNamespace(histories=[()], futures=[(0,), (1,)], logits=kept)
>>> atlas = atlas_of_epochs([([[(0,), (1,)], [(1,)]], [cut], [0.0], "verified")], alphabet_size=2)
>>> atlas.cuts[0].blocks, atlas.cuts[0].values[0, 1].tolist()
(((), (0,), (1,)), [nan, 0.5])
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Protocol, runtime_checkable

import numpy as np
from jaxtyping import Float

from lowlogit_edu.algorithm.learner import add_witness
from lowlogit_edu.algorithm.stage_events import disagreement
from lowlogit_edu.core.checks import check_count
from lowlogit_edu.experiments.atlas import NEVER, Answer, Atlas, Frame, Path, assemble, shown_blocks, shown_rows
from lowlogit_edu.experiments.atlas_runs import BLOCKS, ROWS
from lowlogit_edu.matrices.logit_matrix import Word

KEPT = "kept in the cut"  # in place of a purpose: the cuts do not say why they asked
ENDS = {"verified": "Every test passed.", "infeasible": "A program had no solution."}


@runtime_checkable
class KeptCut(Protocol):
    """What a learner keeps of a cut: its spanner, and L(h_i o f) for all i and every future f that it looked at."""

    histories: Sequence[Word]
    logits: Mapping[Word, Float[np.ndarray, "row"]]


Epoch = Sequence[Any]  # futures, cuts, residuals, found
Follow = Callable[[Sequence[Any], Word], Any]  # cuts and a text -> c_1, c_2, .., or None


def atlas_of_epochs(
    epochs: Sequence[Epoch], alphabet_size: int, texts: Sequence[Any] = (), follow: Follow | None = None
) -> Atlas:
    """The epochs of a learner that keeps its cuts as notebook 13 does.

    Only what the cuts hold is shown; how many prefixes were asked about for it they do not say.

    Parameters
    ----------
    epochs : sequence of (futures, cuts, residuals, found)
        `found` is "verified", "infeasible" or a witness, (cut, future); the futures are those before it joins.
    alphabet_size : int
    texts : sequence of words
        Those that the program is followed on.
    follow : function, optional
        The learner's own program: takes the cuts and a text, and returns c_1, c_2, .., or None.
    """
    V = check_count("alphabet_size", alphabet_size)
    followed = _words(texts)
    frames: list[Frame] = []
    kept: dict[Word, Answer] = {}
    for number, (futures, cuts, residuals, found) in enumerate(epochs, start=1):
        for cut in cuts:
            _keep(kept, cut, len(frames), V)
        spanners = tuple(_words(cut.histories) for cut in cuts)
        message = f"Spanners of {[len(words) for words in spanners]} histories."
        paths = tuple(_followed(cuts, text, follow) for text in followed) if follow else ()
        known = tuple(map(_words, futures))
        frames.append(Frame(f"epoch {number}, span", message, None, spanners, known, (), paths))
        witnesses: tuple[tuple[int, Word], ...] = ()
        if isinstance(found, str):
            message = ENDS.get(found, f"It ended as {found}.")
        else:
            s = int(found[0])
            (future,) = _words([found[1]])
            witnesses = ((s, future),)
            known = add_witness(known, s, future)
            message = f"{disagreement(s, float(residuals[s - 1]))} about future {list(future)}."
        frames.append(Frame(f"epoch {number}, verify", message, None, spanners, known, witnesses, paths))
    columns = shown_blocks(frames, V, len(frames[-1].spanners) if frames else 0, BLOCKS)
    rows = shown_rows(frames, list(kept), columns, followed, ROWS)
    return assemble(frames, kept, rows, columns, followed)


def _keep(kept: dict[Word, Answer], cut: KeptCut, frame: int, alphabet_size: int) -> None:
    """Add what a cut holds and was not held before: one logit for every history and future."""
    for future, of_histories in cut.logits.items():
        for history, logit in zip(cut.histories, of_histories, strict=True):
            (prefix,) = _words([(*history, *future[:-1])])
            if prefix not in kept:
                nothing = np.full(alphabet_size, np.nan)
                kept[prefix] = Answer(nothing, np.full(alphabet_size, NEVER), KEPT)
            answer = kept[prefix]
            if answer.since[future[-1]] == NEVER:
                answer.logits[future[-1]] = logit
                answer.since[future[-1]] = frame


def _words(words: Sequence[Any]) -> tuple[Word, ...]:
    """Tuples of Python's own integers: a learner may have numpy's, which JSON does not take."""
    return tuple(tuple(map(int, word)) for word in words)


def _followed(cuts: Sequence[Any], text: Word, follow: Follow) -> Path:
    path = follow(cuts, text)
    return () if path is None else tuple(np.asarray(c, dtype=np.float64) for c in path)
