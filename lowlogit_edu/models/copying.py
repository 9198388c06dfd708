"""A recall task: random bits, then the same bits again. Logit rank is small, probability rank is not.

>>> model = copying(length=2, strength=3.0)
>>> model.next_token_logits([1, 0]).tolist(), model.next_token_logits([1, 0, 1]).tolist()
([-1.5, 1.5], [1.5, -1.5])
"""

import numpy as np

from lowlogit_edu.core.checks import check_count, check_number
from lowlogit_edu.models.isan import TimeVaryingISAN


def copying(length: int, strength: float = 3.0) -> TimeVaryingISAN:
    """`length` uniform bits, then each of them again with probability sigmoid(strength).

    Paper: Section 1.2 (low-logit-rank models can copy), arXiv:2512.09892.

    The state is (1, x_1, .., x_length): dimension length + 1, where the low *probability* rank
    of Definition 3.1 would need 2**length.

    Parameters
    ----------
    length : int
        Half the horizon.
    strength : float
        Logit gap between the right and the wrong bit, in nats.
    """
    n = check_count("length", length)
    check_number("strength", strength, least=1e-9)
    # The first half writes the bits into the state, the second half reads them out one by one.
    transitions = np.tile(np.eye(n + 1), (2 * n - 1, 2, 1, 1))
    readouts = np.zeros((2 * n, 2, n + 1))
    for j in range(n):
        transitions[j, 1, j + 1, 0] = 1.0  # a one is written to its coordinate
        readouts[n + j, 1, 0] = -strength / 2  # the logit of a one is strength * (x_j - 1/2)
        readouts[n + j, 1, j + 1] = strength
        readouts[n + j, 0] = -readouts[n + j, 1]
    return TimeVaryingISAN(np.eye(n + 1)[0], transitions, readouts, f"copying(length={n}, strength={strength:g})")
