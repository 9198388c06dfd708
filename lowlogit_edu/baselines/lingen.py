"""LINGEN: continue one text by a fixed combination of what a teacher says after other texts.

>>> from lowlogit_edu.models import random_isan
>>> from lowlogit_edu.oracles.exact import ExactOracle
>>> teacher = random_isan(alphabet_size=2, dimension=2, horizon=6, seed=0)
>>> model = lingen(ExactOracle(teacher), (0, 1), [(0, 0), (1, 0), (1, 1)], futures=[(), (0,), (1,)], horizon=4)
>>> float(cumulative_kl(ExactOracle(teacher), (0, 1), model, n=10)[-1].round(9))
0.0
"""

from collections.abc import Sequence

import numpy as np
from jaxtyping import Float

from lowlogit_edu.core.checks import Prefixes, array_fingerprint, check_count, check_prefixes
from lowlogit_edu.core.errors import ArgumentError
from lowlogit_edu.core.numerics import kl_divergence
from lowlogit_edu.core.rng import stream
from lowlogit_edu.matrices.logit_matrix import Word
from lowlogit_edu.measure.matrix import MeasuredMatrix, matrix_on
from lowlogit_edu.measure.principal_angles import nonsense
from lowlogit_edu.models.base import LanguageModel
from lowlogit_edu.oracles.base import LogitOracle, ask, sample, sample_with_logits

RELATIVE = 1e-6  # singular values below this share of the first are noise of a float32 oracle: not inverted
ENTRIES = 30_000_000  # logits held at once while a mixture answers


