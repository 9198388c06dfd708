"""What every language model of this package can do, known or learned."""

import hashlib
from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from math import inf, isfinite

import numpy as np
from jaxtyping import Float, Int

from lowlogit_edu.errors import ArgumentError, TooLarge
from lowlogit_edu.numerics import draw_tokens, log_softmax
from lowlogit_edu.rng import stream

Prefixes = Sequence[Sequence[int]]


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
            tokens = tuple(int(token) for token in prefix)
        except (TypeError, ValueError) as error:
            raise ArgumentError(f"prefixes must be sequences of integer tokens; prefix {row} is {prefix!r}.") from error
        for position, token in enumerate(tokens):
            if not 0 <= token < alphabet_size:
                raise ArgumentError(
                    f"prefix {row} has token {token} at position {position}; this model's tokens "
                    f"are 0 to {alphabet_size - 1}."
                )
        if horizon is not None and len(tokens) >= horizon:
            raise ArgumentError(
                f"prefix {row} has {len(tokens)} tokens, but with horizon {horizon} a prefix has "
                f"at most {horizon - 1}; shorten it or use a model with a larger horizon."
            )
        checked.append(tokens)
    return checked


def check_count(name: str, value: int, least: int = 1, most: int | None = None) -> int:
    """`value` as an int of at least `least` (and at most `most`); ArgumentError otherwise."""
    if isinstance(value, bool) or not isinstance(value, int | np.integer):
        raise ArgumentError(f"{name} must be an integer, got {value!r}.")
    if value < least or (most is not None and value > most):
        limits = f"at least {least}" if most is None else f"between {least} and {most}"
        raise ArgumentError(f"{name} must be {limits}, got {value}.")
    return int(value)


def check_number(name: str, value: float, least: float = -inf, most: float = inf) -> float:
    """`value` as a finite float between `least` and `most`; ArgumentError otherwise."""
    if isinstance(value, bool) or not isinstance(value, int | float | np.integer | np.floating):
        raise ArgumentError(f"{name} must be a number, got {value!r}.")
    if not (isfinite(value) and least <= value <= most):
        raise ArgumentError(f"{name} must be a finite number between {least:g} and {most:g}, got {value}.")
    return float(value)


def by_length(prefixes: Prefixes) -> Iterator[tuple[list[int], Int[np.ndarray, "prefix time"]]]:
    """Groups of prefixes of one length: their positions in `prefixes` and their tokens as a matrix."""
    groups: dict[int, list[int]] = {}
    for row, prefix in enumerate(prefixes):
        groups.setdefault(len(prefix), []).append(row)
    for length, rows in sorted(groups.items()):
        yield rows, np.array([prefixes[row] for row in rows], dtype=np.int64).reshape(len(rows), length)


def array_fingerprint(kind: str, *arrays: np.ndarray) -> str:
    """`kind` and a hash of the arrays: equal exactly when all shapes and numbers are equal."""
    digest = hashlib.sha256()
    for array in arrays:
        digest.update(f"{array.dtype.str}{array.shape}".encode() + np.ascontiguousarray(array).tobytes())
    return f"{kind}:{digest.hexdigest()[:16]}"


class LanguageModel(ABC):
    """A distribution over token sequences of length `horizon`.

    Paper: Definition 1.1 (language model), arXiv:2512.09892.

    A subclass sets `alphabet_size` and `horizon` and defines `logits`; the rest follows.

    Attributes
    ----------
    alphabet_size : int
        Number of tokens; tokens are 0 to alphabet_size - 1.
    horizon : int
        Number of tokens T of a sequence; prefixes of length 0 to T - 1 are legal.
    fingerprint : str
        Changes whenever the distribution does; equal for equal models.
    """

    alphabet_size: int
    horizon: int
    fingerprint: str

    @abstractmethod
    def logits(self, prefixes: Prefixes) -> Float[np.ndarray, "prefix token"]:
        """Mean-centred logits (nats) of the next token after each prefix (Definition 1.2)."""

    def next_token_logits(self, prefix: Sequence[int]) -> Float[np.ndarray, "token"]:
        """Mean-centred logits of the token that follows `prefix`."""
        return self.logits([prefix])[0]

    def logits_along(self, tokens: Int[np.ndarray, "sequence time"]) -> Float[np.ndarray, "sequence time token"]:
        """Mean-centred logits at every position: `[:, t]` is given `tokens[:, :t]`."""
        tokens = check_tokens(tokens, self.alphabet_size)
        n, length = tokens.shape
        prefixes = [row[:t] for row in tokens.tolist() for t in range(length)]
        return self.logits(prefixes).reshape(n, length, self.alphabet_size)

    def sample(self, n: int, seed: int = 0, prompt: Sequence[int] = ()) -> Int[np.ndarray, "sequence time"]:
        """`n` sequences of `horizon` tokens that begin with `prompt`."""
        n = check_count("n", n)
        (start,) = check_prefixes([prompt], self.alphabet_size, self.horizon + 1)
        rng = stream(seed, "model sample")
        tokens = np.tile(np.array(start, dtype=np.int64), (n, 1))
        while tokens.shape[1] < self.horizon:
            following = draw_tokens(self.logits(tokens.tolist()), rng=rng)
            tokens = np.concatenate([tokens, following[:, None]], axis=1)
        return tokens

    def log_probabilities(self, *, max_sequences: int = 2_000_000) -> Float[np.ndarray, "sequence"]:
        """Log-probability of every sequence, in lexicographic order, by full enumeration.

        Raises
        ------
        TooLarge
            If there are more than `max_sequences` sequences.
        """
        if self.alphabet_size**self.horizon > max_sequences:
            raise TooLarge(
                f"{self.alphabet_size}^{self.horizon} sequences are more than "
                f"max_sequences={max_sequences:,}; use a smaller horizon, or a sampled measure "
                "such as evaluation.mean_kl."
            )
        tokens, log_p = np.zeros((1, 0), dtype=np.int64), np.zeros(1)
        for _ in range(self.horizon):
            step = log_softmax(self.logits(tokens.tolist()))
            log_p = (log_p[:, None] + step).ravel()
            tokens = np.concatenate(
                [
                    np.repeat(tokens, self.alphabet_size, axis=0),
                    np.tile(np.arange(self.alphabet_size), len(tokens))[:, None],
                ],
                axis=1,
            )
        return log_p


def check_tokens(tokens: np.ndarray, alphabet_size: int) -> Int[np.ndarray, "sequence time"]:
    """`tokens` as an int64 matrix with entries in the alphabet; ArgumentError otherwise."""
    array = np.asarray(tokens)
    if array.ndim != 2 or not (np.issubdtype(array.dtype, np.integer) or array.size == 0):
        raise ArgumentError(
            f"tokens must be an integer array of shape (n, T), got shape {array.shape} and dtype {array.dtype}."
        )
    bad = np.argwhere((array < 0) | (array >= alphabet_size))
    if len(bad):
        row, position = bad[0]
        raise ArgumentError(
            f"tokens[{row}, {position}] is {array[row, position]}; this model's tokens are 0 to {alphabet_size - 1}."
        )
    return array.astype(np.int64)
