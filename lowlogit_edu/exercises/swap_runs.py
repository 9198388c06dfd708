"""Areas along the swapping of a spanner: whether swaps by the rule can have them, and what is wrong where they cannot.

>>> rows = np.array([[1.0, 0.0], [0.0, 1.0], [3.0, 0.0]])
>>> is_run(rows, [0, 1], 2.0, [1.0, 3.0]), is_run(rows, [0, 1], 2.0, [1.0])
(True, False)
"""

from collections.abc import Collection, Sequence
from itertools import pairwise
from typing import Any

import numpy as np

from lowlogit_edu.exercises.feedback import Wrong, array, shape_of, show
from lowlogit_edu.matrices.spanner import spanner_coefficients

# Rows, start, bound; the smallest first. One swap; none; a negative coefficient; two swaps, in either order; a start
# that is turned round; other bounds; areas that do not begin at 1; volumes in three dimensions.
LOOP_CASES: tuple[tuple[list[list[float]], list[int], float], ...] = (
    ([[1, 0], [0, 1], [3, 0]], [0, 1], 2.0),
    ([[1, 0], [0, 1], [1.5, 0.5]], [0, 1], 2.0),
    ([[1, 0], [0, 1], [1, -4]], [0, 1], 2.0),
    ([[1, 0], [0, 1], [3, 0], [0, 5]], [0, 1], 2.0),
    ([[0, 1], [1, 0], [3, 1]], [0, 1], 2.0),
    ([[1, 0], [0, 1], [1.5, 0]], [0, 1], 1.2),
    ([[1, 0], [0, 1], [3, 0]], [0, 1], 4.0),
    ([[1, 0], [0, 1], [2, 0]], [0, 1], 2.0),
    ([[2, 0], [0, 3], [5, 1], [1, -7], [4, 4]], [1, 0], 2.0),
    ([[9, 9], [2, 0], [0, 3]], [1, 2], 2.0),
    ([[1, 0, 0], [0, 1, 0], [1, 1, 1], [5, 0, 2], [0, -6, 1], [3, 3, -7]], [0, 1, 2], 2.0),
    # Five swaps, where the largest coefficient always chooses.
    ([[1, 0, 0], [0, 1, 0], [0, 0, 1], [-5, 1, 1], [2, -1, 5], [5, 3, 0], [-3, -3, -5], [5, -2, -3]], [0, 1, 2], 1.05),
)


def number_list(reply: Any, about: str) -> list[float]:
    """The reply as a list of numbers, or `Wrong`."""
    shape = shape_of(reply)
    if shape is None or len(shape) != 1:
        raise Wrong(f"{about} expected a list of areas, the one before the first swap too, got {show(reply)}.")
    if not shape[0]:
        raise Wrong(f"{about} you gave an empty list. Before the first swap there is an area, too.")
    return array(reply, shape).tolist()


def _volume(rows: np.ndarray, chosen: Collection[int]) -> float:
    return abs(float(np.linalg.det(rows[list(chosen)])))


def _largest(rows: np.ndarray, chosen: Collection[int]) -> float:
    return float(np.abs(spanner_coefficients(rows, rows[list(chosen)])).max())


def _ends_of_run(rows: np.ndarray, start: list[int], bound: float, areas: Sequence[float]) -> list[set[frozenset[int]]]:
    """The spanners that swaps by the rule may have led to at each of the areas; short where no swap leads on.

    Which row the rule swaps in is free, so that there may be several.
    """
    reached: list[set[frozenset[int]]] = []
    if np.isclose(areas[0], _volume(rows, start)):
        reached.append({frozenset(start)})
    for before, after in pairwise(areas[: len(areas) if reached else 0]):
        swapped = {old - {out} | {new} for old in reached[-1] for out in old for new in range(len(rows))}
        whole = [spanner for spanner in swapped if len(spanner) == len(start)]  # no row came in that was in
        right = {spanner for spanner in whole if np.isclose(_volume(rows, spanner), after)}
        if not right or after <= bound * before:
            break
        reached.append(right)
    return reached


def is_run(rows: np.ndarray, start: list[int], bound: float, areas: Sequence[float]) -> bool:
    """Whether swaps by the rule can have these areas, and end where no coefficient is above C."""
    reached = _ends_of_run(rows, start, bound, areas)
    return len(reached) == len(areas) and any(_largest(rows, spanner) <= bound for spanner in reached[-1])


def loop_fault(rows: np.ndarray, start: list[int], bound: float, found: list[float]) -> str:
    """What is wrong with a list of areas."""
    first = _volume(rows, start)
    gave = f"you gave {show([float(f'{area:.4g}') for area in found])}:"
    if min(found) < 0 and is_run(rows, start, bound, np.abs(found).tolist()):
        return f"{gave} an area has no sign. The determinant may be negative; take its absolute value."
    top = list(range(len(start)))
    if sorted(start) != top and is_run(rows, top, bound, found):
        return f"{gave} these are the areas from the spanner {top} on. Begin with the start that is given."
    if is_run(rows, start, bound, [first, *found]):
        return f"{gave} the area before the first swap, {first:.4g}, is missing."
    if len(found) > 1 and found[-1] == found[-2] and is_run(rows, start, bound, found[:-1]):
        return f"{gave} the last area stands there twice. A call that swaps nothing ends the loop, and is no swap."
    for factors in ([first, *found], [first, *found[1:]]):
        if is_run(rows, start, bound, np.cumprod(factors).tolist()):
            return f"{gave} these are factors by which the area grows. The areas are wanted; the first is {first:.4g}."
    if min(found) <= np.log(max(first, 1e-9)) and is_run(rows, start, bound, np.exp(found).tolist()):
        return f"{gave} these are logarithms of areas."
    reached = _ends_of_run(rows, start, bound, found)
    if not reached:
        return f"{gave} the first area should be that of the start, {first:.4g}."
    if len(reached) == len(found):
        left = min(_largest(rows, spanner) for spanner in reached[-1])
        swaps = "no swap" if len(found) == 1 else "1 swap" if len(found) == 2 else f"{len(found) - 1} swaps"
        return f"{gave} after {swaps} a coefficient of {left:.3g} in size is still outside. Swap until none is."
    before = found[len(reached) - 1]
    after = found[len(reached)]
    if after <= bound * before:
        return (
            f"{gave} from {before:.4g} to {after:.4g} the area does not grow more than {bound:g} times, so no "
            "coefficient above C was swapped in."
        )
    return f"{gave} no single swap leads from the area {before:.4g} to {after:.4g}. Note the area after every swap."
