"""Atlases of the faithful learner's runs, and of whole small models.

>>> from lowlogit_edu.models import noisy_parity
>>> atlas = atlas_of_model(noisy_parity(bits=2))
>>> len(atlas.frames), [panel.values.shape for panel in atlas.cuts]
(8, [(1, 7, 2), (2, 3, 2), (4, 1, 2)])
"""

from collections.abc import Mapping, Sequence

import numpy as np
from jaxtyping import Float

from lowlogit_edu.algorithm.lines import SAMPLING
from lowlogit_edu.algorithm.sampler import ProgramModel
from lowlogit_edu.algorithm.state import FaithfulState
from lowlogit_edu.config import LearnerConfig
from lowlogit_edu.core.checks import Prefixes, check_count, check_prefixes
from lowlogit_edu.core.errors import TooLarge
from lowlogit_edu.events import Event
from lowlogit_edu.experiments.atlas import Answer, Atlas, Frame, Path, assemble, shown_blocks, shown_rows
from lowlogit_edu.learner import learn_steps
from lowlogit_edu.matrices.logit_matrix import Word, all_words, words_up_to
from lowlogit_edu.models.base import LanguageModel
from lowlogit_edu.oracles.base import LogitOracle, ask
from lowlogit_edu.oracles.counted import Purposeful
from lowlogit_edu.oracles.exact import ExactOracle

ROWS = 10  # histories of a cut that are shown
BLOCKS = 24  # futures of a cut that are shown, before their last token
TEXTS = 3  # that the program is followed on
QUESTIONS = 130  # of a whole model: one frame each


class Noted(Purposeful):
    """Keeps what was asked: for each prefix its answer, when it came first, and for what.

    Attributes
    ----------
    frame : int
        The number that new answers are noted under.
    answers : dict of prefix to Answer
    asked : int
        All prefixes that were asked about, with those that were asked before.
    """

    def __init__(self, oracle: LogitOracle) -> None:
        super().__init__(oracle)
        self.frame = 0
        self.answers: dict[Word, Answer] = {}
        self.asked = 0

    def __repr__(self) -> str:
        return f"Noted({self.oracle!r}, asked={self.asked})"

    def logits(self, prefixes: Prefixes) -> Float[np.ndarray, "prefix token"]:
        """The inner oracle's logits; a batch that it refuses is not noted."""
        rows = ask(self.oracle, prefixes)
        words = check_prefixes(prefixes, self.alphabet_size)
        since = np.full(self.alphabet_size, self.frame)
        for word, row in zip(words, rows, strict=True):
            self.answers.setdefault(word, Answer(row.astype(np.float64), since, self._purpose))
        self.asked += len(words)
        return rows


def atlas_of_run(
    oracle: LogitOracle,
    horizon: int,
    config: LearnerConfig | None = None,
    seed: int = 0,
    *,
    texts: Sequence[Word] | None = None,
    rows: int = ROWS,
    blocks: int = BLOCKS,
) -> Atlas:
    """Run Algorithm 1, by `learn_steps`, and note all that it asks.

    Parameters
    ----------
    oracle, horizon, config, seed
        As in `learn_steps`, for the faithful learner.
    texts : sequence of words, optional
        Those that the program is followed on, `horizon - 1` tokens each; if none are given, some that the run asked
        about, first those that fit its witnesses.
    rows, blocks : int
        How much of each cut is shown, at most.
    """
    check_count("horizon", horizon, least=2)
    noted = Noted(oracle)
    steps: list[tuple[FaithfulState, Event, int]] = []
    for state, event in learn_steps(noted, horizon, config or LearnerConfig(), seed):
        assert isinstance(state, FaithfulState), "the faithful learner was asked for"
        steps.append((state, event, noted.asked))
        noted.frame += 1
    found = [_witnesses(event) for _, event, _ in steps]
    if texts is None:
        # A text may have been asked about before it was drawn, as a history with a future: these come second.
        drawn = sorted(noted.answers, key=lambda word: noted.answers[word].purpose != SAMPLING)
        texts = chosen_texts(drawn, horizon - 1, [each for of_step in found for each in of_step])
    texts = check_prefixes(texts, oracle.alphabet_size, horizon)
    frames = [
        Frame(
            title=f"epoch {event.epoch}, {event.kind}" if event.epoch else "before the first epoch",
            message=event.message,
            queries=asked,
            spanners=_spanners(state.model),
            futures=state.futures,
            witnesses=witnesses,
            paths=tuple(_path(state.model, text) for text in texts) if state.model else (),
        )
        for (state, event, asked), witnesses in zip(steps, found, strict=True)
    ]
    columns = shown_blocks(frames, oracle.alphabet_size, horizon - 1, check_count("blocks", blocks))
    histories = shown_rows(frames, list(noted.answers), columns, texts, check_count("rows", rows))
    return assemble(frames, noted.answers, histories, columns, texts)


