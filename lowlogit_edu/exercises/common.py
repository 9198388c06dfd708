"""What the checks of several notebooks compute."""

from collections.abc import Sequence

import numpy as np


def isan_logits(state: np.ndarray, transitions: np.ndarray, readout: np.ndarray, tokens: Sequence[int]) -> np.ndarray:
    """Logits, not centred, of an ISAN that is the same at every step, after some tokens.

    >>> double = np.array([[[2.0]]])  # one token, whose matrix doubles the only coordinate
    >>> isan_logits(np.ones(1), double, np.ones((1, 1)), [0, 0, 0]).tolist()
    [8.0]
    """
    for token in tokens:
        state = transitions[token] @ state
    return readout @ state
