"""Checks of notebook 06, the elliptical potential."""

from typing import Any

import numpy as np

from lowlogit_edu.algorithm.potential import EllipticalPotential
from lowlogit_edu.exercises.feedback import Wrong, array, call, exercise, number, show
from lowlogit_edu.experiments.arrivals import follow_arrivals, random_arrivals


@exercise("V is diag(9, 1) by then. Seen twice, a long vector is hardly a surprise any more.")
def nb06_third_time(answer: Any) -> None:
    """The surprise of (2, 0) after it was seen twice, with regularisation 1."""
    # |phi|^2 = 4, and V starts with 1 in its direction: 1 + 4 + 4 = 9.
    found = number(answer)
    if np.isclose(found, 4 / 5):
        raise Wrong("4/5 is the surprise after it was seen once. It was seen twice.")
    if np.isclose(found, 4 / 8):
        raise Wrong("1/2 would be right without the regularisation. V starts as the identity, not as zero.")
    if np.isclose(found, 4 / 3):
        raise Wrong("4/3 adds phi to V. V grows by phi phi^T, so by the square of its length.")
    if np.isclose(found, 4 * 9):
        raise Wrong("36 multiplies by V. The surprise divides: phi^T V^-1 phi.")
    if not np.isclose(found, 4 / 9, atol=1e-3):
        raise Wrong(f"{show(answer)} is not it. What is the first entry of V after two additions of phi phi^T?")


@exercise("The larger V is in a direction, the less a vector there surprises.")
def nb06_surprise(answer: Any) -> None:
    """phi^T V^-1 phi: a function of (seen, phi, regularization)."""
    rng = np.random.default_rng(0)
    phi = np.array([2.0, 1.0])
    weight = 0.5
    for seen in (np.zeros((0, 2)), np.array([[1.0, 0.0]]), rng.normal(size=(3, 2))):
        gram = seen.T @ seen
        V = weight * np.eye(2) + gram
        about = f"for seen = {show(seen)}, phi = {show(phi)}, regularization {weight}"
        found = number(call(answer, seen, phi, weight))
        wanted = EllipticalPotential(V).surprise(phi)
        if np.isclose(found, wanted):
            continue
        if np.isclose(found, phi @ V @ phi):
            raise Wrong(f"{about} you gave phi^T V phi = {found:.4g}. That is large for what is well known; invert V.")
        if np.isclose(found, EllipticalPotential(np.eye(2) + gram).surprise(phi)):
            raise Wrong(f"{about} you gave {found:.4g}: that is right for regularization 1. Use the argument.")
        if np.isclose(found, EllipticalPotential(V + np.outer(phi, phi)).surprise(phi)):
            raise Wrong(f"{about} you gave {found:.4g}: phi was added to V before it was asked about.")
        if np.isclose(found, wanted**0.5):
            raise Wrong(f"{about} you gave {found:.4g}: that is the ellipsoid's reach; the surprise is its square.")
        raise Wrong(f"{about} you gave {found:.4g}. With nothing seen, it is |phi|^2 / regularization.")


@exercise("What counts is what was known at the time.")
def nb06_count(answer: Any) -> None:
    """The number of surprises: a function of (rows, regularization, threshold)."""
    few = np.array([[1.0, 0.0], [1.0, 0.0], [0.0, 1.0]])
    spread = random_arrivals(2, 12, 1.0, rng=np.random.default_rng(3))
    longer = 1.5 * random_arrivals(3, 24, 1.0, rng=np.random.default_rng(4))
    cases = (
        (few, "(1, 0), (1, 0), (0, 1)", 1.0, 0.7),
        (few, "(1, 0), (1, 0), (0, 1)", 1.0, 0.5),  # the second surprises by the threshold itself
        (spread, "12 random vectors", 1.0, 0.7),
        (longer, "24 random vectors in three dimensions", 0.2, 0.4),
    )
    for rows, name, weight, threshold in cases:
        surprises = follow_arrivals(rows, weight).surprises
        found = number(call(answer, rows, weight, threshold))
        wanted = int((surprises >= threshold).sum())
        if found == wanted:
            continue
        about = f"for {name}, regularization {weight:g} and threshold {threshold} you count {found:g}"
        if found == len(rows) - wanted:
            raise Wrong(f"{about}: those are the vectors that do not surprise.")
        if found == (surprises > threshold).sum():
            raise Wrong(f"{about}: a vector that surprises by the threshold itself counts, too.")
        raise Wrong(about + _miscount(rows, weight, threshold, found, surprises))


def _miscount(rows: np.ndarray, weight: float, threshold: float, found: float, surprises: np.ndarray) -> str:
    """What a wrong count comes from, as far as one can tell."""
    after = EllipticalPotential(weight * np.eye(rows.shape[1]) + rows.T @ rows)  # V once all vectors have arrived
    if found == sum(after.surprise(row) >= threshold for row in rows):
        return ", as if all vectors were known from the start. Use those before each."
    if found == sum(row @ row >= threshold for row in rows):
        return ", as if nothing were ever learned: V has to grow."
    if found == (follow_arrivals(rows, 1.0).surprises >= threshold).sum():
        return ": that is right for regularization 1. Use the argument."
    known = EllipticalPotential.start(rows.shape[1], weight)
    count = 0
    for row in rows:
        if known.surprise(row) >= threshold:
            known = known.add(row)
            count += 1
    if found == count:
        return ", as if vectors that do not surprise taught nothing. All that were seen are in V."
    return f". The first vector has surprise {surprises[0]:.3g}; go on from there."


@exercise("1 / log 2 = 1.4427, reached at x = 1. Equation 12 could use it in place of 2.")
def nb06_constant(answer: Any) -> None:
    """The smallest c with min(1, x) <= c log(1 + x) for all x >= 0."""
    found = number(answer)
    smallest = 1 / np.log(2)
    if np.isclose(found, smallest, atol=5e-4):
        return
    if np.isclose(found, smallest, atol=5e-3):
        raise Wrong(f"{show(answer)} is close. Give three digits after the point, rounded.")
    x = np.linspace(0.01, 50, 5000)  # a constant below 1 / log 2 is refuted near x = 1
    allowed = found * np.log1p(x)
    broken = np.minimum(1, x) > allowed
    if broken.any():
        worst = float(x[np.argmax(np.minimum(1, x) - allowed)])
        raise Wrong(
            f"{show(answer)} is too small: at x = {worst:.2f} min(1, x) is {min(1, worst):.3f}, "
            f"but c log(1 + x) is {found * np.log1p(worst):.3f}."
        )
    raise Wrong(f"{show(answer)} is a right bound, but not the smallest: look at where min(1, x) / log(1 + x) peaks.")


@exercise("Short steps in the least known direction: each surprise costs the potential as little as it may.")
def nb06_sly_vectors(answer: Any) -> None:
    """A function without arguments: 60 vectors in the plane with at least 20 surprises."""
    rows = array(call(answer), (60, 2))
    norms = np.linalg.norm(rows, axis=1)
    longest = int(norms.argmax())
    if norms[longest] > 1 + 1e-9:
        raise Wrong(f"vector {longest + 1} has norm {norms[longest]:.3f}; at most 1 is allowed.")
    arrivals = follow_arrivals(rows, regularization=0.01)
    count = int(arrivals.surprising(0.5).sum())
    if count < 20:
        raise Wrong(
            f"{count} of your vectors surprise; the first one by {arrivals.surprises[0]:.3g}, where 0.5 is enough. "
            "What is more than enough is gone for the next."
        )
