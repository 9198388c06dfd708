"""Everything that is measured about one teacher, from one sampled matrix.

>>> doubling(10)
[1, 2, 4, 8]
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float, Int

from lowlogit_edu.core.errors import ArgumentError
from lowlogit_edu.measure.matrix import MeasuredMatrix, matrix_on, select, subsample
from lowlogit_edu.measure.principal_angles import PrincipalAngles, nonsense, principal_angles
from lowlogit_edu.measure.ranks import (
    PowerLaw,
    RankErrors,
    fit_power_law,
    probability_rank_errors,
    rank_errors,
    row_space,
)
from lowlogit_edu.oracles.base import LogitOracle

WHOLE = 1  # the factor of sub-sampling that leaves nothing out
FACTORS = (WHOLE, 2, 4, 8, 16)  # of sub-sampling: how errors and slopes change with the size of the matrix
ZERO = 1e-9  # errors up to here are rounding, and would bend the line through their logarithms
UNTRAINED = "untrained weights"
FEWEST = 4  # futures that are not empty: two halves of two


def doubling(limit: int) -> list[int]:
    """1, 2, 4, ... up to `limit`."""
    return [2**k for k in range(limit.bit_length()) if 2**k <= limit]


def error_curves(matrix: MeasuredMatrix) -> RankErrors:
    """Errors at rank 0 and at the powers of two up to half the matrix's full rank."""
    return rank_errors(matrix, [0, *doubling(full_rank(matrix) // 2)])


def full_rank(matrix: MeasuredMatrix) -> int:
    """The smaller side of the matrix."""
    return min(len(matrix.histories), matrix.logits[0].size)


def fitted_ranks(ranks: Int[np.ndarray, "rank"], full: int) -> Bool[np.ndarray, "rank"]:
    """Which ranks a power law is fitted to: 2 to a quarter of the full rank.

    Nearer to the full rank the error bends down to zero, whatever the teacher.
    """
    return (ranks >= 2) & (ranks <= full / 4)


def fitted_law(ranks: Int[np.ndarray, "rank"], errors: Float[np.ndarray, "rank"], full: int) -> PowerLaw | None:
    """The power law through the positive errors at `fitted_ranks`; None where they are fewer than 3."""
    kept = fitted_ranks(ranks, full) & (errors > ZERO)
    if kept.sum() < 3:
        return None
    return fit_power_law(ranks[kept], errors[kept])


@dataclass(frozen=True)
class Part:
    """The errors of sub-samples of one size, which have no history and no future in common.

    Attributes
    ----------
    histories, futures : int
        Of each sub-sample.
    full : int
        Its full rank.
    errors : tuple of RankErrors
        One per sub-sample.
    """

    histories: int
    futures: int
    full: int
    errors: tuple[RankErrors, ...]

    @property
    def ranks(self) -> Int[np.ndarray, "rank"]:
        return self.errors[0].ranks

    def average(self, measure: str) -> Float[np.ndarray, "rank"]:
        """The mean over sub-samples of one field of RankErrors, such as "kl"."""
        return np.mean([getattr(errors, measure) for errors in self.errors], axis=0)

    def slopes(self, measure: str) -> list[float]:
        """Slope of the power law of each sub-sample; none where it is too small for a fit."""
        curves = [getattr(errors, measure) for errors in self.errors]
        laws = [fitted_law(self.ranks, curve, self.full) for curve in curves]
        return [law.slope for law in laws if law is not None]


def split(matrix: MeasuredMatrix, factor: int, seed: int = 0) -> Part:
    """The errors of all sub-samples of one in `factor`."""
    subs = [subsample(matrix, factor, seed, part) for part in range(factor)]
    first = subs[0]  # all have its size
    errors = tuple(error_curves(sub) for sub in subs)
    return Part(len(first.histories), len(first.futures), full_rank(first), errors)


@dataclass(frozen=True)
class Suite:
    """What `measure_teacher` found.

    Attributes
    ----------
    matrix : MeasuredMatrix
        Typical histories and futures (Definition 1.6).
    singular_values : array of shape (rank,)
    parts : mapping of int to Part
        By sub-sampling factor; 1 is the whole matrix.
    probabilities : RankErrors
        Of the best approximations of the probabilities.
    single : RankErrors
        Of the matrix of the next token alone.
    trained, untrained : RankErrors, untrained may be None
        The teacher and untrained weights on the same histories and half the futures.
    angles : mapping of str to PrincipalAngles
        Between half the futures and what the key names.
    """

    matrix: MeasuredMatrix
    singular_values: Float[np.ndarray, "rank"]
    parts: Mapping[int, Part]
    probabilities: RankErrors
    single: RankErrors
    trained: RankErrors
    untrained: RankErrors | None
    angles: Mapping[str, PrincipalAngles]

    @property
    def whole(self) -> Part:
        """The matrix that nothing was left out of."""
        return self.parts[WHOLE]


def measure_teacher(
    oracle: LogitOracle,
    matrix: MeasuredMatrix,
    untrained: LogitOracle | None = None,
    angle_rank: int = 32,
    seed: int = 0,
    on_step: Callable[[str], object] = lambda step: None,
) -> Suite:
    """Every measurement of this package on one teacher.

    Parameters
    ----------
    oracle : LogitOracle
    matrix : MeasuredMatrix
        Of the same oracle, by `sampled_matrix`.
    untrained : LogitOracle, optional
        To compare with (`untrained_like`).
    angle_rank : int
        Dimension of the spaces whose angles are measured; lowered where a matrix is too small for it.
    seed : int
        For sub-sampling, nonsense futures and random subspaces.
    on_step : callable
        Told what is measured next.

    Raises
    ------
    ArgumentError
        If the matrix has fewer than 4 futures that are not empty.
    """
    spoken = _spoken(matrix)  # refused before anything is measured
    on_step("errors against the rank")
    singular_values = row_space(matrix.logits)[1]
    parts = _parts(matrix, seed)
    on_step("probabilities")
    probabilities = probability_rank_errors(matrix, parts[WHOLE].ranks.tolist())
    on_step("single tokens")
    top = _top_of(matrix, oracle)
    single = matrix_on(oracle, matrix.histories, [()], top)
    single_errors = error_curves(single)
    on_step("nonsense futures")
    half, others = _real_and_nonsense(oracle, matrix, spoken, top, seed)
    others["next token alone"] = single
    untrained_errors = None
    if untrained is not None:
        on_step(UNTRAINED)
        others[UNTRAINED] = matrix_on(untrained, half.histories, half.futures, top)
        untrained_errors = error_curves(others[UNTRAINED])
    trained_errors = error_curves(half)  # the pair of `untrained_errors`: both on the same words
    on_step("principal angles")
    return Suite(
        matrix=matrix,
        singular_values=singular_values,
        parts=parts,
        probabilities=probabilities,
        single=single_errors,
        trained=trained_errors,
        untrained=untrained_errors,
        angles=_all_angles(half, others, angle_rank, seed),
    )


def _parts(matrix: MeasuredMatrix, seed: int) -> dict[int, Part]:
    """The whole matrix and its sub-samples, by factor, as far as there is a history and a future for each."""
    most = min(len(matrix.histories), len(matrix.futures))
    return {factor: split(matrix, factor, seed) for factor in FACTORS if factor <= most}


def _top_of(matrix: MeasuredMatrix, oracle: LogitOracle) -> int | None:
    """The `top` of `matrix_on` that gives blocks as wide as the matrix's."""
    kept = matrix.logits.shape[2]
    return kept if kept < oracle.alphabet_size else None


def _spoken(matrix: MeasuredMatrix) -> Int[np.ndarray, "future"]:
    """The numbers of the futures that are not empty; ArgumentError where they are too few to be halved."""
    found = np.array([i for i, word in enumerate(matrix.futures) if word], dtype=np.int64)
    if len(found) < FEWEST:
        raise ArgumentError(
            f"angles need at least {FEWEST} futures that are not empty, got {len(found)}; raise futures."
        )
    return found


def _real_and_nonsense(
    oracle: LogitOracle, matrix: MeasuredMatrix, spoken: Int[np.ndarray, "future"], top: int | None, seed: int
) -> tuple[MeasuredMatrix, dict[str, MeasuredMatrix]]:
    """Half of the `spoken` futures, and by name what they are compared with: the other half, and nonsense."""
    everyone = np.arange(len(matrix.histories))
    # What two halves of the real futures agree on is the yardstick. The empty future is in neither: its block, the next
    # token alone, is compared by itself.
    half = select(matrix, everyone, spoken[::2])
    rest = select(matrix, everyone, spoken[1::2])
    # Do the directions belong to the language, or to the teacher whatever it reads?
    strange = matrix_on(oracle, matrix.histories, nonsense(half.futures, seed), top)
    return half, {"other real futures": rest, "nonsense futures": strange}


def _all_angles(
    half: MeasuredMatrix, others: Mapping[str, MeasuredMatrix], rank: int, seed: int
) -> dict[str, PrincipalAngles]:
    """Angles between spaces of one dimension, that of the smallest matrix where `rank` is above it."""
    full_ranks = [full_rank(other) for other in others.values()]
    r = min(rank, full_rank(half), *full_ranks)
    return {name: principal_angles(half, other, r, seed) for name, other in others.items()}
