"""Checks of notebook 08, greedy update and linear program."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from lowlogit_edu.core.words import counted
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
        (np.array([[2.0, 0.0], [1.0, 1.0]]), np.array([[1.0, 2.0], [0.0, 1.0]]), np.array([1.0, -1.0])),
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
        raise Wrong(
            f"{about} you gave {show(found)}: futures @ c is {show(futures @ found)}, not {show(target)}; "
            f"it is off by up to {missed:.2g}."
        )


@dataclass(frozen=True)
class Trial:
    """A step, coefficients after it, and what is special about them."""

    futures: Sequence[Sequence[float]]
    carried: Sequence[Sequence[float]]
    before: Sequence[float]
    after: Sequence[float]
    what: str = ""
    bound: float = 2.0
    tolerance: float = 0.1


CASES = (
    Trial([[1, 0], [0, 1]], [[1], [1]], [1], [1, 1], "everything holds"),
    Trial([[1, 0], [0, 1]], [[1], [1]], [1], [1.05, 0.95], "the equations hold up to the tolerance"),
    Trial([[1, 0], [0, 1]], [[1], [1]], [1], [1, 0.5], "the second equation misses by 0.5"),
    Trial([[1, 0], [0, 1]], [[1], [1]], [1], [1, 1.5], "the second equation is over by 0.5"),
    Trial([[1, 1]], [[1]], [1], [3, -2], "the equation holds, but 3 is outside the box"),
    Trial([[1, 1]], [[1]], [1], [-3, 4], "the equation holds, but -3 and 4 are outside the box"),
    Trial([[1, -1]], [[0]], [1], [1.8, 1.8], "both coefficients are 1.8, each less than 2: the box is not left"),
    Trial([[1, 1]], [[3]], [1], [2.5, 0.5], "2.5 is outside the box; one coefficient outside is enough"),
    Trial([[1, 2]], [[0.5]], [-2], [-3, 1], "the equation holds, but -3 is outside the box"),
    Trial([[1, 1]], [[1]], [1], [2, -1], "the equation holds, and 2 is still in the box"),
    Trial(
        [[1, 0], [0, 1]], [[1], [1]], [1], [1.08, 0.92], "both equations miss by 0.08, each less than 0.1: none fails"
    ),
    Trial([[1, 0], [0, 1]], [[1], [1]], [1], [1.16, 1], "the first equation misses by 0.16; one that fails is enough"),
    Trial([[1, 0]], [[1.5]], [1], [1.5, 0], "1.5 is outside this box, the bound is 1", bound=1.0),
    Trial([[1, 0]], [[2.5]], [1], [2.5, 0], "2.5 is inside this box, the bound is 3", bound=3.0),
    Trial([[1, 0]], [[1]], [1], [1.05, 0], "the equation misses by 0.05, the tolerance is 0.01", tolerance=0.01),
    Trial([[1, 0]], [[1]], [1], [1.3, 0], "the equation misses by 0.3, and 0.5 is allowed", tolerance=0.5),
)


def random_trials(count: int) -> Iterator[Trial]:
    """Steps of other sizes, some with a residual or a coefficient that is too large; none is close to a limit."""
    rng = np.random.default_rng(8)
    for _ in range(count):
        equations, rows, rows_before = rng.integers(2, 5, size=3)
        bound = float(rng.choice([1.5, 3.0, 4.0]))
        tolerance = float(rng.choice([0.02, 0.1, 0.4]))
        F = rng.normal(size=(equations, rows)).round(2)
        D = rng.normal(size=(equations, rows_before)).round(2)
        b = rng.normal(size=rows_before).round(2)
        # The largest of residuals and of coefficients are chosen; the others are in between.
        r = rng.uniform(-1, 1, size=equations)
        r *= tolerance * rng.choice([0.8, 0.9, 1.5]) / np.abs(r).max()
        a = rng.uniform(-1, 1, size=rows)
        a *= bound * rng.choice([0.8, 0.9, 1.2]) / np.abs(a).max()
        b[-1] = 1.0
        D[:, -1] = F @ a - r - D[:, :-1] @ b[:-1]
        yield Trial(F.tolist(), D.tolist(), b.tolist(), a.tolist(), bound=bound, tolerance=tolerance)


@exercise("Whatever passes is a solution of the program, however it was found.")
def nb08_passes(answer: Any) -> None:
    """Whether coefficients satisfy a step: a function of (futures, carried, before, after, bound, tolerance)."""
    for trial in (*CASES, *random_trials(40)):
        # F, D, b, a: the same as arrays; the reply quotes the lists
        parts = (trial.futures, trial.carried, trial.before, trial.after)
        F, D, b, a = (np.array(part, dtype=float) for part in parts)
        found = call(answer, F, D, b, a, trial.bound, trial.tolerance)
        if isinstance(found, np.ndarray) and found.ndim == 0:
            found = found.item()
        if not isinstance(found, bool | np.bool_):
            raise Wrong(f"expected True or False, got {show(found)}.")
        residual = float(np.abs(F @ a - D @ b).max())
        largest = float(np.abs(a).max())
        if bool(found) == (residual <= trial.tolerance and largest <= trial.bound):
            continue
        if trial.what:
            about = f"futures {trial.futures}, carried {trial.carried}, before {trial.before}, after {trial.after}"
            what = trial.what
        else:
            about = f"{counted(F.shape[0], 'equation')}, {counted(len(a), 'coefficient')}, after = {show(a)}"
            what = f"the largest residual is {residual:.3g}, the largest coefficient {largest:.3g} in size"
        raise Wrong(
            f"for {about}, bound {trial.bound:g} and tolerance {trial.tolerance:g} you say {bool(found)}; look again: "
            f"{what}."
        )


def random_equations(count: int) -> Iterator[tuple[list[float], float, float]]:
    """a, b and a bound, with two to five terms; each has a solution well inside the box."""
    rng = np.random.default_rng(80)
    for _ in range(count):
        size = int(rng.integers(2, 6))
        bound = float(rng.choice([1.0, 1.5, 2.0, 3.0]))
        a = rng.uniform(-1, 1, size=size).round(2)
        a[0] = rng.choice([-2.0, -1.0, 1.0, 2.0])
        inside = rng.uniform(-0.8, 0.8, size=size) * bound
        yield a.tolist(), round(float(a @ inside), 2), bound


@exercise("The others can take up to bound * sum |a_i|; what is left is for c_1, as far as the box allows.")
def nb08_interval(answer: Any) -> None:
    """The interval of c_1 for one equation: a function of (a, b, bound)."""
    by_hand = (
        ([1.0, 0.25], 0.5, 2.0),  # not cut
        ([1.0, 2.0], 3.0, 2.0),  # cut by the box
        ([-1.0, 0.25], 0.5, 2.0),  # turned round by a negative a_1
        ([2.0, -0.25], 1.0, 2.0),  # a negative a_2, which changes nothing
        ([2.0, 0.5, -0.5], 1.0, 2.0),  # two others, of unlike signs, which do not cancel
        ([2.0, 0.25, 0.25], 1.0, 1.0),  # another box
        ([1.0, 0.5], 1.0, 3.0),
    )
    for a, b, bound in (*by_hand, *random_equations(40)):
        row = np.array(a)
        about = f"for a = {a}, b = {b:g} and bound {bound:g}"
        found = array(call(answer, row, b, bound), (2,))
        reach = bound * np.abs(row[1:]).sum()  # what the other coefficients can make, of either sign
        ends = np.sort([(b - reach) / row[0], (b + reach) / row[0]])
        wanted = np.clip(ends, -bound, bound)
        if np.allclose(found, wanted):
            continue
        if np.allclose(found, wanted[::-1]):
            sign = " What does a negative a_1 do?" if row[0] < 0 else ""
            raise Wrong(f"{about} you gave {show(found)}: the least value first.{sign}")
        if np.allclose(found, ends):
            raise Wrong(f"{about} you gave {show(found)}: c_1 itself has to stay in the box too.")
        raise Wrong(f"{about} {_interval_fault(row, b, bound, found, wanted)}")


def _interval_fault(row: np.ndarray, b: float, bound: float, found: np.ndarray, wanted: np.ndarray) -> str:
    """What is wrong with an interval: an end that is not feasible, or a feasible value that it leaves out."""
    reach = bound * np.abs(row[1:]).sum()
    for end in found:
        if abs(end) > bound + 1e-9:
            return f"you allow c_1 = {end:.4g}: outside the box, whose bound is {bound:g} here."
        rest = abs(b - row[0] * end)
        if rest > reach + 1e-9:
            return (
                f"you allow c_1 = {end:.4g}: then the others must make {rest:.4g}, and can make at most {reach:.4g}, "
                "all of them together."
            )
    # Both ends are feasible, so the interval is too short: an end of the right one, with the others to go with it.
    left_out = wanted[0] if found[0] > wanted[0] + 1e-9 else wanted[1]
    share = (b - row[0] * left_out) / reach
    others = share * bound * np.sign(row[1:])
    return (
        f"you gave [{found[0]:.6g}, {found[1]:.6g}]: other values are feasible, too. Try c_1 = {left_out:.6g} with "
        f"{show(others)} for the others."
    )


@exercise("now . later / |now|^2: the slope of the regression of later on now. Above 1 in size, it explodes.")
def nb08_growth(answer: Any) -> None:
    """The factor per greedy step: a function of (now, later)."""
    for now, later in (([0.5, 1.0, 2.0], [1.0, 1.0, 1.5]), ([1.0, -2.0], [0.5, 1.0])):
        x = np.array(now)
        z = np.array(later)
        found = number(call(answer, x, z))
        about = f"for now = {now} and later = {later}"
        # The shortest c with now @ c = b is b now / |now|^2; then later @ c is this times b.
        if np.isclose(found, x @ z / (x @ x)):
            continue
        if np.isclose(found, abs(x @ z) / (x @ x)):
            raise Wrong(
                f"{about} you gave {found:.4g}: the factor has a sign; a negative one turns c round at each token."
            )
        if np.isclose(found, x @ z):
            raise Wrong(f"{about} you gave {found:.4g}: c = b now is not a solution, since now @ c must be b.")
        if np.isclose(found, np.linalg.norm(z) / np.linalg.norm(x)):
            raise Wrong(f"{about} you gave {found:.4g}: the ratio of lengths. Only the part of later along now counts.")
        if np.isclose(found, x @ z / (z @ z)):
            raise Wrong(f"{about} you gave {found:.4g}: divided by |later|^2. Which equation does c solve?")
        raise Wrong(f"{about} you gave {found:.4g}. Begin with b = 1: which c is chosen, and what is later @ c?")
