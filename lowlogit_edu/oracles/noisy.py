"""An oracle that is wrong by a known amount."""

from collections.abc import Sequence

import numpy as np
from jaxtyping import Float

from lowlogit_edu.core.checks import Prefixes
from lowlogit_edu.core.errors import ArgumentError
from lowlogit_edu.core.numerics import mean_center
from lowlogit_edu.core.rng import prefix_stream, stream
from lowlogit_edu.oracles.base import LogitOracle, ask


class Noisy:
    """Adds bounded noise to another oracle's answers.

    Paper: Definition 4.1 (epsilon-approximate logit oracle), arXiv:2512.09892.

    The noise is a function of the seed and the prefix: the same question gets the same answer,
    in any order and any batch.

    Parameters
    ----------
    oracle : LogitOracle
    epsilon : float
        Largest absolute error of any mean-centred logit, in nats.
    seed : int
    """

    def __init__(self, oracle: LogitOracle, epsilon: float, seed: int = 0) -> None:
        if not (np.isfinite(epsilon) and epsilon >= 0):
            raise ArgumentError(f"epsilon must be a finite number of at least 0, got {epsilon!r}.")
        self.oracle = oracle
        self.epsilon = float(epsilon)
        self.seed = seed
        self.alphabet_size = oracle.alphabet_size
        self.fingerprint = f"noisy({oracle.fingerprint}, {self.epsilon!r}, {seed})"
        stream(seed)  # refuses a bad seed now rather than at the first question

    def __repr__(self) -> str:
        return f"Noisy({self.oracle!r}, epsilon={self.epsilon:g}, seed={self.seed})"

    def logits(self, prefixes: Prefixes) -> Float[np.ndarray, "prefix token"]:
        """The inner oracle's logits, each off by at most `epsilon`."""
        answer = ask(self.oracle, prefixes)
        if not len(answer):
            return answer
        return answer + np.stack([self._noise(prefix) for prefix in prefixes])

    def _noise(self, prefix: Sequence[int]) -> Float[np.ndarray, "token"]:
        # Centring can double the largest entry, so draw from half the width.
        draw = prefix_stream(self.seed, "noise", prefix).uniform(-1, 1, self.alphabet_size)
        return mean_center(draw * self.epsilon / 2)
