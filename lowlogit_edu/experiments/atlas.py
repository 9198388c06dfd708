"""The logit matrices of all cuts side by side, as a learner has seen them: the trace behind the atlas.

A logit matrix has a row for each history and, for each future, a block of columns: one for each next token. A query
answers a whole block of a row. In Algorithm 1 a future's last token is the one whose logit is read, so the future
(2, 0) is the column of token 0 in the block (2,). The same answer stands in several matrices: the prefix (1, 2) is the
block (2,) of the history (1,), and the block () of the history (1, 2).

>>> answers = {(): Answer(np.array([1.0, -1.0]), np.array([0, 0]), "by hand")}
>>> frame = Frame("asked", "One question.", queries=1)
>>> atlas = assemble([frame], answers, rows=[[()]], blocks=[[(), (0,)]])
>>> atlas.cuts[0].values[0, 0].tolist(), atlas.cuts[0].known(0)[0].tolist()
([1.0, -1.0], [[True, True], [False, False]])
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float, Int

from lowlogit_edu.core.errors import ArgumentError
from lowlogit_edu.matrices.logit_matrix import Word

NEVER = -1  # in place of a frame's number: not in this trace
Path = tuple[Float[np.ndarray, "_"], ...]  # c_1, c_2, ..: a coefficient for each row of the spanner, cut by cut


@dataclass(frozen=True)
class Answer:
    """What is known of one prefix.

    Attributes
    ----------
    logits : array of shape (alphabet_size,)
        In nats; NaN where a token's is not known.
    since : int array of shape (alphabet_size,)
        The frame in which each came; `NEVER` where it is not known.
    purpose : str
        What it was asked for, as in the query ledger.
    """

    logits: Float[np.ndarray, "token"]
    since: Int[np.ndarray, "token"]
    purpose: str


@dataclass(frozen=True)
class Frame:
    """One step of a run.

    Attributes
    ----------
    title : str
        "epoch 2, span".
    message : str
        What the step did: one sentence.
    queries : int or None
        Prefixes asked about up to here; None where nobody counted.
    spanners : tuple of tuples of words
        Of cuts 1, 2, ..; empty before there is one.
    futures : tuple of tuples of words
        F_s of cuts 1, 2, .., and of the one behind the last that is shown.
    witnesses : tuple of (int, word)
        Cuts, counted from 1, and futures that were found in this step.
    paths : tuple of tuples of arrays
        For each text of the atlas the coefficients c_1, c_2, ..; an empty tuple where its program has no solution.
    """

    title: str
    message: str
    queries: int | None = None
    spanners: tuple[tuple[Word, ...], ...] = ()
    futures: tuple[tuple[Word, ...], ...] = ()
    witnesses: tuple[tuple[int, Word], ...] = ()
    paths: tuple[Path, ...] = ()


@dataclass(frozen=True)
class Panel:
    """The part of one cut's logit matrix that is shown.

    Attributes
    ----------
    histories : tuple of words
        The rows.
    blocks : tuple of words
        The futures before their last token; each has a column for every token.
    values : array of shape (history, block, token)
        In nats; NaN where nothing is known.
    since : int array of the same shape
        The frame in which a cell became known; `NEVER` where it did not.
    purposes : tuple of tuples of str
        What each block of a row was asked for; "" where it was not.
    """

    histories: tuple[Word, ...]
    blocks: tuple[Word, ...]
    values: Float[np.ndarray, "history block token"]
    since: Int[np.ndarray, "history block token"]
    purposes: tuple[tuple[str, ...], ...]

    def known(self, frame: int) -> Bool[np.ndarray, "history block token"]:
        """The cells that are known once frame number `frame` is over."""
        return (self.since != NEVER) & (self.since <= frame)


@dataclass(frozen=True)
class Atlas:
    """The cuts' matrices and the frames of a run; `cuts[s - 1]` is cut s.

    Attributes
    ----------
    alphabet_size : int
    cuts : tuple of Panel
    frames : tuple of Frame
    texts : tuple of words
        Those that the frames' paths follow.
    names : mapping of int to str
        Tokens that have a text; the others are written as numbers.
    """

    alphabet_size: int
    cuts: tuple[Panel, ...]
    frames: tuple[Frame, ...]
    texts: tuple[Word, ...] = ()
    names: Mapping[int, str] | None = None

    def known(self, frame: int) -> int:
        """How many of the cells shown are known after a frame."""
        return sum(int(panel.known(frame).sum()) for panel in self.cuts)

    @property
    def cells(self) -> int:
        """How many cells are shown."""
        return sum(panel.values.size for panel in self.cuts)


def assemble(
    frames: Sequence[Frame],
    answers: Mapping[Word, Answer],
    rows: Sequence[Sequence[Word]],
    blocks: Sequence[Sequence[Word]],
    texts: Sequence[Word] = (),
    names: Mapping[int, str] | None = None,
) -> Atlas:
    """Lay answers out as matrices.

    Parameters
    ----------
    frames : sequence of Frame
    answers : mapping of prefix to Answer
    rows, blocks : sequences of sequences of words
        For each cut the histories and the futures, before their last token, that are shown.
    texts : sequence of words
    names : mapping of int to str, optional
    """
    if not frames or not answers:
        raise ArgumentError("an atlas needs at least one frame and one answer; let the learner take more steps.")
    alphabet_size = len(next(iter(answers.values())).logits)
    panels = tuple(
        _panel(tuple(of_cut), tuple(beyond), answers, alphabet_size)
        for of_cut, beyond in zip(rows, blocks, strict=True)
    )
    return Atlas(alphabet_size, panels, tuple(frames), tuple(texts), names)


def _panel(
    histories: tuple[Word, ...], blocks: tuple[Word, ...], answers: Mapping[Word, Answer], alphabet_size: int
) -> Panel:
    shape = (len(histories), len(blocks), alphabet_size)
    values = np.full(shape, np.nan)
    since = np.full(shape, NEVER)
    purposes = [["" for _ in blocks] for _ in histories]
    for row, history in enumerate(histories):
        for place, block in enumerate(blocks):
            answer = answers.get((*history, *block))
            if answer is not None:
                values[row, place] = answer.logits
                since[row, place] = answer.since
                purposes[row][place] = answer.purpose
    return Panel(histories, blocks, values, since, tuple(map(tuple, purposes)))


def shown_blocks(frames: Sequence[Frame], alphabet_size: int, cuts: int, most: int) -> list[list[Word]]:
    """The blocks of each cut: those of F_s, and of every token followed by F_{s+1}, in the order in which they came.

    Of more than `most` those of F_s are kept first.
    """
    chosen = []
    for s in range(cuts):
        own: dict[Word, None] = {}
        carried: dict[Word, None] = {}
        order: dict[Word, None] = {}
        for frame in frames:
            here = [word[:-1] for word in frame.futures[s]] if s < len(frame.futures) else []
            beyond = frame.futures[s + 1] if s + 1 < len(frame.futures) else ()
            then = [(z, *word[:-1]) for word in beyond for z in range(alphabet_size)]
            own |= dict.fromkeys(here)
            carried |= dict.fromkeys(then)
            order |= dict.fromkeys(sorted({*here, *then}, key=lambda word: (len(word), word)))
        kept = set(list(own | carried)[:most])
        chosen.append([block for block in order if block in kept])
    return chosen


def shown_rows(
    frames: Sequence[Frame],
    answers: Sequence[Word],
    blocks: Sequence[Sequence[Word]],
    texts: Sequence[Word],
    most: int,
) -> list[list[Word]]:
    """The histories of each cut: spanners of any frame, beginnings of texts, then those that most was asked about."""
    prefixes = set(answers)
    chosen = []
    for s, of_cut in enumerate(blocks):
        first: dict[Word, None] = {}
        for frame in frames:
            first |= dict.fromkeys(frame.spanners[s] if s < len(frame.spanners) else ())
        first |= dict.fromkeys(text[:s] for text in texts)
        others = {prefix[:s] for prefix in prefixes if len(prefix) >= s} - set(first)
        asked = {history: sum((*history, *block) in prefixes for block in of_cut) for history in others}
        ranked = sorted((history for history in others if asked[history]), key=lambda h: (-asked[h], h))
        chosen.append(sorted([*first, *ranked][:most]))
    return chosen
