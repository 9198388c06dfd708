"""What a check says, and the parts that checks are made of.

>>> @exercise("Two sides, each with probability 1/2.")
... def nb99_coin_entropy(answer):
...     if abs(number(answer) - np.log(2)) > 1e-3:
...         raise Wrong(f"{answer} is not it: the entropy of n equally likely sides grows with n. Nats, not bits?")
>>> nb99_coin_entropy(1)
Not yet. 1 is not it: the entropy of n equally likely sides grows with n. Nats, not bits?
>>> nb99_coin_entropy(0.6931)
Right. Two sides, each with probability 1/2.
>>> nb99_coin_entropy(...)
Not answered yet. Put your answer in place of the dots and run this cell again.
"""

import re
from collections.abc import Callable
from contextlib import suppress
from copy import deepcopy
from dataclasses import dataclass
from decimal import Decimal
from enum import Enum
from functools import wraps
from html import escape
from numbers import Real
from typing import Any

import numpy as np

from lowlogit_edu.exercises import limit
from lowlogit_edu.exercises.limit import TooLong, time_limit
from lowlogit_edu.exercises.source import has_dots, is_begun
from lowlogit_edu.show.palette import GREEN, ORANGE, UNDECIDED

MIME = "application/vnd.lowlogit_edu.feedback+json"
TO_DO = "Put your answer in place of the dots and run this cell again."
LONGEST = 120  # characters of a value that is shown in a message


class Verdict(Enum):
    """What a check found, and how its reply begins."""

    RIGHT = "Right."
    WRONG = "Not yet."
    UNANSWERED = "Not answered yet."


COLOURS = {Verdict.RIGHT: GREEN, Verdict.WRONG: ORANGE, Verdict.UNANSWERED: UNDECIDED}


@dataclass(frozen=True)
class Feedback:
    """The reply to one answer; a notebook shows it, and a grader reads it.

    `parts` are how many parts of a wrong answer are right, and of how many; None for a check that has no parts.
    """

    name: str
    verdict: Verdict
    message: str
    parts: tuple[int, int] | None = None

    def __bool__(self) -> bool:
        return self.verdict is Verdict.RIGHT

    def __repr__(self) -> str:
        return f"{self.verdict.value} {self.message}"

    def _repr_mimebundle_(self, **kwargs: Any) -> dict[str, Any]:
        colour = COLOURS[self.verdict]
        look = f"border-left: 6px solid {colour}; padding: 4px 12px"
        text = f"<b>{self.verdict.value}</b> {escape(self.message)}"
        return {
            "text/plain": repr(self),
            # The role lets a screen reader say the reply as soon as it is there.
            "text/html": f'<div role="status" style="{look}">{text}</div>',
            MIME: {"check": self.name, "verdict": self.verdict.name},
        }


class Wrong(Exception):
    """The answer is wrong; the message says why, with an example, and `parts` what of it is right."""

    def __init__(self, message: str, parts: tuple[int, int] | None = None) -> None:
        super().__init__(message)
        self.parts = parts


class Stopped(Wrong):
    """A function was stopped: other parts of the check are not tried, since each would take as long."""


class Unanswered(Exception):
    """There is no answer yet."""


def exercise(praise: str) -> Callable[[Callable[[Any], None]], Callable[[Any], Feedback]]:
    """Make a check of a function that raises `Wrong`: it gives `Feedback`, whatever happens.

    Parameters
    ----------
    praise : str
        Said after "Right.": what the right answer shows.
    """

    def make(find_fault: Callable[[Any], None]) -> Callable[[Any], Feedback]:
        @wraps(find_fault)
        def checked(answer: Any) -> Feedback:
            return _judged(find_fault, answer, praise)

        return checked

    return make


def _judged(find_fault: Callable[[Any], None], answer: Any, praise: str) -> Feedback:
    name = find_fault.__name__
    try:
        find_fault(given(answer))
    except Unanswered:
        return Feedback(name, Verdict.UNANSWERED, TO_DO)
    except Wrong as fault:
        return Feedback(name, Verdict.WRONG, _begun(str(fault)), fault.parts)
    return Feedback(name, Verdict.RIGHT, praise)


def _begun(text: str) -> str:
    """A sentence with a capital at its beginning, unless it begins with a name of the code or a formula."""
    word = re.match(r"(a|[a-z]{2,})[ ,.]", text)
    return text[:1].upper() + text[1:] if word else text


