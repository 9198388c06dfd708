"""Lemmas 5.1 and 5.6: a learner is surprised only few times, also by an adversary.

>>> finding = few_witnesses(*adversarial_stream(dimension=2, error=0.01, threshold=1.0, radius=1e6), 0.01, 1.0)
>>> finding.holds, finding.numbers["witnesses"], round(finding.numbers["bound"])
(True, 8, 147)
"""

from collections.abc import Sequence
from math import log

import numpy as np
from jaxtyping import Float

from lowlogit_edu.algorithm.potential import EllipticalPotential, elliptical_bound
from lowlogit_edu.algorithm.trace import EpochRow
from lowlogit_edu.core.checks import check_count, check_number
from lowlogit_edu.core.errors import ArgumentError
from lowlogit_edu.core.words import counted
from lowlogit_edu.lemmas.finding import Finding

Stream = tuple[Float[np.ndarray, "witness dimension"], Float[np.ndarray, "witness dimension"]]
ROUNDING = 1e-9  # share by which floating point may miss an inequality
SHORTEST = 1e-300  # stands for the length of zero vectors: the potential wants a positive radius


def random_stream(dimension: int, threshold: float, *, rng: np.random.Generator) -> Stream:
    """Random futures, each with a surprise that all futures before are blind to: `dimension` of them.

    Returns
    -------
    factors : array of shape (witness, dimension)
        Row j stands for future j (Phi of Definition 5.1).
    vectors : array of shape (witness, dimension)
        Row j is what was wrong when future j was found; `factors[l] @ vectors[j]` is the residual of future l then.
    """
    directions = np.linalg.qr(rng.standard_normal((dimension, dimension)))[0]
    factors = directions @ np.diag(rng.uniform(1, 2, dimension))  # no longer orthogonal, as real futures are not
    blind = np.eye(dimension)  # projection onto what no future so far can see
    vectors = []
    for phi in factors:
        unseen = blind @ phi
        vectors.append(2 * threshold * unseen / (phi @ unseen))  # phi's own residual is twice the threshold
        blind -= np.outer(unseen, unseen) / (unseen @ unseen)
    return factors, np.array(vectors)


def adversarial_stream(dimension: int, error: float, threshold: float, radius: float) -> Stream:
    """About dimension * log(radius) / log(threshold / error) surprises, more than there are dimensions.

    Along each axis the futures grow and the errors shrink geometrically: those seen before are too
    short to feel the next error. As `random_stream` otherwise.
    """
    # A future one size smaller has the residual threshold / ratio = 2 * error, just what goes unnoticed.
    ratio = threshold / (2 * error)
    if ratio <= 1:
        raise ArgumentError(f"threshold must be above twice the error, got {threshold!r} and {error!r}.")
    growths = int(log(check_number("radius", radius, least=1)) / log(ratio))
    sizes = ratio ** np.arange(1 + growths)
    axes = np.repeat(np.eye(dimension), len(sizes), axis=0)
    lengths = np.tile(sizes, dimension)[:, None]
    return axes * lengths, axes * threshold / lengths


def few_witnesses(
    factors: Float[np.ndarray, "witness dimension"],
    vectors: Float[np.ndarray, "witness dimension"],
    error: float,
    threshold: float,
) -> Finding:
    """Whether a stream of witnesses is as short as it must be.

    Paper: Lemma 5.1 (few witnesses; with Definition 5.1, Equations 12 and 13), arXiv:2512.09892.
    Differs from the paper: no unknown constant; the bound is the largest m that Equations 12 and 13 allow.

    Parameters
    ----------
    factors, vectors : arrays of shape (witness, dimension)
        As `random_stream` returns them.
    error : float
        Futures seen before have residuals of at most twice this, in nats.
    threshold : float
        A new one has a residual of at least this, in nats.
    """
    # Definition 5.1: m witnesses in dimension d, factors of norm at most R, vectors of norm at most B.
    factors = np.asarray(factors, dtype=float)
    vectors = np.asarray(vectors, dtype=float)
    m = len(factors)
    if not (m and vectors.any()):
        raise ArgumentError("a stream needs at least one witness, and a vector that is not zero; got none.")
    d = check_count("dimension", factors.shape[1])
    R = _longest(factors)
    B = _longest(vectors)
    seen, new = _residuals(factors, vectors)
    is_stream = seen <= 2 * error * (1 + ROUNDING) and new >= threshold * (1 - ROUNDING)
    # With it v_j^T V v_j <= (error / B)^2 B^2 + (j - 1) (2 error)^2 <= 4 j error^2; Cauchy-Schwarz makes it Eq. 13.
    regularization = (error / B) ** 2
    least, total = _surprises(factors, regularization, error, threshold)
    potential_bound = elliptical_bound(d, m, R, regularization)  # Eq. 12
    bound = witness_bound(d, error, threshold, R * B)
    holds = is_stream and m <= bound and total <= potential_bound and least >= 1 - ROUNDING
    numbers = {"witnesses": m, "bound": bound, "seen": seen, "new": new}
    numbers["least_surprise"] = least
    numbers["total_surprise"] = total
    numbers["potential_bound"] = potential_bound
    words = f"{counted(m, 'witness', 'witnesses')} in dimension {d}; at most {bound:.0f} are possible."
    if not is_stream:
        words = f"No such stream: a residual of {seen:.2g} nats on a future seen before, {new:.2g} on a new one."
    return Finding("Lemma 5.1", holds, numbers, words)


