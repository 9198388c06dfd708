"""Span and solve for real teachers: a basis of the logit rows, and one transition per token.

Tokens are weighted by how likely they are, so that one which the teacher never says costs no
accuracy on those that it says.
"""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from lowlogit_edu.core.numerics import softmax
from lowlogit_edu.core.ridge import affine_prior, affine_pull, ridge_solve
from lowlogit_edu.matrices.spanner import barycentric_spanner
from lowlogit_edu.practical.answers import Answers

SPANNED = 15_000  # rows that the basis is computed from
MEAN = 100_000  # rows that the mean next state is computed from


@dataclass(frozen=True)
class Basis:
    """A linear map from logits to states of `rank - 1` standardised coordinates, and back.

    Logits are by column (`RowCode`): one for each token, or for all that are not followed together.

    Attributes
    ----------
    encode : array of shape (columns, rank - 1)
    offset : array of shape (rank - 1,)
        State = logits @ encode - offset.
    decode : array of shape (columns, rank - 1)
    mean : array of shape (columns,)
        Logits = mean + decode @ state, up to a constant and what the rank leaves out.
    scale : array of shape (rank - 1,)
        Standard deviation (weighted nats) of each coordinate before it was standardised.
    """

    encode: Float[np.ndarray, "column state"]
    offset: Float[np.ndarray, "state"]
    decode: Float[np.ndarray, "column state"]
    mean: Float[np.ndarray, "column"]
    scale: Float[np.ndarray, "state"]


def span_rows(answers: Answers, rank: int, weighting: float = 0.5, *, rng: np.random.Generator) -> Basis:
    """Principal components of the asked rows, in the metric that weighs a token by probability**weighting.

    Second order in the error, KL weighs it by the probability itself (weighting 1); the square root
    keeps rare tokens from being forgotten.
    """
    n, T = answers.asked.shape
    chosen = np.sort(rng.choice(n, min(n, -(-SPANNED // T)), replace=False))
    rows = answers.logits(chosen)[answers.asked[chosen]].astype(np.float64)
    weights = softmax(rows).mean(axis=0) ** weighting + 1e-6
    weights /= weights.sum()
    root = np.sqrt(weights)
    rows -= (rows @ weights)[:, None]
    mean = rows.mean(axis=0)
    weighted = (rows - mean) * root
    variances, vectors = np.linalg.eigh(weighted.T @ weighted / len(rows))
    kept = min(rank - 1, len(mean))
    vectors = vectors[:, ::-1][:, :kept]
    scale = np.sqrt(np.maximum(variances[::-1][:kept], 1e-12))
    encode = root[:, None] * vectors / scale
    decode = vectors / root[:, None] * scale
    offset = mean @ encode
    encode = encode - np.outer(weights, encode.sum(axis=0))  # so that raw logits may be encoded
    arrays = (encode, offset, decode, mean, scale)
    return Basis(*(array.astype(np.float32) for array in arrays))


def states(basis: Basis, answers: Answers) -> Float[np.ndarray, "sequence time state"]:
    """The state of every asked row (zero elsewhere)."""
    found = np.zeros((*answers.asked.shape, len(basis.offset)), dtype=np.float32)
    start = 0
    for tokens, logits, asked in answers.parts():
        found[start : start + len(tokens)][asked] = logits[asked] @ basis.encode - basis.offset
        start += len(tokens)
    return found


def spanner_sizes(
    basis: Basis, encoded: Float[np.ndarray, "sequence time state"], tolerance: float, most: int = 400
) -> list[int]:
    """How many histories a 2-barycentric spanner of each cut's rows has, within `tolerance`."""
    rows = encoded[:most] * basis.scale
    return [len(barycentric_spanner(rows[:, t], tolerance=tolerance)) for t in range(rows.shape[1])]


def solve_transitions(
    answers: Answers, encoded: Float[np.ndarray, "sequence time state"], ridge: float
) -> Float[np.ndarray, "column affine state"]:
    """For every token, the affine map from state to next state with the least squared error.

    Tokens that are not followed (`RowCode`) have one map together, the last one.

    This is the greedy update (Eq. 5) with coefficients from ridge regression over all answers in
    place of a spanner's rows. Row `rank - 1` of each map is its constant.
    """
    sequence, time = np.nonzero(answers.asked[:, :-1] & answers.asked[:, 1:])
    token = answers.code.columns[answers.tokens[sequence, time]]
    order = np.argsort(token, kind="stable")
    edges = np.searchsorted(token[order], np.arange(answers.code.columns.max() + 2))
    size = encoded.shape[2] + 1
    pull = affine_pull(size, ridge)
    prior = affine_prior(size, encoded[sequence[:MEAN], time[:MEAN] + 1].mean(axis=0))
    maps = np.empty((len(edges) - 1, size, size - 1), dtype=np.float32)
    for z in range(len(maps)):
        rows = order[edges[z] : edges[z + 1]]
        after = encoded[sequence[rows], time[rows] + 1]
        before = np.pad(encoded[sequence[rows], time[rows]], ((0, 0), (0, 1)), constant_values=1.0)
        maps[z] = ridge_solve(before.T @ before, before.T @ after, pull, prior)
    return maps
