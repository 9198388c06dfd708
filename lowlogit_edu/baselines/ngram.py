"""N-gram tables fitted to logits: what a learner without states can do with the same queries.

>>> tokens, logits = np.array([[0, 1]]), np.log(np.array([[[0.5, 0.5], [0.2, 0.8]]]))
>>> bigram = fit_ngram([(tokens, logits, np.ones((1, 2), dtype=bool))], 2, order=2, prior=0.0)
>>> np.exp(np.diff(bigram.logits([[], [0]]))).ravel().round(6).tolist()
[1.0, 4.0]
"""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Int

from lowlogit_edu.baselines.observed import Observed
from lowlogit_edu.core.checks import Prefixes, array_fingerprint, by_length, check_count, check_prefixes, check_tokens
from lowlogit_edu.core.errors import ArgumentError
from lowlogit_edu.core.numerics import mean_center, softmax
from lowlogit_edu.models.base import LanguageModel

# Where several tokens share a column: each token's column, and the log of its share in it.
Fold = tuple[Int[np.ndarray, "token"], Float[np.ndarray, "token"]]

NAMES = {3: "trigram", 2: "bigram", 1: "unigram"}
NEVER = 1e-30  # added to a probability, so that one of zero has a logit


@dataclass(frozen=True)
class Table:
    """Sums of next-token distributions by context; `keys` is sorted."""

    keys: Int[np.ndarray, "context"]
    sums: Float[np.ndarray, "context token"]
    counts: Float[np.ndarray, "context"]


class NGram(LanguageModel):
    """Next-token distributions averaged by the last `order - 1` tokens, backing off to shorter contexts.

    A context seen n times is worth n observations, the shorter context `prior` observations.
    Positions before the text are a token of their own.

    Parameters
    ----------
    tables : list of Table
        For contexts of 0, 1, 2 ... tokens.
    fold : (int array, array), both of shape (alphabet_size,), optional
        Where the tables have a column for several tokens: each token's column, and the log of its share in it.
    """

    def __init__(
        self, tables: list[Table], alphabet_size: int, horizon: int, prior: float = 1.0, fold: Fold | None = None
    ) -> None:
        self.tables = tables
        self.prior = prior
        self.fold = fold or (np.arange(alphabet_size), np.zeros(alphabet_size))
        self.alphabet_size = alphabet_size
        self.horizon = horizon
        self.order = len(tables)
        numbers = np.array([alphabet_size, prior])
        parts = (array for table in tables for array in (table.keys, table.sums, table.counts))
        self.fingerprint = array_fingerprint("ngram", numbers, *self.fold, *parts)

    def __repr__(self) -> str:
        return f"NGram(order={self.order}, alphabet_size={self.alphabet_size})"

    def truncated(self, order: int) -> "NGram":
        """The same counts with shorter contexts: order 1 is the unigram."""
        check_count("order", order, 1, self.order)
        return NGram(self.tables[:order], self.alphabet_size, self.horizon, self.prior, self.fold)

    def logits(self, prefixes: Prefixes) -> Float[np.ndarray, "prefix token"]:
        """Mean-centred logits (nats) of the next token after each prefix."""
        checked = check_prefixes(prefixes, self.alphabet_size, self.horizon)
        answer = np.empty((len(checked), self.alphabet_size))
        for rows, tokens in by_length(checked):
            # One more token, never read: contexts() looks at the tokens before each place.
            extended = np.concatenate([tokens, np.zeros((len(rows), 1), dtype=np.int64)], axis=1)
            answer[rows] = self._read(extended)[:, -1]
        return answer

    def logits_along(self, tokens: Int[np.ndarray, "sequence time"]) -> Float[np.ndarray, "sequence time token"]:
        """Mean-centred logits at every position: `[:, t]` is given `tokens[:, :t]`."""
        return self._read(check_tokens(tokens, self.alphabet_size))

    def _read(self, tokens: Int[np.ndarray, "sequence time"]) -> Float[np.ndarray, "sequence time token"]:
        columns, shares = self.fold
        uniform = np.bincount(columns) / self.alphabet_size
        found = np.tile(uniform, (tokens.size, 1))
        # From the shortest context to the longest: each is smoothed towards what the one before it said.
        for length, table in enumerate(self.tables):
            keys = contexts(tokens, length, self.alphabet_size).ravel()
            place = np.minimum(np.searchsorted(table.keys, keys), len(table.keys) - 1)
            known = (table.keys[place] == keys)[:, None]
            count = table.counts[place][:, None]
            # With no prior at all a known context speaks for itself, and an unknown one backs off whole.
            mixed = (table.sums[place] + self.prior * found) / (count + self.prior)
            found = np.where(known, mixed, found)
        by_token = np.log(found + NEVER)[:, columns] + shares
        return mean_center(by_token).reshape(*tokens.shape, -1)


