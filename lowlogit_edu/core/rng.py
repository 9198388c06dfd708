"""Randomness: one integer seed, many independent streams with names.

>>> a, b = stream(0, "sample"), stream(0, "spanner")
>>> a.integers(1000) == stream(0, "sample").integers(1000), a.integers(1000) == b.integers(1000)
(np.True_, np.False_)
"""

import hashlib
from collections.abc import Sequence
from typing import Any

import numpy as np

from lowlogit_edu.core.errors import ArgumentError

MOST_SPAWNED = 10**6  # streams out of one


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


def state_of(rng: np.random.Generator | None) -> Any:
    """Where a stream stands, JSON-able; None for none."""
    if rng is None:
        return None
    return {"bits": rng.bit_generator.state, "spawned": _seeds(rng).n_children_spawned}


def restore(rng: np.random.Generator | None, state: Any) -> None:
    """Let a stream go on from where another one of the same seed stood.

    Raises
    ------
    KeyError, TypeError, ValueError, OverflowError
        If the state is none; the stream is as it was.
    """
    if rng is None:
        return
    more = state["spawned"] - _seeds(rng).n_children_spawned
    if not 0 <= more <= MOST_SPAWNED:
        raise ValueError(f"{more} streams were spawned")
    tried = np.random.PCG64()
    tried.state = state["bits"]  # whatever is wrong is found before the stream itself is changed
    rng.bit_generator.state = tried.state
    _seeds(rng).spawn(more)


def _seeds(rng: np.random.Generator) -> np.random.SeedSequence:
    """Where the generators come from that are spawned."""
    seeds = rng.bit_generator.seed_seq
    assert isinstance(seeds, np.random.SeedSequence), "streams are seeded, by the function above"
    return seeds
