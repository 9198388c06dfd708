"""Verify and witness: how wrong a learned model is on fresh texts, and what to ask about the worst of it."""

from typing import Any

import numpy as np
from jaxtyping import Float, Int

from lowlogit_edu.config import PracticalConfig
from lowlogit_edu.core.numerics import kl_divergence
from lowlogit_edu.learned.isan_model import ISANModel
from lowlogit_edu.matrices.logit_matrix import Word
from lowlogit_edu.oracles.base import LogitOracle, ask
from lowlogit_edu.practical.answers import LOGITS, Answers
from lowlogit_edu.practical.row_code import RowCode

Fresh = tuple[Int[np.ndarray, "text time"], Float[np.ndarray, "text time column"]]  # tokens, logits by column
Witness = tuple[int, Word, float]  # cut, future, error in nats

PAIRS = 8  # histories, and futures, that each cut's residual is measured on


def kl_along(model: ISANModel, code: RowCode, fresh: Fresh) -> Float[np.ndarray, "time"]:
    """KL by column at each position, in nats per token: the mean over fresh texts."""
    tokens, logits = fresh
    size = max(1, LOGITS // (tokens.shape[1] * model.alphabet_size))
    parts = (slice(start, start + size) for start in range(0, len(tokens), size))
    kl = [kl_divergence(logits[part], code.lump(model.logits_along(tokens[part]))) for part in parts]
    return np.concatenate(kl).mean(axis=0)


def verify(
    oracle: LogitOracle,
    model: ISANModel,
    code: RowCode,
    fresh: Fresh,
    config: PracticalConfig,
    *,
    rng: np.random.Generator,
) -> tuple[dict[str, Any], list[Witness]]:
    """KL per position, residual per cut, and the future with the largest residual of each cut, worst first.

    As in Definition 1.6 and line 15 of Algorithm 1, a history and a future come from different
    trajectories. A cut's residual is the mean absolute error, in nats, over its pairs and the tokens followed.
    """
    (tokens, _) = fresh
    pairs = []
    T = tokens.shape[1]
    for cut in range(2, T + 1):
        rows = rng.permutation(len(tokens))
        histories = tokens[rows[:PAIRS], : cut - 1].tolist()
        tails = tokens[rows[-PAIRS:], cut - 1 : T - 1]
        words = [tuple(tail[: rng.integers(1, config.future_length + 1)].tolist()) for tail in tails]
        pairs += [(cut, word, histories) for word in dict.fromkeys(words)]  # at the last cut: the empty word
    prefixes = [(*history, *word) for _, word, histories in pairs for history in histories]
    errors = _errors(oracle, model, code, prefixes).reshape(len(pairs), -1).mean(axis=1)
    cuts = np.array([cut for cut, *_ in pairs])
    residuals = [0.0, *(float(errors[cuts == cut].mean()) for cut in range(2, T + 1))]
    worst: dict[int, Witness] = {}
    for (cut, word, _), error in sorted(zip(pairs, errors.tolist(), strict=True), key=lambda pair: -pair[1]):
        if word:
            worst.setdefault(cut, (cut, word, error))
    kl = kl_along(model, code, fresh)
    return {"kl": kl.tolist(), "mean_kl": float(kl.mean()), "residuals": residuals}, list(worst.values())


def _errors(oracle: LogitOracle, model: ISANModel, code: RowCode, prefixes: list[Word]) -> Float[np.ndarray, "prefix"]:
    """Mean absolute error of a model's logits after each prefix, over the tokens followed."""
    size = max(1, LOGITS // model.alphabet_size)
    found = []
    for start in range(0, len(prefixes), size):
        part = prefixes[start : start + size]
        found.append(np.abs(ask(oracle, part) - model.logits(part))[:, code.tokens].mean(axis=1))
    return np.concatenate(found)


def ask_after_histories(
    oracle: LogitOracle, answers: Answers, cut: int, word: Word, count: int, *, rng: np.random.Generator
) -> Answers:
    """With the logits along `word` after `count` histories that were sampled for `cut`."""
    length = cut - 1
    end = cut - 1 + len(word)
    sampled = np.flatnonzero(answers.asked[:, length])
    chosen = np.sort(rng.choice(sampled, min(count, len(sampled)), replace=False))
    tokens = np.zeros((len(chosen), answers.tokens.shape[1]), dtype=np.int64)
    tokens[:, :length] = answers.tokens[chosen, :length]
    tokens[:, length:end] = word
    asked = np.zeros(tokens.shape, dtype=bool)
    asked[:, length : end + 1] = True
    known = answers.coordinates(chosen)[:, length]  # since the history was sampled
    block = np.zeros((*tokens.shape, known.shape[1]), dtype=np.float16)
    block[:, length] = known
    for stop in range(length + 1, end + 1):
        block[:, stop] = answers.code.compress(ask(oracle, tokens[:, :stop].tolist()))
    return answers.add(tokens, block, asked)