def given(answer: Any) -> Any:
    """The answer; None and `...` mean that there is none yet."""
    if answer is None or answer is ...:
        raise Unanswered
    return answer


def call(function: Any, *arguments: Any, may_be_none: bool = False) -> Any:
    """What a student's function returns for copies of the arguments; its errors become `Wrong`.

    It is stopped after `limit.SECONDS`. None is an answer where it `may_be_none`.
    """
    if not callable(function):
        raise Wrong(f"expected a function, got {show(function)}.")
    what = f"your function, called with ({', '.join(map(show, arguments))}),"
    try:
        # Copies, since a function that sorts or fills its argument would spoil the check's own.
        copies = deepcopy(arguments)
        with time_limit(limit.SECONDS):
            answer = function(*copies)
    except NotImplementedError:
        raise Unanswered from None  # as it was handed out
    except TooLong:
        raise Stopped(
            f"{what} was stopped after {limit.SECONDS:g} seconds; a second is plenty. Is there a loop that never ends? "
            "Print what changes in it, for two or three rounds."
        ) from None
    except (Exception, SystemExit) as error:
        raise Wrong(f"{what} raised {type(error).__name__}: {error}") from error
    if answer is None and may_be_none:
        return _unless_unwritten(function)
    if answer is None and is_begun(function):
        raise Wrong(f"{what} returned None. Is there a `return` on every way through it?")
    return given(answer)


def _unless_unwritten(function: Any) -> None:
    """None, of a function for which it says something."""
    if has_dots(function):
        raise Unanswered


def number(answer: Any) -> float:
    """A real, finite number, or `Wrong`; an array that holds one is that one."""
    found = answer
    if hasattr(answer, "item"):  # of numpy or torch
        with suppress(ValueError, RuntimeError):  # it holds several
            found = answer.item()
    truth_value = isinstance(found, bool | np.bool_)  # bool counts as Real, but True is no answer to "how many?"
    if truth_value or not isinstance(found, Real | Decimal):
        raise Wrong(f"expected a number, got {show(answer)}.")
    if not np.isfinite(float(found)):
        raise Wrong(f"expected a finite number, got {show(answer)}.")
    return float(found)


def array(answer: Any, shape: tuple[int, ...]) -> np.ndarray:
    """Finite real numbers of the given shape, or `Wrong`."""
    try:
        found = np.asarray(answer, dtype=float)
    except (TypeError, ValueError):
        raise Wrong(f"expected an array of numbers of shape {shape}, got {show(answer)}.") from None
    if found.shape != shape:
        raise Wrong(f"expected an array of shape {shape}, got one of shape {found.shape}.")
    if not np.isfinite(found).all():
        raise Wrong(f"expected finite numbers, got {show(found)}.")
    return found


def numbers(answer: Any, count: int) -> list[float]:
    """So many finite numbers; dots among them mean that there is no answer yet."""
    if isinstance(answer, tuple) and ... in answer:
        raise Unanswered
    return array(answer, (count,)).tolist()


def whole_numbers(answer: Any, complaint: str) -> list[int]:
    """The entries of a list as whole numbers, or `Wrong` with the complaint that something else came."""
    try:
        found = [int(entry) for entry in answer]
        whole = all(entry == part for entry, part in zip(found, answer, strict=True))
    except (TypeError, ValueError):
        whole = False
    if not whole:
        raise Wrong(f"{complaint}, got {show(answer)}.")
    return found


def shape_of(answer: Any) -> tuple[int, ...] | None:
    """Shape of what a student's function returned; None of a list of rows that are not equally long."""
    try:
        return np.shape(answer)
    except ValueError:
        return None


def show(value: Any) -> str:
    """A value in a few words, for messages."""
    if isinstance(value, np.generic):
        value = value.item()
    if callable(value):
        return getattr(value, "__name__", type(value).__name__)
    text = np.array2string(value, precision=3, separator=", ") if isinstance(value, np.ndarray) else repr(value)
    text = " ".join(text.split())  # the rows of a matrix on one line
    text = re.sub(r"\bnp\.\w+\(([-+.\w]*)\)", r"\1", text)  # np.float64(0.5) is 0.5 to a reader
    text = re.sub(r" (object )?at 0x[0-9A-Fa-f]+", "", text)  # an address says nothing, and is another one each time
    if len(text) > LONGEST:
        return text[: LONGEST - len("...")] + "..."
    return text
