"""Verify: how wrong a learned model is on fresh texts that it was not fitted to."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Int

from lowlogit_edu.core.numerics import kl_divergence, mean_center
from lowlogit_edu.learned.isan_model import ISANModel
from lowlogit_edu.matrices.logit_matrix import Word
from lowlogit_edu.oracles.base import LogitOracle, ask
from lowlogit_edu.practical.answers import LOGITS, Block
from lowlogit_edu.practical.row_code import RowCode

PAIRS = 8  # histories, and futures, that each cut's residual is measured on
FUTURE_LENGTH = 4  # most tokens of those futures


@dataclass(frozen=True)
class Fresh:
    """Texts that nothing was fitted to, and the teacher's logits along them, by column."""

    tokens: Int[np.ndarray, "text time"]
    logits: Float[np.ndarray, "text time column"]


@dataclass(frozen=True)
class Measured:
    """KL(teacher || model) by column on fresh texts, in nats per token.

    Attributes
    ----------
    along : array of shape (time,)
        Mean over texts at each position.
    mean, error : float
        Mean over texts and positions, and its standard error.
    """

    along: Float[np.ndarray, "time"]
    mean: float
    error: float

    def is_at_most(self, epsilon: float) -> bool:
        """Whether the mean is below `epsilon` by two standard errors."""
        return self.mean + 2 * self.error <= epsilon


def kl_along(model: ISANModel, code: RowCode, fresh: Fresh) -> Measured:
    """The KL of a model on fresh texts."""
    tokens = fresh.tokens
    logits = fresh.logits
    size = max(1, LOGITS // (tokens.shape[1] * model.alphabet_size))
    parts = (slice(start, start + size) for start in range(0, len(tokens), size))
    kl = np.concatenate([kl_divergence(logits[part], code.lump(model.logits_along(tokens[part]))) for part in parts])
    by_text = kl.mean(axis=1)
    return Measured(kl.mean(axis=0), float(by_text.mean()), float(by_text.std(ddof=1) / np.sqrt(len(by_text))))


def kl_apart(model: ISANModel, code: RowCode, apart: Block) -> float:
    """The KL of a model on texts kept apart, as `Solver.kl` has it of maps."""
    said = code.lump(model.logits_along(apart.tokens))
    return float(kl_divergence(code.restore(apart.kept), said).mean())


def residuals(
    oracle: LogitOracle,
    model: ISANModel,
    code: RowCode,
    tokens: Int[np.ndarray, "text time"],
    *,
    rng: np.random.Generator,
) -> tuple[Float[np.ndarray, "cut"], list[tuple[int, Word, float]]]:
    """The residual of every cut from 2 on, and its worst future: mean absolute errors in nats, of the tokens followed.

    Paper: line 15 of Algorithm 1, arXiv:2512.09892. Histories and futures come from different trajectories as in
    Definition 1.6, where there are 16 of them.
    """
    T = tokens.shape[1]
    pairs = []
    for cut in range(2, T + 1):
        texts = rng.permutation(len(tokens))
        histories = tokens[texts[:PAIRS], : cut - 1].tolist()
        tails = tokens[texts[-PAIRS:], cut - 1 : T - 1]
        words = [tuple(tail[: rng.integers(1, FUTURE_LENGTH + 1)].tolist()) for tail in tails]
        pairs += [(cut, word, histories) for word in dict.fromkeys(words)]  # at the last cut: the empty word
    prefixes = [(*history, *word) for _, word, histories in pairs for history in histories]
    found = np.zeros(T - 1)
    worst: dict[int, tuple[int, Word, float]] = {}
    if pairs:
        errors = _errors(oracle, model, code, prefixes).reshape(len(pairs), -1).mean(axis=1)
        cuts = np.array([cut for cut, *_ in pairs])
        for cut in range(2, T + 1):
            found[cut - 2] = errors[cuts == cut].mean()
        for (cut, word, _), error in sorted(zip(pairs, errors.tolist(), strict=True), key=lambda pair: -pair[1]):
            worst.setdefault(cut, (cut, word, error))
    return found, list(worst.values())


def _errors(oracle: LogitOracle, model: ISANModel, code: RowCode, prefixes: list[Word]) -> Float[np.ndarray, "prefix"]:
    """Mean absolute error of a model's logits after each prefix, of the tokens followed and centred over them."""
    size = max(1, LOGITS // model.alphabet_size)
    found = []
    for start in range(0, len(prefixes), size):
        part = prefixes[start : start + size]
        errors = mean_center((ask(oracle, part) - model.logits(part))[:, code.tokens])
        found.append(np.abs(errors).mean(axis=1))
    return np.concatenate(found)
