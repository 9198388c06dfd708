"""A top-k oracle shows k probabilities exactly and loses what it says it loses."""

import numpy as np
import pytest

from lowlogit_edu.core.errors import ArgumentError
from lowlogit_edu.core.numerics import softmax
from lowlogit_edu.matrices.logit_matrix import all_words, logit_matrix
from lowlogit_edu.models import TabularModel, random_isan
from lowlogit_edu.oracles import ExactOracle, TopK

TEACHER = random_isan(alphabet_size=5, dimension=2, horizon=4, seed=1)
EXACT = ExactOracle(TEACHER)
PREFIXES = all_words(5, 2)


def test_shown_probabilities_are_exact_and_the_others_share_the_rest():
    p, q = softmax(TEACHER.logits(PREFIXES)), softmax(TopK(EXACT, k=2).logits(PREFIXES))
    order = np.argsort(-p, axis=1)
    shown, hidden = order[:, :2], order[:, 2:]
    assert np.allclose(np.take_along_axis(q, shown, 1), np.take_along_axis(p, shown, 1), atol=1e-12)
    assert np.ptp(np.take_along_axis(q, hidden, 1), axis=1).max() < 1e-12
    lost = np.take_along_axis(p, hidden, 1).sum(axis=1)
    assert (np.abs(p - q).sum(axis=1) / 2 <= lost).all()


@pytest.mark.parametrize("k", [4, 5])
def test_nothing_is_lost_when_at_most_one_token_is_hidden(k):
    assert np.allclose(TopK(EXACT, k).logits(PREFIXES), TEACHER.logits(PREFIXES), atol=1e-12)


def test_low_rank_is_lost():
    histories, futures = all_words(5, 1), [(), *all_words(5, 1), *all_words(5, 2)]
    ranks = [np.linalg.matrix_rank(logit_matrix(oracle, histories, futures)) for oracle in (EXACT, TopK(EXACT, 2))]
    assert ranks == [2, 5]


def test_of_equally_likely_tokens_the_first_are_shown():
    teacher = TabularModel.from_probabilities(np.array([0.1, 0.3, 0.3, 0.3]))
    assert softmax(TopK(ExactOracle(teacher), k=2).logits([()]))[0] == pytest.approx([0.2, 0.3, 0.3, 0.2])


def test_k_is_shown_and_checked():
    assert repr(TopK(EXACT, 3)) == f"TopK({EXACT!r}, k=3)" and TopK(EXACT, 3).fingerprint != TopK(EXACT, 2).fingerprint
    for k in (0, 6):
        with pytest.raises(ArgumentError, match="k must be between 1 and 5"):
            TopK(EXACT, k)
