"""How low the logit rank of a teacher is, measured."""

from lowlogit_edu.measure.matrix import MeasuredMatrix, matrix_on, sampled_matrix, sampled_words, select, subsample
from lowlogit_edu.measure.principal_angles import PrincipalAngles, nonsense, principal_angles, untrained_like
from lowlogit_edu.measure.ranks import (
    PowerLaw,
    RankErrors,
    fit_power_law,
    probability_rank_errors,
    rank_errors,
    row_space,
)
from lowlogit_edu.measure.suite import Part, Suite, doubling, error_curves, fitted_law, full_rank, measure_teacher

__all__ = [
    "MeasuredMatrix",
    "Part",
    "PowerLaw",
    "PrincipalAngles",
    "RankErrors",
    "Suite",
    "doubling",
    "error_curves",
    "fit_power_law",
    "fitted_law",
    "full_rank",
    "matrix_on",
    "measure_teacher",
    "nonsense",
    "principal_angles",
    "probability_rank_errors",
    "rank_errors",
    "row_space",
    "sampled_matrix",
    "sampled_words",
    "select",
    "subsample",
    "untrained_like",
]
