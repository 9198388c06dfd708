"""Two numbers compared: logit rank 2, and probability rank exponential in the number of bits.

>>> model = cauchy(bits=2)
>>> model.next_token_logits([1, 1, 0, 1]).tolist()  # (0.75 - 0.25) / 2
[-0.25, 0.25]
"""

import numpy as np

from lowlogit_edu.core.checks import check_count
from lowlogit_edu.models.isan import TimeVaryingISAN


def cauchy(bits: int) -> TimeVaryingISAN:
    """Uniform bits x, uniform bits f, then a label that is 1 with probability sigmoid(s(x) - s(f)).

    s(x) is the number with binary digits x, the sum of `x[i] * 2**-(i + 1)`. The state is
    (1, s(x) - s(f)): logit rank 2. Up to scaling of rows and columns the probabilities of label 1
    are `1 / (exp(s(x)) + exp(s(f)))`, a Cauchy matrix: at the middle cut its rank is 2**bits.

    Parameters
    ----------
    bits : int
        Of x and of f each; the horizon is 2 * bits + 1. Logits are exact floats up to 52.
    """
    n = check_count("bits", bits, most=52)  # a float holds so many binary digits
    digits = 0.5 ** np.arange(1, n + 1)
    transitions = np.tile(np.eye(2), (2 * n, 2, 1, 1))
    transitions[:, 1, 1, 0] = np.concatenate([digits, -digits])  # a one is added or subtracted
    readouts = np.zeros((2 * n + 1, 2, 2))
    readouts[-1, :, 1] = [-0.5, 0.5]  # the label's logits are half of s(x) - s(f) down and up
    return TimeVaryingISAN(np.array([1.0, 0.0]), transitions, readouts, f"cauchy(bits={n})")
