"""All that a practical learner has been told, along texts."""

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
from jaxtyping import Bool, Float, Int

from lowlogit_edu.oracles.base import LogitOracle, sample_with_logits
from lowlogit_edu.practical.row_code import RowCode

LOGITS = 2**25  # held at once, where whole rows are needed
SAMPLED_AT_ONCE = 64_000  # places; bounds memory


@dataclass(frozen=True)
class Block:
    """Texts of one length with what was told along them.

    Attributes
    ----------
    tokens : int array of shape (n, T)
    asked : bool array of shape (n, T)
        Places whose answers were asked for these texts: they are what a model is fitted to.
    kept : float16 array of shape (n, T, kept)
        Coordinates (`RowCode`) of the row at each place: [i, t] is given `tokens[i, :t]`. Up to a text's last asked
        place all of them are known; zero after it.
    """

    tokens: Int[np.ndarray, "text time"]
    asked: Bool[np.ndarray, "text time"]
    kept: Float[np.ndarray, "text time kept"]

    @classmethod
    def whole(cls, tokens: Int[np.ndarray, "text time"], kept: Float[np.ndarray, "text time kept"]) -> "Block":
        """Texts that were asked about at every place."""
        return cls(tokens, np.ones(tokens.shape, dtype=bool), kept)

    def __len__(self) -> int:
        return len(self.tokens)

    def __getitem__(self, texts: slice | Int[np.ndarray, "_"]) -> "Block":
        """Some of the texts."""
        return Block(self.tokens[texts], self.asked[texts], self.kept[texts])

    @property
    def known(self) -> Bool[np.ndarray, "text time"]:
        """Places up to the last one asked."""
        return np.cumsum(self.asked[:, ::-1], axis=1)[:, ::-1] > 0


@dataclass(frozen=True)
class Answers:
    """Blocks of texts, and how their rows are kept; nothing is copied when a block is added."""

    code: RowCode
    blocks: tuple[Block, ...] = ()

    def add(self, block: Block) -> "Answers":
        """With one block more."""
        return replace(self, blocks=(*self.blocks, block))

    def part(self, number: int, parts: int) -> "Answers":
        """Every so many-th text of each block, from text `number` on."""
        blocks = (block[number::parts] for block in self.blocks)
        return replace(self, blocks=tuple(block for block in blocks if len(block)))

    @property
    def texts(self) -> int:
        """How many texts there are."""
        return sum(map(len, self.blocks))

    def times_read(self, map_count: int) -> Float[np.ndarray, "map"]:
        """How often each map, numbered by columns, was read with the row after it asked."""
        counts = np.zeros(map_count)
        for block in self.blocks:
            read = self.code.columns[block.tokens[:, :-1]][block.asked[:, 1:]]
            counts += np.bincount(read, minlength=map_count)
        return counts

    def chunks(self, places: int) -> Iterator[Block]:
        """All texts in order, as blocks of about so many places (texts times length) at most."""
        for block in self.blocks:
            size = max(1, places // block.tokens.shape[1])
            for start in range(0, len(block), size):
                yield block[start : start + size]

    def parts(self, places: int = 8000) -> Iterator[tuple[np.ndarray, np.ndarray, np.ndarray]]:
        """(tokens, logits by column, asked) of some texts at a time, in order; logits as float32."""
        for block in self.chunks(places):
            yield block.tokens, self.code.restore(block.kept), block.asked


def sample_block(
    oracle: LogitOracle, code: RowCode, count: int, length: int, *, rng: np.random.Generator, after: Block | None = None
) -> Block:
    """So many texts from the teacher, as one block, behind those of another."""
    known = 0 if after is None else len(after)
    tokens = np.empty((known + count, length), dtype=np.int64)
    kept = np.empty((known + count, length, code.width), dtype=np.float16)
    if after is not None:
        tokens[:known] = after.tokens
        kept[:known] = after.kept
    # Written where they stay: put together at the end, all answers would be there twice.
    at_once = max(1, SAMPLED_AT_ONCE // length)
    for start in range(known, known + count, at_once):
        part = slice(start, min(start + at_once, known + count))
        n = part.stop - part.start
        tokens[part], kept[part] = sample_with_logits(oracle, n, length, rng=rng, keep=code.compress)
    return Block.whole(tokens, kept)
