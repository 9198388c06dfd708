"""Noisy parity: logit rank 1, and yet hard to learn from samples alone.

>>> model = noisy_parity(bits=3, secret=[1, 0, 1], noise=0.1)
>>> [float(np.exp(row[1] - row[0]).round(6)) for row in model.logits([[1, 0, 0], [1, 0, 1]])]
[9.0, 0.111111]
"""

from collections.abc import Sequence

import numpy as np

from lowlogit_edu.core.checks import check_count
from lowlogit_edu.core.errors import ArgumentError
from lowlogit_edu.core.rng import stream
from lowlogit_edu.models.fourier import fourier_sparse
from lowlogit_edu.models.isan import TimeVaryingISAN


def noisy_parity(bits: int, secret: Sequence[int] | None = None, noise: float = 0.1, seed: int = 0) -> TimeVaryingISAN:
    """Uniform bits, then the parity of the secret ones among them, flipped with probability `noise`.

    Paper: Section 1.2 (noisy parity has low logit rank), arXiv:2512.09892.

    Parameters
    ----------
    bits : int
        Horizon minus one.
    secret : sequence of `bits` zeros and ones, optional
        Which bits the parity is taken of; drawn from `seed` (never all zero) when absent.
    noise : float
        Above 0, where the logits would be infinite, and below 0.5, where the label says nothing.
    seed : int
    """
    bits = check_count("bits", bits)
    if not 0 < noise < 0.5:
        raise ArgumentError(f"noise must be above 0 and below 0.5, got {noise!r}.")
    if secret is None:
        # The binary digits of a number from 1 on: never all zero, which would be no parity.
        number = int(stream(seed, "noisy_parity").integers(1, 2**bits))
        secret = [number >> i & 1 for i in range(bits)]
    secret = [int(bit) for bit in secret]
    if len(secret) != bits or not set(secret) <= {0, 1}:
        raise ArgumentError(f"secret must be {bits} zeros and ones, got {secret}.")
    subset = tuple(i for i, bit in enumerate(secret) if bit)
    # One Fourier term, (-1)**parity: +1 where the parity is 0, hence the sign in front of the label's odds.
    odds = (1 - noise) / noise
    name = f"noisy_parity(bits={bits}, secret={secret}, noise={noise:g})"
    return fourier_sparse(bits, {subset: -np.log(odds)}, name)
