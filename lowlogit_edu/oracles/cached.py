"""An oracle that remembers answers.

>>> from lowlogit_edu.models import noisy_parity
>>> from lowlogit_edu.oracles.counted import Counted
>>> from lowlogit_edu.oracles.exact import ExactOracle
>>> counted = Counted(ExactOracle(noisy_parity(bits=2)))
>>> oracle = Cached(counted)
>>> for prefixes in ([(0,), (1,), (0,)], [(1,), ()]):
...     answer = oracle.logits(prefixes)
>>> counted.queries
3
"""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Int, Shaped

from lowlogit_edu.core.checks import Prefixes, by_length, check_count, check_prefixes, check_tokens
from lowlogit_edu.oracles.base import LogitOracle, logits_after

SLACK = 1.25  # times the rows kept, at which the oldest are dropped: not at every question anew


class Cached:
    """Remembers answers by prefix, so that a repeated question costs no query.

    Parameters
    ----------
    oracle : LogitOracle
    max_rows : int
        Answers kept in memory, about; the oldest are dropped first.
    """

    def __init__(self, oracle: LogitOracle, max_rows: int = 200_000) -> None:
        self.oracle = oracle
        self.max_rows = check_count("max_rows", max_rows)
        self.alphabet_size = oracle.alphabet_size
        self.fingerprint = oracle.fingerprint
        self._memory: dict[int, Remembered] = {}  # by the length of the prefixes
        self._asked = 0

    def __repr__(self) -> str:
        return f"Cached({self.oracle!r}, rows={self._rows})"

    @property
    def _rows(self) -> int:
        return sum(len(memory.keys) for memory in self._memory.values())

    def logits(self, prefixes: Prefixes) -> Float[np.ndarray, "prefix token"]:
        """The inner oracle's logits; each distinct prefix is asked once."""
        checked = check_prefixes(prefixes, self.alphabet_size)
        found = [(rows, self.logits_after(tokens)) for rows, tokens in by_length(checked)]
        kind = np.result_type(*(answer for _, answer in found)) if found else np.float64
        answers = np.empty((len(checked), self.alphabet_size), kind)
        for rows, answer in found:
            answers[rows] = answer
        return answers

    def logits_after(self, tokens: Int[np.ndarray, "prefix time"]) -> Float[np.ndarray, "prefix token"]:
        """`logits` of prefixes of one length, the rows of a matrix."""
        tokens = check_tokens(tokens, self.alphabet_size)
        keys, first, which = np.unique(_keys(tokens, self.alphabet_size), return_index=True, return_inverse=True)
        memory = self._memory.get(tokens.shape[1])
        known = np.zeros(len(keys), dtype=bool)
        if memory is not None:
            place, known = memory.find(keys)
        if known.all() and memory is not None:
            return memory.rows[place][which]
        # What is new is asked in the order in which it first came.
        new = np.flatnonzero(~known)
        order = np.argsort(first[new])
        told = logits_after(self.oracle, tokens[first[new[order]]])
        added = Remembered(keys[new], told[np.argsort(order)], self._asked + np.argsort(order))
        self._asked += len(new)
        memory = added if memory is None else memory.with_more(added)
        self._memory[tokens.shape[1]] = memory
        place, _ = memory.find(keys)
        answers = memory.rows[place][which]
        self._forget()
        return answers

    def _forget(self) -> None:
        if self._rows <= int(SLACK * self.max_rows):
            return
        numbers = np.concatenate([memory.numbers for memory in self._memory.values()])
        oldest = int(np.partition(numbers, -self.max_rows)[-self.max_rows])
        self._memory = {length: memory.since(oldest) for length, memory in self._memory.items()}


@dataclass(frozen=True)
class Remembered:
    """Answers to prefixes of one length.

    Attributes
    ----------
    keys : array of shape (n,)
        Of the prefixes, ascending.
    rows : array of shape (n, alphabet_size)
    numbers : int array of shape (n,)
        Which question it was, counted from the first.
    """

    keys: Shaped[np.ndarray, "n"]
    rows: Float[np.ndarray, "n token"]
    numbers: Int[np.ndarray, "n"]

    def find(self, keys: Shaped[np.ndarray, "m"]) -> tuple[Int[np.ndarray, "m"], np.ndarray]:
        """The place of each key, and whether it is there."""
        place = np.minimum(np.searchsorted(self.keys, keys), len(self.keys) - 1)
        return place, (self.keys[place] == keys) if len(self.keys) else np.zeros(len(keys), dtype=bool)

    def with_more(self, added: "Remembered") -> "Remembered":
        """With other keys, ascending too."""
        at = np.searchsorted(self.keys, added.keys)
        return Remembered(
            np.insert(self.keys, at, added.keys),
            np.insert(self.rows, at, added.rows, axis=0),
            np.insert(self.numbers, at, added.numbers),
        )

    def since(self, number: int) -> "Remembered":
        """The questions from that one on."""
        kept = self.numbers >= number
        return Remembered(self.keys[kept], self.rows[kept], self.numbers[kept])


def _keys(tokens: Int[np.ndarray, "prefix time"], alphabet_size: int) -> Shaped[np.ndarray, "prefix"]:
    """A sortable key for each prefix; equal for equal prefixes of one length only."""
    length = tokens.shape[1]
    if alphabet_size**length < 2**63:
        return tokens @ np.array([alphabet_size**place for place in range(length)], dtype=np.int64)
    as_bytes = np.ascontiguousarray(tokens.astype(">u4"))
    return as_bytes.view(f"S{4 * length}")[:, 0]
