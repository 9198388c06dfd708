"""Randomness: one integer seed, many independent streams with names.

>>> a, b = stream(0, "sample"), stream(0, "spanner")
>>> a.integers(1000) == stream(0, "sample").integers(1000), a.integers(1000) == b.integers(1000)
(np.True_, np.False_)
"""

import hashlib

import numpy as np

from lowlogit_edu.core.errors import ArgumentError


def stream(seed: int, *purpose: str | int) -> np.random.Generator:
    """A generator that depends on `seed` and on the words of `purpose` alone."""
    if isinstance(seed, bool) or not isinstance(seed, int | np.integer) or seed < 0:
        raise ArgumentError(f"seed must be an integer of 0 or more, got {seed!r}.")
    digest = hashlib.sha256("/".join(map(str, purpose)).encode()).digest()
    return np.random.default_rng([int(seed), int.from_bytes(digest[:8], "little")])
