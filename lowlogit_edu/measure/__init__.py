"""How low the logit rank of a teacher is, measured."""

from lowlogit_edu.measure.comparison import PrincipalAngles, nonsense, principal_angles, untrained_like
from lowlogit_edu.measure.matrix import MeasuredMatrix, matrix_on, sampled_matrix, subsample
from lowlogit_edu.measure.ranks import PowerLaw, RankErrors, fit_power_law, probability_rank_errors, rank_errors

__all__ = [
    "MeasuredMatrix",
    "PowerLaw",
    "PrincipalAngles",
    "RankErrors",
    "fit_power_law",
    "matrix_on",
    "nonsense",
    "principal_angles",
    "probability_rank_errors",
    "rank_errors",
    "sampled_matrix",
    "subsample",
    "untrained_like",
]