def _longest(rows: Float[np.ndarray, "row dimension"]) -> float:
    return float(np.linalg.norm(rows, axis=1).max(initial=SHORTEST))


def _residuals(
    factors: Float[np.ndarray, "witness dimension"], vectors: Float[np.ndarray, "witness dimension"]
) -> tuple[float, float]:
    """Largest residual of a future that was seen before, and smallest of a new one."""
    residuals = np.abs(factors @ vectors.T)  # of future l (row) when future j (column) was found
    seen = np.triu(residuals, 1).max(initial=0.0)  # l < j
    new = np.diag(residuals).min(initial=np.inf)
    return float(seen), float(new)


def _surprises(
    factors: Float[np.ndarray, "witness dimension"], regularization: float, error: float, threshold: float
) -> tuple[float, float]:
    """Least surprise in units of what Equation 13 demands, and the total of Equation 12."""
    potential = EllipticalPotential.start(factors.shape[1], regularization)
    least = np.inf
    total = 0.0
    for j, phi in enumerate(factors, start=1):
        surprise = potential.surprise(phi)
        least = min(least, surprise * 4 * j * error**2 / threshold**2)  # Eq. 13: at least 1
        total = total + min(1.0, surprise)
        potential = potential.add(phi)
    return least, total


def witness_bound(dimension: int, error: float, threshold: float, radius: float) -> float:
    """Most witnesses that Equations 12 and 13 allow; `radius` is B R of Definition 5.1. Infinite if the error is large.

    The lemma needs threshold >= 2 * error * sqrt(m + 1): then each of m + 1 surprises counts as 1 in the
    potential, and m <= 2 d log(1 + m (B R / error)^2 / d).
    """
    # Eq. 12 grows like log m, so that the first m + 1 beyond it is found by counting.
    m = 1
    while m + 1 <= elliptical_bound(dimension, m + 1, radius, error**2):
        m += 1
    return float(m) if threshold >= 2 * error * (m + 1) ** 0.5 else float("inf")


def run_fits_the_potential(rows: Sequence[EpochRow], dimension: int) -> Finding:
    """Whether a run found at most `dimension` witnesses at each cut, and the potential paid for each.

    Paper: Lemma 5.6 (termination; here of one run), arXiv:2512.09892.

    With exact answers a witness's factor is outside the span of the futures before, so their number
    is at most the rank of the cut. At any noise min(1, surprise) <= 2 log(1 + surprise), which is
    twice what log det V gains.

    Parameters
    ----------
    rows : sequence of EpochRow
        `trace` of the run, all its epochs.
    dimension : int
    """
    first = rows[0].log_determinants
    gains = np.array(rows[-1].log_determinants) - first
    counts = np.zeros(len(first))
    totals = np.zeros(len(first))
    for row in rows[:-1]:  # a witness of the last epoch is not in the potential
        if row.witness is not None and row.surprise is not None:
            cut, _ = row.witness
            counts[cut - 1] += 1
            totals[cut - 1] += min(1.0, row.surprise)
    most = int(counts.max(initial=0))
    left = float((2 * gains - totals).min(initial=np.inf))
    found = counted(most, "witness", "witnesses")
    words = f"At most {found} at a cut, {dimension} allowed; the potential has {left:.3g} to spare."
    return Finding("Lemma 5.6", most <= dimension and left >= -ROUNDING, {"most": most, "left": left}, words)
