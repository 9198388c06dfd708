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

FACTORS = (1, 2, 4, 8, 16)


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
    kept = fitted_ranks(ranks, full) & (errors > 1e-9)
    return fit_power_law(ranks[kept], errors[kept]) if kept.sum() >= 3 else None


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
        laws = [fitted_law(self.ranks, getattr(errors, measure), self.full) for errors in self.errors]
        return [law.slope for law in laws if law is not None]


def split(matrix: MeasuredMatrix, factor: int, seed: int = 0) -> Part:
    """The errors of all sub-samples of one in `factor`."""
    subs = [subsample(matrix, factor, seed, part) for part in range(factor)]
    n, m = subs[0].logits.shape[:2]
    return Part(n, m, full_rank(subs[0]), tuple(map(error_curves, subs)))


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
    n, m, k = matrix.logits.shape
    spoken = np.array([i for i, word in enumerate(matrix.futures) if word], dtype=np.int64)
    if len(spoken) < 4:
        raise ArgumentError(f"angles need at least 4 futures that are not empty, got {len(spoken)}; raise futures.")
    on_step("errors against the rank")
    parts = {factor: split(matrix, factor, seed) for factor in FACTORS if min(n, m) >= factor}
    on_step("probabilities")
    probabilities = probability_rank_errors(matrix, parts[1].ranks.tolist())
    on_step("single tokens")
    top = k if k < oracle.alphabet_size else None
    single = matrix_on(oracle, matrix.histories, [()], top)
    everyone = np.arange(n)
    half, rest = (select(matrix, everyone, part) for part in (spoken[::2], spoken[1::2]))
    on_step("nonsense futures")
    others = {
        "other real futures": rest,
        "nonsense futures": matrix_on(oracle, matrix.histories, nonsense(half.futures, seed), top),
        "next token alone": single,
    }
    if untrained is not None:
        on_step("untrained weights")
        others["untrained weights"] = matrix_on(untrained, half.histories, half.futures, top)
    on_step("principal angles")
    r = min(angle_rank, *(full_rank(other) for other in (half, *others.values())))
    return Suite(
        matrix,
        row_space(matrix.logits)[1],
        parts,
        probabilities,
        error_curves(single),
        error_curves(half),
        error_curves(others["untrained weights"]) if untrained is not None else None,
        {name: principal_angles(half, other, r, seed) for name, other in others.items()},
    )
