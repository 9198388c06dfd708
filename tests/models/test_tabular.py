"""Tables hold any model, and random ones have no low rank."""

import numpy as np
import pytest

from lowlogit_edu.core.errors import ArgumentError, TooLarge
from lowlogit_edu.matrices.logit_matrix import cut_ranks
from lowlogit_edu.models import TabularModel, hmm, random_table


def test_a_table_of_probabilities_is_the_model_they_came_from():
    teacher = hmm(states=2, alphabet_size=3, horizon=4, seed=1)
    log_p = teacher.log_probabilities()
    model = TabularModel.from_probabilities(np.exp(log_p).reshape(3, 3, 3, 3))
    assert np.allclose(model.log_probabilities(), log_p, atol=1e-12)
    prefixes = [(2, 0, 1), (), (1,), (0, 2), (2,)]
    assert np.allclose(model.logits(prefixes), teacher.logits(prefixes), atol=1e-12)


def test_a_prefix_finds_its_row():
    model = TabularModel(
        [np.zeros((1, 2)), np.array([[-1.0, 1.0], [-2.0, 2.0]]), np.array([[-n, 1.0 * n] for n in range(4)])]
    )
    assert model.logits([(1,), (1, 0), (0, 1)])[:, 1].tolist() == [2, 2, 1]


def test_random_tables_have_full_rank():
    assert cut_ranks(random_table(alphabet_size=2, horizon=6, seed=0)) == [1, 2, 4, 7, 3, 1]


def test_the_seed_decides_the_table():
    one, same, other = (random_table(2, 3, seed=seed) for seed in (0, 0, 1))
    assert one.fingerprint == same.fingerprint != other.fingerprint
    assert repr(one) == "random_table(alphabet_size=2, horizon=3, seed=0, scale=1.5)"
    assert repr(TabularModel(one.tables)) == "TabularModel(alphabet_size=2, horizon=3)"


@pytest.mark.parametrize(
    ("tables", "message"),
    [
        ([], "the number of tables must be at least 1"),
        ([np.zeros((1, 1))], "the width of the tables must be at least 2"),
        ([np.zeros((1, 2)), np.zeros((1, 2))], r"table 1 must be a finite array of shape \(2, 2\).*got shape \(1, 2\)"),
        ([np.full((1, 2), np.nan)], "table 0 must be a finite array"),
    ],
)
def test_arrays_that_are_no_tables_are_refused(tables, message):
    with pytest.raises(ArgumentError, match=message):
        TabularModel(tables)


@pytest.mark.parametrize(
    ("joint", "message"),
    [
        (np.full((2, 3), 1 / 6), r"one axis of alphabet_size per token.*got shape \(2, 3\)"),
        (np.array([1.0, 0.0]), "a sequence of probability 0 has no finite logit"),
        (np.array([0.5, 0.6]), "joint must sum to 1, got 1.1"),
    ],
)
def test_arrays_that_are_no_distributions_are_refused(joint, message):
    with pytest.raises(ArgumentError, match=message):
        TabularModel.from_probabilities(joint)


def test_a_table_too_large_is_refused_at_once():
    with pytest.raises(TooLarge, match=r"2\^999999 and more prefixes is longer than max_rows=1,000,000"):
        random_table(alphabet_size=2, horizon=1_000_000)
