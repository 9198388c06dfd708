"""Two ways to say how wrong a row is: in its logits, and in the probabilities that they give."""

from dataclasses import dataclass
from typing import ClassVar, Protocol, runtime_checkable

import numpy as np
from jaxtyping import Float, Int

from lowlogit_edu.core.by_token import ByToken, Maps, Norms
from lowlogit_edu.practical.answers import Answers
from lowlogit_edu.practical.coordinates import Coordinates

Rows = Float[np.ndarray, "row width"]

CURVATURE_ROWS = 100_000  # that curvatures are computed from
AT_ONCE = 1000  # rows of probabilities, few enough to stay in the processor's cache
BORROWED = 20  # rows' worth of the mean curvature in that of each token
# Mean curvature added to each token's: a Newton step by the mean of many curvatures would go too far in the rows
# whose own is small.
DAMPING = 3.0
LEAST = 1e-9  # curvature, where no row was told after any token


@runtime_checkable
class Misfit(Protocol):
    """A squared length of errors, `error N error'` with a matrix N per token, near the rows as they are said now.

    `is_square` says that it is that length everywhere: its least is found at once, where others are gone towards.
    """

    is_square: ClassVar[bool]

    def errors(self, tokens: Int[np.ndarray, "row"], told: Rows, said: Rows) -> Rows:
        """How far to go from what is said for the least misfit."""
        ...

    def pulls(self, told: Rows, said: Rows) -> Rows:
        """How hard each direction pulls: error N."""
        ...

    def read_norms(self, read: Maps) -> Norms:
        """read N read' of each token."""
        ...


class LogitMisfit:
    """Squared length in coordinates: the weighted squared error of logits."""

    is_square: ClassVar[bool] = True

    def errors(self, tokens: Int[np.ndarray, "row"], told: Rows, said: Rows) -> Rows:
        """The difference."""
        return told - said

    def pulls(self, told: Rows, said: Rows) -> Rows:
        """The difference: the matrix is the identity."""
        return told - said

    def read_norms(self, read: Maps) -> Norms:
        """read read' of each token."""
        return read @ read.transpose(0, 2, 1)


@dataclass(frozen=True)
class ProbabilityMisfit:
    """KL divergence to second order, with one curvature for all rows after a token.

    The curvature is the Fisher matrix, averaged over the rows told after the token; rare tokens borrow from the mean
    over all, and all have some of that mean's size added in every direction.

    Attributes
    ----------
    decode : array of shape (width, column)
    curvature, inverse : arrays of shape (token, width, width)
    """

    is_square: ClassVar[bool] = False
    decode: Float[np.ndarray, "width column"]
    curvature: Float[np.ndarray, "token width width"]
    inverse: Float[np.ndarray, "token width width"]

    @classmethod
    def of(cls, answers: Answers, coordinates: Coordinates, map_count: int) -> "ProbabilityMisfit":
        """Curvatures at the rows as told, after each token."""
        width = coordinates.width
        decode = coordinates.decode
        said = np.zeros((map_count, decode.shape[1]), dtype=np.float32)  # sums of probabilities
        squares = np.zeros((map_count, width, width), dtype=np.float32)  # sums of mean' mean
        count = np.zeros(map_count)
        for block in answers.chunks(CURVATURE_ROWS // 10):
            read = answers.code.columns[block.tokens[:, :-1]][block.asked[:, 1:]]
            rows = block.kept[:, 1:][block.asked[:, 1:]]
            rows = rows.astype(np.float32) @ coordinates.of_kept
            for token, chosen in ByToken(read).groups():
                probabilities = _probabilities(rows[chosen] @ decode)
                means = probabilities @ decode.T
                said[token] += probabilities.sum(axis=0)
                squares[token] += means.T @ means
                count[token] += len(chosen)
            if count.sum() >= CURVATURE_ROWS:
                break
        mean = ((decode * said.sum(axis=0)) @ decode.T - squares.sum(axis=0)) / max(1.0, count.sum())
        damping = DAMPING * max(np.trace(mean) / width, LEAST) * np.eye(width, dtype=np.float32)
        inverse = np.empty_like(squares)
        curvature = squares  # written over, token by token
        for token in range(map_count):
            own = (decode * said[token]) @ decode.T - squares[token]
            curvature[token] = (own + BORROWED * mean) / np.float32(count[token] + BORROWED) + damping
            inverse[token] = np.linalg.inv(curvature[token])
        return cls(decode, curvature, inverse)

    def errors(self, tokens: Int[np.ndarray, "row"], told: Rows, said: Rows) -> Rows:
        """The Newton step of the KL."""
        return ByToken(tokens).apply(self.inverse, self.pulls(told, said))

    def pulls(self, told: Rows, said: Rows) -> Rows:
        """The negative gradient of the KL."""
        pull = np.empty_like(told)
        for start in range(0, len(told), AT_ONCE):
            part = slice(start, start + AT_ONCE)
            difference = _probabilities(told[part] @ self.decode)
            difference -= _probabilities(said[part] @ self.decode)
            pull[part] = difference @ self.decode.T
        return pull

    def read_norms(self, read: Maps) -> Norms:
        """read N read' of each token."""
        return read @ self.curvature @ read.transpose(0, 2, 1)


def _probabilities(logits: Float[np.ndarray, "row column"]) -> Float[np.ndarray, "row column"]:
    """`softmax`, written over the logits."""
    logits -= logits.max(axis=1, keepdims=True)
    np.exp(logits, out=logits)
    logits /= logits.sum(axis=1, keepdims=True)
    return logits
