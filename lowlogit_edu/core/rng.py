"""Randomness: one integer seed, many independent streams with names.

>>> a, b = stream(0, "sample"), stream(0, "spanner")
>>> a.integers(1000) == stream(0, "sample").integers(1000), a.integers(1000) == b.integers(1000)
(np.True_, np.False_)
"""

import hashlib
from collections.abc import Sequence

import numpy as np

from lowlogit_edu.core.errors import ArgumentError


def stream(seed: int, *purpose: str | int) -> np.random.Generator:
    """A generator that depends on `seed` and on the words of `purpose` alone."""
    if isinstance(seed, bool) or not isinstance(seed, int | np.integer) or seed < 0:
        raise ArgumentError(f"seed must be an integer of 0 or more, got {seed!r}.")
    # Words are hashed with sha256, not with hash(), which Python salts anew in every process.
    digest = hashlib.sha256("/".join(map(str, purpose)).encode()).digest()
    words = int.from_bytes(digest[:8], "little")
    return np.random.default_rng([int(seed), words])


def prefix_stream(seed: int, purpose: str, prefix: Sequence[int]) -> np.random.Generator:
    """The generator that belongs to one prefix: it is the same in any order and any batch of questions."""
    tokens = np.asarray(prefix, dtype="<i8").tobytes()  # the same bytes on any machine
    return stream(seed, purpose, hashlib.sha256(tokens).hexdigest())
