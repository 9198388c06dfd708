"""Seconds that can be compared: the same work, in one run, in turns, after the answers were seen to agree.

>>> round(growth("texts", [10, 20, 40], [0.1, 0.4, 1.6]).exponent, 6)  # twice the texts, four times the seconds
2.0
"""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from lowlogit_edu.measure.ranks import fit_power_law

Work = Callable[[], Any]
# A clock that is read after a few microseconds measures itself: short work is done several times between two readings.
LEAST_SECONDS = 0.02
MOST_AT_A_TIME = 200


class Disagreement(AssertionError):
    """Ours and a peer gave different answers, so that comparing their seconds would mean nothing."""


@dataclass(frozen=True)
class Effort:
    """How large the works are, and how often each is done.

    Attributes
    ----------
    name : "full", "quick" or "tiny"
        Picks the sizes of every benchmark; tiny ones are for tests.
    repeats : int
        Most timed repeats of each side, of which the best counts.
    patience : float
        Seconds after which a side is not repeated any more.
    """

    name: str
    repeats: int
    patience: float

    def pick(self, **by_name: Any) -> Any:
        """The value given for this effort's name."""
        return by_name[self.name]


FULL = Effort("full", repeats=7, patience=20.0)
QUICK = Effort("quick", repeats=3, patience=2.0)
TINY = Effort("tiny", repeats=1, patience=0.0)


@dataclass(frozen=True)
class Seconds:
    """The best of several repeats.

    Attributes
    ----------
    wall : float
        By `time.perf_counter`.
    process : float
        Processor time of all threads in the same repeat; far below `wall` where the machine was busy with other work.
    """

    wall: float
    process: float


@dataclass(frozen=True)
class Growth:
    """What becomes of a quantity as a size grows: about size ** exponent.

    Attributes
    ----------
    size : str
        What grew.
    sizes, values : list of numbers
    exponent, error : float
        Slope of a straight line through the logarithms, and its standard error.
    of : str
        What `values` are.
    """

    size: str
    sizes: list[float]
    values: list[float]
    exponent: float
    error: float
    of: str = "seconds"


def growth(size: str, sizes: Sequence[float], values: Sequence[float], of: str = "seconds") -> Growth:
    """The exponent that three or more points show."""
    law = fit_power_law(np.array(sizes, dtype=float), np.array(values, dtype=float))
    points = ([float(x) for x in sizes], [float(y) for y in values])
    return Growth(size, *points, law.slope, law.standard_error, of)


def growth_of(size: str, sizes: Sequence[int], work_of: Callable[[int], Work], effort: Effort) -> Growth:
    """The exponent of the seconds of `work_of(size)`; what `work_of` itself does is not timed."""
    works = {str(x): work_of(x) for x in sizes}
    for work in works.values():
        work()  # warm-up
    seconds = race(works, effort)
    return growth(size, sizes, [timed.wall for timed in seconds.values()])


def once(work: Work, number: int = 1) -> Seconds:
    """Seconds of the work, on average over `number` times in a row."""
    wall = time.perf_counter()
    process = time.process_time()
    for _ in range(number):
        work()
    return Seconds((time.perf_counter() - wall) / number, (time.process_time() - process) / number)


def race(sides: Mapping[str, Work], effort: Effort) -> dict[str, Seconds]:
    """The best seconds of each side. They take turns, so that other work on the machine meets all of them."""
    first = {name: once(work) for name, work in sides.items()}
    number = {}
    for name, seconds in first.items():
        number[name] = int(np.clip(LEAST_SECONDS / max(seconds.wall, 1e-9), 1, MOST_AT_A_TIME))
    best = dict(first)
    spent = {name: seconds.wall for name, seconds in first.items()}
    for _ in range(effort.repeats - 1):
        for name, work in sides.items():
            if spent[name] > effort.patience:
                continue
            again = once(work, number[name])
            spent[name] += again.wall * number[name]
            best[name] = min(best[name], again, key=lambda seconds: seconds.wall)
    return best


@dataclass(frozen=True)
class Compared:
    """Seconds of ours and of its peers, and how far apart their answers were.

    Attributes
    ----------
    ours : Seconds
    peers : dict of str to Seconds
    difference, tolerance : float
        The largest difference from any peer, and the largest that is allowed.
    """

    ours: Seconds
    peers: dict[str, Seconds]
    difference: float
    tolerance: float


def compare(
    ours: Work, peers: Mapping[str, Work], differ: Callable[[Any, Any], float], tolerance: float, effort: Effort
) -> Compared:
    """Times ours and its peers, once their answers agree; the call that gives the answer is the warm-up.

    Parameters
    ----------
    ours, peers
        Functions of no argument that return an answer.
    differ : function of two answers
        How far a peer's answer is from ours; NaN counts as far.
    tolerance : float
    effort : Effort

    Raises
    ------
    Disagreement
        If a peer's answer differs by more than `tolerance`.
    """
    answer = ours()
    differences = [0.0]
    for name, peer in peers.items():
        difference = float(differ(answer, peer()))
        if not difference <= tolerance:
            raise Disagreement(f"{name} differs by {difference:g}, more than {tolerance:g}: nothing was timed.")
        differences.append(difference)
    seconds = race({"": ours, **peers}, effort)  # no peer's name is empty
    return Compared(seconds.pop(""), seconds, max(differences), tolerance)


def largest_difference(one: np.ndarray, other: np.ndarray) -> float:
    """Largest absolute difference of two arrays of one shape, entry by entry."""
    assert one.shape == other.shape, (one.shape, other.shape)
    return float(np.abs(one - other).max(initial=0.0))
