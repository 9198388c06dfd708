"""Equation 7, Definitions 4.4 and 5.6: whether what was asked is enough, and could come from one model of low rank."""

from collections.abc import Sequence

import numpy as np

from lowlogit_edu.core.words import counted
from lowlogit_edu.lemmas.finding import Finding
from lowlogit_edu.matrices.factors import bounded_factors
from lowlogit_edu.matrices.logit_matrix import Word, all_words, cut_matrix, word_logits
from lowlogit_edu.matrices.spanner import numerical_rank
from lowlogit_edu.models.base import LanguageModel
from lowlogit_edu.oracles.base import LogitOracle, ask
from lowlogit_edu.oracles.exact import ExactOracle
from lowlogit_edu.oracles.logged import Query


def futures_are_representative(model: LanguageModel, cut: int, futures: Sequence[Word]) -> Finding:
    """Whether every linear relation between rows that holds on `futures` holds on all futures.

    Paper: Equation 7 (representative futures), arXiv:2512.09892.

    That is so exactly when the columns of `futures` have the rank of the whole matrix.
    """
    histories = all_words(model.alphabet_size, cut - 1)
    part = numerical_rank(word_logits(ExactOracle(model), histories, futures))
    whole = numerical_rank(cut_matrix(model, cut))
    have = "has" if len(futures) == 1 else "have"
    words = f"{counted(len(futures), 'future')} at cut {cut} {have} rank {part}, all together {whole}."
    return Finding("Equation 7", part == whole, {"part": part, "whole": whole}, words)


def trace_is_low_rank(
    oracle: LogitOracle,
    records: Sequence[Query],
    model: LanguageModel,
    dimension: int,
    epsilon: float,
    alpha: float = np.inf,
) -> Finding:
    """Whether `model` explains all answers up to `epsilon` with factors of `dimension` and length `alpha`.

    Paper: Definition 4.4 (approximately bounded low-rank trace), arXiv:2512.09892.
    Paper: Definition 5.6 (the event that the learner's trace is so), arXiv:2512.09892.

    Parameters
    ----------
    oracle : LogitOracle
        That was asked; it must answer as it did.
    records : sequence of Query
    model : LanguageModel
        Its matrices are the L^(s); small enough to be written out.
    dimension, epsilon, alpha
        What is claimed.
    """
    # Definition 4.4 speaks of queried words only: elsewhere the oracle may say what it likes.
    prefixes = list(dict.fromkeys(query.prefix for query in records))  # each once, in the order of asking
    error = float(np.abs(ask(oracle, prefixes) - model.logits(prefixes)).max(initial=0.0))
    # One matrix L^(s) per cut. The rank is exact; a shorter alpha than the one found may exist.
    factors = [bounded_factors(cut_matrix(model, cut)) for cut in range(1, model.horizon + 1)]
    rank = max(f.histories.shape[1] for f in factors)
    longest = max(f.alpha for f in factors)
    words = f"{len(prefixes)} answers within {error:.2g} nats of a model of rank {rank} and length {longest:.3g}."
    numbers = {"error": error, "rank": rank, "alpha": longest}
    holds = error <= epsilon and rank <= dimension and longest <= alpha
    return Finding("Definition 4.4", holds, numbers, words)
