"""Atlases of the practical learner's runs: a real alphabet, and one spanner for all cuts.

>>> from lowlogit_edu.models import noisy_parity
>>> from lowlogit_edu.oracles.exact import ExactOracle
>>> settings = LearnerConfig.practical(rank=2, sequences=40, witnesses=0, passes=0, epochs=1)
>>> atlas = atlas_of_practical_run(ExactOracle(noisy_parity(bits=3)), 4, settings, rows=3)
>>> [frame.title for frame in atlas.frames][:3], len(atlas.cuts[0].histories)
(['epoch 1, sample', 'epoch 1, span', 'epoch 1, solve'], 2)
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np
from jaxtyping import Float, Int

from lowlogit_edu.config import LearnerConfig, PracticalConfig
from lowlogit_edu.core.checks import Prefixes, check_count, check_prefixes
from lowlogit_edu.core.errors import ArgumentError
from lowlogit_edu.events import Event
from lowlogit_edu.experiments.atlas import Answer, Atlas, Frame, Path, assemble
from lowlogit_edu.experiments.atlas_runs import TEXTS
from lowlogit_edu.learner import learn_steps
from lowlogit_edu.matrices.logit_matrix import Word
from lowlogit_edu.oracles import base
from lowlogit_edu.oracles.base import LogitOracle, ask
from lowlogit_edu.oracles.counted import Purposeful
from lowlogit_edu.practical.state import PracticalState

CUTS = 6  # that are shown
ROWS = 8  # histories of a cut that are shown
CONTEXTS = 2  # rare contexts of a cut that are shown


class NotedTexts(Purposeful):
    """Keeps which prefixes were asked about, when first and for what, but no answers: they would be too many.

    Attributes
    ----------
    frame : int
        The number that new prefixes are noted under.
    first : dict of prefix to (int, str)
        Frame and purpose of the first time.
    asked : int
        Prefixes that were asked about, one for each token of a text; those asked before are counted again.
    """

    def __init__(self, oracle: LogitOracle) -> None:
        super().__init__(oracle)
        self.frame = 0
        self.first: dict[Word, tuple[int, str]] = {}
        self.asked = 0

    def _note(self, words: Iterator[Word]) -> None:
        for word in words:
            self.first.setdefault(word, (self.frame, self._purpose))
            self.asked += 1

    def _note_along(self, tokens: Int[np.ndarray, "text time"], start: int) -> None:
        texts = list(map(tuple, tokens.tolist()))
        self._note(text[:t] for text in texts for t in range(start, tokens.shape[1]))

    def logits(self, prefixes: Prefixes) -> Float[np.ndarray, "prefix token"]:
        """The inner oracle's logits."""
        rows = ask(self.oracle, prefixes)
        self._note(iter(check_prefixes(prefixes, self.alphabet_size)))
        return rows

    def logits_along(self, tokens: Int[np.ndarray, "text time"]) -> Float[np.ndarray, "text time token"]:
        """The inner oracle's logits at every position."""
        rows = base.logits_along(self.oracle, tokens)
        self._note_along(tokens, 0)
        return rows

    def sample_with_logits(
        self, n: int, horizon: int, *, prompt: Sequence[int] = (), rng: np.random.Generator, **how: Any
    ) -> tuple[Int[np.ndarray, "text time"], Float[np.ndarray, "text drawn kept"]]:
        """Sequences from the inner oracle."""
        tokens, kept = base.sample_with_logits(self.oracle, n, horizon, prompt=prompt, rng=rng, **how)
        self._note_along(tokens, len(prompt))
        return tokens, kept


def atlas_of_practical_run(
    oracle: LogitOracle,
    horizon: int,
    config: PracticalConfig | None = None,
    seed: int = 0,
    *,
    cuts: int = CUTS,
    rows: int = ROWS,
    names: Callable[[int], str] | None = None,
) -> Atlas:
    """Run the practical learner and note all that it asks.

    One spanner serves all cuts: of its histories those with the largest coefficients are rows of a cut, whatever their
    length, and the histories of a few rare contexts that were asked about. Blocks are the empty future, and the
    tokens that the texts followed and the contexts go on with. The cells that the run asked about are asked of
    `oracle` once more when it is over, since the learner keeps no whole rows.

    Parameters
    ----------
    oracle, horizon, config, seed
        As in `learn_steps`, for the practical learner.
    cuts, rows : int
        How many cuts are shown, and how many histories of the spanner at each.
    names : function from token to str, optional
        Texts of the tokens.
    """
    check_count("horizon", horizon, least=2)
    noted = NotedTexts(oracle)
    steps: list[tuple[PracticalState, Event, int]] = []
    for state, event in learn_steps(noted, horizon, config or LearnerConfig.practical(), seed):
        assert isinstance(state, PracticalState), "the practical learner was asked for"
        steps.append((state, event, noted.asked))
        noted.frame += 1
    texts = _texts(steps[0][0], horizon)
    shown = min(check_count("cuts", cuts), horizon)
    frames = [_frame(state, event, asked, texts, shown) for state, event, asked in steps]
    history = [event for _, event, _ in steps]
    return _laid_out(oracle, frames, texts, history, noted.first, shown, rows, names)