def contexts(tokens: Int[np.ndarray, "sequence time"], length: int, alphabet_size: int) -> Int[np.ndarray, "n T"]:
    """A number for the `length` tokens before each place; the missing ones before the text count as one token."""
    n, T = tokens.shape
    beginning = np.full((n, length), alphabet_size, dtype=np.int64)
    padded = np.concatenate([beginning, tokens], axis=1)
    keys = np.zeros((n, T), dtype=np.int64)
    for back in range(length):
        keys = keys * (alphabet_size + 1) + padded[:, back : back + T]
    return keys


def fit_ngram(
    observed: Iterable[Observed], alphabet_size: int, order: int = 3, prior: float = 1.0, fold: Fold | None = None
) -> NGram:
    """N-gram tables from full next-token distributions (not only the tokens drawn).

    Parameters
    ----------
    observed : iterable of (tokens, logits, asked)
        Arrays of shape (n, T), (n, T, columns), (n, T); places not asked are left out.
    order : int
        3 is the trigram: two tokens of context.
    prior : float
        Observations that a shorter context is worth; 0.3 to 3 made no difference above 0.02 nats.
    fold
        As in `NGram`; by default each token has its column.
    """
    check_count("order", order)
    if (alphabet_size + 1) ** (order - 1) > np.iinfo(np.int64).max:
        most = int(np.log(2.0**63) / np.log(alphabet_size + 1)) + 1
        raise ArgumentError(f"order must be at most {most} for an alphabet of {alphabet_size}, got {order}.")
    horizon = 1
    longest = _Growing()
    for tokens, logits, asked in observed:
        horizon = max(horizon, tokens.shape[1])
        keys = contexts(tokens, order - 1, alphabet_size)[asked]
        longest.add(_table(keys, softmax(logits[asked]), np.ones(len(keys))))
    tables = [longest.table()]
    for length in range(order - 2, -1, -1):  # a shorter context adds up all that end in it
        longer = tables[0]
        tables.insert(0, _table(longer.keys % (alphabet_size + 1) ** length, longer.sums, longer.counts))
    return NGram(tables, alphabet_size, horizon, prior, fold)


def _table(
    keys: Int[np.ndarray, "row"], sums: Float[np.ndarray, "row token"], counts: Float[np.ndarray, "row"]
) -> Table:
    """A table whose keys are sorted and differ: the rows of equal keys are added up."""
    order = np.argsort(keys, kind="stable")
    unique, first = np.unique(keys[order], return_index=True)
    added = np.add.reduceat(sums[order], first, axis=0).astype(np.float32)
    return Table(unique, added, np.add.reduceat(counts[order], first))


class _Growing:
    """A table to which others are added; its arrays grow by a quarter when they are full."""

    def __init__(self) -> None:
        self._rows: dict[int, int] = {}
        self._sums = np.zeros((0, 0), dtype=np.float32)
        self._counts = np.zeros(0)

    def add(self, table: Table) -> None:
        rows = np.array([self._rows.setdefault(key, len(self._rows)) for key in table.keys.tolist()], dtype=np.int64)
        more = len(self._rows) - len(self._counts)
        if more > 0:
            more = max(more, len(self._counts) // 4)
            self._sums = np.pad(self._sums.reshape(-1, table.sums.shape[1]), ((0, more), (0, 0)))
            self._counts = np.pad(self._counts, (0, more))
        self._sums[rows] += table.sums
        self._counts[rows] += table.counts

    def table(self) -> Table:
        keys = np.array(list(self._rows), dtype=np.int64)
        order = np.argsort(keys)
        return Table(keys[order], self._sums[order], self._counts[order])


def ngram_baselines(
    observed: Iterable[Observed], alphabet_size: int, horizon: int, fold: Fold | None = None
) -> dict[str, LanguageModel]:
    """Trigram, bigram, unigram with back-off, and uniform, from the distributions observed; `fold` as in `NGram`."""
    trigram = fit_ngram(observed, alphabet_size, order=3, fold=fold)
    models: dict[str, LanguageModel] = {
        name: NGram(trigram.tables[:order], alphabet_size, horizon, trigram.prior, fold)
        for order, name in NAMES.items()
    }
    return models | {"uniform": NGram([], alphabet_size, horizon)}
