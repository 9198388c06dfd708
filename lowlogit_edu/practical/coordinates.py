"""Coordinates of logit rows, in which the squared length of a difference says how much it matters."""

from dataclasses import dataclass, fields

import numpy as np
from jaxtyping import Float

from lowlogit_edu.core.numerics import softmax
from lowlogit_edu.practical.answers import Answers
from lowlogit_edu.practical.row_code import PRECISION

ROWS = 16_000  # that the coordinates are computed from
LEAST_WEIGHT = 1e-6  # of a token, so that one the teacher never says still has logits


@dataclass(frozen=True)
class Coordinates:
    """A row of logits u (by column) as `width` numbers, whose sum of squares is its weighted mean square in nats^2.

    Attributes
    ----------
    encode : array of shape (column, width)
        Coordinates = logits @ encode; a constant added to all logits changes nothing.
    decode : array of shape (width, column)
        Logits = coordinates @ decode, up to a constant and what the width leaves out.
    of_kept : array of shape (kept, width)
        Coordinates = what is kept of a row (`RowCode`) @ of_kept.
    """

    encode: Float[np.ndarray, "column width"]
    decode: Float[np.ndarray, "width column"]
    of_kept: Float[np.ndarray, "kept width"]

    def __post_init__(self) -> None:
        for field in fields(self):  # one memory layout, so that a loaded state rounds alike
            object.__setattr__(self, field.name, np.ascontiguousarray(getattr(self, field.name)))

    @classmethod
    def of(cls, answers: Answers, width: int, weighting: float) -> "Coordinates":
        """Principal coordinates of the rows told first, a token weighing its mean probability**weighting.

        To second order KL weighs an error by the probability itself (weighting 1); the square root keeps rare tokens
        from being forgotten. Directions in which rows differ by less than they are kept to are left out.
        """
        block = answers.blocks[0][: -(-ROWS // answers.blocks[0].tokens.shape[1])]
        rows = answers.code.restore(block.kept[block.asked]).astype(np.float64)
        weights = softmax(rows).mean(axis=0) ** weighting + LEAST_WEIGHT
        weights /= weights.sum()
        root = np.sqrt(weights)
        weighted = (rows - (rows @ weights)[:, None]) * root
        squares, vectors = np.linalg.eigh(weighted.T @ weighted / len(rows))
        squares = squares[::-1][:width]
        # One at least: the rows of a model that knows nothing have none that matters.
        count = max(1, int((squares > PRECISION**2 / len(squares)).sum()))
        vectors = vectors[:, ::-1][:, :count]
        encode = root[:, None] * vectors
        encode -= np.outer(weights, encode.sum(axis=0))
        decode = (vectors / root[:, None]).T
        encode = encode.astype(np.float32)
        return cls(encode, decode.astype(np.float32), answers.code.through(encode))

    @property
    def width(self) -> int:
        """Numbers per row."""
        return len(self.decode)
