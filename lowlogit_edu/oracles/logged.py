"""An oracle that writes down every question.

>>> from lowlogit_edu.models import noisy_parity
>>> from lowlogit_edu.oracles.exact import ExactOracle
>>> oracle = Logged(ExactOracle(noisy_parity(bits=2)))
>>> with oracle.purpose("line 15"):
...     answer = oracle.logits([(0,), (0, 1)])
>>> oracle.records
[Query(purpose='line 15', prefix=(0,)), Query(purpose='line 15', prefix=(0, 1))]
"""

from typing import NamedTuple

import numpy as np
from jaxtyping import Float

from lowlogit_edu.core.checks import Prefixes
from lowlogit_edu.oracles.base import LogitOracle, ask
from lowlogit_edu.oracles.counted import Purposeful


class Query(NamedTuple):
    """One question: what it was asked for, and after which prefix."""

    purpose: str
    prefix: tuple[int, ...]


class Logged(Purposeful):
    """Keeps a record of every query that passes; a learner that asks it names the line of its algorithm.

    Sequences are sampled from it prefix by prefix, so their prefixes are in the records too.

    Attributes
    ----------
    records : list of Query
        In the order of asking. Its prefixes are what Lemma 5.12 speaks about.
    """

    def __init__(self, oracle: LogitOracle) -> None:
        super().__init__(oracle)
        self.records: list[Query] = []

    def __repr__(self) -> str:
        return f"Logged({self.oracle!r}, records={len(self.records)})"

    def logits(self, prefixes: Prefixes) -> Float[np.ndarray, "prefix token"]:
        """The inner oracle's logits; a batch that it refuses is not recorded."""
        answer = ask(self.oracle, prefixes)
        self.records += [Query(self._purpose, tuple(int(token) for token in prefix)) for prefix in prefixes]
        return answer
