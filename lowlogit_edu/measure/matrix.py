"""The logit matrix of a teacher on typical histories and futures.

>>> from lowlogit_edu.models import noisy_parity
>>> from lowlogit_edu.oracles.exact import ExactOracle
>>> sampled_matrix(ExactOracle(noisy_parity(bits=5)), 7, 2, (2, 2), (0, 3)).logits.shape
(7, 2, 2)
"""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Int

from lowlogit_edu.core.checks import Prefixes, check_count, check_prefixes
from lowlogit_edu.core.errors import ArgumentError, TooLarge
from lowlogit_edu.core.numerics import softmax
from lowlogit_edu.core.rng import stream
from lowlogit_edu.matrices.logit_matrix import Word, logit_matrix
from lowlogit_edu.oracles.base import LogitOracle, sample

ITEM = 8  # bytes of a number
COPIES = 6  # a suite of measurements was seen to take 5 times the memory of its matrix
BATCH = 64  # histories asked about at once


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
        For the matrix and for measuring it.

    Raises
    ------
    TooLarge
        If that would take more than `max_bytes`; nothing is asked then.
    """
    V = oracle.alphabet_size
    kept = check_size(oracle, len(histories), len(futures), top, max_bytes)
    rows = check_prefixes(histories, V)
    words = check_prefixes(futures, V)
    if not (rows and words):
        raise ArgumentError("at least one history and one future are needed; the empty word () is one.")
    if kept < V:
        return _likeliest(oracle, rows, words, kept)
    # A few histories at a time: an oracle's answers to all at once would be a second copy of the matrix.
    logits = np.empty((len(rows), len(words), V))
    for start in range(0, len(rows), BATCH):
        part = slice(start, start + BATCH)
        logits[part] = logit_matrix(oracle, rows[part], words).reshape(-1, len(words), V)
    every_token = np.tile(np.arange(V), (len(words), 1))
    return MeasuredMatrix(tuple(rows), tuple(words), every_token, logits)


def _likeliest(oracle: LogitOracle, rows: list[Word], words: list[Word], kept: int) -> MeasuredMatrix:
    """Of each future the `kept` likeliest next tokens; whole rows are held for one future at a time."""
    tokens = np.empty((len(words), kept), dtype=np.int64)
    logits = np.empty((len(rows), len(words), kept))
    for i, word in enumerate(words):
        block = logit_matrix(oracle, rows, [word])
        likely = softmax(block).mean(axis=0)
        tokens[i] = np.argsort(-likely, kind="stable")[:kept]
        logits[:, i] = block[:, tokens[i]]
    return MeasuredMatrix(tuple(rows), tuple(words), tokens, logits)


def check_size(
    oracle: LogitOracle, histories: int, futures: int, top: int | None = None, max_bytes: int = 2_000_000_000
) -> int:
    """Columns per future, where the matrix and the work on it fit into `max_bytes`; TooLarge otherwise."""
    V = oracle.alphabet_size
    kept = check_count("top", V if top is None else top, most=V)
    whole_rows = V if kept < V else 0  # of the one future that is asked about
    size = ITEM * COPIES * histories * (futures * kept + whole_rows)
    if size > max_bytes:
        raise TooLarge(
            f"measuring {histories} histories by {futures} futures of {kept} tokens would take {size:,} bytes, more "
            f"than max_bytes={max_bytes:,}; lower histories, futures or top."
        )
    return kept


def sampled_matrix(
    oracle: LogitOracle,
    histories: int = 400,
    futures: int = 40,
    history_lengths: tuple[int, int] = (4, 16),
    future_lengths: tuple[int, int] = (0, 8),
    *,
    uniform_last: bool = True,
    top: int | None = None,
    max_bytes: int = 2_000_000_000,
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
    top, max_bytes : int
        As in `matrix_on`.
    seed : int

    Raises
    ------
    TooLarge
        As in `matrix_on`, before anything is sampled.
    """
    n = check_count("histories", histories)
    m = check_count("futures", futures)
    check_size(oracle, n, m, top, max_bytes)
    rows, words = sampled_words(oracle, n, m, history_lengths, future_lengths, uniform_last=uniform_last, seed=seed)
    return matrix_on(oracle, rows, words, top, max_bytes=max_bytes)


def sampled_words(
    oracle: LogitOracle,
    histories: int,
    futures: int,
    history_lengths: tuple[int, int] = (4, 16),
    future_lengths: tuple[int, int] = (0, 8),
    *,
    uniform_last: bool = True,
    seed: int = 0,
) -> tuple[list[Word], list[Word]]:
    """The histories and the futures of `sampled_matrix`."""
    rng = stream(seed, "measured matrix")
    V = oracle.alphabet_size
    low, high = _range("history_lengths", history_lengths)
    short, long = _range("future_lengths", future_lengths)
    n = check_count("histories", histories)
    m = check_count("futures", futures)
    # The first n texts give histories, the others futures: no future stands behind its own history.
    draws = sample(oracle, n + m, max(high + long, 1), rng=rng)
    cuts = rng.integers(low, high, size=n + m, endpoint=True)
    if uniform_last:
        draws[np.arange(n), cuts[:n] - 1] = rng.integers(V, size=n)  # an empty history reads none of it
    ends = cuts + rng.integers(short, long, size=n + m, endpoint=True)
    rows = [tuple(draws[i, : cuts[i]].tolist()) for i in range(n)]
    words = [tuple(draws[i, cuts[i] : ends[i]].tolist()) for i in range(n, n + m)]
    return rows, words


def _range(name: str, lengths: tuple[int, int]) -> tuple[int, int]:
    shortest, longest = lengths
    low = check_count(f"{name}[0]", shortest, least=0)
    return low, check_count(f"{name}[1]", longest, least=low)


def subsample(matrix: MeasuredMatrix, factor: int, seed: int = 0, part: int = 0) -> MeasuredMatrix:
    """One in `factor` of the histories and of the futures; parts 0 to factor - 1 have none in common."""
    n = len(matrix.histories)
    m = len(matrix.futures)
    f = check_count("factor", factor, most=min(n, m))
    p = check_count("part", part, least=0, most=factor - 1)
    rng = stream(seed, "subsample", factor)  # without the part: all parts cut up the same permutations
    rows = _share(rng.permutation(n), f, p)
    words = _share(rng.permutation(m), f, p)
    return select(matrix, rows, words)


def _share(shuffled: Int[np.ndarray, "_"], factor: int, part: int) -> Int[np.ndarray, "_"]:
    """Piece number `part` of `factor` pieces of equal size, sorted; what does not come out even is left."""
    size = len(shuffled) // factor
    return np.sort(shuffled[part * size : (part + 1) * size])


def select(matrix: MeasuredMatrix, rows: Int[np.ndarray, "row"], words: Int[np.ndarray, "word"]) -> MeasuredMatrix:
    """The part on the histories numbered `rows` and the futures numbered `words`, in that order."""
    return MeasuredMatrix(
        tuple(matrix.histories[i] for i in rows),
        tuple(matrix.futures[i] for i in words),
        matrix.tokens[words],
        matrix.logits[np.ix_(rows, words)],
    )
