"""Checks of notebook 08, greedy update and linear program."""

from typing import Any

import numpy as np

from lowlogit_edu.exercises.feedback import Wrong, array, call, exercise, number, show


@exercise("1, 1.33, 1.78, 2.37: a factor that looks harmless leaves the box after three tokens.")
def nb08_tokens_to_leave(answer: Any) -> None:
    """After how many tokens is a coefficient, 1 at first and growing by 4/3, above 2?"""
    found = number(answer)
    if found == 2:
        raise Wrong("after 2 tokens it is 16/9 = 1.78, still inside.")
    if np.isclose(found, np.log(2) / np.log(4 / 3), atol=0.02):
        raise Wrong(f"{found:.2f} is where the curve crosses 2; tokens are whole. Inside or outside after 2?")
    if found == 4:
        raise Wrong("after 4 tokens it is outside, but not for the first time.")
    if found != 3:
        raise Wrong(f"{show(answer)} is not it. Multiply 1 by 4/3 until it is more than 2, and count.")


@exercise("Exact where it can be, shortest where there is a choice; and that choice is where the trouble begins.")
def nb08_greedy_step(answer: Any) -> None:
    """The shortest least-squares solution: a function of (futures, carried, before)."""
    rng = np.random.default_rng(0)
    # One solution; many, of which the shortest is asked; none, so that the closest is asked.
    cases = (
        (np.diag([2.0, 4.0]), np.eye(2), np.array([1.0, -1.0])),
        (np.array([[0.5, 0.5, 1.0]]), np.array([[1.0, 1.0, 1.0]]), np.array([0.0, 0.0, 1.0])),
        (rng.normal(size=(4, 2)), rng.normal(size=(4, 3)), rng.normal(size=3)),
    )
    for futures, carried, before in cases:
        about = f"for futures = {show(futures)}, carried = {show(carried)} and before = {show(before)}"
        target = carried @ before
        wanted = np.linalg.pinv(futures) @ carried @ before
        found = array(call(answer, futures, carried, before), wanted.shape)
        if np.allclose(found, wanted):
            continue
        if np.allclose(found, futures.T @ target):
            raise Wrong(f"{about} you gave {show(found)}: you multiplied by futures.T; its pseudo-inverse is needed.")
        missed = float(np.abs(futures @ found - target).max())
        least = float(np.abs(futures @ wanted - target).max())
        if missed <= least + 1e-9:
            length = float(np.linalg.norm(wanted))
            raise Wrong(f"{about} {show(found)} solves it, but there is a shorter solution, of length {length:.3g}.")
        raise Wrong(f"{about} you gave {show(found)}: futures @ c is {show(futures @ found)}, not {show(target)}.")


# futures, carried, before, after, what is special; bound 2 and tolerance 0.1 in all.
CASES: tuple[tuple[list[list[float]], list[list[float]], list[float], list[float], str], ...] = (
    ([[1, 0], [0, 1]], [[1], [1]], [1], [1, 1], "everything holds"),
    ([[1, 0], [0, 1]], [[1], [1]], [1], [1.05, 0.95], "the equations hold up to the tolerance"),
    ([[1, 0], [0, 1]], [[1], [1]], [1], [1, 0.5], "the second equation misses by 0.5"),
    ([[1, 0], [0, 1]], [[1], [1]], [1], [1, 1.5], "the second equation is over by 0.5"),
    ([[1, 1]], [[1]], [1], [3, -2], "the equation holds, but 3 is outside the box"),
    ([[1, 1]], [[1]], [1], [-3, 4], "the equation holds, but -3 and 4 are outside the box"),
    ([[1, 2]], [[0.5]], [-2], [-3, 1], "the equation holds, but -3 is outside the box"),
    ([[1, 1]], [[1]], [1], [2, -1], "the equation holds, and 2 is still in the box"),
)


