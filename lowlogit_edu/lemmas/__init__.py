"""The paper's lemmas as experiments that can fail, one function each; what they return is a `Finding`."""

from lowlogit_edu.lemmas.distance import (
    certified_error,
    error_follows_noise,
    variation_adds_up,
    variation_per_position,
    verified_means_close,
)
from lowlogit_edu.lemmas.error_vectors import (
    CutVectors,
    FoundWitness,
    error_vector,
    found_witnesses,
)
from lowlogit_edu.lemmas.finding import Finding
from lowlogit_edu.lemmas.programs import (
    errors_telescope,
    largest_residuals,
    missed_histories,
    programs_are_feasible,
    residual_steps,
    spanners_are_distributional,
    validation_generalises,
)
from lowlogit_edu.lemmas.queries import Samples, queries_are_few, queries_have_the_form
from lowlogit_edu.lemmas.softmax import softmax_is_lipschitz
from lowlogit_edu.lemmas.surprises import (
    adversarial_stream,
    few_witnesses,
    random_stream,
    run_fits_the_potential,
    witness_bound,
)
from lowlogit_edu.lemmas.traces import futures_are_representative, trace_is_low_rank
from lowlogit_edu.lemmas.witness_stream import WitnessStream

__all__ = [
    "CutVectors",
    "Finding",
    "FoundWitness",
    "Samples",
    "WitnessStream",
    "adversarial_stream",
    "certified_error",
    "error_follows_noise",
    "error_vector",
    "errors_telescope",
    "few_witnesses",
    "found_witnesses",
    "futures_are_representative",
    "largest_residuals",
    "missed_histories",
    "programs_are_feasible",
    "queries_are_few",
    "queries_have_the_form",
    "random_stream",
    "residual_steps",
    "run_fits_the_potential",
    "softmax_is_lipschitz",
    "spanners_are_distributional",
    "trace_is_low_rank",
    "validation_generalises",
    "variation_adds_up",
    "variation_per_position",
    "verified_means_close",
    "witness_bound",
]
