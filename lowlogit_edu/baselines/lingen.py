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

from lowlogit_edu.errors import ArgumentError
from lowlogit_edu.logit_matrix import Word, logit_matrix
from lowlogit_edu.models.base import LanguageModel, Prefixes, array_fingerprint, check_count, check_prefixes
from lowlogit_edu.numerics import kl_divergence
from lowlogit_edu.oracles.base import LogitOracle, ask, sample_with_logits
from lowlogit_edu.rng import stream

RELATIVE = 1e-9  # singular values below this share of the first are not inverted


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
        answers = ask(self.oracle, [(*history, *word) for word in words for history in self.histories])
        return np.einsum("h,phv->pv", self.weights, answers.reshape(len(words), len(self.weights), -1))


def _words(oracle: LogitOracle, words: Prefixes) -> list[Word]:
    if not len(words):
        raise ArgumentError("at least one word is needed; the empty word () is one.")
    return check_prefixes(words, oracle.alphabet_size)


def lingen(
    oracle: LogitOracle, target: Word, histories: Sequence[Word], futures: Sequence[Word], horizon: int
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
    """
    futures, rows = _words(oracle, futures), logit_matrix(oracle, _words(oracle, histories), _words(oracle, futures))
    wanted = logit_matrix(oracle, _words(oracle, [target]), futures)[0]
    weights = np.linalg.lstsq(rows.T, wanted, rcond=RELATIVE)[0]
    return HistoryMixture(oracle, histories, weights, horizon)


def lingen_baselines(
    oracle: LogitOracle, target: Word, histories: Sequence[Word], futures: Sequence[Word], horizon: int, kept: int = 5
) -> dict[str, HistoryMixture]:
    """LINGEN and what it has to beat, on the same histories and futures.

    Paper: LINGEN (its baselines), arXiv:2510.24966.
    Differs from the paper: the nearest history stands in for a checkpoint of the teacher's own training.

    Returns
    -------
    dict
        "lingen"; "single token": regression on the next token alone; "truncated": the teacher after
        the last `kept` tokens of the target; "nearest": after the history whose row is closest;
        "no history": after nothing.
    """
    rows, wanted = logit_matrix(oracle, histories, futures), logit_matrix(oracle, [target], futures)
    nearest = histories[int(np.linalg.norm(rows - wanted, axis=1).argmin())]
    last = tuple(target[max(0, len(target) - check_count("kept", kept, least=0)) :])
    alone = {"truncated": last, "nearest": nearest, "no history": ()}
    return {
        "lingen": lingen(oracle, target, histories, futures, horizon),
        "single token": lingen(oracle, target, histories, [()], horizon),
        **{name: HistoryMixture(oracle, [word], np.ones(1), horizon) for name, word in alone.items()},
    }


def cumulative_kl(
    oracle: LogitOracle, target: Word, model: LanguageModel, n: int = 20, seed: int = 0
) -> Float[np.ndarray, "time"]:
    """KL(teacher after `target` || model) of the first 1, 2, ... tokens, nats, averaged over `n` continuations."""
    length = len(target)
    rng = stream(seed, "continuations")
    tokens, logits = sample_with_logits(oracle, n, length + model.horizon, prompt=target, rng=rng)
    return kl_divergence(logits, model.logits_along(tokens[:, length:])).mean(axis=0).cumsum()
