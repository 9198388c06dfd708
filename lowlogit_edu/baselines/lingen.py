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

from lowlogit_edu.baselines.history_mixture import HistoryMixture, after, check_words
from lowlogit_edu.core.checks import check_count
from lowlogit_edu.core.errors import ArgumentError
from lowlogit_edu.core.numerics import kl_divergence
from lowlogit_edu.core.rng import stream
from lowlogit_edu.matrices.logit_matrix import Word
from lowlogit_edu.measure.matrix import MeasuredMatrix, matrix_on
from lowlogit_edu.measure.principal_angles import nonsense
from lowlogit_edu.models.base import LanguageModel
from lowlogit_edu.oracles.base import LogitOracle, sample, sample_with_logits

RELATIVE = 1e-6  # singular values below this share of the first are noise of a float32 oracle: not inverted
ROUNDS = 1000  # of sampling, until words that are rare or do not exist are given up


def unrelated_words(
    oracle: LogitOracle, target: Word, count: int, lengths: tuple[int, int] = (4, 16), seed: int = 0
) -> list[Word]:
    """Different beginnings of the teacher's texts, none of which begins with the target's first token.

    Raises
    ------
    ArgumentError
        If a thousand texts per word wanted do not hold enough of them.
    """
    shortest = check_count("lengths[0]", lengths[0])
    longest = check_count("lengths[1]", lengths[1], least=lengths[0])
    rng = stream(seed, "unrelated words")
    found = dict[Word, None]()  # a set that remembers the order: the first `count` drawn are kept
    for _ in range(ROUNDS):
        texts = sample(oracle, check_count("count", count), longest, rng=rng)
        ends = rng.integers(shortest, longest, size=count, endpoint=True)
        words = [tuple(text[:end].tolist()) for text, end in zip(texts, ends, strict=True)]
        # A word that begins otherwise is no beginning of the target, and shares no prefix with it.
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
    return matrix_on(oracle, [target, *check_words(oracle, histories)], futures, top)


def _mixture(oracle: LogitOracle, rows: MeasuredMatrix, horizon: int) -> HistoryMixture:
    # The target's row as a combination of the others; the smallest weights, where there are several that fit.
    flat = rows.logits.reshape(len(rows.histories), -1)
    weights = np.linalg.lstsq(flat[1:].T, flat[0], rcond=RELATIVE)[0]
    return HistoryMixture(oracle, rows.histories[1:], weights, horizon)


# In the order of `lingen_baselines`; a page shows these lines beside the names.
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
    if checkpoint is not None:
        _check_alphabet(oracle, checkpoint)
    rows = _rows(oracle, target, histories, futures, top)  # asked once, for two of the models
    forgotten = max(0, len(target) - check_count("kept", kept, least=0))
    # Nonsense has the lengths and the tokens of the real words, and nothing else of the language.
    strange = lingen(oracle, target, nonsense(histories, seed), nonsense(futures, seed), horizon, top)
    models = {
        "lingen": _mixture(oracle, rows, horizon),
        "lingen, nonsense": strange,
        "single token": lingen(oracle, target, histories, [()], horizon, top),
        "truncated": after(oracle, tuple(target[forgotten:]), horizon),
        "nearest": after(oracle, _nearest(rows), horizon),
        "no history": after(oracle, (), horizon),
    }
    if checkpoint is not None:
        models["checkpoint"] = after(checkpoint, target, horizon)
    return models


def _check_alphabet(oracle: LogitOracle, checkpoint: LogitOracle) -> None:
    if checkpoint.alphabet_size != oracle.alphabet_size:
        raise ArgumentError(
            f"the checkpoint must have the teacher's alphabet of {oracle.alphabet_size} tokens, "
            f"got {checkpoint.alphabet_size}."
        )


def _nearest(rows: MeasuredMatrix) -> Word:
    """The history whose row is closest to the target's, which is the first."""
    gaps = rows.logits[1:] - rows.logits[0]
    distances = np.linalg.norm(gaps.reshape(len(gaps), -1), axis=1)
    return rows.histories[1:][distances.argmin()]


def cumulative_kl(
    oracle: LogitOracle, target: Word, model: LanguageModel, n: int = 20, seed: int = 0
) -> Float[np.ndarray, "time"]:
    """KL(teacher after `target` || model) of the first 1, 2, ... tokens, nats, averaged over `n` continuations."""
    length = len(target)
    rng = stream(seed, "continuations")
    tokens, logits = sample_with_logits(oracle, n, length + model.horizon, prompt=target, rng=rng)
    kl = kl_divergence(logits, model.logits_along(tokens[:, length:]))
    return kl.mean(axis=0).cumsum()  # by the chain rule, the KL of whole continuations is the sum over their tokens