class HistoryMixture(LanguageModel):
    """What follows one history, as a combination of what the teacher says after others.

    It is no model of its own: every token costs one query per history.

    Parameters
    ----------
    oracle : LogitOracle
    histories : sequence of words
    weights : array of shape (history,)
        May be negative; the logits are combined, not the probabilities.
    horizon : int
        Tokens to continue by.
    """

    def __init__(
        self, oracle: LogitOracle, histories: Sequence[Word], weights: Float[np.ndarray, "history"], horizon: int
    ) -> None:
        self.oracle, self.alphabet_size, self.horizon = oracle, oracle.alphabet_size, check_count("horizon", horizon)
        self.histories, self.weights = _words(oracle, histories), np.asarray(weights, dtype=np.float64)
        if self.weights.shape != (len(self.histories),):
            raise ArgumentError(f"weights must hold one number per history, got shape {self.weights.shape}.")
        digest = array_fingerprint("mixture", self.weights, *map(np.array, self.histories))
        self.fingerprint = f"{digest}({oracle.fingerprint})"

    def __repr__(self) -> str:
        return f"HistoryMixture(histories={len(self.histories)}, horizon={self.horizon})"

    def logits(self, prefixes: Prefixes) -> Float[np.ndarray, "prefix token"]:
        """Mean-centred logits (nats) of the next token after each continuation so far."""
        words = check_prefixes(prefixes, self.alphabet_size, self.horizon)
        answer = np.empty((len(words), self.alphabet_size))
        step = max(1, ENTRIES // (len(self.weights) * self.alphabet_size))
        for start in range(0, len(words), step):
            part = words[start : start + step]
            logits = ask(self.oracle, [(*history, *word) for word in part for history in self.histories])
            answer[start : start + step] = np.einsum(
                "h,phv->pv", self.weights, logits.reshape(len(part), len(self.weights), -1)
            )
        return answer


def _words(oracle: LogitOracle, words: Prefixes) -> list[Word]:
    if not len(words):
        raise ArgumentError("at least one word is needed; the empty word () is one.")
    return check_prefixes(words, oracle.alphabet_size)


def unrelated_words(
    oracle: LogitOracle, target: Word, count: int, lengths: tuple[int, int] = (4, 16), seed: int = 0
) -> list[Word]:
    """Different beginnings of the teacher's texts, none of which begins with the target's first token.

    Raises
    ------
    ArgumentError
        If a thousand texts per word wanted do not hold enough of them.
    """
    shortest, longest = check_count("lengths[0]", lengths[0]), check_count("lengths[1]", lengths[1], least=lengths[0])
    rng, found = stream(seed, "unrelated words"), dict[Word, None]()
    for _ in range(1000):
        texts = sample(oracle, check_count("count", count), longest, rng=rng)
        ends = rng.integers(shortest, longest, size=count, endpoint=True)
        words = (tuple(text[:end].tolist()) for text, end in zip(texts, ends, strict=True))
        found |= dict.fromkeys(word for word in words if word[:1] != tuple(target[:1]))
        if len(found) >= count:
            return list(found)[:count]
    raise ArgumentError(
        f"only {len(found)} different words that begin otherwise than the target were found, not {count}; "
        "lower count, or allow longer words."
    )


def lingen(
    oracle: LogitOracle,
    target: Word,
    histories: Sequence[Word],
    futures: Sequence[Word],
    horizon: int,
    top: int | None = None,
) -> HistoryMixture:
    """Continue `target` without asking what follows it, but for the given futures.

    Paper: LINGEN (generating from unrelated prompts), arXiv:2510.24966.

    The target's row of the logit matrix on `futures` is regressed on the rows of `histories`
    (least squares, smallest norm); the same weights then combine their logits after any continuation.

    Parameters
    ----------
    oracle : LogitOracle
    target : word
    histories : sequence of words
        For a teacher that depends on time, of the length of the target.
    futures : sequence of words
        Continuations that all histories are asked after. With `[()]` this is the baseline that
        regresses a single token.
    horizon : int
        Tokens to continue by.
    top : int, optional
        Most likely next tokens that are regressed per future, as in `measure.matrix_on`; default all.

    Raises
    ------
    TooLarge
        If the logit matrix would not fit in memory.
    """
    return _mixture(oracle, _rows(oracle, target, histories, futures, top), horizon)


def _rows(
    oracle: LogitOracle, target: Word, histories: Sequence[Word], futures: Sequence[Word], top: int | None
) -> MeasuredMatrix:
    """The matrix whose first row is the target's."""
    return matrix_on(oracle, [target, *_words(oracle, histories)], futures, top)


def _mixture(oracle: LogitOracle, rows: MeasuredMatrix, horizon: int) -> HistoryMixture:
    wanted, *given = rows.logits.reshape(len(rows.histories), -1)
    weights = np.linalg.lstsq(np.array(given).T, wanted, rcond=RELATIVE)[0]
    return HistoryMixture(oracle, rows.histories[1:], weights, horizon)


BASELINES = {
    "lingen": "weights regressed on all futures",
    "lingen, nonsense": "the same with the tokens of all histories, and those of all futures, shuffled",
    "single token": "weights regressed on the next token alone",
    "truncated": "the teacher after the last tokens of the target",
    "nearest": "the teacher after the history whose row is closest to the target's",
    "no history": "the teacher after nothing",
    "checkpoint": "another model, such as an earlier checkpoint, after the target",
}


def lingen_baselines(
    oracle: LogitOracle,
    target: Word,
    histories: Sequence[Word],
    futures: Sequence[Word],
    horizon: int,
    kept: int = 5,
    *,
    checkpoint: LogitOracle | None = None,
    top: int | None = None,
    seed: int = 0,
) -> dict[str, HistoryMixture]:
    """LINGEN on real and on nonsense words, and what it has to beat on the same histories and futures.

    Paper: LINGEN (its baselines), arXiv:2510.24966.
    Differs from the paper: "nearest" and "no history" are ours; they stand in where there is no checkpoint.

    Parameters
    ----------
    oracle, target, histories, futures, horizon, top
        As in `lingen`.
    kept : int
        Tokens of the target that "truncated" keeps.
    checkpoint : LogitOracle, optional
        Another teacher of the same alphabet.
    seed : int
        For the nonsense.

    Returns
    -------
    dict
        By the names in `BASELINES`, which say what each is.
    """
    if checkpoint is not None and checkpoint.alphabet_size != oracle.alphabet_size:
        raise ArgumentError(
            f"the checkpoint must have the teacher's alphabet of {oracle.alphabet_size} tokens, "
            f"got {checkpoint.alphabet_size}."
        )
    rows = _rows(oracle, target, histories, futures, top)
    distances = np.linalg.norm((rows.logits[1:] - rows.logits[0]).reshape(len(histories), -1), axis=1)
    last = tuple(target[max(0, len(target) - check_count("kept", kept, least=0)) :])
    alone = {"truncated": last, "nearest": rows.histories[1:][distances.argmin()], "no history": ()}
    models = {
        "lingen": _mixture(oracle, rows, horizon),
        "lingen, nonsense": lingen(oracle, target, nonsense(histories, seed), nonsense(futures, seed), horizon, top),
        "single token": lingen(oracle, target, histories, [()], horizon, top),
        **{name: HistoryMixture(oracle, [word], np.ones(1), horizon) for name, word in alone.items()},
    }
    if checkpoint is not None:
        models["checkpoint"] = HistoryMixture(checkpoint, [target], np.ones(1), horizon)
    return models


def cumulative_kl(
    oracle: LogitOracle, target: Word, model: LanguageModel, n: int = 20, seed: int = 0
) -> Float[np.ndarray, "time"]:
    """KL(teacher after `target` || model) of the first 1, 2, ... tokens, nats, averaged over `n` continuations."""
    length = len(target)
    rng = stream(seed, "continuations")
    tokens, logits = sample_with_logits(oracle, n, length + model.horizon, prompt=target, rng=rng)
    return kl_divergence(logits, model.logits_along(tokens[:, length:])).mean(axis=0).cumsum()
