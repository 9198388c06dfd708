"""Boolean functions with few Fourier terms, as language models.

>>> model = fourier_sparse(bits=2, coefficients={(0, 1): 1.0})
>>> model.next_token_logits([1, 1]).tolist(), model.next_token_logits([1, 0]).tolist()
([-0.5, 0.5], [0.5, -0.5])
"""

from collections.abc import Iterable, Mapping

import numpy as np

from lowlogit_edu.core.checks import check_count, check_number
from lowlogit_edu.core.errors import ArgumentError
from lowlogit_edu.models.isan import TimeVaryingISAN


def fourier_sparse(bits: int, coefficients: Mapping[Iterable[int], float], name: str = "") -> TimeVaryingISAN:
    """Uniform bits x, then a label that is 1 with probability sigmoid(f(x)).

    Paper: Equation 36 (Section 5.6), arXiv:2512.09892.

    f(x) is the sum of `coefficients[S] * (-1)**sum(x[i] for i in S)` over the subsets S. The model
    is an ISAN with one state coordinate per subset, so its logit rank is at most their number.

    Parameters
    ----------
    bits : int
        Horizon minus one.
    coefficients : mapping of tuples of positions (0 to bits - 1) to float
        Sharpness grows with their size; the paper keeps f within [-1, 1].
    name : str
        What `repr` shows.
    """
    n = check_count("bits", bits)
    subsets = [tuple(subset) for subset in coefficients]
    if not subsets:
        raise ArgumentError("coefficients must name at least one subset, such as {(0, 2): 0.5}.")
    for subset in subsets:
        if len(set(subset)) != len(subset) or not set(subset) <= set(range(n)):
            raise ArgumentError(f"subset {subset} must hold distinct positions from 0 to {n - 1}.")
    # Coordinate S of the state is (-1)**sum(x[i] for i in S) so far: a one at position i turns the sign of those with
    # i in S, a zero leaves all as they are.
    transitions = np.tile(np.eye(len(subsets)), (n, 2, 1, 1))
    for i in range(n):
        transitions[i, 1] = np.diag([-1.0 if i in subset else 1.0 for subset in subsets])
    # The logits are -f/2 and f/2, so that label 1 has probability sigmoid(f); those of the bits stay 0.
    half = np.array([check_number(f"coefficient of {key}", value) for key, value in coefficients.items()]) / 2
    readouts = np.zeros((n + 1, 2, len(subsets)))
    readouts[n] = [-half, half]
    terms = ", ".join(f"{subset}: {coefficients[key]:g}" for subset, key in zip(subsets, coefficients, strict=True))
    name = name or f"fourier_sparse(bits={n}, coefficients={{{terms}}})"
    return TimeVaryingISAN(np.ones(len(subsets)), transitions, readouts, name)
