"""Fact 1.1 both ways: a model is an ISAN of dimension d exactly when every cut has logit rank at most d.

`cut_factors` goes from the ISAN to the low rank, `isan_from_model` back.

>>> from lowlogit_edu.models import copying
>>> again = isan_from_model(copying(length=2))
>>> again.dimension, float(abs(again.log_probabilities() - copying(length=2).log_probabilities()).max().round(9))
(2, 0.0)
"""

import numpy as np
from jaxtyping import Float

from lowlogit_edu.core.checks import check_count
from lowlogit_edu.core.errors import ArgumentError
from lowlogit_edu.matrices.logit_matrix import all_words, cut_matrix, logit_matrix, words_up_to
from lowlogit_edu.matrices.spanner import barycentric_spanner, numerical_rank, spanner_coefficients
from lowlogit_edu.models.base import LanguageModel
from lowlogit_edu.models.isan import TimeVaryingISAN
from lowlogit_edu.oracles.exact import ExactOracle

BOUND = 1.01  # of a coordinate; 1 would be a basis of maximum volume, which swapping need not reach in the end


def isan_from_model(model: LanguageModel, dimension: int | None = None) -> TimeVaryingISAN:
    """The ISAN of smallest dimension that equals a model of low logit rank.

    Paper: Fact 1.1 (equivalence of ISANs and low logit rank), arXiv:2512.09892.
    Paper: Theorem 4.3 (ISAN equivalence), arXiv:2510.24966.

    At every cut some histories are chosen whose rows carry all others with coordinates of at most
    1.01. The state of a history is its coordinates; a token moves each chosen history to the
    coordinates of its child, and the readout holds the chosen histories' next-token logits.

    Parameters
    ----------
    model : LanguageModel
        Small enough to write its logit matrices out (`logit_matrix.cut_matrix`).
    dimension : int, optional
        State dimension; by default the largest cut rank.

    Raises
    ------
    ArgumentError
        If a cut's rank is above `dimension`.
    """
    # T = horizon, V = alphabet size, d = dimension of the state
    T = model.horizon
    V = model.alphabet_size
    matrices = [cut_matrix(model, cut) for cut in range(1, T + 1)]
    chosen = [barycentric_spanner(matrix, BOUND) for matrix in matrices]
    ranks = [len(rows) for rows in chosen]
    largest = max(ranks)
    d = largest if dimension is None else check_count("dimension", dimension)
    if largest > d:
        raise ArgumentError(
            f"dimension must be at least {largest}, the model's logit rank at cut {ranks.index(largest) + 1}; got {d}."
        )
    # Cuts of lower rank use the first entries of the state; the others stay zero.
    readouts = np.zeros((T, V, d))
    for t, rows in enumerate(chosen):
        next_token = matrices[t][rows, :V]  # the columns of the empty future come first
        readouts[t, :, : ranks[t]] = next_token.T
    transitions = np.zeros((T - 1, V, d, d))
    for t, rows in enumerate(chosen[:-1]):
        after = matrices[t + 1]
        coordinates = spanner_coefficients(after, after[chosen[t + 1]])
        for z in range(V):
            children = [row * V + z for row in rows]  # histories are in lexicographic order
            transitions[t, z, : ranks[t + 1], : ranks[t]] = coordinates[children].T
    start = np.eye(d)[0]  # the empty history is the whole basis of cut 1
    return TimeVaryingISAN(start, transitions, readouts, f"isan_from_model({model!r})")


def cut_factors(
    isan: TimeVaryingISAN, cut: int
) -> tuple[Float[np.ndarray, "history state"], Float[np.ndarray, "column state"]]:
    """States of all histories, and what each column of `cut_matrix` reads from a state.

    Paper: Fact 1.1 (an ISAN of dimension d has logit rank at most d), arXiv:2512.09892.

    `states @ readings.T` is the cut matrix: the logit of token z after the future f_1 .. f_k is
    `readouts[s - 1 + k, z] @ A_{f_k} .. A_{f_1} @ state`, and the row vector before `state` is the
    column's reading.

    Parameters
    ----------
    isan : TimeVaryingISAN
    cut : int
        1 to horizon; histories have cut - 1 tokens.

    Returns
    -------
    states, readings
    """
    # T = horizon, V = alphabet size, d = dimension of the state, s = cut
    T = isan.horizon
    V = isan.alphabet_size
    d = isan.dimension
    s = check_count("cut", cut, most=T)
    histories = np.array(all_words(V, s - 1), dtype=np.int64).reshape(V ** (s - 1), s - 1)
    states = isan.states_along(histories)[:, -1]
    # Futures of k tokens in lexicographic order; one more token multiplies each product from the left.
    products = np.eye(d)[None]  # A_{f_k} .. A_{f_1} of every future
    readings = []
    for t in range(s - 1, T):
        readings.append((isan.readouts[t] @ products).reshape(-1, d))
        if t + 1 < T:
            products = (isan.transitions[t] @ products[:, None]).reshape(-1, d, d)
    return states, np.concatenate(readings)


def mixed_matrix(model: LanguageModel, cut: int) -> Float[np.ndarray, "history column"]:
    """Like `cut_matrix`, with rows for the shorter histories too.

    Paper: Definition 1.4 (logit rank, read literally: histories of any length), arXiv:2512.09892.

    Its rank can be above d for a time-varying ISAN of dimension d, whose states after different
    numbers of tokens have nothing to do with each other; it is at most d where A and B do not
    depend on time. Fact 1.1 needs histories of one length.
    """
    V = model.alphabet_size
    s = check_count("cut", cut, most=model.horizon)
    histories = words_up_to(V, s - 1)
    futures = words_up_to(V, model.horizon - s)
    return logit_matrix(ExactOracle(model), histories, futures)


def mixed_ranks(model: LanguageModel) -> list[int]:
    """Rank of `mixed_matrix` at cuts 1 to horizon."""
    return [numerical_rank(mixed_matrix(model, cut)) for cut in range(1, model.horizon + 1)]
