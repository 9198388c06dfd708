"""Witness: contexts in which a learned model is likely to be wrong, asked about and fitted from then on.

A model is worst after pairs of tokens that its texts hold hardly ever: on a TinyStories teacher, pairs that were seen
fewer than five times were one row in twenty, with three to four times the mean KL.
"""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Int

from lowlogit_edu.core.numerics import draw_tokens, softmax
from lowlogit_edu.oracles.base import LogitOracle, ask
from lowlogit_edu.practical.answers import Answers, Block

RARE = 5  # a pair of tokens seen fewer times than this is rare
SEARCHED = 100_000  # places in the texts that are looked at for rare contexts


@dataclass(frozen=True)
class Contexts:
    """Histories that have been told, each with a token that is rare after it.

    Attributes
    ----------
    texts : Block
    lengths : int array of shape (n,)
        The history is `tokens[i, :lengths[i]]`.
    tokens : int array of shape (n,)
        The rare token.
    """

    texts: Block
    lengths: Int[np.ndarray, "context"]
    tokens: Int[np.ndarray, "context"]

    def __len__(self) -> int:
        return len(self.tokens)

    def words(self) -> list[tuple[int, ...]]:
        """Each history with its token."""
        contexts = zip(self.texts.tokens.tolist(), self.lengths, self.tokens.tolist(), strict=True)
        return [(*row[:t], y) for row, t, y in contexts]


def rare_contexts(answers: Answers, count: int, *, rng: np.random.Generator) -> Contexts:
    """At most `count` contexts, no two alike, drawn as the teacher would come upon them, from texts already held.

    A history h and a token y are drawn with probability proportional to the teacher's p(y | h), among those whose
    pair (last token of h, y) was seen fewer than `RARE` times. Choosing them asks nothing.
    """
    # Texts of the first block are whole and of the horizon's length, and known to the last place.
    code = answers.code
    seen = _pairs_seen(answers)
    block = answers.blocks[0]
    T = block.tokens.shape[1]
    chosen = rng.permutation(len(block))[: max(1, SEARCHED // T)]
    found = []
    for part in np.array_split(chosen, max(1, len(chosen) * T * len(seen) // 2**24)):
        texts = block[part]
        probabilities = softmax(code.restore(texts.kept[:, 1:-1]))[..., : len(code.tokens)]
        last = code.columns[texts.tokens[:, :-2]]
        rare = probabilities * (seen[last] < RARE)[..., : len(code.tokens)]
        # Each place has its expected number of draws; between whole numbers chance decides.
        expected = rare.sum(axis=2) * count / max(1, len(chosen))
        found.append((part, rare, expected))
    total = sum(float(expected.sum()) for _, _, expected in found)
    scale = count / total if total else 0.0
    rows: list[tuple[int, int, int]] = []
    for part, rare, expected in found:
        wanted = rng.poisson(expected * scale)
        text, place = np.nonzero(wanted)
        repeated = np.repeat(np.arange(len(text)), wanted[text, place])
        if len(repeated):
            odds = rare[text, place][repeated]
            drawn = draw_tokens(np.log(odds + 1e-30), rng=rng)
            columns = np.stack([part[text[repeated]], place[repeated] + 1, code.tokens[drawn]], axis=1)
            rows += map(tuple, columns.tolist())
    # A history may begin several texts: it is one context with each of its tokens.
    of_word = {(*block.tokens[text, :length].tolist(), y): (text, length, y) for text, length, y in rows}
    distinct = np.array(list(of_word.values()), dtype=np.int64).reshape(-1, 3)
    distinct = rng.permutation(distinct)[:count]
    return Contexts(block[distinct[:, 0]], distinct[:, 1], distinct[:, 2])


def ask_witnesses(
    oracle: LogitOracle, answers: Answers, contexts: Contexts, length: int, *, rng: np.random.Generator
) -> Block:
    """The rows after each context, and after the tokens that the teacher goes on with: `length` rows each, at most."""
    tokens = contexts.texts.tokens.copy()
    n, T = tokens.shape
    places = np.arange(T)
    asked = (places > contexts.lengths[:, None]) & (places <= contexts.lengths[:, None] + length)
    kept = np.where((places <= contexts.lengths[:, None])[..., None], contexts.texts.kept, np.float16(0))
    tokens[places >= contexts.lengths[:, None]] = 0
    tokens[np.arange(n), contexts.lengths] = contexts.tokens
    for ahead in range(1, length + 1):
        at = contexts.lengths + ahead
        going = np.flatnonzero(at < T)
        prefixes = [row[:t] for row, t in zip(tokens[going].tolist(), at[going].tolist(), strict=True)]
        if not prefixes:
            break
        rows = ask(oracle, prefixes)
        kept[going, at[going]] = answers.code.compress(rows)
        tokens[going, at[going]] = draw_tokens(rows, rng=rng)
    return Block(tokens, asked, kept)


def _pairs_seen(answers: Answers) -> Float[np.ndarray, "column column"]:
    """How often each pair of neighbours was read with a row told after it."""
    size = int(answers.code.columns.max()) + 1
    seen = np.zeros(size * size)
    for block in answers.blocks:
        columns = answers.code.columns[block.tokens]
        pairs = (columns[:, :-2] * size + columns[:, 1:-1])[block.asked[:, 2:]]
        seen += np.bincount(pairs, minlength=size * size)
    return seen.reshape(size, size)
