"""Checks of notebook 07, spanners."""

from typing import Any

import numpy as np

from lowlogit_edu.exercises.feedback import Wrong, array, call, exercise, number, show, whole_numbers
from lowlogit_edu.exercises.swap_runs import LOOP_CASES, is_run, loop_fault, number_list
from lowlogit_edu.matrices.spanner import spanner_coefficients


@exercise("(5, 1) = 2.5 (2, 1) - 1.5 (0, 1), and the coefficient is the factor.")
def nb07_area_factor(answer: Any) -> None:
    """By which factor does swapping (5, 1) in for (2, 1) multiply the area of (2, 1) and (0, 1)?"""
    found = number(answer)
    if np.isclose(abs(found), 1.5):
        raise Wrong("1.5 belongs to the other place: it is the factor if (5, 1) comes in for (0, 1).")
    if np.isclose(found, 5):
        raise Wrong("5 is the new area. The old one was 2; by which factor did it grow?")
    if np.isclose(found, np.hypot(5, 1) / np.hypot(2, 1), atol=5e-3):
        raise Wrong("that is the ratio of the lengths. Only the part that the other row cannot replace counts.")
    if not np.isclose(found, 2.5):
        raise Wrong(f"{found:g} is not it. Write (5, 1) as a combination of (2, 1) and (0, 1).")


@exercise("Coefficients multiply rows from the left, so the system is solved with the transpose.")
def nb07_coefficients(answer: Any) -> None:
    """Coefficients of a row in a spanner: a function of (row, spanner)."""
    cases = (
        (np.array([[2.0, 1.0], [0.0, 1.0]]), np.array([5.0, 1.0])),
        (np.array([[1.0, 2.0, 0.0], [0.0, 1.0, 1.0], [3.0, 0.0, 1.0]]), np.array([1.0, -2.0, 4.0])),
    )
    for spanner, row in cases:
        about = f"for the row {show(row)} and the spanner {show(spanner)}"
        found = array(call(answer, row, spanner), row.shape)
        if np.allclose(found @ spanner, row):
            continue
        if np.allclose(spanner @ found, row):
            raise Wrong(f"{about} you gave {show(found)}: that combines the columns of the spanner. Transpose it.")
        wanted = np.linalg.solve(spanner.T, row)
        if np.allclose(np.abs(found) @ spanner, row) or np.allclose(found, np.abs(wanted)):
            raise Wrong(f"{about} you gave {show(found)}: coefficients may be negative; take no absolute values.")
        if np.allclose(found, row @ spanner):
            raise Wrong(f"{about} you gave {show(found)}: you multiplied by the spanner where you should divide by it.")
        raise Wrong(f"{about} you gave {show(found)}, but that combination is {show(found @ spanner)}.")


# Rows, spanner, bound: positive and negative coefficients outside, one within 2 but above 1, none outside, one of 2,
# and other bounds.
CASES: tuple[tuple[list[list[float]], list[int], float], ...] = (
    ([[1, 0], [0, 1], [3, 1]], [0, 1], 2.0),
    ([[1, 0], [0, 1], [1, -4]], [0, 1], 2.0),
    ([[1, 0], [0, 1], [1.5, 0.5]], [0, 1], 2.0),
    ([[1, 0], [0, 1], [9, 0.5], [0.5, 5]], [0, 1], 2.0),
    ([[4, 0], [0, 0.1], [1, 0.5]], [0, 1], 2.0),
    ([[1, 0], [0, 1], [2, 0]], [0, 1], 2.0),
    ([[1, 0], [0, 1], [1.5, 0.5]], [0, 1], 1.2),
    ([[1, 0], [0, 1], [3, 0]], [0, 1], 4.0),
)


class _Kept(list[int]):
    """A list that is not to be changed: a loop compares the new one with it."""

    def __setitem__(self, *_: Any) -> None:
        raise TypeError("the list that you were given has to stay as it is; change a copy of it, list(chosen)")


