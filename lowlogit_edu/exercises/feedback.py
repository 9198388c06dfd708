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

import ast
import inspect
import textwrap
from collections.abc import Callable
from copy import deepcopy
from dataclasses import dataclass
from enum import Enum
from functools import wraps
from html import escape
from numbers import Real
from typing import Any

import numpy as np

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
    """The reply to one answer; a notebook shows it, and a grader reads it."""

    name: str
    verdict: Verdict
    message: str

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
    """The answer is wrong; the message says why, with an example."""


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
            verdict, message = _judged(find_fault, answer, praise)
            return Feedback(find_fault.__name__, verdict, message)

        return checked

    return make


def _judged(find_fault: Callable[[Any], None], answer: Any, praise: str) -> tuple[Verdict, str]:
    try:
        find_fault(given(answer))
    except Unanswered:
        return Verdict.UNANSWERED, TO_DO
    except Wrong as fault:
        return Verdict.WRONG, str(fault)
    return Verdict.RIGHT, praise


def given(answer: Any) -> Any:
    """The answer; None and `...` mean that there is none yet."""
    if answer is None or answer is ...:
        raise Unanswered
    return answer


def call(function: Any, *arguments: Any) -> Any:
    """What a student's function returns for copies of the arguments; its errors become `Wrong`."""
    if not callable(function):
        raise Wrong(f"expected a function, got {show(function)}.")
    try:
        # Copies, since a function that sorts or fills its argument would spoil the check's own.
        answer = function(*deepcopy(arguments))
    except NotImplementedError:
        raise Unanswered from None  # as it was handed out
    except Exception as error:
        what = ", ".join(map(show, arguments))
        raise Wrong(f"your function, called with ({what}), raised {type(error).__name__}: {error}") from error
    if answer is None and _is_begun(function):
        what = ", ".join(map(show, arguments))
        raise Wrong(f"your function, called with ({what}), returned None. Is there a `return` on every way through it?")
    return given(answer)


def _is_begun(function: Any) -> bool:
    """Whether a function's source has neither dots in it nor an empty body; False where there is no source to read."""
    try:
        tree = ast.parse(textwrap.dedent(inspect.getsource(function)))
    except (OSError, TypeError, SyntaxError):
        return False
    # The dots of x[..., None] are an index, those of a line of their own are what is to be written.
    index = {id(part) for node in ast.walk(tree) if isinstance(node, ast.Subscript) for part in ast.walk(node.slice)}
    dots = any(isinstance(node, ast.Constant) and node.value is ... for node in ast.walk(tree) if id(node) not in index)
    (definition,) = tree.body
    body = definition.body if isinstance(definition, ast.FunctionDef) else []
    return not dots and not all(isinstance(line, ast.Pass | ast.Expr) for line in body)


def number(answer: Any) -> float:
    """A real, finite number, or `Wrong`."""
    if isinstance(answer, np.ndarray) and answer.ndim == 0:
        answer = answer.item()
    truth_value = isinstance(answer, bool | np.bool_)  # bool counts as Real, but True is no answer to "how many?"
    if truth_value or not isinstance(answer, Real) or not np.isfinite(float(answer)):
        raise Wrong(f"expected a number, got {show(answer)}.")
    return float(answer)


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
        return [int(entry) for entry in answer]
    except (TypeError, ValueError):
        raise Wrong(f"{complaint}, got {show(answer)}.") from None


def shape_of(answer: Any) -> tuple[int, ...] | None:
    """Shape of what a student's function returned; None of a list of rows that are not equally long."""
    try:
        return np.shape(answer)
    except ValueError:
        return None


def show(value: Any) -> str:
    """A value in a few words, for messages."""
    text = np.array2string(value, precision=3, separator=", ") if isinstance(value, np.ndarray) else repr(value)
    text = " ".join(text.split())  # the rows of a matrix on one line
    if len(text) > LONGEST:
        return text[: LONGEST - len("...")] + "..."
    return text
