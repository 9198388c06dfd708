"""Oracles that count and limit the queries that pass through them."""

from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, nullcontext
from threading import Lock

import numpy as np
from jaxtyping import Float, Int

from lowlogit_edu.core.checks import Prefixes, check_count
from lowlogit_edu.core.errors import BudgetExhausted
from lowlogit_edu.oracles import base
from lowlogit_edu.oracles.base import LogitOracle, ask

_counting = Lock()  # an oracle with a lock of its own could not be copied or sent to processes


class Purposeful:
    """A wrapper whose queries can be given a purpose; so can those of the wrappers right inside it."""

    def __init__(self, oracle: LogitOracle) -> None:
        self.oracle = oracle
        self.alphabet_size = oracle.alphabet_size
        self.fingerprint = oracle.fingerprint
        self._purpose = "unnamed"

    @contextmanager
    def purpose(self, name: str) -> Iterator[None]:
        """Queries inside the `with` block are counted, or recorded, under `name`."""
        before = self._purpose
        self._purpose = name
        inside = self.oracle.purpose(name) if isinstance(self.oracle, Purposeful) else nullcontext()
        try:
            with inside:
                yield
        finally:
            self._purpose = before


class Counted(Purposeful):
    """Counts queries, one per prefix, by purpose; answers are the inner oracle's.

    Attributes
    ----------
    queries : int
        All prefixes asked about so far.
    by_purpose : Counter
        The query ledger: the same, split by the name given to `purpose`.
    """

    def __init__(self, oracle: LogitOracle) -> None:
        super().__init__(oracle)
        self.by_purpose: Counter[str] = Counter()

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.oracle!r}, queries={self.queries})"

    @property
    def queries(self) -> int:
        return sum(self.by_purpose.values())

    def allow(self, queries: int) -> None:
        """Called before the inner oracle is asked; `Budgeted` may refuse here."""

    @contextmanager
    def _spending(self, queries: int) -> Iterator[None]:
        purpose = self._purpose
        # Counted before they are asked: of two threads, each might find room for what only one of them may ask.
        with _counting:
            self.allow(queries)
            self.by_purpose[purpose] += queries
        try:
            yield
        except BaseException:  # the inner oracle refused, or was stopped
            with _counting:
                self.by_purpose[purpose] -= queries
                self.by_purpose += Counter()  # drops purposes that nothing was asked for
            raise

    def logits(self, prefixes: Prefixes) -> Float[np.ndarray, "prefix token"]:
        """The inner oracle's logits; costs one query per prefix."""
        with self._spending(len(prefixes)):
            return ask(self.oracle, prefixes)

    def logits_after(self, tokens: Int[np.ndarray, "prefix time"]) -> Float[np.ndarray, "prefix token"]:
        """`logits` of prefixes of one length, the rows of a matrix; costs one query per row."""
        with self._spending(len(tokens)):
            return base.logits_after(self.oracle, tokens)

    def logits_along(self, tokens: Int[np.ndarray, "n T"]) -> Float[np.ndarray, "n T token"]:
        """Logits at every position; costs one query per position."""
        with self._spending(tokens.size):
            return base.logits_along(self.oracle, tokens)

    def logits_to_draw(self, distinct: Int[np.ndarray, "prefix time"], texts: int) -> Float[np.ndarray, "prefix token"]:
        """`logits_after`, to draw the next token of so many texts; costs one query per token drawn."""
        with self._spending(texts):
            return base.logits_to_draw(self.oracle, distinct, texts)

    def allow_texts(self, texts: int, steps: int) -> None:
        """Called before so many texts are drawn token by token: what a budget refuses is not begun."""
        if hasattr(self.oracle, "allow_texts"):
            self.oracle.allow_texts(texts, steps)
        self.allow(texts * steps)

    def sample_with_logits(
        self,
        n: int,
        horizon: int,
        *,
        prompt: Sequence[int] = (),
        rng: np.random.Generator,
        keep: base.Keep | None = None,
        among: Int[np.ndarray, "token"] | None = None,
    ) -> tuple[Int[np.ndarray, "n T"], Float[np.ndarray, "n drawn kept"]]:
        """Sequences from the teacher; costs one query per token drawn."""
        with self._spending(n * (horizon - len(prompt))):
            return base.sample_with_logits(self.oracle, n, horizon, prompt=prompt, rng=rng, keep=keep, among=among)


class Budgeted(Counted):
    """Counts like `Counted` and refuses a batch that would pass the budget.

    Parameters
    ----------
    oracle : LogitOracle
    budget : int
        Largest number of queries. A batch that does not fit is refused whole: none of it is asked.
    """

    def __init__(self, oracle: LogitOracle, budget: int) -> None:
        super().__init__(oracle)
        self.budget = check_count("budget", budget, least=0)

    def allow(self, queries: int) -> None:
        if self.queries + queries > self.budget:
            raise BudgetExhausted(
                f"{queries:,} more queries would pass the budget of {self.budget:,} "
                f"({self.queries:,} spent); raise the budget or lower the number of samples."
            )
