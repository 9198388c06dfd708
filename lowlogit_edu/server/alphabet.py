"""The tokens of a server's model that are learned.

>>> parse_alphabet("0-3,7")
(0, 1, 2, 3, 7)
"""

from collections.abc import Sequence

import numpy as np
from jaxtyping import Int

from lowlogit_edu.core.checks import check_prefixes
from lowlogit_edu.core.errors import ArgumentError


def parse_alphabet(text: str) -> str | tuple[int, ...]:
    """The alphabet that a user writes: "full", or token ids and ranges, both ends included.

    Raises
    ------
    ArgumentError
        If it is something else.
    """
    if text.strip() == "full":
        return "full"
    found: list[int] = []
    try:
        for part in text.split(","):
            first, _, last = part.strip().partition("-")
            found += range(int(first), int(last or first) + 1)
    except ValueError as error:
        raise ArgumentError(f"an alphabet is 'full', or token ids such as 0-511,600; got {text!r}.") from error
    return tuple(found)


def check_alphabet(alphabet: str | Sequence[int], size: int | None) -> Int[np.ndarray, "token"]:
    """Token ids as an array: at least two, each once, of a vocabulary of `size` where that is known."""
    if isinstance(alphabet, str):
        if alphabet != "full":
            raise ArgumentError(f"alphabet must be 'full' or a sequence of token ids, got {alphabet!r}.")
        if size is None:
            raise ArgumentError(
                "the server does not say how many tokens its model has: give a range, 0-50256 for GPT-2."
            )
        return np.arange(size)
    (tokens,) = check_prefixes([tuple(alphabet)], size or 2**31)
    if len(tokens) < 2 or len(set(tokens)) < len(tokens):
        raise ArgumentError(
            f"alphabet must name at least two token ids, each once; {len(tokens)} came, "
            f"{len(set(tokens))} of them different."
        )
    return np.array(tokens)
