"""Errors of low-rank approximations against the rank, and the power law that they follow.

>>> law = fit_power_law([1, 2, 4], [8.0, 4.0, 2.0])  # twice the rank, half the error
>>> round(law.slope, 12), round(float(np.exp(law.intercept)), 12)
(-1.0, 8.0)
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Int

from lowlogit_edu.core.checks import check_count
from lowlogit_edu.core.errors import ArgumentError
from lowlogit_edu.core.numerics import half_l1, kl_of_log_probabilities, log_softmax, softmax
from lowlogit_edu.measure.matrix import MeasuredMatrix


@dataclass(frozen=True)
class RankErrors:
    """Average errors of the best approximation (truncated SVD) of each rank.

    Attributes
    ----------
    ranks : array of shape (rank,)
    mean_absolute, rms : arrays of shape (rank,)
        Of the entries that were approximated: nats for logits, probabilities for probabilities.
    kl : array of shape (rank,)
        KL(teacher || approximation) of the next token, nats, among the tokens of each block.
    total_variation : array of shape (rank,)
        Of the next token, 0 to 1, likewise.
    """

    ranks: Int[np.ndarray, "rank"]
    mean_absolute: Float[np.ndarray, "rank"]
    rms: Float[np.ndarray, "rank"]
    kl: Float[np.ndarray, "rank"]
    total_variation: Float[np.ndarray, "rank"]


def rank_errors(matrix: MeasuredMatrix, ranks: Sequence[int]) -> RankErrors:
    """Errors of the best rank-r approximation of the logits; rank 0 shows their own size.

    Paper: Figure 1 (the error of Equation 2 against the rank), arXiv:2512.09892.
    Paper: Power law of KL (of the softmax of the approximation), arXiv:2510.24966.

    With all tokens kept, the KL is at most alphabet_size * rms**2 / 4.
    """
    return _errors(matrix, matrix.logits, ranks, lambda logits: logits)


def probability_rank_errors(matrix: MeasuredMatrix, ranks: Sequence[int], floor: float = 1e-6) -> RankErrors:
    """Errors of the best rank-r approximation of the next-token probabilities.

    Paper: Logit rank against probability rank (on a sampled matrix), arXiv:2510.24966.

    For KL and total variation what lies below `floor` is raised to it, and each block is scaled to
    sum to one. The KL depends on the floor, the total variation hardly.
    """
    if not 0 < floor < 1:
        raise ArgumentError(f"floor must be between 0 and 1, got {floor!r}.")
    return _errors(matrix, softmax(matrix.logits), ranks, lambda entries: np.log(np.maximum(entries, floor)))


def _errors(
    matrix: MeasuredMatrix,
    entries: Float[np.ndarray, "history future token"],
    ranks: Sequence[int],
    as_logits: Callable[[np.ndarray], np.ndarray],
) -> RankErrors:
    """Errors of `entries` approximated at each rank; `as_logits` says of an approximation which logits it means."""
    n, m, k = entries.shape
    kept = [check_count("rank", rank, least=0, most=min(n, m * k)) for rank in ranks]
    left, _ = row_space(entries)
    sums = np.zeros((len(kept), 4))  # of what `_block_errors` returns
    for block in range(m):  # one future at a time: nothing else here is as large as the matrix
        exact = entries[:, block]
        log_p = log_softmax(matrix.logits[:, block])
        for row, r in enumerate(kept):
            approximation = left[:, :r] @ (left[:, :r].T @ exact)
            log_q = log_softmax(as_logits(approximation))
            sums[row] += _block_errors(approximation - exact, log_p, log_q)
    absolute, squared, kl, distance = (sums / m).T
    return RankErrors(np.array(kept, dtype=np.int64), absolute, np.sqrt(squared), kl, distance)


def _block_errors(
    gap: Float[np.ndarray, "history token"],
    log_p: Float[np.ndarray, "history token"],
    log_q: Float[np.ndarray, "history token"],
) -> tuple[float, float, float, float]:
    """Averages over histories: absolute and squared error of the entries, KL and total variation of the next token."""
    kl = kl_of_log_probabilities(log_p, log_q)
    distance = half_l1(np.exp(log_p), np.exp(log_q))
    return np.abs(gap).mean(), (gap**2).mean(), kl.mean(), distance.mean()


def row_space(
    entries: Float[np.ndarray, "history future token"],
) -> tuple[Float[np.ndarray, "history rank"], Float[np.ndarray, "rank"]]:
    """Left singular vectors of the matrix with one row per history, and its singular values, largest first.

    The best rank-r approximation is the projection of every column on the first r of them. The right
    ones, which would take the memory of the whole matrix again, are never made.
    """
    # With entries' = Q R, and Q orthonormal, R' has the left vectors and the values of the entries: small and square.
    triangle = np.asarray(np.linalg.qr(entries.reshape(len(entries), -1).T, mode="r"))
    left, values, _ = np.linalg.svd(triangle.T, full_matrices=False)
    return left, values


@dataclass(frozen=True)
class PowerLaw:
    """error = exp(intercept) * rank ** slope, fitted by least squares to the logarithms.

    Attributes
    ----------
    slope, intercept : float
        Of log(error), in log(nats) where errors are in nats, against log(rank).
    standard_error : float
        Of the slope, as if the points were independent; errors of one matrix are not.
    r_squared : float
        Share of the variance of log(error) explained.
    """

    slope: float
    intercept: float
    standard_error: float
    r_squared: float


def fit_power_law(ranks: Sequence[int] | np.ndarray, errors: Sequence[float] | np.ndarray) -> PowerLaw:
    """A power law through all points given: which ranks to include is the caller's choice, to be named.

    Paper: Power law of singular values (of their size against their number), arXiv:2510.24966.
    Paper: Power law of KL (of the KL against the rank), arXiv:2510.24966.

    Near the matrix's full rank every error bends down to zero, whatever the teacher: leave that out.
    """
    points = np.array([ranks, errors], dtype=np.float64)
    if points.shape[1] < 3 or not (np.isfinite(points) & (points > 0)).all():
        raise ArgumentError("a power law needs at least 3 points, all positive and finite; leave out rank 0 and zeros.")
    # A straight line through the logarithms, by the formulas of simple regression.
    x, y = np.log(points)
    spread = ((x - x.mean()) ** 2).sum()
    if spread == 0:
        raise ArgumentError("a power law needs at least two different ranks.")
    slope = ((x - x.mean()) @ y) / spread
    intercept = y.mean() - slope * x.mean()
    left = ((y - intercept - slope * x) ** 2).sum()
    total = ((y - y.mean()) ** 2).sum()
    error = np.sqrt(left / (len(x) - 2) / spread)  # two degrees of freedom went into the line
    r_squared = float(1 - left / total) if total else 1.0  # a constant is explained by a slope of zero
    return PowerLaw(float(slope), float(intercept), float(error), r_squared)
