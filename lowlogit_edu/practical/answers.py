"""All that a practical learner has been told, along token sequences."""

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
from jaxtyping import Bool, Float, Int

from lowlogit_edu.practical.row_code import RowCode

LOGITS = 2**25  # held at once, where whole rows are needed


@dataclass(frozen=True)
class Answers:
    """All logits that a learner has been told, along token sequences.

    Attributes
    ----------
    tokens : int array of shape (n, T)
    asked : bool array of shape (n, T)
        Places whose logits were asked; the others count for nothing.
    code : RowCode
        How the logits are kept.
    blocks : tuple of float16 arrays of shape (n_block, T, kept)
        Coordinates, in the order of `tokens`; place [i, t] is given `tokens[i, :t]`. Blocks are never
        copied when more are added.
    """

    tokens: Int[np.ndarray, "sequence time"]
    asked: Bool[np.ndarray, "sequence time"]
    code: RowCode
    blocks: tuple[Float[np.ndarray, "_ time kept"], ...] = ()

    @classmethod
    def empty(cls, horizon: int, code: RowCode | None = None) -> "Answers":
        """No sequences yet; without a code none can be added."""
        code = code or RowCode(np.zeros(0, dtype=np.int64), np.zeros(0, np.float32), np.zeros((0, 0), np.float32))
        return cls(np.zeros((0, horizon), dtype=np.int64), np.zeros((0, horizon), dtype=bool), code)

    def add(
        self,
        tokens: Int[np.ndarray, "_ time"],
        block: Float[np.ndarray, "_ time kept"],
        asked: Bool[np.ndarray, "_ time"] | None = None,
    ) -> "Answers":
        """With more sequences; every place of theirs was asked, unless `asked` says otherwise."""
        asked = np.ones(tokens.shape, dtype=bool) if asked is None else asked
        tokens = np.concatenate([self.tokens, tokens])
        asked = np.concatenate([self.asked, asked])
        return replace(self, tokens=tokens, asked=asked, blocks=(*self.blocks, block))

    def coordinates(self, rows: Int[np.ndarray, "row"]) -> Float[np.ndarray, "row time kept"]:
        """What is kept of some sequences, given in ascending order."""
        edges = np.cumsum([0, *map(len, self.blocks)])
        split = np.searchsorted(rows, edges)
        pieces = zip(self.blocks, edges, split, split[1:], strict=False)
        return np.concatenate([block[rows[start:end] - edge] for block, edge, start, end in pieces])

    def logits(self, rows: Int[np.ndarray, "row"]) -> Float[np.ndarray, "row time column"]:
        """The logits of some sequences, given in ascending order, as float32; see `RowCode.lump`."""
        return self.code.restore(self.coordinates(rows))

    def parts(self, size: int = 1000) -> Iterator[tuple[np.ndarray, np.ndarray, np.ndarray]]:
        """(tokens, logits, asked) of some sequences at a time, in order."""
        for start in range(0, len(self.tokens), size):
            rows = np.arange(start, min(start + size, len(self.tokens)))
            yield self.tokens[rows], self.logits(rows), self.asked[rows]
