"""How rows of logits are kept small.

One answer of a real teacher has as many numbers as its alphabet, and yet all answers lie in a space
of about the teacher's width: the last layer is linear. So rows are kept as coordinates in that space.

>>> rows = np.outer(np.arange(1.0, 9.0), [1.0, 0.0, -1.0])
>>> code = RowCode.of(rows, columns=3)
>>> code.directions.shape, code.restore(code.compress(rows[:3])).round(3).tolist()
((1, 3), [[1.0, 0.0, -1.0], [2.0, 0.0, -2.0], [3.0, 0.0, -3.0]])
"""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Int

from lowlogit_edu.core.errors import OracleError
from lowlogit_edu.core.numerics import log_softmax, softmax

ROWS_PER_DIRECTION = 4  # at least: fewer rows lie in fewer directions than others do
ROUNDING = 1e-5  # of a sum of squares in single precision
PRECISION = 0.01  # nats: error allowed to a logit that is kept; half precision has about half of it


@dataclass(frozen=True)
class RowCode:
    """How rows of logits are kept: which columns, and directions that span them.

    Attributes
    ----------
    tokens : int array of shape (k,)
        Tokens whose logits are followed one by one, ascending.
    shares : array of shape (alphabet_size,)
        Log of a token's share in the probability of those not followed (0 for those that are).
    directions : array of shape (kept, k)
        Rows of followed logits are combinations of these; the identity where there are none fewer.
    """

    tokens: Int[np.ndarray, "followed"]
    shares: Float[np.ndarray, "token"]
    directions: Float[np.ndarray, "kept followed"]

    @classmethod
    def of(cls, rows: Float[np.ndarray, "row token"], columns: int) -> "RowCode":
        """A code that fits some rows of logits: the likeliest `columns` tokens, as few directions as are enough."""
        V = rows.shape[1]
        probabilities = softmax(rows).mean(axis=0)
        tokens = np.sort(np.argsort(-probabilities, kind="stable")[:columns])
        others = np.ones(V, dtype=bool)
        others[tokens] = False
        shares = np.zeros(V, dtype=np.float32)
        if others.any():
            left = probabilities[others] + 1e-12
            shares[others] = np.log(left / left.sum())
        return cls(tokens, shares, _directions(rows[:, tokens].astype(np.float64)))

    @property
    def columns(self) -> Int[np.ndarray, "token"]:
        """The column of each token; all tokens not followed have the last one together."""
        columns = np.full(len(self.shares), len(self.tokens))
        columns[self.tokens] = np.arange(len(self.tokens))
        return columns

    @property
    def width(self) -> int:
        """How many numbers are kept of a row."""
        return len(self.directions) + (len(self.tokens) < len(self.shares))

    def lump(self, logits: Float[np.ndarray, "*row token"]) -> Float[np.ndarray, "*row column"]:
        """Rows of logits by column: the tokens followed, then all others as one, if there are any."""
        if len(self.tokens) == len(self.shares):
            return logits
        others = self.columns == len(self.tokens)
        rest = logits[..., others]
        left = (rest - log_softmax(rest))[..., :1]  # the log of their sum: the same in every column
        return np.concatenate([logits[..., self.tokens], left], axis=-1)

    def compress(self, logits: Float[np.ndarray, "*row token"]) -> Float[np.ndarray, "*row kept"]:
        """Coordinates of rows of logits, in half precision.

        Raises
        ------
        OracleError
            Where they are too large for it, or are no combinations of the directions.
        """
        lumped = self.lump(logits)
        count = len(self.tokens)
        followed = lumped[..., :count]
        coordinates = followed @ self.directions.T
        with np.errstate(over="ignore"):
            kept = np.concatenate([coordinates, lumped[..., count:]], axis=-1).astype(np.float16)
        if not np.isfinite(kept).all():
            column = int(np.abs(lumped).reshape(-1, lumped.shape[-1]).max(axis=0).argmax())
            token = f"token {self.tokens[column]}" if column < count else "tokens not followed"
            raise OracleError(
                f"logits of up to {np.abs(lumped).max():.3g} nats, of {token}, do not fit into the half precision in "
                f"which answers are kept (at most {np.finfo(np.float16).max:g}); expected those of a language model."
            )
        self._check_kept(followed, coordinates)
        return kept

    def _check_kept(self, followed: np.ndarray, coordinates: np.ndarray) -> None:
        """OracleError where directions leave out more of a row than it is kept to: the others were not like it."""
        if len(self.directions) == followed.shape[-1]:
            return
        # The directions are orthonormal, so that what they leave out is what is missing from the sum of squares.
        squares = np.einsum("...i,...i->...", followed, followed)
        missing = squares - np.einsum("...i,...i->...", coordinates, coordinates)
        allowed = PRECISION**2 * followed.shape[-1] + ROUNDING * squares
        if (missing > allowed).any():
            off = float(np.sqrt(np.max(missing) / followed.shape[-1]))
            raise OracleError(
                f"a row of logits is {off:.2g} nats (root mean square over tokens) from all combinations of the "
                f"{len(self.directions)} directions in which the first rows lay; expected rows in one space, as a "
                "linear last layer makes them. Take another seed, which begins with other texts, or a teacher whose "
                "first rows show all."
            )

    def restore(self, coordinates: Float[np.ndarray, "*row kept"]) -> Float[np.ndarray, "*row column"]:
        """What `lump` gave, from its coordinates, as float32."""
        kept = coordinates.astype(np.float32)
        count = len(self.directions)
        followed = kept[..., :count] @ self.directions
        return followed if count == self.width else np.concatenate([followed, kept[..., count:]], axis=-1)

    def through(self, matrix: Float[np.ndarray, "column other"]) -> Float[np.ndarray, "kept other"]:
        """The matrix that takes what is kept of a row to `restore(kept) @ matrix`."""
        followed = self.directions.shape[1]
        return np.concatenate([self.directions @ matrix[:followed], matrix[followed:]])


def _directions(rows: Float[np.ndarray, "row followed"]) -> Float[np.ndarray, "kept followed"]:
    """Orthonormal directions that carry all rows: found from half of them, tried on the others."""
    half = len(rows) // 2
    everything = np.eye(rows.shape[1], dtype=np.float32)
    if half < 1:
        return everything
    values, vectors = np.linalg.eigh(rows[::2].T @ rows[::2])
    vectors = vectors[:, ::-1].T
    count = int((values > values[-1] * 1e-12).sum())
    found = vectors[:count]
    few = count * ROWS_PER_DIRECTION > half or 2 * count > rows.shape[1]
    if few or np.abs(rows[1::2] - rows[1::2] @ found.T @ found).max(initial=0.0) > PRECISION:
        return everything
    return found.astype(np.float32)
