"""What checks of long functions are made of: partial credit, and a time limit.

>>> timed(lambda x: 2 * x, 4)
8
"""

import ast
import ctypes
import inspect
import textwrap
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from lowlogit_edu.exercises.feedback import Unanswered, Wrong, call, given, show

SECONDS = 10.0  # of one call; the solutions take less than one


class TooLong(BaseException):
    """Raised inside a student's function, past its own `except Exception`."""


class Stopped(Wrong):
    """A function was stopped: the other parts are not tried, since each would take as long."""


@contextmanager
def time_limit(seconds: float) -> Iterator[None]:
    """Raise `TooLong` in this thread after so many seconds; a call into C is left to end first."""
    # An exception set from another thread: signals would not do on Windows, nor outside the main thread.
    thread = ctypes.c_ulong(threading.get_ident())
    lock = threading.Lock()
    over = False

    def interrupt() -> None:
        with lock:
            if not over:
                ctypes.pythonapi.PyThreadState_SetAsyncExc(thread, ctypes.py_object(TooLong))

    timer = threading.Timer(seconds, interrupt)
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        with lock:
            over = True
        timer.cancel()


def timed(function: Any, *arguments: Any, may_be_none: bool = False) -> Any:
    """`call`, stopped after `SECONDS`; None is an answer where `may_be_none`."""
    asked = (function, *arguments)
    try:
        with time_limit(SECONDS):
            return _call_or_none(*asked) if may_be_none else call(*asked)
    except TooLong:
        what = ", ".join(map(show, arguments))
        raise Stopped(
            f"your function, called with ({what}), was stopped after {SECONDS:g} seconds; a second is plenty. "
            "Is there a loop that never ends? Print what changes in it, for two or three rounds."
        ) from None


def _call_or_none(function: Any, *arguments: Any) -> Any:
    """`call` of a function for which None says something."""
    if not callable(function):
        return call(function, *arguments)
    found: list[Any] = []

    def keep(*copies: Any) -> bool:
        found.append(function(*copies))
        return True

    call(keep, *arguments)
    if found[0] is ...:
        return given(found[0])
    if found[0] is None and has_dots(function):
        raise Unanswered
    return found[0]


def _tree_of(function: Any) -> ast.Module:
    """A function's source, parsed; empty where there is none to read."""
    try:
        return ast.parse(textwrap.dedent(inspect.getsource(function)))
    except (OSError, TypeError, SyntaxError):
        return ast.Module([], [])


def code_lines(function: Any) -> int:
    """Lines of a function that hold code; its docstring, comments and empty lines are left out.

    >>> code_lines(code_lines)
    6
    """
    tree = _tree_of(function)
    texts = [node for node in ast.walk(tree) if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)]
    of_texts = {id(part) for text in texts for part in ast.walk(text)}
    nodes = [node for node in ast.walk(tree) if id(node) not in of_texts]
    return len({node.lineno for node in nodes if isinstance(node, ast.stmt | ast.expr | ast.arg)})


def has_dots(function: Any) -> bool:
    """Whether a function has a line that is `...`; False where there is no source to read."""
    tree = _tree_of(function)
    lines = [node.value for node in ast.walk(tree) if isinstance(node, ast.Expr)]
    return any(isinstance(line, ast.Constant) and line.value is ... for line in lines)


class Parts:
    """The parts of a check: each is tried, and the reply counts the right ones.

    >>> parts = Parts()
    >>> with parts("half"):
    ...     pass
    >>> with parts("whole"):
    ...     raise Wrong("2 is not 1.")
    >>> parts.judge()
    Traceback (most recent call last):
        ...
    lowlogit_edu.exercises.feedback.Wrong: 1 of 2 parts are right (half). Next, whole: 2 is not 1.
    """

    def __init__(self) -> None:
        self._right: list[str] = []
        self._faults: list[tuple[str, Wrong]] = []

    @contextmanager
    def __call__(self, name: str) -> Iterator[None]:
        """What is raised inside as `Wrong` is kept for `judge`."""
        try:
            yield
        except Stopped:
            raise
        except Wrong as fault:
            self._faults.append((name, fault))
        else:
            self._right.append(name)

    def judge(self) -> None:
        """Raise the first fault, with the credit so far."""
        if not self._faults:
            return
        name, fault = self._faults[0]
        total = len(self._right) + len(self._faults)
        credit = f"{len(self._right)} of {total} parts are right"
        if self._right:
            credit += f" ({', '.join(self._right)})"
        raise Wrong(f"{credit}. Next, {name}: {fault}") from fault


def in_parts(find_faults: Callable[[Any, Parts], None]) -> Callable[[Any], None]:
    """Make a check of a function that tries parts."""

    def find_fault(answer: Any) -> None:
        parts = Parts()
        find_faults(answer, parts)
        parts.judge()

    find_fault.__name__ = find_faults.__name__
    find_fault.__doc__ = find_faults.__doc__
    return find_fault
