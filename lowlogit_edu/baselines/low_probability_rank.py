"""A learner that stands on low probability rank, as those for hidden Markov models do.

>>> from lowlogit_edu.evaluation.divergence import total_variation
>>> from lowlogit_edu.models import hmm
>>> teacher = hmm(states=2, alphabet_size=3, horizon=5, seed=0)
>>> round(total_variation(teacher, learn_probability_rank(teacher, rank=2)), 9)
0.0
"""

import numpy as np
from jaxtyping import Float

from lowlogit_edu.core.checks import Prefixes, array_fingerprint, by_length, check_count, check_prefixes
from lowlogit_edu.core.errors import TooLarge
from lowlogit_edu.core.numerics import mean_center
from lowlogit_edu.matrices.probability_rank import probability_cut_matrix
from lowlogit_edu.matrices.spanner import barycentric_spanner, numerical_rank, spanner_coefficients
from lowlogit_edu.models.base import LanguageModel

MAX_SEQUENCES = 2**16  # whose probabilities are written out, once per cut
LEAST = 1e-12  # probability below which, negative ones included, an answer is lifted


class OperatorModel(LanguageModel):
    """An observable operator model: a prefix is a combination of histories, a token moves its coefficients.

    Parameters
    ----------
    emissions : list of arrays of shape (row, alphabet_size)
        At each position, the next token's probabilities after each chosen history.
    operators : list of arrays of shape (alphabet_size, row, next_row)
        Between positions: `operators[t][z][i]` is the probability of token z after history i times the
        coefficients of (history i, z) among the next position's histories.

    Attributes
    ----------
    parameters : int
    """

    def __init__(
        self, emissions: list[Float[np.ndarray, "_row token"]], operators: list[Float[np.ndarray, "token _row _next"]]
    ) -> None:
        self.emissions = emissions
        self.operators = operators
        self.horizon = len(emissions)
        self.alphabet_size = emissions[0].shape[1]
        self.parameters = sum(array.size for array in (*emissions, *operators))
        self.fingerprint = array_fingerprint("operators", *emissions, *operators)

    def __repr__(self) -> str:
        return f"OperatorModel(alphabet_size={self.alphabet_size}, ranks={[len(rows) for rows in self.emissions]})"

    def logits(self, prefixes: Prefixes) -> Float[np.ndarray, "prefix token"]:
        """Mean-centred logits (nats) of the next token after each prefix."""
        checked = check_prefixes(prefixes, self.alphabet_size, self.horizon)
        answer = np.empty((len(checked), self.alphabet_size))
        for rows, tokens in by_length(checked):
            state = np.ones((len(rows), 1))  # coefficients of each prefix among the chosen histories
            for emission, operator, column in zip(self.emissions, self.operators, tokens.T, strict=False):
                # Divided by the token's probability, so that a state stands for what follows, given the prefix.
                probability = np.maximum(np.einsum("ni,in->n", state, emission[:, column]), LEAST)
                state = np.einsum("ni,nij->nj", state, operator[column]) / probability[:, None]
            probabilities = np.maximum(state @ self.emissions[tokens.shape[1]], LEAST)
            answer[rows] = mean_center(np.log(probabilities))
        return answer


def learn_probability_rank(teacher: LanguageModel, rank: int) -> OperatorModel:
    """Learn a small model from its conditional probabilities of whole futures, with at most `rank` rows per cut.

    In the manner of Liu and Moitra (2024), who learn models of low probability rank (Definition 3.1)
    from conditional queries; but here all histories and futures are enumerated instead of sampled, and
    coefficients are multiplied as they are, where they project them.

    Where probability ranks are at most `rank` (hidden Markov models), the teacher is recovered; where
    only logit ranks are (`copying`), it is not.

    Raises
    ------
    TooLarge
        If there are more than `MAX_SEQUENCES` sequences: every future's probability is written out.
    """
    V = teacher.alphabet_size
    T = teacher.horizon
    rank = check_count("rank", rank)
    if V**T > MAX_SEQUENCES:
        raise TooLarge(
            f"the probability-rank learner writes out all {V}^{T} sequences, at most {MAX_SEQUENCES:,}; "
            "take a teacher of smaller alphabet or horizon."
        )
    # Span: at each cut, the histories whose rows carry all others.
    matrices = [probability_cut_matrix(teacher, cut) for cut in range(1, T + 1)]
    chosen = [_spanner(matrix, rank) for matrix in matrices]
    # What comes next after each of them: the probability of a future summed over all but its first token.
    emissions = [
        matrix[rows].reshape(len(rows), V, -1).sum(axis=2) for matrix, rows in zip(matrices, chosen, strict=True)
    ]
    # Solve: each of them with one more token, in the coordinates of the next cut's.
    operators = []
    for t in range(T - 1):
        matrix = matrices[t + 1]
        following = matrix[chosen[t + 1]]
        parents = V * np.array(chosen[t])  # histories are in lexicographic order: the children of h are h V + z
        coefficients = np.array([spanner_coefficients(matrix[parents + z], following) for z in range(V)])
        operators.append(coefficients * emissions[t].T[:, :, None])
    return OperatorModel(emissions, operators)


def _spanner(matrix: Float[np.ndarray, "history future"], rank: int) -> list[int]:
    """A barycentric spanner of the rows' projection to their first `rank` dimensions."""
    kept = min(rank, numerical_rank(matrix))
    left, values, _ = np.linalg.svd(matrix, full_matrices=False)
    return barycentric_spanner(left[:, :kept] * values[:kept])
