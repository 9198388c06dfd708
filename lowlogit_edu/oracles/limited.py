"""An oracle that shows the most likely tokens alone.

>>> from lowlogit_edu.models import TabularModel
>>> from lowlogit_edu.oracles.exact import ExactOracle
>>> teacher = TabularModel.from_probabilities(np.array([0.5, 0.3, 0.15, 0.05]))
>>> np.exp(log_softmax(TopK(ExactOracle(teacher), k=2).logits([()]))).round(6).tolist()
[[0.5, 0.3, 0.1, 0.1]]
"""

import numpy as np
from jaxtyping import Float

from lowlogit_edu.core.checks import Prefixes, check_count
from lowlogit_edu.core.numerics import log_softmax, mean_center
from lowlogit_edu.oracles.base import LogitOracle, ask


class TopK:
    """Knows the probabilities of the k most likely tokens; the others share what is left evenly.

    What it loses: all differences between the other tokens, so that the answer's total variation
    distance from the teacher can be as large as the mass left over; the mean that logits are centred
    by, so that even the k logits shown are shifted, by a different amount after every prefix; and
    with it low rank: the logit matrix of the answers can have full rank where the teacher's has not.

    Parameters
    ----------
    oracle : LogitOracle
    k : int
        1 to alphabet_size; of equally likely tokens the first are shown. With k of alphabet_size - 1
        or more nothing is lost.
    """

    def __init__(self, oracle: LogitOracle, k: int) -> None:
        self.oracle = oracle
        self.k = check_count("k", k, most=oracle.alphabet_size)
        self.alphabet_size = oracle.alphabet_size
        self.fingerprint = f"top({oracle.fingerprint}, {self.k})"

    def __repr__(self) -> str:
        return f"TopK({self.oracle!r}, k={self.k})"

    def logits(self, prefixes: Prefixes) -> Float[np.ndarray, "prefix token"]:
        """Mean-centred logits (nats) of the distribution that the k shown probabilities suggest."""
        answer = ask(self.oracle, prefixes)
        likeliest_first = np.argsort(-answer, axis=1, kind="stable")  # stable: of equals, the first
        hidden = likeliest_first[:, self.k :]
        log_p = log_softmax(answer)
        if hidden.size:
            # From the hidden tokens, not as 1 minus the shown: exact however little is left.
            probabilities = np.exp(np.take_along_axis(log_p, hidden, axis=1))
            share = probabilities.mean(axis=1, keepdims=True)
            np.put_along_axis(log_p, hidden, np.log(share), axis=1)
        return mean_center(log_p)
