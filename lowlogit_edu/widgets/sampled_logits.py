"""Logits estimated from samples of the next token, again and again: how far off they are.

>>> usual_error(bound=1.0, samples=100, temperature=1.0, seed=0) > usual_error(1.0, 10_000, 1.0, 0)
True
"""

from functools import lru_cache

import numpy as np
from jaxtyping import Float

from lowlogit_edu.core.checks import Prefixes
from lowlogit_edu.oracles.sampled import Sampled

SHAPE = np.array([1.0, 0.3, -0.3, -1.0])  # of four logits, before they are scaled to the bound
REPEATS = 20
DELTA = 0.05  # share of the estimates that may be farther off than is said


class SameRow:
    """An oracle that gives the same logits after every prefix."""

    def __init__(self, row: Float[np.ndarray, "token"]) -> None:
        self.row = row
        self.alphabet_size = len(row)
        self.fingerprint = f"same({row.tolist()})"

    def logits(self, prefixes: Prefixes) -> Float[np.ndarray, "prefix token"]:
        """The row, once per prefix."""
        return np.tile(self.row, (len(prefixes), 1))


@lru_cache(maxsize=4096)
def estimates(bound: float, samples: int, temperature: float, seed: int) -> Float[np.ndarray, "repeat token"]:
    """Logits of largest size `bound`, estimated `REPEATS` times from `samples` samples each."""
    oracle = Sampled(SameRow(bound * SHAPE), samples, temperature, seed)
    # Noise is a function of the prefix, so other prefixes bring fresh samples of the same row.
    return oracle.logits([(0,) * length for length in range(REPEATS)])


def usual_error(bound: float, samples: int, temperature: float, seed: int) -> float:
    """The largest error of a logit that all but 5 % of the estimates stay below, nats."""
    found = estimates(bound=bound, samples=samples, temperature=temperature, seed=seed)
    errors = np.abs(found - bound * SHAPE).max(axis=1)
    return float(np.quantile(errors, 1 - DELTA))
