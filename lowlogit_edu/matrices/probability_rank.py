"""Probability rank beside logit rank: two models of computation that do not contain each other.

>>> from lowlogit_edu.models import noisy_parity
>>> cut_ranks(noisy_parity(bits=3)), probability_cut_ranks(noisy_parity(bits=3))
([1, 1, 1, 1], [1, 2, 2, 2])
"""

from collections.abc import Sequence
from decimal import Decimal, localcontext
from typing import Any

import numpy as np
from jaxtyping import Float

from lowlogit_edu.core.checks import check_count
from lowlogit_edu.core.errors import TooLarge
from lowlogit_edu.matrices.logit_matrix import all_words, cut_matrix, cut_ranks
from lowlogit_edu.matrices.spanner import numerical_rank
from lowlogit_edu.models.base import LanguageModel

GUARD_DIGITS = 10  # left for the rounding of the elimination
MAX_SEQUENCES = 2**14  # that high precision can take in a few seconds


def probability_cut_matrix(model: LanguageModel, cut: int) -> Float[np.ndarray, "history future"]:
    """Probability of every rest of the sequence after every history of cut - 1 tokens.

    Paper: Definition 3.1 (low-rank language model: these matrices have low rank), arXiv:2512.09892.
    """
    V = model.alphabet_size
    T = model.horizon
    s = check_count("cut", cut, most=T)
    joint = np.exp(model.log_probabilities()).reshape(V ** (s - 1), V ** (T - s + 1))
    return joint / joint.sum(axis=1, keepdims=True)


def probability_cut_ranks(model: LanguageModel) -> list[int]:
    """Rank of `probability_cut_matrix` at cuts 1 to horizon, in float64: what is below 1e-10 of the largest is zero."""
    return [numerical_rank(probability_cut_matrix(model, cut)) for cut in range(1, model.horizon + 1)]


def precise_rank(rows: Sequence[Sequence[Any]], digits: int) -> int:
    """Rank of a matrix of int, float or Decimal, by elimination with complete pivoting in `digits` decimal digits.

    A pivot below 10**(GUARD_DIGITS - digits) of the first counts as zero.

    >>> [precise_rank([[1, 0], [0, Decimal("1e-50")]], digits) for digits in (40, 80)]
    [1, 2]
    """
    decimals = [[Decimal(entry) for entry in row] for row in rows]
    matrix = np.array(decimals, dtype=object)
    least: Any = 0
    with localcontext(prec=check_count("digits", digits, least=2 * GUARD_DIGITS)):
        for rank in range(min(matrix.shape)):
            # The largest entry left becomes the pivot, so that rounding is divided by nothing small.
            rest = matrix[rank:, rank:]
            row, column = np.unravel_index(np.abs(rest).argmax(), rest.shape)
            pivot: Any = rest[row, column]
            if abs(pivot) <= least:
                return rank
            if not rank:
                least = abs(pivot).scaleb(GUARD_DIGITS - digits)
            matrix[[rank, rank + row]] = matrix[[rank + row, rank]]
            matrix[:, [rank, rank + column]] = matrix[:, [rank + column, rank]]
            # Below the pivot the column becomes zero.
            factors = matrix[rank + 1 :, rank] / pivot
            matrix[rank + 1 :, rank:] -= np.multiply.outer(factors, matrix[rank, rank:])
        return min(matrix.shape)


def precise_cut_ranks(model: LanguageModel, digits: int) -> tuple[list[int], list[int]]:
    """Logit and probability ranks at cuts 1 to horizon, in `digits` decimal digits.

    For smooth models, whose probability matrices have full rank and yet singular values far below
    what float64 resolves. The model's float64 logits are taken as exact, so this suits models
    whose logits have finitely many binary digits (`cauchy`, `copying`, `noisy_parity`); in others
    the rounding of the logits would be counted as rank.

    Raises
    ------
    TooLarge
        If there are more than `MAX_SEQUENCES` sequences.
    """
    # T = horizon, V = alphabet size
    V = model.alphabet_size
    T = model.horizon
    if V**T > MAX_SEQUENCES:
        raise TooLarge(
            f"{V}^{T} sequences are too many for arithmetic in {digits} digits, at most {MAX_SEQUENCES:,} fit; use a "
            "smaller horizon, or cut_ranks and probability_cut_ranks in float64."
        )
    logit_ranks = []
    probability_ranks = []
    joint = _precise_probabilities(model, digits)
    for cut in range(1, T + 1):
        # Rows of joint probabilities have the rank of conditional ones: each is only scaled by its history's.
        probabilities = joint.reshape(V ** (cut - 1), -1)
        logit_ranks.append(precise_rank(cut_matrix(model, cut).tolist(), digits))
        probability_ranks.append(precise_rank(probabilities.tolist(), digits))
    return logit_ranks, probability_ranks


def _precise_probabilities(model: LanguageModel, digits: int) -> np.ndarray:
    """Probabilities of all sequences, in lexicographic order, as Decimals."""
    exp = np.vectorize(lambda logit: Decimal(logit).exp(), otypes=[object])
    with localcontext(prec=check_count("digits", digits, least=2 * GUARD_DIGITS)):
        joint = np.array([Decimal(1)], dtype=object)
        for length in range(model.horizon):
            weights = exp(model.logits(all_words(model.alphabet_size, length)))
            joint = (joint[:, None] * weights / weights.sum(axis=1, keepdims=True)).ravel()
        return joint


def rank_table(model: LanguageModel, digits: int | None = None) -> list[tuple[int, int, int]]:
    """(cut, logit rank, probability rank) of every cut, in float64 or in `digits` decimal digits.

    Paper: Logit rank against probability rank, arXiv:2510.24966.

    >>> from lowlogit_edu.models import cauchy
    >>> rank_table(cauchy(bits=2), digits=50)[2]  # the middle cut
    (3, 2, 4)
    """
    ranks = precise_cut_ranks(model, digits) if digits else (cut_ranks(model), probability_cut_ranks(model))
    return list(zip(range(1, model.horizon + 1), *ranks, strict=True))
