"""A model on which coefficients fixed in advance grow without bound.

>>> model = blow_up_isan(horizon=5, scale=1.0)
>>> model.logits([(), (0,), (0, 0), (0, 0, 0)])[:, 1].tolist()  # states O, S+, L, L
[0.0, 0.5, 1.0, 1.0]
"""

import numpy as np

from lowlogit_edu.core.checks import check_count, check_number
from lowlogit_edu.models.isan import TimeVaryingISAN

LOGIT = np.array([0.0, 0.5, 0.5, 1.0, -1.0])  # of token 1 in the states O, S+, S-, L, N
NEXT = ((1, 3, 3, 3, 4), (2, 3, 4, 0, 0))  # the state after token 0 and after token 1


def blow_up_isan(horizon: int, scale: float = 0.01) -> TimeVaryingISAN:
    """An automaton of five states on which the greedy update of Equation 5 grows by 4/3 per token.

    Paper: Section 2.3 (exponential growth of the coefficients), arXiv:2512.09892.

    Up to `scale` the model is uniform, so a learner whose threshold is above `scale` rightly stops
    with one-token futures. Its rows (logit now, after 0, after 1) are O (0, 1/2, 1/2), S+ (1/2, 1, 1),
    S- (1/2, 1, -1), L (1, 1, 0) and N = -L; the spanner S+, S-, L (or N) carries all five with
    coefficients of at most 1. But least squares from the logit now to the logit after 0 has the slope
    (1/2 * 1 + 1/2 * 1 + 1 * 1) / (1/4 + 1/4 + 1) = 4/3 on it, although L stays L on every 0.

    Parameters
    ----------
    horizon : int
        The growth shows on the prefixes 0, 00, 000, ... from about the sixth token on.
    scale : float
        Largest logit, in nats.
    """
    T = check_count("horizon", horizon)
    check_number("scale", scale, least=1e-9)
    d = len(LOGIT)
    transitions = np.zeros((T - 1, 2, d, d))
    for token, after in enumerate(NEXT):
        transitions[:, token, after, np.arange(d)] = 1.0
    readouts = np.tile(scale * np.stack([-LOGIT, LOGIT]), (T, 1, 1))
    return TimeVaryingISAN(np.eye(d)[0], transitions, readouts, f"blow_up_isan(horizon={T}, scale={scale:g})")