def atlas_of_practical_state(
    oracle: LogitOracle,
    state: PracticalState,
    *,
    cuts: int = CUTS,
    rows: int = ROWS,
    names: Callable[[int], str] | None = None,
) -> Atlas:
    """A practical run as it stands, in one frame; what is known is what its answers hold.

    What verification asked is not among them. The rest is as in `atlas_of_practical_run`.

    Parameters
    ----------
    oracle : LogitOracle
        The run's; it is asked once more about the cells that the run knows.
    state : PracticalState
        Of a run whose maps have been solved.
    cuts, rows, names
        As in `atlas_of_practical_run`.
    """
    if state.spanner is None or state.apart is None:
        raise ArgumentError("the state has no spanner yet; let the learner take more steps.")
    horizon = state.apart.tokens.shape[1]
    shown = min(check_count("cuts", cuts), horizon)
    texts = _texts(state, horizon)
    told: dict[Word, tuple[int, str]] = {}
    for block in state.told.blocks:
        for text, known in zip(block.tokens.tolist(), block.known.sum(axis=1), strict=True):
            told |= {tuple(text[:t]): (0, "told along a text") for t in range(known)}
    message = f"{len(state.spanner.histories)} histories span all cuts; shown are those with the largest coefficients."
    event = Event("as it stands", state.epoch, 1.0, message)
    frame = _frame(state, event, sum(state.ledger.values()), texts, shown)
    return _laid_out(oracle, [frame], texts, state.history, told, shown, rows, names)


def _texts(state: PracticalState, horizon: int) -> list[Word]:
    """The texts followed: some that are kept apart."""
    assert state.apart is not None, "texts are sampled first"
    return [tuple(text) for text in state.apart.tokens[:TEXTS, : horizon - 1].tolist()]


def _laid_out(
    oracle: LogitOracle,
    frames: Sequence[Frame],
    texts: Sequence[Word],
    history: Sequence[Event],
    first: Mapping[Word, tuple[int, str]],
    cuts: int,
    rows: int,
    names: Callable[[int], str] | None,
) -> Atlas:
    """The rows and blocks that are shown, filled with what was asked first in some frame."""
    contexts = [context for event in history for context in event.data.get("contexts", [])]
    histories: list[list[Word]] = []
    blocks: list[list[Word]] = []
    for s in range(cuts):
        rare = [tuple(word) for word in contexts if len(word) == s + 1][:CONTEXTS]
        heavy = _heaviest(frames, s, check_count("rows", rows))
        histories.append(sorted({*heavy, *(word[:-1] for word in rare)}))
        read = dict.fromkeys([*(text[s : s + 1] for text in texts), *(word[-1:] for word in rare)])
        blocks.append(list(dict.fromkeys([(), *read])))
    answers = _answers(oracle, first, histories, blocks)
    named = {token: names(token) for token in range(oracle.alphabet_size)} if names else None
    return assemble(frames, answers, histories, blocks, texts, named)


def _frame(state: PracticalState, event: Event, asked: int, texts: Sequence[Word], cuts: int) -> Frame:
    histories = state.spanner.histories if state.spanner else ()
    paths: tuple[Path, ...] = ()
    if state.spanner and state.maps and state.answers:
        columns = state.answers.code.columns[np.array(texts)]
        carried = state.maps.carry(columns)[:, :cuts].astype(np.float64)
        paths = tuple(tuple(of_text) for of_text in carried)
    return Frame(
        title=f"epoch {event.epoch}, {event.kind}",
        message=event.message,
        queries=asked,
        spanners=(histories,) * cuts if histories else (),
        paths=paths,
    )


def _heaviest(frames: Sequence[Frame], s: int, count: int) -> list[Word]:
    """Histories of the spanners with the largest coefficients at cut s + 1, of any frame and text."""
    weights: dict[Word, float] = {}
    for frame in frames:
        for path in frame.paths:
            if s < len(path):
                for history, c in zip(frame.spanners[s], path[s], strict=True):
                    weights[history] = max(weights.get(history, 0.0), abs(float(c)))
    return sorted(weights, key=lambda history: -weights[history])[:count]


def _answers(
    oracle: LogitOracle,
    first: Mapping[Word, tuple[int, str]],
    histories: Sequence[Sequence[Word]],
    blocks: Sequence[Sequence[Word]],
) -> dict[Word, Answer]:
    """What the oracle says to the prefixes shown that were asked about."""
    cells = [(*h, *f) for of_cut, beyond in zip(histories, blocks, strict=True) for h in of_cut for f in beyond]
    wanted = [prefix for prefix in dict.fromkeys(cells) if prefix in first]
    rows = ask(oracle, wanted).astype(np.float64)
    answers = {}
    for prefix, row in zip(wanted, rows, strict=True):
        frame, purpose = first[prefix]
        answers[prefix] = Answer(row, np.full(oracle.alphabet_size, frame), purpose)
    return answers