@exercise("Any coefficient outside the box may choose the swap; the largest makes the fewest.")
def nb07_swap_rule(answer: Any) -> None:
    """One step of the swapping: a function of (rows, chosen, bound) that returns the new indices."""
    for listed, chosen, bound in CASES:
        rows = np.array(listed, dtype=float)
        about = f"for the rows {show(rows)}, the spanner {chosen} and C = {bound:g}"
        reply = call(answer, rows, _Kept(chosen), bound)
        found = whole_numbers(reply, f"{about} expected a list of indices")
        if len(found) != len(chosen) or not all(0 <= index < len(rows) for index in found):
            raise Wrong(f"{about} expected {len(chosen)} indices from 0 to {len(rows) - 1}, got {found}.")
        _judge_swap(rows, chosen, found, bound, about)


def _judge_swap(rows: np.ndarray, chosen: list[int], found: list[int], bound: float, about: str) -> None:
    """`Wrong` unless the swap is one that the rule allows."""
    coefficients = spanner_coefficients(rows, rows[chosen])
    largest = float(np.abs(coefficients).max())
    changes = len(set(chosen) - set(found))  # in which order the spanner is listed does not matter
    if largest <= bound and changes:
        raise Wrong(
            f"{about} you swapped to {found}, but the largest coefficient is {largest:.3g}: nothing is outside."
        )
    if largest <= bound:
        return
    if not changes:
        row, place = np.unravel_index(np.abs(coefficients).argmax(), coefficients.shape)
        needed = coefficients[row, place]
        sign = " Minus signs do not help." if needed < 0 else ""
        raise Wrong(f"{about} you swapped nothing, but row {row} needs a coefficient of {needed:.3g}.{sign}")
    if changes > 1:
        raise Wrong(f"{about} you changed {changes} rows at once, to {found}. One swap changes one.")
    # Judged by what the rule is for: a swap multiplies the area by its coefficient, so any one above C will do.
    before = abs(float(np.linalg.det(rows[chosen])))
    after = abs(float(np.linalg.det(rows[found])))
    if after <= bound * before:
        raise Wrong(
            f"{about} you swapped to {found}: the area goes from {before:.3g} to {after:.3g}, and should grow "
            f"more than {bound:g} times. Which place does the coefficient that is outside belong to?"
        )


@exercise("Each area is more than C times the one before, and none is above the largest: so the list is short.")
def nb07_areas_of_swaps(answer: Any) -> None:
    """The area before the first swap and after each: a function of (rows, start, bound) that returns a list."""
    for listed, start, bound in LOOP_CASES:
        rows = np.array(listed, dtype=float)
        about = f"for the rows {show(rows)}, the start {start} and C = {bound:g}"
        found = number_list(call(answer, rows, start, bound), about)
        if not is_run(rows, start, bound, found):
            raise Wrong(f"{about} {loop_fault(rows, start, bound, found)}")


@exercise("Twelve doublings make 4.096; a thirteenth would pass 8.")
def nb07_most_swaps(answer: Any) -> None:
    """The most swaps from volume 0.001 to at most 8, with C = 2."""
    # From 0.001 to 8 is a factor of 8000 = 2^12.97, and log(8000) = 8.99.
    found = number(answer)
    if found == 13:
        raise Wrong("13 doublings of 0.001 make 8.192, which is more than 8.")
    if np.isclose(found, np.log(8000), atol=0.02) or found in (8, 9):
        raise Wrong("count doublings: the logarithm is to the base C, not e.")
    if found == 8000 or found == 4000:
        raise Wrong("each swap multiplies the volume; it does not add to it.")
    if found != 12 and not np.isclose(found, np.log2(8000), atol=0.02):
        raise Wrong(f"{found:g} is not it. After k swaps the volume is more than 0.001 times 2 to the power k.")
    if found != 12:
        raise Wrong(f"{found:.2f} is the bound; a number of swaps is whole.")


