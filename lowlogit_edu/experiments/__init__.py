"""Experiments that notebooks, widgets and exercises play with: small streams and programs whose numbers can be seen.

`arrivals`: vectors that surprise an elliptical potential (Lemma 5.1). `sampled_spanners`: what a spanner
of samples misses (Lemma 5.2). `coefficient_room`: what the linear program leaves open, and how the
greedy update leaves the box (Section 2.3). `atlas`, `atlas_runs`, `atlas_kept`,
`atlas_practical`: the logit matrices of all cuts, as a
learner comes to know them.
"""

from lowlogit_edu.experiments.arrivals import (
    Arrivals,
    follow_arrivals,
    random_arrivals,
    surprise_limit,
    thrifty_arrivals,
)
from lowlogit_edu.experiments.atlas import (
    Answer,
    Atlas,
    Frame,
    Panel,
    assemble,
    shown_blocks,
    shown_rows,
)
from lowlogit_edu.experiments.atlas_kept import KeptCut, atlas_of_epochs
from lowlogit_edu.experiments.atlas_practical import NotedTexts, atlas_of_practical_run, atlas_of_practical_state
from lowlogit_edu.experiments.atlas_runs import Noted, atlas_of_model, atlas_of_run, chosen_texts
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
    "Answer",
    "Arrivals",
    "Atlas",
    "Followed",
    "Frame",
    "KeptCut",
    "Noted",
    "NotedTexts",
    "Panel",
    "assemble",
    "atlas_of_epochs",
    "atlas_of_model",
    "atlas_of_practical_run",
    "atlas_of_practical_state",
    "atlas_of_run",
    "chosen_texts",
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
    "shown_blocks",
    "shown_rows",
    "spanner_sizes",
    "surprise_limit",
    "thrifty_arrivals",
]
