"""What follows a text, as a combination of what the teacher says after other texts.

>>> from lowlogit_edu.models import noisy_parity
>>> from lowlogit_edu.oracles.exact import ExactOracle
>>> teacher = ExactOracle(noisy_parity(bits=2, secret=[1, 1]))
>>> after(teacher, (0,), horizon=2).logits([(1,)]) == teacher.logits([(0, 1)])
array([[ True,  True]])
"""

from collections.abc import Sequence

import numpy as np
from jaxtyping import Float

from lowlogit_edu.core.checks import Prefixes, array_fingerprint, check_count, check_prefixes
from lowlogit_edu.core.errors import ArgumentError
from lowlogit_edu.matrices.logit_matrix import Word
from lowlogit_edu.models.base import LanguageModel
from lowlogit_edu.oracles.base import LogitOracle, ask

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
        self.oracle = oracle
        self.alphabet_size = oracle.alphabet_size
        self.horizon = check_count("horizon", horizon)
        self.histories = check_words(oracle, histories)
        self.weights = np.asarray(weights, dtype=np.float64)
        if self.weights.shape != (len(self.histories),):
            raise ArgumentError(f"weights must hold one number per history, got shape {self.weights.shape}.")
        # Named after the teacher too: the same weights on another teacher are another model.
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
            questions = [(*history, *word) for word in part for history in self.histories]
            logits = ask(self.oracle, questions).reshape(len(part), len(self.weights), -1)
            answer[start : start + step] = np.einsum("h,phv->pv", self.weights, logits)
        return answer


def check_words(oracle: LogitOracle, words: Prefixes) -> list[Word]:
    """The words as tuples of the oracle's tokens; ArgumentError where there are none."""
    if not len(words):
        raise ArgumentError("at least one word is needed; the empty word () is one.")
    return check_prefixes(words, oracle.alphabet_size)


def after(oracle: LogitOracle, word: Word, horizon: int) -> HistoryMixture:
    """What an oracle says after one word, in the form of a mixture."""
    return HistoryMixture(oracle, [word], np.ones(1), horizon)
