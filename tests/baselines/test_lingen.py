"""LINGEN continues a text exactly where the logit rank is low and the histories are enough, and not elsewhere."""

import sys

import numpy as np
import pytest
from numpy.testing import assert_allclose

from lowlogit_edu.baselines.lingen import (
    BASELINES,
    HistoryMixture,
    cumulative_kl,
    lingen,
    lingen_baselines,
    unrelated_words,
)
from lowlogit_edu.core.errors import ArgumentError
from lowlogit_edu.matrices.logit_matrix import all_words
from lowlogit_edu.models import random_isan, random_table
from lowlogit_edu.oracles.exact import ExactOracle
from lowlogit_edu.oracles.logged import Logged

TEACHER = random_isan(alphabet_size=3, dimension=4, horizon=8, seed=3)
ORACLE = ExactOracle(TEACHER)
TARGET = (2, 0, 1)
OTHERS = [word for word in all_words(3, 3) if word[0] != 2]
FUTURES = [*all_words(3, 0), *all_words(3, 1)]


def kl(model, oracle=ORACLE):
    return cumulative_kl(oracle, TARGET, model, n=30)


def test_a_model_of_low_rank_is_continued_from_histories_that_share_no_first_token():
    for histories in (OTHERS, OTHERS[:6]):
        assert kl(lingen(ORACLE, TARGET, histories, FUTURES, horizon=5))[-1] < 1e-10


def test_with_fewer_histories_than_the_rank_it_fails():
    assert kl(lingen(ORACLE, TARGET, OTHERS[:2], FUTURES, horizon=5))[-1] > 0.1


def test_a_model_of_full_rank_cannot_be_continued():
    oracle = ExactOracle(random_table(alphabet_size=3, horizon=8, seed=0))
    assert kl(lingen(oracle, TARGET, OTHERS, FUTURES, horizon=5), oracle)[-1] > 0.1


def test_it_beats_its_baselines():
    models = lingen_baselines(ORACLE, TARGET, OTHERS, FUTURES, horizon=5, kept=2)
    found = {name: float(kl(model)[-1]) for name, model in models.items()}
    assert [*found, "checkpoint"] == list(BASELINES)
    exact = {"lingen", "lingen, nonsense"}  # shuffled words span the rows of an ISAN as well
    assert all(found["lingen"] + 0.01 < found[name] for name in set(found) - exact)
    assert found["lingen, nonsense"] < 1e-10


def test_a_checkpoint_is_another_teacher_after_the_target():
    other = ExactOracle(random_isan(alphabet_size=3, dimension=4, horizon=8, seed=4))
    model = lingen_baselines(ORACLE, TARGET, OTHERS, FUTURES, horizon=5, checkpoint=other)["checkpoint"]
    assert_allclose(model.logits([(0, 1)]), other.logits([(*TARGET, 0, 1)]))


def test_a_checkpoint_of_another_alphabet_is_refused():
    with pytest.raises(ArgumentError, match="the teacher's alphabet of 3 tokens, got 2"):
        lingen_baselines(ORACLE, TARGET, OTHERS, FUTURES, 5, checkpoint=ExactOracle(random_isan(2, 2, 8, seed=0)))


def test_unrelated_words_differ_and_begin_otherwise():
    words = unrelated_words(ORACLE, TARGET, 40, (2, 4), seed=0)
    assert len(set(words)) == 40 and {len(word) for word in words} == {2, 3, 4}
    assert {word[0] for word in words} == {0, 1}
    assert words == unrelated_words(ORACLE, TARGET, 40, (2, 4), seed=0)


def test_unrelated_words_that_do_not_exist_are_not_waited_for():
    with pytest.raises(
        ArgumentError, match="only 6 different words that begin otherwise than the target were found, not 7"
    ):
        unrelated_words(ORACLE, TARGET, 7, (2, 2))


def test_the_weights_do_not_depend_on_how_many_words_are_asked_at_once(monkeypatch):
    model = lingen(ORACLE, TARGET, OTHERS, FUTURES, horizon=5)
    words = [(0,), (1, 2), ()]
    expected = model.logits(words)
    monkeypatch.setattr(sys.modules[HistoryMixture.__module__], "ENTRIES", 1)
    assert_allclose(model.logits(words), expected)


def test_noise_of_single_precision_is_not_inverted(embedded):
    words = [tuple(embedded.encode(text)) for text in ("One day, a", "Tim had a big", "The sun was")]
    target = tuple(embedded.encode("Lily and her mom"))
    once, thrice = (lingen(embedded, target, words * times, [(), (11,)], 3) for times in (1, 3))
    assert_allclose(thrice.weights.reshape(3, 3).sum(axis=0), once.weights, rtol=1e-3)


def test_regression_on_a_single_token_is_exact_for_that_token_alone():
    errors = kl(lingen_baselines(ORACLE, TARGET, OTHERS, FUTURES, horizon=5)["single token"])
    assert errors[0] < 1e-12 < 0.01 < errors[-1] and (np.diff(errors) >= 0).all()


def test_the_whole_target_is_the_teacher_itself():
    model = lingen_baselines(ORACLE, TARGET, OTHERS, FUTURES, horizon=5, kept=3)["truncated"]
    assert kl(model).max() == 0.0


def test_continuing_never_asks_about_the_target():
    log = Logged(ORACLE)
    model = lingen(log, TARGET, OTHERS[:6], FUTURES, horizon=5)
    assert len(log.records) == 7 * len(FUTURES)
    log.records.clear()
    assert model.sample(4, seed=0).shape == (4, 5)
    assert log.records and not any(query.prefix[:3] == TARGET for query in log.records)


def test_mixtures_of_the_same_weights_have_the_same_fingerprint():
    one, same, other = (HistoryMixture(ORACLE, OTHERS[:2], np.array(w), 2) for w in ([1.0, 0], [1.0, 0], [0.0, 1]))
    assert one.fingerprint == same.fingerprint != other.fingerprint


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((ORACLE, TARGET, [], FUTURES, 5), "at least one word is needed"),
        ((ORACLE, TARGET, OTHERS, [], 5), "at least one history and one future are needed"),
        ((ORACLE, (3,), OTHERS, FUTURES, 5), "prefix 0 has token 3"),
        ((ORACLE, TARGET, OTHERS, FUTURES, 0), "horizon must be at least 1"),
    ],
)
def test_bad_arguments_are_refused(arguments, message):
    with pytest.raises(ArgumentError, match=message):
        lingen(*arguments)


def test_weights_need_one_number_per_history():
    with pytest.raises(ArgumentError, match=r"one number per history, got shape \(3,\)"):
        HistoryMixture(ORACLE, OTHERS[:2], np.ones(3), 2)