@exercise("Whatever passes is a solution of the program, however it was found.")
def nb08_passes(answer: Any) -> None:
    """Whether coefficients satisfy a step: a function of (futures, carried, before, after, bound, tolerance)."""
    bound = 2.0
    tolerance = 0.1
    for futures, carried, before, after, what in CASES:
        # F, D, b, a: the same as arrays; the reply quotes the lists
        F, D, b, a = (np.array(part, dtype=float) for part in (futures, carried, before, after))
        found = call(answer, F, D, b, a, bound, tolerance)
        if not isinstance(found, bool | np.bool_):
            raise Wrong(f"expected True or False, got {show(found)}.")
        holds = np.abs(F @ a - D @ b).max() <= tolerance
        inside = np.abs(a).max() <= bound
        if bool(found) != (holds and inside):
            raise Wrong(
                f"for futures {futures}, carried {carried}, before {before}, after {after}, bound 2 and tolerance 0.1 "
                f"you say {bool(found)}; look again: {what}."
            )


@exercise("The others can take up to bound * sum |a_i|; what is left is for c_1, as far as the box allows.")
def nb08_interval(answer: Any) -> None:
    """The interval of c_1 for one equation: a function of (a, b, bound)."""
    bound = 2.0
    # Not cut; cut by the box; turned round by a negative a_1; a negative a_2, which changes nothing.
    for a, b in (([1.0, 0.25], 0.5), ([1.0, 2.0], 3.0), ([-1.0, 0.25], 0.5), ([2.0, -0.25], 1.0)):
        row = np.array(a)
        about = f"for a = {a}, b = {b:g} and bound {bound:g}"
        found = array(call(answer, row, b, bound), (2,))
        reach = bound * np.abs(row[1:]).sum()  # what the other coefficients can make, of either sign
        ends = np.sort([(b - reach) / row[0], (b + reach) / row[0]])
        wanted = np.clip(ends, -bound, bound)
        if np.allclose(found, wanted):
            continue
        if np.allclose(found, wanted[::-1]):
            raise Wrong(f"{about} you gave {show(found)}: the least value first. What does a negative a_1 do?")
        if np.allclose(found, ends):
            raise Wrong(f"{about} you gave {show(found)}: c_1 itself has to stay in the box too.")
        for end in found:
            rest = abs(b - row[0] * end)
            if rest > reach + 1e-9:
                raise Wrong(
                    f"{about} you allow c_1 = {end:.4g}: then the others must make {rest:.4g}, and can make at most "
                    f"{reach:.4g}."
                )
        raise Wrong(f"{about} you gave {show(found)}: other values are feasible, or a bound is exceeded.")


@exercise("now . later / |now|^2: the slope of the regression of later on now. Above 1 in size, it explodes.")
def nb08_growth(answer: Any) -> None:
    """The factor per greedy step: a function of (now, later)."""
    for now, later in (([0.5, 0.5, 1.0], [1.0, 1.0, 1.0]), ([1.0, -2.0], [0.5, 1.0])):
        x = np.array(now)
        z = np.array(later)
        found = number(call(answer, x, z))
        about = f"for now = {now} and later = {later}"
        # The shortest c with now @ c = b is b now / |now|^2; then later @ c is this times b.
        if np.isclose(found, x @ z / (x @ x)):
            continue
        if np.isclose(found, x @ z):
            raise Wrong(f"{about} you gave {found:.4g}: c = b now is not a solution, since now @ c must be b.")
        if np.isclose(found, np.linalg.norm(z) / np.linalg.norm(x)):
            raise Wrong(f"{about} you gave {found:.4g}: the ratio of lengths. Only the part of later along now counts.")
        if np.isclose(found, x @ z / (z @ z)):
            raise Wrong(f"{about} you gave {found:.4g}: divided by |later|^2. Which equation does c solve?")
        raise Wrong(f"{about} you gave {found:.4g}. Begin with b = 1: which c is chosen, and what is later @ c?")
