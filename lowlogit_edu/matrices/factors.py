"""Logit matrices that are nearly of low rank, and factors that are not too long.

>>> factors = bounded_factors(np.array([[4.0, 2.0], [2.0, 1.0]]))
>>> factors.alpha, (factors.histories @ factors.futures.T).tolist()  # rank 1, entries up to 4: sqrt(1 * 4)
(2.0, [[4.0, 2.0], [2.0, 1.0]])
"""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from lowlogit_edu.core.checks import check_count
from lowlogit_edu.core.rng import stream
from lowlogit_edu.matrices.logit_matrix import best_rank_errors, logit_matrix
from lowlogit_edu.matrices.spanner import barycentric_spanner, spanner_coefficients
from lowlogit_edu.oracles.base import LogitOracle, sample


@dataclass(frozen=True)
class Factors:
    """A matrix as inner products: entry (h, f) is `histories[h] @ futures[f]`.

    Paper: Definition 4.2 (alpha-bounded of rank d), arXiv:2512.09892.
    """

    histories: Float[np.ndarray, "history rank"]
    futures: Float[np.ndarray, "column rank"]

    @property
    def alpha(self) -> float:
        """Length of the longest factor, in square roots of nats."""
        lengths = [np.linalg.norm(rows, axis=1).max(initial=0.0) for rows in (self.histories, self.futures)]
        return float(max(lengths))


def bounded_factors(matrix: Float[np.ndarray, "history column"], bound: float = 1.01) -> Factors:
    """Factors of a matrix with alpha at most bound * sqrt(rank * largest entry).

    Paper: Definition 4.2 (alpha-bounded of rank d; that alpha = sqrt(d Lambda) is enough), arXiv:2512.09892.

    The rows' coefficients in a spanner are at most `bound`, the spanner's entries at most the
    matrix's; the largest entry is shared out between the two.
    """
    spanner = matrix[barycentric_spanner(matrix, bound)]
    share = np.sqrt(np.abs(matrix).max(initial=0.0)) or 1.0  # 1 where all entries are zero: nothing to share out
    return Factors(spanner_coefficients(matrix, spanner) * share, spanner.T / share)


def average_rank_error(
    oracle: LogitOracle, horizon: int, cut: int, rank: int, histories: int = 200, futures: int = 40, seed: int = 0
) -> float:
    """Average error of the best rank-`rank` approximation on typical histories and futures, in nats.

    Paper: Definition 1.6 (eps-approximate logit rank; here of a sampled matrix), arXiv:2512.09892.
    Paper: Definition 4.3 (the same with bounded factors), arXiv:2512.09892.

    A history is the teacher's with a uniform last token; a future is what stands in another
    sample behind that place, cut off at a random length. A submatrix can only look better than
    the whole.

    Parameters
    ----------
    oracle : LogitOracle
    horizon : int
    cut : int
        1 to horizon - 1; histories have `cut` tokens, the last of them uniform.
    rank, histories, futures : int
    seed : int
    """
    T = check_count("horizon", horizon, least=2)
    s = check_count("cut", cut, most=horizon - 1)
    rng = stream(seed, "typical", s)
    # Histories from the teacher and a uniform token: Algorithm 1 asks about every token, likely or not.
    rows = sample(oracle, check_count("histories", histories), s, rng=rng)
    rows[:, -1] = rng.integers(oracle.alphabet_size, size=len(rows))
    # Futures independent of the histories; the matrix has a column for every token behind them.
    ends = rng.integers(s, T, size=check_count("futures", futures))
    texts = sample(oracle, futures, T, rng=rng)
    columns = [text[s:end].tolist() for text, end in zip(texts, ends, strict=True)]
    matrix = logit_matrix(oracle, rows.tolist(), columns)
    return float(best_rank_errors(matrix, [rank])[0])
