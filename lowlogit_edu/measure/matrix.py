"""The logit matrix of a teacher on typical histories and futures.

>>> from lowlogit_edu.models import noisy_parity
>>> from lowlogit_edu.oracles.exact import ExactOracle
>>> sampled_matrix(ExactOracle(noisy_parity(bits=5)), 7, 2, (2, 2), (0, 3)).logits.shape
(7, 2, 2)
"""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Int

from lowlogit_edu.errors import ArgumentError, TooLarge
from lowlogit_edu.logit_matrix import Word, logit_matrix
from lowlogit_edu.models.base import Prefixes, check_count, check_prefixes
from lowlogit_edu.numerics import softmax
from lowlogit_edu.oracles.base import LogitOracle, sample
from lowlogit_edu.rng import stream


@dataclass(frozen=True)
class MeasuredMatrix:
    """A logit matrix, one block of columns per future.

    Attributes
    ----------
    histories, futures : tuple of words
        The empty future has the tokens right after the history as its block.
    tokens : array of shape (future, token)
        Which next tokens the columns of each block are.
    logits : array of shape (history, future, token)
        Nats, mean-centred over the whole alphabet.
    """

    histories: tuple[Word, ...]
    futures: tuple[Word, ...]
    tokens: Int[np.ndarray, "future token"]
    logits: Float[np.ndarray, "history future token"]


def matrix_on(
    oracle: LogitOracle,
    histories: Prefixes,
    futures: Prefixes,
    top: int | None = None,
    *,
    max_bytes: int = 2_000_000_000,
) -> MeasuredMatrix:
    """The logits after every history continued by every future.

    Parameters
    ----------
    oracle : LogitOracle
    histories, futures : sequences of words
    top : int, optional
        Of each future keep the next tokens that are most likely, on average over the histories;
        then one future is asked about at a time, in memory for one block of the whole alphabet.
    max_bytes : int

    Raises
    ------
    TooLarge
        If the matrix would take more than `max_bytes`; nothing is asked then.
    """
    V = oracle.alphabet_size
    kept = check_count("top", V if top is None else top, most=V)
    rows, words = check_prefixes(histories, V), check_prefixes(futures, V)
    if not (rows and words):
        raise ArgumentError("at least one history and one future are needed; the empty word () is one.")
    size = 8 * len(rows) * (len(words) * kept + (V if kept < V else 0))
    if size > max_bytes:
        raise TooLarge(
            f"{len(rows)} histories by {len(words)} futures of {kept} tokens would take {size:,} bytes, more than "
            f"max_bytes={max_bytes:,}; lower histories, futures or top."
        )
    if kept == V:
        logits = logit_matrix(oracle, rows, words).reshape(len(rows), len(words), V)
        return MeasuredMatrix(tuple(rows), tuple(words), np.tile(np.arange(V), (len(words), 1)), logits)
    tokens, logits = np.empty((len(words), kept), dtype=np.int64), np.empty((len(rows), len(words), kept))
    for i, word in enumerate(words):
        block = logit_matrix(oracle, rows, [word])
        tokens[i] = np.argsort(-softmax(block).mean(axis=0), kind="stable")[:kept]
        logits[:, i] = block[:, tokens[i]]
    return MeasuredMatrix(tuple(rows), tuple(words), tokens, logits)


def sampled_matrix(
    oracle: LogitOracle,
    histories: int = 400,
    futures: int = 40,
    history_lengths: tuple[int, int] = (4, 16),
    future_lengths: tuple[int, int] = (0, 8),
    *,
    uniform_last: bool = True,
    top: int | None = None,
    seed: int = 0,
) -> MeasuredMatrix:
    """A logit matrix on typical histories and futures of mixed lengths.

    Paper: Definition 1.6 (how its histories and futures are drawn), arXiv:2512.09892.

    A future is what stands in another sample behind the place where a history could end. Equal
    draws stay, so that averages are over the distribution.

    Parameters
    ----------
    oracle : LogitOracle
    histories, futures : int
        How many are drawn.
    history_lengths, future_lengths : (int, int)
        Shortest and longest, in tokens; lengths are uniform between. `future_lengths=(0, 0)` with
        `futures=1` is the matrix of single tokens. For a teacher that depends on time, give
        histories one length.
    uniform_last : bool
        Replace each history's last token by a uniform one, as the definition does; otherwise
        histories are the teacher's.
    top : int, optional
        As in `matrix_on`.
    seed : int
    """
    rng, V = stream(seed, "measured matrix"), oracle.alphabet_size
    (low, high), (short, long) = _range("history_lengths", history_lengths), _range("future_lengths", future_lengths)
    n, m = check_count("histories", histories), check_count("futures", futures)
    draws = sample(oracle, n + m, max(high + long, 1), rng=rng)
    cuts = rng.integers(low, high, size=n + m, endpoint=True)
    if uniform_last:
        draws[np.arange(n), cuts[:n] - 1] = rng.integers(V, size=n)  # an empty history reads none of it
    ends = cuts + rng.integers(short, long, size=n + m, endpoint=True)
    rows = [draws[i, : cuts[i]].tolist() for i in range(n)]
    words = [draws[i, cuts[i] : ends[i]].tolist() for i in range(n, n + m)]
    return matrix_on(oracle, rows, words, top)


def _range(name: str, lengths: tuple[int, int]) -> tuple[int, int]:
    shortest, longest = lengths
    return check_count(f"{name}[0]", shortest, least=0), check_count(f"{name}[1]", longest, least=shortest)


def subsample(matrix: MeasuredMatrix, factor: int, seed: int = 0) -> MeasuredMatrix:
    """One in `factor` of the histories and of the futures, drawn without replacement."""
    n, m = len(matrix.histories), len(matrix.futures)
    check_count("factor", factor, most=min(n, m))
    rng = stream(seed, "subsample", factor)
    rows, words = (np.sort(rng.choice(size, size // factor, replace=False)) for size in (n, m))
    return MeasuredMatrix(
        tuple(matrix.histories[i] for i in rows),
        tuple(matrix.futures[i] for i in words),
        matrix.tokens[words],
        matrix.logits[np.ix_(rows, words)],
    )
