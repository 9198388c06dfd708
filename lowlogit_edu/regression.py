"""Span and solve for real teachers: a basis of the logit rows, and one transition per token.

The rows are weighted by how likely their tokens are, so that a token which the teacher never says
costs no accuracy on those that it says.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float, Int

from lowlogit_edu.numerics import softmax
from lowlogit_edu.spanner import barycentric_spanner

SPANNED = 15_000  # rows that the basis is computed from


@dataclass(frozen=True)
class Answers:
    """All logits that a learner has been told, along token sequences.

    Attributes
    ----------
    tokens : int array of shape (n, T)
    asked : bool array of shape (n, T)
        Places whose logits were asked; the others count for nothing.
    blocks : tuple of float16 arrays of shape (n_block, T, alphabet_size)
        Logits, in the order of `tokens`; place [i, t] is given `tokens[i, :t]`. Half precision (error
        below 0.01 nats) halves memory, and blocks are never copied when more are added.
    """

    tokens: Int[np.ndarray, "sequence time"]
    asked: Bool[np.ndarray, "sequence time"]
    blocks: tuple[Float[np.ndarray, "_ time token"], ...] = ()

    @classmethod
    def empty(cls, horizon: int) -> "Answers":
        """No sequences yet."""
        return cls(np.zeros((0, horizon), dtype=np.int64), np.zeros((0, horizon), dtype=bool))

    def __add__(self, other: "Answers") -> "Answers":
        tokens = np.concatenate([self.tokens, other.tokens])
        return Answers(tokens, np.concatenate([self.asked, other.asked]), self.blocks + other.blocks)

    def logits(self, rows: Int[np.ndarray, "row"]) -> Float[np.ndarray, "row time token"]:
        """The logits of some sequences, given in ascending order, as float32."""
        edges = np.cumsum([0, *map(len, self.blocks)])
        split = np.searchsorted(rows, edges)
        parts = [
            block[rows[start:end] - edge]
            for block, edge, start, end in zip(self.blocks, edges, split, split[1:], strict=False)
        ]
        return np.concatenate(parts).astype(np.float32)

    def parts(self, size: int = 1000) -> Iterator[tuple[np.ndarray, np.ndarray, np.ndarray]]:
        """(tokens, logits, asked) of some sequences at a time, in order."""
        for start in range(0, len(self.tokens), size):
            rows = np.arange(start, min(start + size, len(self.tokens)))
            yield self.tokens[rows], self.logits(rows), self.asked[rows]


@dataclass(frozen=True)
class Basis:
    """A linear map from logits to states of `rank - 1` standardised coordinates, and back.

    Attributes
    ----------
    encode : array of shape (alphabet_size, rank - 1)
    offset : array of shape (rank - 1,)
        State = logits @ encode - offset.
    decode : array of shape (alphabet_size, rank - 1)
    mean : array of shape (alphabet_size,)
        Logits = mean + decode @ state, up to a constant and what the rank leaves out.
    scale : array of shape (rank - 1,)
        Standard deviation (weighted nats) of each coordinate before it was standardised.
    """

    encode: Float[np.ndarray, "token state"]
    offset: Float[np.ndarray, "state"]
    decode: Float[np.ndarray, "token state"]
    mean: Float[np.ndarray, "token"]
    scale: Float[np.ndarray, "state"]


def span_rows(answers: Answers, rank: int, *, rng: np.random.Generator) -> Basis:
    """Principal components of the asked rows, in the metric that weighs a token by sqrt(probability).

    Second order in the error, KL weighs it by the probability itself; the square root keeps rare
    tokens from being forgotten (the weighting with the lowest KL floor of those tried).
    """
    n, T = answers.asked.shape
    chosen = np.sort(rng.choice(n, min(n, -(-SPANNED // T)), replace=False))
    rows = answers.logits(chosen)[answers.asked[chosen]].astype(np.float64)
    weights = np.sqrt(softmax(rows).mean(axis=0)) + 1e-6
    weights /= weights.sum()
    root = np.sqrt(weights)
    rows -= (rows @ weights)[:, None]
    mean = rows.mean(axis=0)
    weighted = (rows - mean) * root
    variances, vectors = np.linalg.eigh(weighted.T @ weighted / len(rows))
    kept = min(rank - 1, len(mean))
    vectors, scale = vectors[:, ::-1][:, :kept], np.sqrt(np.maximum(variances[::-1][:kept], 1e-12))
    encode = root[:, None] * vectors / scale
    decode = vectors / root[:, None] * scale
    offset = mean @ encode
    encode = encode - np.outer(weights, encode.sum(axis=0))  # so that raw logits may be encoded
    arrays = (encode, offset, decode, mean, scale)
    return Basis(*(array.astype(np.float32) for array in arrays))


def states(basis: Basis, answers: Answers) -> Float[np.ndarray, "sequence time state"]:
    """The state of every asked row (zero elsewhere)."""
    found = np.zeros((*answers.asked.shape, len(basis.offset)), dtype=np.float32)
    encoded = [logits[asked] @ basis.encode - basis.offset for _, logits, asked in answers.parts()]
    found[answers.asked] = np.concatenate(encoded)
    return found


def spanner_sizes(
    basis: Basis, encoded: Float[np.ndarray, "sequence time state"], tolerance: float, most: int = 400
) -> list[int]:
    """How many histories a 2-barycentric spanner of each cut's rows has, within `tolerance`."""
    rows = encoded[:most] * basis.scale
    return [len(barycentric_spanner(rows[:, t], tolerance=tolerance)) for t in range(rows.shape[1])]


def solve_transitions(
    answers: Answers, encoded: Float[np.ndarray, "sequence time state"], alphabet_size: int, ridge: float
) -> Float[np.ndarray, "token affine state"]:
    """For every token, the affine map from state to next state with the least squared error.

    This is the greedy update (Eq. 5) with coefficients from ridge regression over all answers in
    place of a spanner's rows. Row `rank - 1` of each map is its constant.
    """
    pairs = answers.asked[:, :-1] & answers.asked[:, 1:]
    before, after, token = encoded[:, :-1][pairs], encoded[:, 1:][pairs], answers.tokens[:, :-1][pairs]
    before = np.concatenate([before, np.ones((len(before), 1), np.float32)], axis=1)
    size = before.shape[1]
    pull = np.eye(size) * ridge
    pull[-1, -1] = 0.3  # the constant, a token's mean next state, is known from few observations
    prior = np.zeros((size, size - 1))
    prior[-1] = after.mean(axis=0)
    order = np.argsort(token, kind="stable")
    edges = np.searchsorted(token[order], np.arange(alphabet_size + 1))
    maps = np.empty((alphabet_size, size, size - 1), dtype=np.float32)
    for z in range(alphabet_size):
        x, y = before[order[edges[z] : edges[z + 1]]], after[order[edges[z] : edges[z + 1]]]
        maps[z] = np.linalg.solve(x.T @ x + pull, x.T @ y + pull @ prior)
    return maps
