"""What an oracle answered, checked before anybody uses or keeps it."""

from typing import Any

import numpy as np
from jaxtyping import Float, Int

from lowlogit_edu.core.checks import Prefixes, check_tokens
from lowlogit_edu.core.errors import ArgumentError, OracleValueError
from lowlogit_edu.core.numerics import mean_center

# What servers and models write for minus infinity: vLLM's number, float16's most negative one, or below any logit.
MISSING = (-9999.0, -65504.0)
LARGEST = 1e30
# Nats. Oracles centre their rows: then a missing logit is told by how far it is below the largest, itself near 0.
NEAR = 100.0
ORDINARY = 4900.0  # between smaller numbers no two are so far apart, and all is well at a glance


def check_answer(
    oracle: Any, answer: np.ndarray, shape: tuple[int, ...], prefixes: Prefixes = ()
) -> Float[np.ndarray, "..."]:
    """`answer` as mean-centred float64 (float32 stays float32) of the given shape.

    Raises
    ------
    OracleValueError
        If the answer has another shape, is not real, or holds NaN, infinity or what stands for a missing logit.
    """
    array = np.asarray(answer)
    name = type(oracle).__name__  # a student's class is named by what it is called in the notebook
    if array.shape != shape:
        raise OracleValueError(
            f"{name} answered with shape {array.shape}, expected {shape}: one row of alphabet_size logits per prefix."
        )
    if not (np.issubdtype(array.dtype, np.floating) or np.issubdtype(array.dtype, np.integer)):
        raise OracleValueError(f"{name} answered with dtype {array.dtype}; expected real numbers.")
    array = array if array.dtype == np.float32 else array.astype(np.float64)
    # The largest and the least alone: NaN and infinity show in them, and no other array is made.
    if array.size and not (array.max() < ORDINARY and array.min() > -ORDINARY):
        _check_logits(name, array, prefixes)
    return mean_center(array)


def _check_logits(name: str, array: Float[np.ndarray, "..."], prefixes: Prefixes) -> None:
    """OracleValueError where a number is none, or stands for a missing logit."""
    wrong = ~np.isfinite(array)
    advice = "Mean-centring needs finite logits: restrict the alphabet to tokens that have one, or floor the logits."
    if not wrong.any():
        with np.errstate(over="ignore"):
            below = array - array.max(axis=-1, keepdims=True)  # the same before and after centring
        wrong = (below < -LARGEST) | (array < -LARGEST)
        for value in MISSING:
            wrong |= (abs(below - value) < NEAR) | (array == value)
        advice = (
            "It is what servers write where a logit is missing (or that, centred), and no logit. "
            "Restrict the alphabet to tokens that have one."
        )
    if wrong.any():
        where = tuple(int(index) for index in np.argwhere(wrong)[0])
        prefix = f" after prefix {list(prefixes[where[0]])}" if len(prefixes) else ""
        raise OracleValueError(f"{name} answered {array[where]:g} at index {where}{prefix}. {advice}")


def check_drawn(
    oracle: Any, answer: tuple[np.ndarray, np.ndarray], n: int, horizon: int, start: tuple[int, ...]
) -> tuple[Int[np.ndarray, "sequence time"], Float[np.ndarray, "sequence drawn kept"]]:
    """Texts and logits as an oracle's own `sample_with_logits` gave them; OracleValueError where they cannot be."""
    name = type(oracle).__name__
    tokens, kept = answer
    try:
        tokens = check_tokens(tokens, oracle.alphabet_size)
    except ArgumentError as error:
        raise OracleValueError(f"{name} drew texts that are none: {error}") from error
    drawn = horizon - len(start)
    if tokens.shape != (n, horizon) or kept.shape[:2] != (n, drawn):
        raise OracleValueError(
            f"{name} drew texts of shape {tokens.shape} with logits of shape {kept.shape}; expected {(n, horizon)} and "
            f"({n}, {drawn}, kept)."
        )
    if (tokens[:, : len(start)] != start).any():
        raise OracleValueError(f"{name} drew texts that do not begin with the prompt {list(start)}.")
    # The largest and the least are no numbers where any is none, and infinite where any is, and take no memory.
    if kept.size and not (np.isfinite(kept.max()) and np.isfinite(kept.min())):
        text, position, _ = np.argwhere(~np.isfinite(kept))[0]
        prefix = tokens[text, : len(start) + position].tolist()
        raise OracleValueError(f"{name} drew with logits that are no finite numbers, after prefix {prefix}.")
    return tokens, kept
