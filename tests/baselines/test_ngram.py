"""N-gram tables: averages of the distributions seen after a context, backing off."""

import numpy as np
import pytest

from lowlogit_edu.baselines import fit_ngram
from lowlogit_edu.baselines.ngram import contexts
from lowlogit_edu.core.errors import ArgumentError
from lowlogit_edu.core.numerics import softmax
from lowlogit_edu.evaluation.divergence import mean_kl
from lowlogit_edu.models import random_isan
from lowlogit_edu.oracles import ExactOracle, sample_with_logits


@pytest.fixture(scope="module")
def seen():
    teacher = random_isan(alphabet_size=3, dimension=3, horizon=6, seed=1)
    tokens, logits = sample_with_logits(ExactOracle(teacher), 300, 6, rng=np.random.default_rng(0))
    return tokens, logits, np.ones(tokens.shape, dtype=bool)


def test_contexts_tell_beginnings_apart():
    keys = contexts(np.array([[0, 0, 1], [1, 0, 1]]), 2, alphabet_size=2)
    assert keys[0, 0] == keys[1, 0] and len(set(keys[:, 1:].ravel().tolist())) == 4


@pytest.mark.parametrize("order", [1, 2, 3])
def test_without_prior_a_known_context_is_its_average(seen, order):
    tokens, logits, _ = seen
    model = fit_ngram([seen], 3, order=order, prior=0.0)
    answers = softmax(model.logits_along(tokens))
    keys = contexts(tokens, order - 1, 3)
    p = softmax(logits)
    for key in np.unique(keys):
        np.testing.assert_allclose(answers[keys == key][0], p[keys == key].mean(axis=0), atol=1e-6)


def test_parts_and_whole_give_the_same_tables(seen):
    tokens, logits, asked = seen
    whole = fit_ngram([seen], 3)
    halves = fit_ngram([(tokens[:100], logits[:100], asked[:100]), (tokens[100:], logits[100:], asked[100:])], 3)
    np.testing.assert_allclose(whole.logits_along(tokens), halves.logits_along(tokens), atol=1e-5)


def test_places_not_asked_do_not_count(seen):
    tokens, logits, asked = seen
    less = asked.copy()
    less[:, 4:] = False
    spoiled = np.where(less[..., None], logits, 1e3)
    a = fit_ngram([(tokens, logits, less)], 3)
    b = fit_ngram([(tokens, spoiled, less)], 3)
    assert np.array_equal(a.logits_along(tokens), b.logits_along(tokens))


def test_prefix_by_prefix_is_the_same_as_along(seen):
    tokens = seen[0][:5]
    model = fit_ngram([seen], 3)
    for t in range(6):
        np.testing.assert_allclose(model.logits(tokens[:, :t].tolist()), model.logits_along(tokens)[:, t])


def test_longer_contexts_predict_better(seen):
    teacher = ExactOracle(random_isan(alphabet_size=3, dimension=3, horizon=6, seed=1))
    trigram = fit_ngram([seen], 3)
    kls = [mean_kl(teacher, trigram.truncated(order), n=200).mean for order in (1, 2, 3)]
    assert kls[0] > kls[1] > kls[2] > 0
    with pytest.raises(ArgumentError, match="order must be between 1 and 3, got 4"):
        trigram.truncated(4)


def test_tokens_that_share_a_column_keep_their_shares():
    rng = np.random.default_rng(0)
    tokens = rng.integers(5, size=(40, 6))
    rows = rng.normal(size=(40, 6, 2))
    last = rng.normal(size=(40, 6, 1))
    asked = np.ones((40, 6), dtype=bool)
    shares = np.log([1.0, 1.0, 0.5, 0.3, 0.2])
    whole = np.concatenate([rows, last + shares[2:]], axis=2)
    folded = np.concatenate([rows, last], axis=2)
    trusting = [
        fit_ngram([(tokens, logits, asked)], 5, prior=0.0, fold=fold)
        for logits, fold in ((whole, None), (folded, (np.array([0, 1, 2, 2, 2]), shares)))
    ]
    np.testing.assert_allclose(*(model.logits_along(tokens) for model in trusting), atol=1e-4)


def test_a_context_that_no_number_can_stand_for_is_refused():
    told = (np.zeros((1, 2), dtype=int), np.zeros((1, 2, 2)), np.ones((1, 2), dtype=bool))
    fold = (np.minimum(np.arange(50_257), 1), np.zeros(50_257))
    assert fit_ngram([told], 50_257, order=5, fold=fold).order == 5
    with pytest.raises(ArgumentError, match="order must be at most 5 for an alphabet of 50257, got 6"):
        fit_ngram([told], 50_257, order=6, fold=fold)


def test_the_fingerprint_tells_all_that_changes_an_answer(seen):
    model = fit_ngram([seen], 3)
    others = [fit_ngram([seen], 3, prior=2.0), fit_ngram([seen], 3, order=2), fit_ngram([seen], 4)]
    assert fit_ngram([seen], 3).fingerprint == model.fingerprint
    assert model.fingerprint not in [other.fingerprint for other in others]
