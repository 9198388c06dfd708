"""How good a learned model is: distances between distributions, and the quality of texts."""

from lowlogit_edu.evaluation.divergence import (
    KLReport,
    compare,
    fresh_texts,
    kl_report,
    mean_kl,
    surprisals,
    total_variation,
)

__all__ = [
    "KLReport",
    "compare",
    "fresh_texts",
    "kl_report",
    "mean_kl",
    "surprisals",
    "total_variation",
]
