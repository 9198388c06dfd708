"""Barycentric spanners: a few rows that carry all others with small coefficients.

>>> rows = np.array([[1.0, 0.0], [0.0, 1.0], [3.0, 3.0]])
>>> spanner = barycentric_spanner(rows, bound=2.0)
>>> spanner, float(abs(spanner_coefficients(rows, rows[spanner])).max().round(6))
([2, 0], 1.0)
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import ceil, log2

import numpy as np
from jaxtyping import Float, Int

from lowlogit_edu.core.checks import check_count
from lowlogit_edu.core.errors import ArgumentError
from lowlogit_edu.matrices.logit_matrix import Word, word_logits
from lowlogit_edu.oracles.base import LogitOracle, sample

ROUNDING = 1e-10  # share of the largest entry that floating point may invent
LEFT_OVER = 3  # tolerances that may be left in an entry of a row that is in the span; a practical choice


@dataclass(frozen=True)
class SpannerStep:
    """One state of the swapping: the rows chosen so far.

    Attributes
    ----------
    indices : tuple of int
        The spanner's rows.
    log_determinant : float
        Log of the volume that they span; every swap adds at least log(bound).
    largest : float
        Largest absolute coefficient of any row.
    """

    indices: tuple[int, ...]
    log_determinant: float
    largest: float


def noise_floor(shape: tuple[int, ...], largest: float, tolerance: float) -> float:
    """Singular values up to this one say nothing: `tolerance` per entry, and rounding, can make them.

    A matrix of m by n independent errors of size e has none above about e (sqrt(m) + sqrt(n)).
    """
    return tolerance * sum(np.sqrt(shape)) + ROUNDING * largest


def numerical_rank(matrix: Float[np.ndarray, "row column"], tolerance: float = 0.0) -> int:
    """Number of singular values that noise of at most `tolerance` per entry does not explain."""
    if not np.size(matrix):
        return 0
    values = np.linalg.svd(matrix, compute_uv=False)
    return int((values > noise_floor(np.shape(matrix), values[0], tolerance)).sum())


def _independent(rows: Float[np.ndarray, "row column"], tolerance: float) -> tuple[list[int], np.ndarray]:
    """Rows picked one by one, each the farthest from the span of those before, and a basis of the span."""
    chosen: list[int] = []
    remainder = rows.copy()
    basis = np.zeros((0, rows.shape[1]))
    # What is left of a row holds its own error and those of the rows that were subtracted from it.
    noise = LEFT_OVER * tolerance + ROUNDING * np.abs(rows).max(initial=0.0)
    while len(chosen) < min(rows.shape) and np.abs(remainder).max() > noise:
        farthest = int((remainder**2).sum(axis=1).argmax())
        # Orthogonal once more: by now the remainder is so only up to rounding.
        direction = remainder[farthest] - basis.T @ (basis @ remainder[farthest])
        basis = np.vstack([basis, direction / np.linalg.norm(direction)])
        remainder -= np.outer(remainder @ basis[-1], basis[-1])
        chosen.append(farthest)
    return chosen, basis


def barycentric_steps(
    rows: Float[np.ndarray, "row column"],
    bound: float = 2.0,
    tolerance: float = 0.0,
    start: Sequence[int] | None = None,
) -> Iterator[SpannerStep]:
    """The states of `barycentric_spanner`: independent rows first, or those of `start`, then one state per swap."""
    rows = np.asarray(rows, dtype=np.float64)
    _check_arguments(rows, bound, tolerance)
    chosen, basis = _independent(rows, tolerance)
    if start is not None:
        if len(start) != len(chosen) or numerical_rank(rows[list(start)]) < len(chosen):
            raise ArgumentError(f"start must name {len(chosen)} independent rows, got {list(start)!r}.")
        chosen = list(start)
    coordinates = rows @ basis.T  # swap within the span: there the determinant is not zero
    while True:
        square = coordinates[chosen]
        coefficients = np.linalg.solve(square.T, coordinates.T)  # (spanner, row)
        sizes = np.abs(coefficients)
        largest = float(sizes.max(initial=0.0))
        yield SpannerStep(tuple(chosen), float(np.linalg.slogdet(square).logabsdet), largest)
        if largest <= bound:
            return
        # Cramer's rule: with the row in that place, the determinant is `largest` times as large. It
        # cannot grow for ever, so swapping ends.
        place, row = np.unravel_index(sizes.argmax(), sizes.shape)
        chosen[int(place)] = int(row)


def _check_arguments(rows: np.ndarray, bound: float, tolerance: float) -> None:
    """ArgumentError for rows that have no spanner, or settings for which the swapping has no end."""
    if rows.ndim != 2 or not len(rows) or not np.isfinite(rows).all():
        raise ArgumentError(f"rows must be a finite matrix with at least one row, got shape {rows.shape}.")
    if not bound > 1:
        raise ArgumentError(f"bound must be above 1, or swapping need not end; got {bound!r}.")
    if not (np.isfinite(tolerance) and tolerance >= 0):
        raise ArgumentError(f"tolerance must be a finite number of at least 0, got {tolerance!r}.")


def barycentric_spanner(rows: Float[np.ndarray, "row column"], bound: float = 2.0, tolerance: float = 0.0) -> list[int]:
    """Indices of rows such that every row is their combination with coefficients of at most `bound`.

    Paper: Definition 5.2 (C-barycentric spanner; the method is Awerbuch and Kleinberg's), arXiv:2512.09892.
    Differs from the paper: the rows' span is cut to what `tolerance` cannot explain, since in the
    full space a determinant of noise would decide.

    Parameters
    ----------
    rows : array of shape (n, m)
    bound : float
        Above 1. Each swap multiplies the volume by more than this, which bounds their number.
    tolerance : float
        Largest absolute error of an entry of `rows`.

    Returns
    -------
    list of int
        As many as the numerical rank; one where all rows are zero.
    """
    *_, last = barycentric_steps(rows, bound, tolerance)
    return list(last.indices) or [0]


def spanner_coefficients(
    rows: Float[np.ndarray, "row column"], spanner: Float[np.ndarray, "spanner column"]
) -> Float[np.ndarray, "row spanner"]:
    """Least-squares coefficients of each row in the rows of the spanner."""
    return np.linalg.lstsq(spanner.T, np.transpose(rows), rcond=ROUNDING)[0].T


def dist_spanner(
    oracle: LogitOracle,
    futures: Sequence[Word],
    length: int,
    samples: int,
    *,
    bound: float = 2.0,
    tolerance: float = 0.0,
    rng: np.random.Generator,
) -> tuple[Int[np.ndarray, "spanner time"], Float[np.ndarray, "spanner future"]]:
    """Histories of `length` tokens whose rows carry those of all but few histories of the teacher.

    Paper: Algorithm 3 (DistSpanner), arXiv:2512.09892.
    Differs from the paper: repeated histories are dropped before they are asked about, and the
    spanner is not padded to a fixed size.

    Parameters
    ----------
    oracle : LogitOracle
    futures : sequence of nonempty tuples of tokens
        The columns.
    length : int
    samples : int
        N_sp, the number of histories drawn.
    bound, tolerance : float
        As in `barycentric_spanner`.

    Returns
    -------
    histories, rows
    """
    histories = draw_histories(oracle, length, samples, rng=rng)  # Alg. 3, line 2
    rows = word_logits(oracle, histories, futures)
    spanner = barycentric_spanner(rows, bound, tolerance)  # Alg. 3, line 3
    return histories[spanner], rows[spanner]


def draw_histories(
    oracle: LogitOracle, length: int, samples: int, *, rng: np.random.Generator
) -> Int[np.ndarray, "history time"]:
    """The different ones among so many histories of the teacher; at cut 1 there is the empty one alone."""
    if length == 0:
        return np.zeros((1, 0), dtype=np.int64)
    return np.unique(sample(oracle, samples, length, rng=rng), axis=0)


def spanner_sample_size(columns: int, epsilon: float, delta: float) -> int:
    """Samples that DistSpanner needs so that a new row is missed with probability at most `epsilon`.

    Paper: Lemma 5.2 (sample size), arXiv:2512.09892.
    Differs from the paper: a sample-compression bound, smaller than the published rate.

    Parameters
    ----------
    columns : int
        Length of the rows.
    epsilon, delta : float
        Probability of a missed row, and of a bad sample; both between 0 and 1.

    >>> spanner_sample_size(columns=4, epsilon=0.5, delta=0.5)
    80
    """
    m = check_count("columns", columns)
    for name, value in (("epsilon", epsilon), ("delta", delta)):
        if not 0 < value < 1:
            raise ArgumentError(f"{name} must be between 0 and 1, got {value!r}.")
    # A spanner of at most m rows describes the whole sample: of such short descriptions few are wrong.
    which_rows = m * ceil(log2(2 * m / epsilon))
    failure = ceil(log2((m + 1) / delta))
    return ceil(2 / epsilon * (which_rows + failure))
