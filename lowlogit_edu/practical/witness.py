"""Witness: contexts in which a learned model is likely to be wrong, asked about and fitted from then on.

A model is worst after pairs of tokens that its texts hold hardly ever: on a TinyStories teacher, pairs that were seen
fewer than five times were one row in twenty, with three to four times the mean KL.
"""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Int

from lowlogit_edu.core.numerics import draw_tokens, softmax
from lowlogit_edu.oracles.base import LogitOracle, ask, texts_at_once
from lowlogit_edu.practical.answers import Answers, Block
from lowlogit_edu.practical.row_code import RowCode

RARE = 5  # a pair of tokens seen fewer times than this is rare
SEARCHED = 100_000  # places in the texts that are looked at for rare contexts
AT_ONCE = 500  # texts whose probabilities are held at once


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
    texts = block[rng.permutation(len(block))[: max(1, SEARCHED // block.tokens.shape[1])]]
    after, kept = texts.tokens[:, :-2], texts.kept[:, 1:-1]
    parts = (slice(start, start + AT_ONCE) for start in range(0, len(texts), AT_ONCE))
    odds = np.concatenate([_rare(code, seen, after[part], kept[part]).sum(axis=2) for part in parts])
    if not odds.any():
        return Contexts(texts[:0], np.zeros(0, dtype=np.int64), np.zeros(0, dtype=np.int64))
    places = rng.choice(odds.size, size=count, p=odds.ravel() / odds.sum(dtype=np.float64))
    text, place = np.divmod(places, odds.shape[1])
    with np.errstate(divide="ignore"):
        drawn = draw_tokens(np.log(_rare(code, seen, after[text, place], kept[text, place])), rng=rng)
    # A history may begin several texts: it is one context with each of its tokens.
    contexts = Contexts(texts[text], place + 1, code.tokens[drawn])
    distinct = np.array(list({word: i for i, word in enumerate(contexts.words())}.values()))
    return Contexts(contexts.texts[distinct], contexts.lengths[distinct], contexts.tokens[distinct])


def _rare(
    code: RowCode,
    seen: Float[np.ndarray, "column column"],
    after: Int[np.ndarray, "*place"],
    kept: Float[np.ndarray, "*place kept"],
) -> Float[np.ndarray, "*place followed"]:
    """The probability of each token followed, where it is rare behind the token that came before it; otherwise 0."""
    followed = len(code.tokens)
    probabilities = softmax(code.restore(kept))[..., :followed]
    return np.where((seen < RARE)[code.columns[after], :followed], probabilities, 0)


def ask_witnesses(
    oracle: LogitOracle, answers: Answers, contexts: Contexts, rows_each: int, *, rng: np.random.Generator
) -> Block:
    """The rows after each context, and after the tokens that the teacher goes on with: `rows_each`, at most."""
    tokens = contexts.texts.tokens.copy()
    n, T = tokens.shape
    places = np.arange(T)
    asked = (places > contexts.lengths[:, None]) & (places <= contexts.lengths[:, None] + rows_each)
    kept = np.where((places <= contexts.lengths[:, None])[..., None], contexts.texts.kept, np.float16(0))
    tokens[places >= contexts.lengths[:, None]] = 0
    tokens[np.arange(n), contexts.lengths] = contexts.tokens
    for ahead in range(1, rows_each + 1):
        at = contexts.lengths + ahead
        going = np.flatnonzero(at < T)
        size = texts_at_once(oracle.alphabet_size)
        for part in (going[start : start + size] for start in range(0, len(going), size)):
            prefixes = [row[:t] for row, t in zip(tokens[part].tolist(), at[part].tolist(), strict=True)]
            rows = ask(oracle, prefixes)
            kept[part, at[part]] = answers.code.compress(rows)
            tokens[part, at[part]] = draw_tokens(rows, rng=rng)
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
