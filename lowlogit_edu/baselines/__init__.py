"""What the learned models are compared with, one file each."""

from lowlogit_edu.baselines.floor import best_rank_kl
from lowlogit_edu.baselines.greedy import greedy_isan, greedy_model
from lowlogit_edu.baselines.lingen import cumulative_kl, lingen, lingen_baselines, unrelated_words
from lowlogit_edu.baselines.low_probability_rank import OperatorModel, learn_probability_rank
from lowlogit_edu.baselines.ngram import NGram, fit_ngram, ngram_baselines
from lowlogit_edu.baselines.single_token import last_layer_subspace, single_token_model
from lowlogit_edu.baselines.student import StudentModel, distilled_student, gru_width

__all__ = [
    "NGram",
    "OperatorModel",
    "StudentModel",
    "best_rank_kl",
    "cumulative_kl",
    "distilled_student",
    "fit_ngram",
    "greedy_isan",
    "greedy_model",
    "gru_width",
    "last_layer_subspace",
    "learn_probability_rank",
    "lingen",
    "lingen_baselines",
    "ngram_baselines",
    "single_token_model",
    "unrelated_words",
]
