"""Linear algebra of logit matrices: barycentric spanners, and the space that the rows span."""

import numpy as np

from benchmarks.limits import by_products
from benchmarks.results import Row, row
from benchmarks.timing import Effort, compare, growth_of, largest_difference
from lowlogit_edu.matrices.spanner import barycentric_spanner
from lowlogit_edu.measure.ranks import row_space

BOUND = 2.0
ROUNDING = 1e-8


def low_rank(rows: int, columns: int, rank: int, seed: int = 0) -> np.ndarray:
    """A matrix of that rank, whose rows are of very different sizes."""
    rng = np.random.default_rng(seed)
    left = rng.standard_normal((rows, rank)) * np.exp(rng.standard_normal((rows, 1)))
    return left @ rng.standard_normal((rank, columns))


def swap_by_determinants(rows: np.ndarray, rank: int, bound: float) -> list[int]:
    """The textbook's method: a place takes another row while that makes the determinant `bound` times as large.

    Every candidate's determinant is computed anew; numpy does it for all rows at once.
    """
    _, _, right = np.linalg.svd(rows, full_matrices=False)
    coordinates = rows @ right[:rank].T  # in the span of the rows, where determinants are not zero
    square = np.eye(rank)
    chosen = [0] * rank
    required = 0.0  # at first every place takes the best row there is, however small
    swapped = True
    while swapped:
        swapped = False
        for place in range(rank):
            sizes = determinants(square, place, coordinates)
            best = int(sizes.argmax())
            if sizes[best] > required * abs(np.linalg.det(square)):
                square[place] = coordinates[best]
                chosen[place] = best
                swapped = True
        required = bound
    return chosen


def determinants(square: np.ndarray, place: int, candidates: np.ndarray) -> np.ndarray:
    """|det| of the square with each of the candidates in that place."""
    trial = np.repeat(square[None], len(candidates), axis=0)
    trial[:, place] = candidates
    return np.abs(np.linalg.det(trial))


def excess(rows: np.ndarray, spanner: list[int]) -> float:
    """By how much the certificate fails: coefficients above the bound, and what they do not reproduce."""
    coefficients = np.linalg.lstsq(rows[spanner].T, rows.T, rcond=None)[0]
    left_over = largest_difference(rows[spanner].T @ coefficients, rows.T) / np.abs(rows).max()
    return max(left_over, float(np.abs(coefficients).max()) - BOUND)


def spanner(effort: Effort) -> Row:
    """A few rows of which all others are combinations with small coefficients."""
    n, columns, rank = effort.pick(full=(2000, 60, 8), quick=(1000, 60, 8), tiny=(40, 10, 3))
    rows = low_rank(n, columns, rank)
    compared = compare(
        lambda: barycentric_spanner(rows, BOUND),
        {"swaps by determinants, numpy": lambda: swap_by_determinants(rows, rank, BOUND)},
        lambda ours, theirs: max(excess(rows, ours), excess(rows, theirs)),
        ROUNDING,
        effort,
    )

    most = low_rank(4 * n, columns, rank)

    def of_rows(n: int):
        return lambda: barycentric_spanner(most[:n], BOUND)

    def of_rank(rank: int):
        matrix = low_rank(n, columns, rank)
        return lambda: barycentric_spanner(matrix, BOUND)

    return row(
        "spanner",
        f"barycentric spanner of {n:,} rows by {columns} columns of rank {rank}, bound {BOUND:g}",
        "by how much either certificate fails (coefficients above the bound, share of the rows not reproduced)",
        compared,
        # The least to do: coordinates of all rows in the span, and their coefficients once.
        limit=by_products(2.0 * n * rank * (columns + rank), "float64"),
        growths=[
            growth_of("rows", [n, 2 * n, 4 * n], of_rows, effort),
            growth_of("rank", [rank // 2, rank, 2 * rank] if rank > 3 else [2, 3, 4], of_rank, effort),
        ],
    )


def row_space_of_answers(effort: Effort) -> Row:
    """Singular values and left vectors of a wide logit matrix, which its rank and its errors are read from."""
    shape = effort.pick(full=(400, 40, 512), quick=(200, 40, 128), tiny=(8, 3, 5))
    entries = np.random.default_rng(0).standard_normal(shape)
    compared = compare(
        lambda: row_space(entries),
        {
            "numpy svd": lambda: _svd(entries, vectors=True),
            "numpy svd, values alone": lambda: _svd(entries, vectors=False),
        },
        _difference_of_spaces,
        ROUNDING * float(np.sqrt(entries.size)),
        effort,
    )

    def of_histories(n: int):
        return lambda: row_space(entries[:n])

    n = shape[0]
    columns = shape[1] * shape[2]
    return row(
        "singular-values",
        f"row space and singular values of a logit matrix, {n} by {columns:,}",
        "singular values, and the matrices that left vectors and values make",
        compared,
        limit=by_products(2.0 * columns * n**2, "float64"),  # of the QR decomposition
        growths=[growth_of("histories", [n // 4, n // 2, n], of_histories, effort)],
    )


def _svd(entries: np.ndarray, vectors: bool) -> tuple[np.ndarray | None, np.ndarray]:
    matrix = entries.reshape(len(entries), -1)
    if not vectors:
        return None, np.linalg.svd(matrix, compute_uv=False)
    left, values, _ = np.linalg.svd(matrix, full_matrices=False)
    return left, values


def _difference_of_spaces(ours, theirs) -> float:
    """Vectors have no sign of their own, so that the symmetric matrices that they make are compared."""
    values = largest_difference(ours[1], theirs[1])
    if theirs[0] is None:
        return values
    made = [(left * numbers) @ left.T for left, numbers in (ours, theirs)]
    return max(values, largest_difference(*made))
