"""What an oracle answered, checked before anybody uses or keeps it."""

from typing import Any

import numpy as np
from jaxtyping import Float, Int

from lowlogit_edu.core.checks import Prefixes, check_tokens
from lowlogit_edu.core.errors import ArgumentError, OracleValueError
from lowlogit_edu.core.numerics import mean_center

MISSING = -9999.0  # vLLM's, for minus infinity; others write the most negative number that there is
LARGEST = 1e30


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
    if not np.isfinite(array).all():
        first = np.argwhere(~np.isfinite(array))[0]
        where = tuple(int(index) for index in first)
        prefix = f" after prefix {list(prefixes[where[0]])}" if len(prefixes) else ""
        raise OracleValueError(
            f"{name} answered {array[where]} at index {where}{prefix}. Mean-centring needs finite "
            "logits: restrict the alphabet to tokens that have one, or floor the logits."
        )
    least = array.min(initial=0)
    if least == MISSING or least < -LARGEST:
        where = tuple(int(index) for index in np.argwhere(array == least)[0])
        prefix = f" after prefix {list(prefixes[where[0]])}" if len(prefixes) else ""
        raise OracleValueError(
            f"{name} answered {least:g} at index {where}{prefix}: what servers write where a logit is missing, and no "
            "logit. Restrict the alphabet to tokens that have one."
        )
    return mean_center(array if array.dtype == np.float32 else array.astype(np.float64))


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
    # A wrapper hands on what was looked at inside it. The largest and the least are no numbers where any is none, and
    # infinite where any is, and take no memory.
    if kept.size and not hasattr(oracle, "oracle") and not (np.isfinite(kept.max()) and np.isfinite(kept.min())):
        text, position, _ = np.argwhere(~np.isfinite(kept))[0]
        prefix = tokens[text, : len(start) + position].tolist()
        raise OracleValueError(f"{name} drew with logits that are no finite numbers, after prefix {prefix}.")
    return tokens, kept