def _witnesses(event: Event) -> tuple[tuple[int, Word], ...]:
    """Cuts and futures that an event of the faithful learner brings."""
    if event.kind != "witness":
        return ()
    found = [event.data, *event.data["others"]]
    return tuple((each["cut"], tuple(each["future"])) for each in found)


def _spanners(model: ProgramModel | None) -> tuple[tuple[Word, ...], ...]:
    """The spanner's histories of every cut."""
    cuts = model.cuts if model else ()
    return tuple(tuple(tuple(history) for history in cut.histories.tolist()) for cut in cuts)


def _path(model: ProgramModel, text: Word) -> Path:
    """c_1, c_2, .. of a text; empty where its program has no solution."""
    return model.solution(text).coefficients


def chosen_texts(drawn: Sequence[Word], length: int, witnesses: Sequence[tuple[int, Word]]) -> list[Word]:
    """At most `TEXTS` of the words drawn that have so many tokens, first those on which a witness can be seen.

    A witness (s, f) can only be seen on texts that say f's tokens, but for the last, from token s on.
    """
    texts = [word for word in drawn if len(word) == length]
    fitting = []
    for s, future in witnesses:
        beginning = future[:-1]
        fitting += [text for text in texts if text[s - 1 : s - 1 + len(beginning)] == beginning][:1]
    return list(dict.fromkeys([*fitting, *texts]))[:TEXTS]


def atlas_of_model(model: LanguageModel, *, names: Mapping[int, str] | None = None) -> Atlas:
    """All cuts of a small known model, whole, asked about prefix by prefix: a frame for each question.

    Parameters
    ----------
    model : LanguageModel
    names : mapping of int to str, optional
        Texts of the tokens.

    Raises
    ------
    TooLarge
        If the model has more than `QUESTIONS` prefixes.
    """
    T = model.horizon
    V = model.alphabet_size
    count = sum(V**length for length in range(T))
    if count > QUESTIONS:
        raise TooLarge(
            f"the atlas of a whole model shows at most {QUESTIONS} prefixes, and this one has {count:,}; use a smaller "
            "alphabet or horizon, or atlas_of_run, which shows what a learner asks."
        )
    prefixes = words_up_to(V, T - 1)
    noted = Noted(ExactOracle(model))
    frames = [Frame("nothing asked", "No question has been asked yet.", queries=0)]
    for prefix in prefixes:
        noted.frame += 1
        with noted.purpose("the whole matrix"):
            noted.logits([prefix])
        said = _named(prefix, names) or "nothing"
        message = f"What comes after {said}? One answer, and it stands in the matrices of cuts 1 to {len(prefix) + 1}."
        if not prefix:
            message = "What comes first? One answer, and it stands in the matrix of cut 1."
        frames.append(Frame(f"question {noted.asked}", message, queries=noted.asked))
    rows = [all_words(V, length) for length in range(T)]
    blocks = [words_up_to(V, T - 1 - length) for length in range(T)]
    return assemble(frames, noted.answers, rows, blocks, names=names)


def _named(word: Word, names: Mapping[int, str] | None) -> str:
    return " ".join(names[token] if names and token in names else str(token) for token in word)
