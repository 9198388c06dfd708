"""Matrices to look at in the explorer of ranks, with names for their rows and columns.

>>> copying_bits = exact_specimen(copying(2), 3)[LOGITS]
>>> copying_bits.rows, copying_bits.columns[:3]
(('00', '01', '10', '11'), ('now, then 0', 'now, then 1', '0, then 0'))
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from lowlogit_edu.core.numerics import softmax
from lowlogit_edu.matrices.logit_matrix import all_words, cut_matrix, words_up_to
from lowlogit_edu.matrices.probability_rank import probability_cut_matrix
from lowlogit_edu.measure import MeasuredMatrix
from lowlogit_edu.measure.recall import RecallMatrices
from lowlogit_edu.models import LanguageModel, cauchy, copying, noisy_parity, random_isan, random_table

LOGITS = "logits"
PROBABILITIES = "probabilities"
NOW = "now"  # the empty future
Decode = Callable[[Sequence[int]], str]


@dataclass(frozen=True)
class Entries:
    """A matrix with a row per history.

    Attributes
    ----------
    matrix : array of shape (history, column)
    unit : str
        Of the entries.
    kind : str
        What the columns are.
    rows, columns : tuple of str
        The history of each row; the future, and the token where there is one, of each column.
    """

    matrix: Float[np.ndarray, "history column"]
    unit: str
    kind: str
    rows: tuple[str, ...]
    columns: tuple[str, ...]


Specimen = Mapping[str, Entries]  # keys are LOGITS and PROBABILITIES


def digits(word: Sequence[int]) -> str:
    """A word of a small alphabet."""
    return "".join(map(str, word)) or "nothing"


def exact_specimen(model: LanguageModel, cut: int) -> Specimen:
    """All of a small model at one cut: its logit matrix, and the matrix of Definition 3.1."""
    V = model.alphabet_size
    left = model.horizon - cut + 1  # tokens after the cut
    rows = tuple(map(digits, all_words(V, cut - 1)))
    futures = [digits(future) if future else NOW for future in words_up_to(V, left - 1)]
    pairs = tuple(f"{future}, then {token}" for future in futures for token in range(V))
    rests = tuple(map(digits, all_words(V, left)))
    return {
        LOGITS: Entries(cut_matrix(model, cut), "nats", "future and next token", rows, pairs),
        PROBABILITIES: Entries(probability_cut_matrix(model, cut), "probability", "rest of the sequence", rows, rests),
    }


def sampled_specimen(matrix: MeasuredMatrix, decode: Decode = digits, top: int = 8) -> Specimen:
    """Of each different future the `top` next tokens that are likeliest on average; needs all tokens' logits."""
    once = [i for i, word in enumerate(matrix.futures) if word not in matrix.futures[:i]]
    given = matrix.logits[:, once]
    probabilities = softmax(given)
    likeliest = np.argsort(-probabilities.mean(axis=0), axis=1, kind="stable")[:, :top]
    chosen = likeliest[None]  # the same tokens after every history, so that columns can be compared
    count = len(given)
    logits = np.take_along_axis(given, chosen, axis=2).reshape(count, -1)
    likely = np.take_along_axis(probabilities, chosen, axis=2).reshape(count, -1)
    rows = tuple(map(decode, matrix.histories))
    columns = tuple(
        f"{decode(matrix.futures[i]) or NOW}, then {decode([token])}"
        for i, tokens in zip(once, likeliest.tolist(), strict=True)
        for token in tokens
    )
    kind = "future and next token"
    return {
        LOGITS: Entries(logits, "nats", kind, rows, columns),
        PROBABILITIES: Entries(likely, "probability", kind, rows, columns),
    }


def recall_specimen(matrices: RecallMatrices, decode: Decode = digits) -> Specimen:
    """Whole futures: the sums of their tokens' centred logits, and their probabilities."""
    rows = tuple(map(decode, matrices.histories))
    columns = tuple(map(decode, matrices.futures))
    return {
        LOGITS: Entries(matrices.scores, "nats", "whole future (sum of its logits)", rows, columns),
        PROBABILITIES: Entries(
            matrices.probabilities(), "probability", "whole future (largest entry 1)", rows, columns
        ),
    }


def small_specimens() -> dict[str, Specimen]:
    """Models that are known exactly, each at its middle cut."""
    return {
        "random ISAN, dimension 4": exact_specimen(random_isan(3, 4, 6, seed=0), 4),
        "noisy parity, 8 bits": exact_specimen(noisy_parity(8), 6),
        "copying 5 bits": exact_specimen(copying(5), 6),
        "comparing two numbers of 4 bits": exact_specimen(cauchy(4), 5),
        "random table": exact_specimen(random_table(3, 6), 4),
    }
