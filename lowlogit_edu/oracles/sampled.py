"""Logits from conditional samples alone.

>>> samples_needed(alphabet_size=4, logit_bound=0.5, epsilon=0.3, delta=0.05)  # 3 * 4 * e * log(160) / 0.1^2
16555
>>> [samples_needed(2, logit_bound=10.0, epsilon=0.1, delta=0.01, temperature=t) for t in (1.0, 10.0)]
[15696990366058, 23906485]
"""

from collections.abc import Sequence
from math import ceil, exp, log

import numpy as np
from jaxtyping import Float

from lowlogit_edu.core.checks import Prefixes, check_count, check_number
from lowlogit_edu.core.numerics import mean_center, softmax
from lowlogit_edu.core.rng import prefix_stream, stream
from lowlogit_edu.oracles.base import LogitOracle, ask

UNSEEN = 0.5  # how often a token that was never drawn counts as drawn: less than once, and its log is finite


def samples_needed(
    alphabet_size: int, logit_bound: float, epsilon: float, delta: float, temperature: float = 1.0
) -> int:
    """Conditional samples that give all mean-centred logits after one prefix to error `epsilon`.

    Paper: Remarks 5.8 and 5.9 (from conditional sampling to logits; high temperature), arXiv:2512.09892.
    Paper: Problem 6.2 (open: without a cost exponential in the logits; here that cost), arXiv:2512.09892.
    Differs from the paper: the remark's order of magnitude, with a constant worked out here. A token
    has probability at least q = exp(-2 logit_bound) / alphabet_size; by Chernoff's bound 3 log(2
    alphabet_size / delta) / (q eta^2) samples give all probabilities within a factor 1 +- eta; and
    eta = epsilon / 3 is enough, because log and centring stretch it by less than 3.

    Parameters
    ----------
    alphabet_size : int
    logit_bound : float
        Largest absolute mean-centred logit, in nats. The cost is exponential in it at temperature 1.
    epsilon : float
        Error allowed, in nats.
    delta : float
        Probability that a logit is farther off.
    temperature : float
        Samples are drawn from softmax(logits / temperature). At `logit_bound` or more the cost is
        polynomial: exp(2) * temperature^2 in place of exp(2 * logit_bound).
    """
    V = check_count("alphabet_size", alphabet_size, least=2)
    tau = check_number("temperature", temperature, least=1e-9)
    bound = check_number("logit_bound", logit_bound, least=0)
    epsilon = check_number("epsilon", epsilon, least=1e-12)
    delta = check_number("delta", delta, least=1e-300, most=1)
    # The estimate is scaled back by tau, so the probabilities' logs have to be that much better.
    eta = min(epsilon / tau / 3, 0.5)  # beyond a half the factor 3 no longer holds
    one_over_q = V * exp(2 * bound / tau)
    return ceil(3 * one_over_q * log(2 * V / delta) / eta**2)


class Sampled:
    """Answers with logits estimated from samples of the next token, which is all it sees of the teacher.

    Paper: Remarks 5.8 and 5.9 (from conditional sampling to logits; high temperature), arXiv:2512.09892.

    The samples are a function of the seed and the prefix: the same question gets the same answer.
    A token that was never drawn counts as drawn half a time, so that every logit is finite.

    Parameters
    ----------
    oracle : LogitOracle
        The teacher that is sampled from.
    samples : int
        Next tokens drawn per prefix; `samples_needed` says how many are enough.
    temperature : float
        Tokens are drawn from softmax(logits / temperature), and the logits scaled back.
    seed : int
    """

    def __init__(self, oracle: LogitOracle, samples: int, temperature: float = 1.0, seed: int = 0) -> None:
        self.oracle = oracle
        self.samples = check_count("samples", samples)
        self.seed = seed
        self.temperature = check_number("temperature", temperature, least=1e-9)
        self.alphabet_size = oracle.alphabet_size
        self.fingerprint = f"sampled({oracle.fingerprint}, {self.samples}, {self.temperature!r}, {seed})"
        stream(seed)  # refuses a bad seed now rather than at the first question

    def __repr__(self) -> str:
        return f"Sampled({self.oracle!r}, samples={self.samples}, temperature={self.temperature:g}, seed={self.seed})"

    def logits(self, prefixes: Prefixes) -> Float[np.ndarray, "prefix token"]:
        """Estimated mean-centred logits (nats) of the next token after each prefix."""
        answer = ask(self.oracle, prefixes).astype(np.float64)
        for row, prefix in enumerate(prefixes):
            # This line knows the teacher's probabilities; the estimate sees only what is drawn from them.
            answer[row] = self._estimate(prefix, softmax(answer[row] / self.temperature))
        return answer

    def _estimate(self, prefix: Sequence[int], probabilities: np.ndarray) -> Float[np.ndarray, "token"]:
        rng = prefix_stream(self.seed, "conditional samples", prefix)
        counts = rng.multinomial(self.samples, probabilities)
        seen = np.maximum(counts, UNSEEN)
        return mean_center(self.temperature * np.log(seen))  # centring makes counts and frequencies the same