# Rows for which usual mistakes all give other shares than the right one, and than each other.
UNLIKE = [
    *([1.5, 0.0], [-3.0, -2.5], [-3.0, -1.5], [0.5, -2.5], [-3.0, -3.5]),
    *([0.5, 3.0], [-1.5, -4.0], [-3.0, -1.5], [-1.5, 1.5], [1.0, 4.0], [0.5, 1.0]),
]
# Spanner, fresh rows, bound. Coefficients above, below, at and within the bound; both within, but long together.
SHEARED = [[1.0, 1.0], [0.0, 1.0]]
SCALED = [[2.0, 0.0], [0.0, 1.0]]  # powers of two: a coefficient that is exactly 2 is so in floating point, too
FRESH = [[3.0, 3.0], [-3.0, -3.0], [-2.5, -2.5], [3.0, 0.0], [1.0, 0.5], [0.2, 0.0], [0.0, 1.0]]
MISSED_CASES: tuple[tuple[list[list[float]], list[list[float]], float], ...] = (
    (SHEARED, UNLIKE, 2.0),
    (SHEARED, FRESH[:1], 2.0),
    (SHEARED, FRESH[4:], 2.0),
    (SHEARED, FRESH, 2.0),
    (SCALED, [[4.0, 0.0], [8.0, 0.0]], 2.0),
    (SHEARED, [[1.75, 3.5], [9.0, 9.0]], 2.0),
    (SHEARED, [[2.5, 2.5], [4.0, 4.0], [0.0, 1.0], [1.0, 1.0]], 3.0),
)


@exercise("That is what Definition 5.3 calls epsilon, measured on a sample.")
def nb07_share_missed(answer: Any) -> None:
    """Share of fresh rows that a spanner misses: a function of (fresh, spanner, bound)."""
    for listed_spanner, listed_rows, bound in MISSED_CASES:
        spanner = np.array(listed_spanner)
        rows = np.array(listed_rows)
        found = number(call(answer, rows, spanner, bound))
        c = spanner_coefficients(rows, spanner)
        about = f"for fresh = {show(rows)}, spanner = {show(spanner)} and bound {bound:g}"
        outside = np.abs(c) > bound
        missed = outside.any(axis=1)
        wanted = float(missed.mean())
        if np.isclose(found, wanted):
            continue
        if np.isclose(found, 1 - wanted):
            raise Wrong(f"{about} you gave {found:.3g}: that is the share that is carried.")
        if np.isclose(found, outside.mean()):
            raise Wrong(f"{about} you gave {found:.3g}: that is the share of coefficients; a row has several of them.")
        if np.isclose(found, (c > bound).any(axis=1).mean()):
            raise Wrong(f"{about} you gave {found:.3g}: a coefficient of {c.min():.3g} is outside the box too.")
        if np.isclose(found, (np.abs(c) >= bound).any(axis=1).mean()):
            raise Wrong(f"{about} you gave {found:.3g}: a coefficient of exactly {bound:g} is still in the box.")
        if np.isclose(found, (np.linalg.norm(c, axis=1) > bound).mean()):
            raise Wrong(f"{about} you gave {found:.3g}: compare each coefficient with C, not their length as a vector.")
        if np.isclose(found, (np.abs(c) > 2).any(axis=1).mean()):
            raise Wrong(f"{about} you gave {found:.3g}: that is with a bound of 2. Use the argument.")
        if np.isclose(found, outside.any(axis=0).mean()):
            raise Wrong(f"{about} you gave {found:.3g}: that counts columns. A row is along the last axis.")
        if np.isclose(found, missed.sum()):
            raise Wrong(f"{about} you gave {found:.3g}: that is the number of rows, not their share.")
        if np.isclose(found, outside.all(axis=1).mean()):
            raise Wrong(f"{about} you gave {found:.3g}: one coefficient outside is enough to miss the row.")
        if np.isclose(found, outside[:, 0].mean()) or np.isclose(found, outside[:, -1].mean()):
            raise Wrong(
                f"{about} you gave {found:.3g}: one coefficient outside is enough, whichever it is. Look at all."
            )
        if np.isclose(found, (np.abs(rows) > bound).any(axis=1).mean()):
            raise Wrong(
                f"{about} you gave {found:.3g}: you compared the rows. Their coefficients in the spanner are meant."
            )
        shown = show(c.round(9) + 0.0)  # adding 0.0 turns -0.0 into 0.0
        raise Wrong(f"{about} you gave {found:.3g}. The coefficients are {shown}.")
