"""Checks of arguments, with real messages, and small things that models and oracles share.

>>> check_count("n", 3), check_prefixes([[0, 1]], alphabet_size=2)
(3, [(0, 1)])
"""

import hashlib
from collections.abc import Iterator, Sequence
from math import inf, isfinite

import numpy as np
from jaxtyping import Int

from lowlogit_edu.core.errors import ArgumentError, TooLarge

Prefixes = Sequence[Sequence[int]] | Int[np.ndarray, "prefix time"]
MOST_BYTES = 8_000_000_000  # of memory that one step may take; what needs more is refused before it begins
HEX_DIGITS = 16  # of a fingerprint: 64 bits are short enough to read, and no two models agree by chance


def check_prefixes(prefixes: Prefixes, alphabet_size: int, horizon: int | None = None) -> list[tuple[int, ...]]:
    """The prefixes as tuples of int.

    Raises
    ------
    ArgumentError
        If a token is outside `0 .. alphabet_size - 1` or a prefix has `horizon` tokens or more
        (prefixes of length 0 to horizon - 1 are legal: the next token must still exist).
    """
    checked = []
    for row, prefix in enumerate(prefixes):
        try:
            tokens = tuple(map(int, prefix))
        except (TypeError, ValueError) as error:
            raise ArgumentError(f"prefixes must be sequences of integer tokens; prefix {row} is {prefix!r}.") from error
        if tokens and not (min(tokens) >= 0 and max(tokens) < alphabet_size):
            position = next(i for i, token in enumerate(tokens) if not 0 <= token < alphabet_size)
            raise ArgumentError(
                f"prefix {row} has token {tokens[position]} at position {position}; this model's tokens "
                f"are 0 to {alphabet_size - 1}."
            )
        if horizon is not None and len(tokens) >= horizon:
            raise ArgumentError(
                f"prefix {row} has {len(tokens)} tokens, but with horizon {horizon} a prefix has "
                f"at most {horizon - 1}; shorten it or use a model with a larger horizon."
            )
        checked.append(tokens)
    return checked


def check_rows(tokens: np.ndarray, alphabet_size: int, horizon: int | None = None) -> Int[np.ndarray, "prefix time"]:
    """`check_prefixes` of prefixes of one length, the rows of an integer matrix."""
    checked = check_tokens(tokens, alphabet_size)
    if horizon is not None and checked.shape[1] >= horizon:
        raise ArgumentError(
            f"prefixes of {checked.shape[1]} tokens are too long: with horizon {horizon} a prefix has at most "
            f"{horizon - 1}; shorten them or use a model with a larger horizon."
        )
    return checked


def check_count(name: str, value: int, least: int = 1, most: int | None = None) -> int:
    """`value` as an int of at least `least` (and at most `most`); ArgumentError otherwise."""
    # bool is a kind of int in Python, but True is no count.
    if isinstance(value, bool) or not isinstance(value, int | np.integer):
        raise ArgumentError(f"{name} must be an integer, got {value!r}.")
    if value < least or (most is not None and value > most):
        limits = f"at least {least}" if most is None else f"between {least} and {most}"
        raise ArgumentError(f"{name} must be {limits}, got {value}.")
    return int(value)


def as_float(value: float) -> float:
    """`value` as a float; infinite where it is an integer that is too large for one."""
    try:
        return float(value)
    except OverflowError:
        return inf


def check_number(name: str, value: float, least: float = -inf, most: float = inf) -> float:
    """`value` as a finite float between `least` and `most`; ArgumentError otherwise."""
    if isinstance(value, bool) or not isinstance(value, int | float | np.integer | np.floating):
        raise ArgumentError(f"{name} must be a number, got {value!r}.")
    if not (isfinite(as_float(value)) and least <= value <= most):
        raise ArgumentError(f"{name} must be a finite number between {least:g} and {most:g}, got {value}.")
    return float(value)


def check_bytes(what: str, size: int, advice: str) -> None:
    """TooLarge where something would take more than `MOST_BYTES`."""
    if size > MOST_BYTES:
        raise TooLarge(f"{what} would take {size / 1e9:,.1f} GB, more than {MOST_BYTES / 1e9:g}; {advice}.")


def check_texts(n: int, horizon: int, alphabet_size: int = 0) -> int:
    """`n` as the number of texts to draw at once, with a row of logits each; TooLarge where they are too many."""
    size = 8 * check_count("n", n) * (horizon + alphabet_size)
    check_bytes(f"to draw n={n:,} texts of {horizon:,} tokens", size, "draw fewer at a time, with a seed each")
    return int(n)


def by_length(prefixes: Prefixes) -> Iterator[tuple[list[int], Int[np.ndarray, "prefix time"]]]:
    """Groups of prefixes of one length: their positions in `prefixes` and their tokens as a matrix."""
    if isinstance(prefixes, np.ndarray):  # all are of one length
        yield list(range(len(prefixes))), prefixes
        return
    groups: dict[int, list[int]] = {}
    for row, prefix in enumerate(prefixes):
        groups.setdefault(len(prefix), []).append(row)
    for length, rows in sorted(groups.items()):
        tokens = np.array([prefixes[row] for row in rows], dtype=np.int64)
        yield rows, tokens.reshape(len(rows), length)  # empty prefixes are a matrix of no columns


def array_fingerprint(kind: str, *arrays: np.ndarray) -> str:
    """`kind` and a hash of the arrays: equal exactly when all shapes and numbers are equal."""
    digest = hashlib.sha256()
    for array in arrays:
        # The bytes alone would not tell a matrix from its rows laid end to end.
        digest.update(f"{array.dtype.str}{array.shape}".encode())
        digest.update(np.ascontiguousarray(array).tobytes())
    return f"{kind}:{digest.hexdigest()[:HEX_DIGITS]}"


def check_tokens(tokens: np.ndarray, alphabet_size: int) -> Int[np.ndarray, "sequence time"]:
    """`tokens` as an int64 matrix with entries in the alphabet; ArgumentError otherwise."""
    array = np.asarray(tokens)
    # numpy makes an empty list an array of floats, which is no mistake of the caller's.
    integers = np.issubdtype(array.dtype, np.integer) or array.size == 0
    if array.ndim != 2 or not integers:
        raise ArgumentError(
            f"tokens must be an integer array of shape (n, T), got shape {array.shape} and dtype {array.dtype}."
        )
    bad = np.argwhere((array < 0) | (array >= alphabet_size))
    if len(bad):
        row, position = bad[0]
        raise ArgumentError(
            f"tokens[{row}, {position}] is {array[row, position]}; this model's tokens are 0 to {alphabet_size - 1}."
        )
    return array.astype(np.int64, copy=False)
