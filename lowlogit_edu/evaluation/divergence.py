"""How far a learned model is from its teacher.

>>> from lowlogit_edu.models import noisy_parity
>>> teacher, other = (noisy_parity(bits=1, secret=[1], noise=noise) for noise in (0.1, 0.3))
>>> round(total_variation(teacher, other), 12)
0.2
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Int

from lowlogit_edu.core.checks import check_count
from lowlogit_edu.core.errors import ArgumentError
from lowlogit_edu.core.numerics import half_l1, kl_divergence, log_softmax
from lowlogit_edu.core.rng import stream
from lowlogit_edu.models.base import LanguageModel
from lowlogit_edu.oracles.base import LogitOracle, logits_along, sample_with_logits

LOGITS = 2**25  # held at once: 256 MB as float64
LARGEST_EXPONENT = 700.0  # exp overflows from 710 on, and infinity is no number in JSON
PLACES = 4000  # of texts that models read at once


def total_variation(teacher: LanguageModel, model: LanguageModel, *, max_sequences: int = 2_000_000) -> float:
    """Exact total variation distance, 0 to 1, by enumerating every sequence.

    Raises
    ------
    ArgumentError
        If the two differ in alphabet or horizon.
    TooLarge
        If there are more than `max_sequences` sequences.
    """
    for name in ("alphabet_size", "horizon"):
        expected = getattr(teacher, name)
        got = getattr(model, name)
        if expected != got:
            raise ArgumentError(f"teacher and model must have the same {name}, got {expected} and {got}.")
    p = np.exp(teacher.log_probabilities(max_sequences=max_sequences))
    q = np.exp(model.log_probabilities(max_sequences=max_sequences))
    return float(half_l1(p, q))


@dataclass(frozen=True)
class KLReport:
    """How a model predicts the teacher's next tokens, on sequences sampled from the teacher.

    Attributes
    ----------
    mean : float
        KL(teacher || model), nats per token, averaged over positions and sequences.
    per_position : array of shape (horizon,)
        The same at each position.
    standard_error : float
        Of `mean`, over sequences.
    perplexity : float
        exp of the model's mean cross-entropy against the teacher's distributions.
    per_sequence : array of shape (n,)
        The mean over positions of each sequence.
    """

    mean: float
    per_position: Float[np.ndarray, "time"]
    standard_error: float
    perplexity: float
    per_sequence: Float[np.ndarray, "sequence"]

    def above(self, other: "KLReport") -> tuple[float, float]:
        """By how many nats per token this KL is above another's on the same sequences, and the standard error of that.

        Models find the same sequences hard, so the error of the difference is smaller than either's own.
        """
        if len(self.per_sequence) != len(other.per_sequence):
            raise ArgumentError(
                f"expected reports on the same sequences, got {len(self.per_sequence)} and {len(other.per_sequence)}; "
                "take both from one call of `compare`."
            )
        difference = self.per_sequence - other.per_sequence
        return float(difference.mean()), _standard_error(difference)


def compare(
    oracle: LogitOracle, models: Mapping[str, LanguageModel], n: int = 500, seed: int = 0, horizon: int | None = None
) -> dict[str, KLReport]:
    """KL of several models on the same `n` sequences sampled from the teacher.

    The sequences are `horizon` tokens long, by default the models' smallest horizon.

    Raises
    ------
    ArgumentError
        If a model's alphabet is not the oracle's.
    """
    check_count("n", n)
    for name, model in models.items():
        if model.alphabet_size != oracle.alphabet_size:
            raise ArgumentError(
                f"{name} has an alphabet of {model.alphabet_size} tokens, the teacher one of {oracle.alphabet_size}; "
                "compare a model with the teacher that it was learned from."
            )
    if horizon is None:
        horizon = min(model.horizon for model in models.values())
    entropies: list[np.ndarray] = []
    kls: dict[str, list[np.ndarray]] = {name: [] for name in models}
    for texts, told in fresh_texts(oracle, n, check_count("horizon", horizon), seed):
        for part in range(0, len(texts), max(1, PLACES // horizon)):
            tokens = texts[part : part + max(1, PLACES // horizon)]
            logits = told[part : part + len(tokens)]
            # The teacher's whole distribution is known at every place: no noise from which token came next.
            log_p = log_softmax(logits)
            entropies.append(-(np.exp(log_p) * log_p).sum(axis=-1))
            for name, model in models.items():
                kls[name].append(kl_divergence(logits, model.logits_along(tokens)))
    entropy = float(np.concatenate(entropies).mean())
    return {name: kl_report(np.concatenate(parts), entropy) for name, parts in kls.items()}


def kl_report(kl: Float[np.ndarray, "sequence time"], entropy: float) -> KLReport:
    """The report of a KL at every place, beside a teacher of that mean entropy; both in nats."""
    # Places of one sequence hang together; whole sequences are independent.
    by_sequence = kl.mean(axis=1)
    mean = float(kl.mean())
    perplexed = perplexity(entropy + mean)  # cross-entropy = entropy + KL
    return KLReport(mean, kl.mean(axis=0), _standard_error(by_sequence), perplexed, by_sequence)


def _standard_error(values: Float[np.ndarray, "_"]) -> float:
    """Of their mean; nan of a single one."""
    if len(values) < 2:
        return float("nan")
    return float(values.std(ddof=1) / np.sqrt(len(values)))


def perplexity(nats: float | np.floating) -> float:
    """exp of a cross-entropy in nats per token, cut off where it would overflow."""
    return float(np.exp(min(nats, LARGEST_EXPONENT)))


def fresh_texts(
    oracle: LogitOracle, n: int, horizon: int, seed: int
) -> Iterator[tuple[Int[np.ndarray, "_ time"], Float[np.ndarray, "_ time token"]]]:
    """The sequences that models are evaluated on, with the teacher's logits, as many at once as fit in memory."""
    rng = stream(seed, "evaluation")
    size = _at_once(oracle, horizon)
    for start in range(0, n, size):
        yield sample_with_logits(oracle, min(size, n - start), horizon, rng=rng)


def surprisals(oracle: LogitOracle, tokens: Int[np.ndarray, "sequence time"]) -> Float[np.ndarray, "sequence"]:
    """-log probability (nats per token) that a teacher, or any model, gives to each sequence.

    >>> from lowlogit_edu.models import noisy_parity
    >>> surprisals(noisy_parity(bits=2), np.array([[0, 1]])).round(3).tolist()  # two fair coins
    [0.693]
    """
    found = np.empty(len(tokens))
    size = _at_once(oracle, tokens.shape[1])
    for start in range(0, len(tokens), size):
        part = tokens[start : start + size]
        log_q = log_softmax(logits_along(oracle, part))
        of_token = np.take_along_axis(log_q, part[..., None], axis=-1)[..., 0]
        found[start : start + size] = -of_token.mean(axis=1)
    return found


def _at_once(oracle: LogitOracle, horizon: int) -> int:
    """How many sequences' logits are held at once."""
    return max(1, LOGITS // (horizon * oracle.alphabet_size))


def mean_kl(
    oracle: LogitOracle, model: LanguageModel, n: int = 500, seed: int = 0, horizon: int | None = None
) -> KLReport:
    """KL(teacher || model) in nats per token on `n` sequences sampled from the teacher."""
    return compare(oracle, {"the model": model}, n, seed, horizon)["the model"]
