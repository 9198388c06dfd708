"""How far a learned model is from its teacher.

>>> from lowlogit_edu.models import noisy_parity
>>> teacher, other = (noisy_parity(bits=1, secret=[1], noise=noise) for noise in (0.1, 0.3))
>>> round(total_variation(teacher, other), 12)
0.2
"""

import numpy as np

from lowlogit_edu.errors import ArgumentError
from lowlogit_edu.models.base import LanguageModel


def total_variation(teacher: LanguageModel, model: LanguageModel, *, max_sequences: int = 2_000_000) -> float:
    """Exact total variation distance, 0 to 1, by enumerating every sequence.

    Raises
    ------
    ArgumentError
        If the two differ in alphabet or horizon.
    TooLarge
        If there are more than `max_sequences` sequences.
    """
    for name in ("alphabet_size", "horizon"):
        expected, got = getattr(teacher, name), getattr(model, name)
        if expected != got:
            raise ArgumentError(f"teacher and model must have the same {name}, got {expected} and {got}.")
    p = np.exp(teacher.log_probabilities(max_sequences=max_sequences))
    q = np.exp(model.log_probabilities(max_sequences=max_sequences))
    return float(np.abs(p - q).sum() / 2)
