"""All that a practical learner has been told, kept small.

One answer of a real teacher has as many numbers as its alphabet, and yet all answers lie in a space
of about the teacher's width: the last layer is linear. So rows are kept as coordinates in that space.

>>> rows = np.outer([1.0, 2.0, -3.0], [1.0, 0.0, -1.0])
>>> code = Code.of(rows, columns=3)
>>> code.directions.shape, code.rows(code.encode(rows)).round(3).tolist()
((1, 3), [[1.0, 0.0, -1.0], [2.0, 0.0, -2.0], [-3.0, 0.0, 3.0]])
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
from jaxtyping import Bool, Float, Int

from lowlogit_edu.numerics import log_softmax, softmax

LOGITS = 2**25  # held at once, where whole rows are needed
PRECISION = 0.01  # nats: error allowed to a logit that is kept; half precision has about half of it


@dataclass(frozen=True)
class Code:
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
    def of(cls, rows: Float[np.ndarray, "row token"], columns: int) -> "Code":
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

    def lump(self, logits: Float[np.ndarray, "*row token"]) -> Float[np.ndarray, "*row column"]:
        """Rows of logits by column: the tokens followed, then all others as one, if there are any."""
        if len(self.tokens) == len(self.shares):
            return logits
        others = self.columns == len(self.tokens)
        rest = logits[..., others]
        left = (rest - log_softmax(rest))[..., :1]  # the log of their sum: the same in every column
        return np.concatenate([logits[..., self.tokens], left], axis=-1)

    def encode(self, logits: Float[np.ndarray, "*row token"]) -> Float[np.ndarray, "*row kept"]:
        """Coordinates of rows of logits, in half precision."""
        lumped, count = self.lump(logits), len(self.tokens)
        coordinates = lumped[..., :count] @ self.directions.T
        return np.concatenate([coordinates, lumped[..., count:]], axis=-1).astype(np.float16)

    def rows(self, coordinates: Float[np.ndarray, "*row kept"]) -> Float[np.ndarray, "*row column"]:
        """What `lump` gave, from its coordinates, as float32."""
        kept = coordinates.astype(np.float32)
        count = len(self.directions)
        return np.concatenate([kept[..., :count] @ self.directions, kept[..., count:]], axis=-1)

    def unfold(
        self, decode: Float[np.ndarray, "column state"], mean: Float[np.ndarray, "column"]
    ) -> tuple[Float[np.ndarray, "token state"], Float[np.ndarray, "token"]]:
        """A readout of columns as one of tokens: those not followed share theirs in fixed proportions."""
        return decode[self.columns], mean[self.columns] + self.shares


def _directions(rows: Float[np.ndarray, "row followed"]) -> Float[np.ndarray, "kept followed"]:
    """Orthonormal directions that carry all rows: found from half of them, tried on the others."""
    half, everything = len(rows) // 2, np.eye(rows.shape[1], dtype=np.float32)
    if half < 1:
        return everything
    values, vectors = np.linalg.eigh(rows[::2].T @ rows[::2])
    vectors = vectors[:, ::-1].T
    count = int((values > values[-1] * 1e-12).sum())
    found = vectors[:count]
    if 2 * count > rows.shape[1] or np.abs(rows[1::2] - rows[1::2] @ found.T @ found).max(initial=0.0) > PRECISION:
        return everything
    return found.astype(np.float32)


@dataclass(frozen=True)
class Answers:
    """All logits that a learner has been told, along token sequences.

    Attributes
    ----------
    tokens : int array of shape (n, T)
    asked : bool array of shape (n, T)
        Places whose logits were asked; the others count for nothing.
    code : Code
        How the logits are kept.
    blocks : tuple of float16 arrays of shape (n_block, T, kept)
        Coordinates, in the order of `tokens`; place [i, t] is given `tokens[i, :t]`. Blocks are never
        copied when more are added.
    """

    tokens: Int[np.ndarray, "sequence time"]
    asked: Bool[np.ndarray, "sequence time"]
    code: Code
    blocks: tuple[Float[np.ndarray, "_ time kept"], ...] = ()

    @classmethod
    def empty(cls, horizon: int, code: Code | None = None) -> "Answers":
        """No sequences yet; without a code none can be added."""
        code = code or Code(np.zeros(0, dtype=np.int64), np.zeros(0, np.float32), np.zeros((0, 0), np.float32))
        return cls(np.zeros((0, horizon), dtype=np.int64), np.zeros((0, horizon), dtype=bool), code)

    def add(
        self,
        tokens: Int[np.ndarray, "_ time"],
        block: Float[np.ndarray, "_ time kept"],
        asked: Bool[np.ndarray, "_ time"] | None = None,
    ) -> "Answers":
        """With more sequences; every place of theirs was asked, unless `asked` says otherwise."""
        asked = np.ones(tokens.shape, dtype=bool) if asked is None else asked
        tokens, asked = np.concatenate([self.tokens, tokens]), np.concatenate([self.asked, asked])
        return replace(self, tokens=tokens, asked=asked, blocks=(*self.blocks, block))

    def coordinates(self, rows: Int[np.ndarray, "row"]) -> Float[np.ndarray, "row time kept"]:
        """What is kept of some sequences, given in ascending order."""
        edges = np.cumsum([0, *map(len, self.blocks)])
        split = np.searchsorted(rows, edges)
        pieces = zip(self.blocks, edges, split, split[1:], strict=False)
        return np.concatenate([block[rows[start:end] - edge] for block, edge, start, end in pieces])

    def logits(self, rows: Int[np.ndarray, "row"]) -> Float[np.ndarray, "row time column"]:
        """The logits of some sequences, given in ascending order, as float32; see `Code.lump`."""
        return self.code.rows(self.coordinates(rows))

    def parts(self, size: int = 1000) -> Iterator[tuple[np.ndarray, np.ndarray, np.ndarray]]:
        """(tokens, logits, asked) of some sequences at a time, in order."""
        for start in range(0, len(self.tokens), size):
            rows = np.arange(start, min(start + size, len(self.tokens)))
            yield self.tokens[rows], self.logits(rows), self.asked[rows]
