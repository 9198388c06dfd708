"""What checks of long functions are made of: partial credit."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from lowlogit_edu.exercises.feedback import Stopped, Wrong


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
        raise Wrong(f"{credit}. Next, {name}: {fault}", (len(self._right), total)) from fault


def in_parts(find_faults: Callable[[Any, Parts], None]) -> Callable[[Any], None]:
    """Make a check of a function that tries parts."""

    def find_fault(answer: Any) -> None:
        parts = Parts()
        find_faults(answer, parts)
        parts.judge()

    find_fault.__name__ = find_faults.__name__
    find_fault.__doc__ = find_faults.__doc__
    return find_fault
