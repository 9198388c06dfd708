"""Single-token regression: a state of what the teacher says next, and of nothing further ahead.

>>> tokens = np.array([[0, 1, 0], [1, 1, 0], [0, 0, 0]])
>>> logits = np.where(np.arange(2) == tokens[..., None], 0.5, -0.5)  # the teacher gives each its own next token
>>> model = single_token_model([(tokens, logits, np.ones(tokens.shape, dtype=bool))], 2, horizon=3, rank=2)
>>> model
ISANModel(alphabet_size=2, carried=2, rank=2, horizon=3)
"""

from collections.abc import Iterable

import numpy as np
from jaxtyping import Bool, Float, Int

from lowlogit_edu.baselines.observed import Observed
from lowlogit_edu.core.numerics import mean_center
from lowlogit_edu.core.ridge import affine_prior, affine_pull, ridge_solve
from lowlogit_edu.learned.isan_model import ISANModel

NO_VARIANCE = 1e-12  # squared nats; smaller ones, which rounding can make negative, are raised to it


def last_layer_subspace(
    observed: Iterable[Observed], alphabet_size: int, rank: int
) -> tuple[Float[np.ndarray, "token"], Float[np.ndarray, "token state"]]:
    """Mean of all logit rows, and their first `rank - 1` principal directions times standard deviations (nats).

    For a transformer, and a rank above its width, they span the image of its last layer.
    """
    # Two sums are all that the directions need: the rows themselves, one per answer, are not kept.
    total = np.zeros(alphabet_size)
    squares = np.zeros((alphabet_size, alphabet_size))
    count = 0
    for _, logits, asked in observed:
        rows = mean_center(logits[asked].astype(np.float64))
        total += rows.sum(axis=0)
        squares += rows.T @ rows
        count += len(rows)
    mean = total / count
    covariance = squares / count - np.outer(mean, mean)
    kept = min(rank - 1, alphabet_size - 1)  # one dimension of `rank` is the mean's; centred rows have one less
    variances, directions = np.linalg.eigh(covariance)  # ascending
    largest = np.maximum(variances[::-1][:kept], NO_VARIANCE)
    return mean, directions[:, ::-1][:, :kept] * np.sqrt(largest)


def single_token_model(
    observed: Iterable[Observed], alphabet_size: int, horizon: int, rank: int, ridge: float = 10.0
) -> ISANModel:
    """The model whose state is the next token's logits, cut to `rank` dimensions: futures {empty word} only.

    Paper: Single-token regression (F = {empty}; the last-layer subspace of Carlini et al. 2024), arXiv:2510.24966.
    Differs from the paper: one map per token serves all histories, where LINGEN fits one text.

    It is where the practical learner starts, but for the metric of its principal components: here all tokens
    weigh the same. Witnesses are fitted like any other answer.

    Parameters
    ----------
    observed : iterable of (tokens, logits, asked)
        As in `fit_ngram`; read twice, so an iterator will not do.
    ridge : float
        Pull of each token's map to the mean next state, in numbers of observations; without it, 0.1 nats worse on a
        TinyStories teacher.
    """
    # Span: a state is a row's coordinates in standard deviations, and a 1 that carries the constants.
    mean, decode = last_layer_subspace(observed, alphabet_size, rank)
    encode = decode / (decode**2).sum(axis=0)
    parts = [(part, seen, _states(logits, mean, encode)) for part, logits, seen in observed]
    # Solve: where a text begins, and where each token leads.
    first = next(coordinates[seen[:, 0], 0][0] for _, seen, coordinates in parts if seen[:, 0].any())
    steps = [_steps(*part) for part in parts]
    token, before, after = map(np.concatenate, zip(*steps, strict=True))
    transitions = _transitions(token, before, after, alphabet_size, ridge)
    readout = np.concatenate([decode, mean[:, None]], axis=1).astype(np.float32)
    return ISANModel(first, transitions, readout, horizon, settings={"baseline": "single token"})


def _states(
    logits: Float[np.ndarray, "sequence time token"],
    mean: Float[np.ndarray, "token"],
    encode: Float[np.ndarray, "token direction"],
) -> Float[np.ndarray, "sequence time state"]:
    """Coordinates of every row, and a 1."""
    coordinates = (mean_center(logits) - mean) @ encode
    return np.concatenate([coordinates, np.ones((*logits.shape[:2], 1))], axis=-1, dtype=np.float32)


def _steps(
    tokens: Int[np.ndarray, "sequence time"],
    asked: Bool[np.ndarray, "sequence time"],
    states: Float[np.ndarray, "sequence time state"],
) -> tuple[Int[np.ndarray, "step"], Float[np.ndarray, "step state"], Float[np.ndarray, "step state"]]:
    """Every token whose states before and after it were told, with both."""
    pairs = asked[:, :-1] & asked[:, 1:]
    return tokens[:, :-1][pairs], states[:, :-1][pairs], states[:, 1:][pairs]


def _transitions(
    token: Int[np.ndarray, "step"],
    before: Float[np.ndarray, "step state"],
    after: Float[np.ndarray, "step state"],
    alphabet_size: int,
    ridge: float,
) -> Float[np.ndarray, "token state state"]:
    """For every token, the matrix from state to next state of least squared error, pulled to the mean next state."""
    size = before.shape[1]
    pull = affine_pull(size, ridge)
    prior = affine_prior(size, after.mean(axis=0))
    solved = np.empty((alphabet_size, size, size), dtype=np.float32)
    for z in range(alphabet_size):
        x = before[token == z].astype(np.float64)
        y = after[token == z]
        solved[z] = ridge_solve(x.T @ x, x.T @ y, pull, prior).T
    return solved
