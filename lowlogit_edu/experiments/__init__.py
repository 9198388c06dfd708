"""Experiments that notebooks, widgets and exercises play with: small streams and programs whose numbers can be seen.

`arrivals`: vectors that surprise an elliptical potential (Lemma 5.1). `sampled_spanners`: what a spanner
of samples misses (Lemma 5.2). `coefficient_room`: what the linear program leaves open, and how the
greedy update leaves the box (Section 2.3).
"""

from lowlogit_edu.experiments.arrivals import (
    Arrivals,
    follow_arrivals,
    random_arrivals,
    surprise_limit,
    thrifty_arrivals,
)
from lowlogit_edu.experiments.coefficient_room import (
    Followed,
    coefficient_ranges,
    extreme_coefficients,
    follow_text,
    greedy_path,
)
from lowlogit_edu.experiments.sampled_spanners import (
    missed_rows,
    missed_shares,
    pair_areas,
    patient_steps,
    spanner_sizes,
)

__all__ = [
    "Arrivals",
    "Followed",
    "coefficient_ranges",
    "extreme_coefficients",
    "follow_arrivals",
    "follow_text",
    "greedy_path",
    "missed_rows",
    "missed_shares",
    "pair_areas",
    "patient_steps",
    "random_arrivals",
    "spanner_sizes",
    "surprise_limit",
    "thrifty_arrivals",
]
