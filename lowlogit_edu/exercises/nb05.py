"""Checks of notebook 05, Boolean functions."""

from typing import Any

import numpy as np

from lowlogit_edu.boolean.functions import BooleanFunction, all_points, character, decision_tree, junta, majority
from lowlogit_edu.boolean.learning import boolean_model, bucket_weight
from lowlogit_edu.exercises.feedback import Wrong, array, call, exercise, number
from lowlogit_edu.matrices.logit_matrix import cut_ranks


@exercise("The four coefficients are 1/2, 1/2, 1/2 and -1/2; their squares add up to 1.")
def nb05_and(answer: Any) -> None:
    """Coefficient of both bits of AND."""
    found = number(answer)
    if np.isclose(found, 0.5):
        raise Wrong("0.5 has the right size. At 00 the product of f and the character is +1; what is it at 11?")
    if np.isclose(found, -2):
        raise Wrong("-2 is a sum over the four points. A coefficient is an average.")
    if np.isclose(found, 0.25):
        raise Wrong("0.25 is the weight, the square. The coefficient itself was asked.")
    if not np.isclose(found, -0.5):
        raise Wrong(f"{found:g} is not it. f is 1, 1, 1, -1 at 00, 01, 10, 11, and the character there 1, -1, -1, 1.")


@exercise("For the empty subset it is the mean of f.")
def nb05_coefficient(answer: Any) -> None:
    """A Fourier coefficient: a function of (values, points, subset)."""
    cases = (
        (majority(3), (1,)),
        (majority(3), ()),
        (majority(3), (0, 1, 2)),
        (junta(4, (0, 2), seed=1), (0, 2)),
        (decision_tree(5, 2, seed=3), (1,)),
    )
    for function, subset in cases:
        points = all_points(function.bits)
        found = number(call(answer, function.values, points, subset))
        products = function.values * character(subset, points)
        where = f"for {function.name} and subset {subset} you gave {found:.4f}"
        if np.isclose(found, products.mean()):
            continue
        if np.isclose(found, products.sum()):
            raise Wrong(f"{where}: that is the sum over the points, not the average.")
        if np.isclose(found, -products.mean()):
            raise Wrong(
                f"{where}: the sign is wrong. The character is +1 where the bits of the subset have an even sum."
            )
        parity = points[:, list(subset)].sum(axis=1) % 2
        if np.isclose(found, (function.values * parity).mean()):
            raise Wrong(f"{where}: the parity is taken as 0 and 1. As a character it is +1 and -1.")
        raise Wrong(
            f"{where}, expected {products.mean():.4f}. Multiply f by (-1)^(sum of the subset's bits), and average."
        )


@exercise("At level 0 the only bucket holds everything and weighs E f^2.")
def nb05_weight(answer: Any) -> None:
    """Exact weight of a bucket: a function of (coefficients, part, level)."""
    small = {(): 0.5, (0,): 0.5, (1,): 0.25, (0, 2): -0.5, (0, 1, 2): 0.125}
    cases = (
        (small, (0,), 2),
        (small, (), 2),
        (small, (), 0),
        (small, (0, 2), 3),
        (decision_tree(5, 3, seed=1).fourier(), (1,), 3),
    )
    for coefficients, part, level in cases:
        found = number(call(answer, coefficients, part, level))
        wanted = bucket_weight(coefficients, part, level)
        what = repr(coefficients) if coefficients is small else "a decision tree of 5 bits"
        where = f"for {what}, part {part} and level {level} you gave {found:.4f}, expected {wanted:.4f}"
        if np.isclose(found, wanted):
            continue
        members = _bucket(coefficients, part, level)
        if np.isclose(found, sum(members)) or np.isclose(found, sum(abs(a) for a in members)):
            raise Wrong(f"{where}. You add up coefficients; the weight adds up their squares.")
        containing = [a for subset, a in coefficients.items() if set(part) <= set(subset)]
        if np.isclose(found, sum(a**2 for a in containing)):
            raise Wrong(
                f"{where}. You take every subset that contains part; it must not hold other positions below level."
            )
        if np.isclose(found, coefficients.get(part, 0.0) ** 2):
            raise Wrong(f"{where}. You take the subset part alone. Positions from level on are free.")
        raise Wrong(f"{where}. Which subsets have, below level, exactly the positions of part?")


def _bucket(coefficients: dict[tuple[int, ...], float], part: tuple[int, ...], level: int) -> list[float]:
    """The coefficients of the subsets whose positions below `level` are those of `part`."""
    return [a for subset, a in coefficients.items() if tuple(i for i in subset if i < level) == part]


@exercise("An error of e in p becomes one of at most about 5.1 e in f: the sigmoid is not flat on [-1, 1].")
def nb05_value(answer: Any) -> None:
    """f(x) from the probability of label 1: a function of p."""
    # The last two are clipped: their logits are 4.6 and -6.9.
    for p in (0.5, 0.6, 0.3, 0.99, 0.001):
        found = number(call(answer, p))
        gap = np.log(p / (1 - p))
        where = f"for p = {p} you gave {found:.4f}"
        if np.isclose(found, np.clip(gap, -1, 1)):
            continue
        if np.isclose(found, gap):
            raise Wrong(f"{where}: that is outside of [-1, 1]. The values of f are known to lie within; clip.")
        if np.isclose(found, np.clip(-gap, -1, 1)) or np.isclose(found, -gap):
            raise Wrong(f"{where}: the sign is wrong. Where label 1 is likelier than label 0, f is positive.")
        if np.isclose(found, 2 * p - 1):
            raise Wrong(f"{where}: that is linear in p. In Equation 36, p is the sigmoid of f.")
        if np.isclose(found, np.log(p)) or np.isclose(found, np.clip(np.log(p), -1, 1)):
            raise Wrong(f"{where}: that is log p. The logit is log p - log(1 - p).")
        raise Wrong(f"{where}. With p = 0.6 the value is log(0.6 / 0.4) = 0.4055.")


@exercise("A product of functions of one bit: rank 1 and a full spectrum. Rank and sparsity are different things.")
def nb05_rank_one(answer: Any) -> None:
    """A function of 4 bits of logit rank 1 with 16 coefficients that are not small: its values."""
    values = array(answer, (16,))
    if np.abs(values).max() > 1 + 1e-12:
        raise Wrong(f"values must lie within [-1, 1]; the largest is {np.abs(values).max():g}.")
    function = BooleanFunction("yours", values)
    ranks = cut_ranks(boolean_model(function))
    rank = max(ranks)
    if rank > 1:
        cut = 1 + ranks.index(rank)
        table = f"{2 ** (cut - 1)} x {2 ** (5 - cut)}"  # the bits before the cut, and those from it on
        raise Wrong(
            f"the logit ranks at cuts 1 to 5 are {ranks}. At cut {cut} the {table} table of values has rank {rank}."
        )
    sizes = {subset: abs(a) for subset, a in function.fourier().items()}
    subset = min(sizes, key=sizes.__getitem__)
    least = sizes[subset]
    if least <= 0.01:
        raise Wrong(f"rank 1, but the coefficient of {subset} is {least:.4g} in size, which is not larger than 0.01.")
