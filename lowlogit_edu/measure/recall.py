"""Histories against each other's continuations: the same numbers, multiplied or added up.

>>> from lowlogit_edu.models import copying
>>> from lowlogit_edu.oracles.exact import ExactOracle
>>> found = recall_matrices(ExactOracle(copying(6, strength=9.0)), texts=20, history_length=6, future_length=6)
>>> [int(np.linalg.matrix_rank(matrix)) for matrix in (found.scores, found.probabilities())]
[6, 17]
"""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Int

from lowlogit_edu.core.checks import check_count
from lowlogit_edu.core.numerics import log_softmax
from lowlogit_edu.core.rng import stream
from lowlogit_edu.matrices.logit_matrix import Word
from lowlogit_edu.oracles.base import LogitOracle, logits_along, sample


@dataclass(frozen=True)
class RecallMatrices:
    """Every history continued by every future; future number i is history number i's own.

    Attributes
    ----------
    histories, futures : tuple of words
        Halves of the same texts.
    scores : array of shape (history, future)
        Sum along the future of its tokens' mean-centred logits, nats: of rank at most d where the
        logit rank is d.
    log_probabilities : array of shape (history, future)
        Sum along the future of its tokens' log-probabilities: log M(f | h).
    """

    histories: tuple[Word, ...]
    futures: tuple[Word, ...]
    scores: Float[np.ndarray, "history future"]
    log_probabilities: Float[np.ndarray, "history future"]

    def probabilities(self) -> Float[np.ndarray, "history future"]:
        """M(f | h), each column divided by its largest entry, which changes no rank."""
        return np.exp(self.log_probabilities - self.log_probabilities.max(axis=0))

    def recalled(self) -> float:
        """Share of the futures that their own history makes likelier than every other one does."""
        likeliest = self.log_probabilities.argmax(axis=0)
        return float((likeliest == np.arange(len(self.futures))).mean())  # future number i is history number i's


def recall_matrices(
    oracle: LogitOracle, texts: int = 40, history_length: int = 12, future_length: int = 8, seed: int = 0
) -> RecallMatrices:
    """Cut sampled texts in two, and put every second half after every first half.

    Paper: Section 3 (continuations of different texts hardly overlap), arXiv:2512.09892.
    """
    n = check_count("texts", texts)
    s = check_count("history_length", history_length)
    length = check_count("future_length", future_length)
    tokens = sample(oracle, n, s + length, rng=stream(seed, "recall"))
    beginnings = tokens[:, :s]
    ends = tokens[:, s:]
    scores = np.empty((n, n))
    logs = np.empty((n, n))
    for i, beginning in enumerate(beginnings):
        crossed = np.concatenate([np.tile(beginning, (n, 1)), ends], axis=1)
        logits = logits_along(oracle, crossed)[:, s:].astype(np.float64, copy=False)
        # The same tokens twice: logits, which add up to low rank; and what softmax makes of them, which does not.
        scores[i] = _sum_along(logits, ends)
        logs[i] = _sum_along(log_softmax(logits), ends)
    return RecallMatrices(_words(beginnings), _words(ends), scores, logs)


def _sum_along(
    values: Float[np.ndarray, "text time token"], tokens: Int[np.ndarray, "text time"]
) -> Float[np.ndarray, "text"]:
    """Of each text, the values of its own tokens added up."""
    return np.take_along_axis(values, tokens[:, :, None], axis=2).sum(axis=(1, 2))


def _words(tokens: Int[np.ndarray, "text time"]) -> tuple[Word, ...]:
    return tuple(tuple(row) for row in tokens.tolist())
