"""What a saved file holds, looked at before it is believed: names, types, shapes and numbers.

>>> check_value("epoch", -1, int, least=0)
Traceback (most recent call last):
lowlogit_edu.core.errors.ArgumentError: epoch is -1, expected an int of at least 0.
"""

from collections.abc import Collection, Mapping
from math import isfinite
from types import NoneType
from typing import Any, get_args

import numpy as np
from jaxtyping import jaxtyped

from lowlogit_edu.core.checks import as_float
from lowlogit_edu.core.errors import ArgumentError

SHOWN = 80  # letters of a wrong value; it may be as long as its file


def check_names(what: str, found: Collection[str], needed: Collection[str], optional: Collection[str] = ()) -> None:
    """ArgumentError unless all names needed are there, and none that nothing reads."""
    missing = sorted(set(needed) - set(found))
    if missing:
        raise ArgumentError(f"{what} lacks {missing[0]!r}.")
    unknown = sorted(set(found) - set(needed) - set(optional))
    if unknown:
        raise ArgumentError(f"{what} holds {unknown[0][:SHOWN]!r}, which nothing reads.")


def check_value(
    name: str, value: Any, kind: type, least: float | None = None, most: float | None = None, *, finite: bool = True
) -> None:
    """ArgumentError unless a value of JSON is of a kind, and a number within its limits, and finite if it must be."""
    kinds = (int, float) if kind is float else (kind,)
    fits = isinstance(value, kinds) and (kind is bool or not isinstance(value, bool))
    if fits and kind in (int, float):
        fits = isfinite(as_float(value)) or (not finite and isinstance(value, float))
        fits = fits and (least is None or value >= least) and (most is None or value <= most)
    if not fits:
        limits = "" if least is None else f" of at least {least}"
        limits += "" if most is None else f" and at most {most}"
        raise ArgumentError(f"{name} is {shown(value)}, expected {_words(kind)}{limits}.")


def check_arrays(what: str, arrays: Mapping[str, np.ndarray], hints: Mapping[str, Any]) -> None:
    """ArgumentError unless the arrays are those that annotations name, of their types and shapes, and finite.

    Parameters
    ----------
    what : str
        Begins the message.
    arrays : mapping of str to array
    hints : mapping of str to annotation
        As of `get_type_hints`, such as `Float[np.ndarray, "text time"]`. Axes of one name are of one length. What may
        be None may be left out.
    """
    optional = [name for name, hint in hints.items() if NoneType in get_args(hint)]
    check_names(what, arrays, set(hints) - set(optional), optional)
    with jaxtyped("context"):
        for name, array in arrays.items():
            if not isinstance(array, hints[name]):
                raise ArgumentError(
                    f"{name} of {what} has type {array.dtype} and shape {array.shape}, expected {_words(hints[name])}."
                )
    for name, array in arrays.items():
        # The smallest and the largest alone: NaN and infinity show in them, and no other array is made.
        if array.size and array.dtype.kind == "f" and not (np.isfinite(array.min()) and np.isfinite(array.max())):
            raise ArgumentError(f"{name} of {what} holds NaN or infinity, expected finite numbers.")


def shown(value: Any) -> str:
    """A wrong value for a message, cut where it is long."""
    text = repr(value)
    return text if len(text) <= SHOWN else text[:SHOWN] + "..."


def _words(kind: Any) -> str:
    """A type for a message: "an int", "Float[ndarray, 'text time']"."""
    if not isinstance(kind, type):
        return " or ".join(_words(each) for each in get_args(kind) if each is not NoneType)
    if kind in (int, float, str, bool, list, dict):
        return ("an " if kind is int else "a ") + kind.__name__
    return kind.__name__
