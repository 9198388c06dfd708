"""Lemma 5.3: how much an error in the logits moves the probabilities.

>>> softmax_is_lipschitz(np.array([[0.0, 0.0]]), np.array([[0.1, -0.1]])).numbers["constant"].__round__(3)
0.498
"""

import numpy as np
from jaxtyping import Float

from lowlogit_edu.core.numerics import half_l1, softmax
from lowlogit_edu.lemmas.finding import Finding

SMALLEST_GAP = 1e-9  # nats; below it a ratio would measure rounding


def softmax_is_lipschitz(
    logits: Float[np.ndarray, "pair token"], others: Float[np.ndarray, "pair token"], constant: float = 0.5
) -> Finding:
    """Whether the total variation between softmaxes is at most `constant` times the largest logit error.

    Paper: Lemma 5.3 (softmax is Lipschitz, with 1/2 in total variation), arXiv:2512.09892.

    The derivative in direction a has l1 norm sum p_i |a_i - E a| <= max |a|; 1/2 cannot be improved.
    """
    gap = np.abs(np.asarray(logits) - np.asarray(others)).max(axis=1)
    moved = half_l1(softmax(logits), softmax(others))
    ratios = np.divide(moved, gap, out=np.zeros_like(moved), where=gap > SMALLEST_GAP)
    ratio = float(ratios.max(initial=0.0))
    # Each of the summed probabilities may be off by a few units in the last place, also where the gap is 0.
    rounding = 1e-15 * np.shape(logits)[1]
    holds = bool((moved <= constant * gap + rounding).all())
    words = f"Of {len(moved)} pairs the largest total variation per nat is {ratio:.4f}; {constant:g} was claimed."
    return Finding("Lemma 5.3", holds, {"constant": ratio, "claimed": constant}, words)
