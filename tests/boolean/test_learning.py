"""Corollary 5.15: functions are learned through their language models, next to Kushilevitz and Mansour."""

import numpy as np
import pytest

from lowlogit_edu.boolean.functions import (
    BooleanFunction,
    all_points,
    character,
    decision_tree,
    junta,
    majority,
    noisy,
    parity,
    tribes,
)
from lowlogit_edu.boolean.kushilevitz_mansour import kushilevitz_mansour
from lowlogit_edu.boolean.learning import (
    boolean_function,
    boolean_model,
    boolean_table,
    learn_boolean,
)
from lowlogit_edu.boolean.oracle import FunctionOracle
from lowlogit_edu.config import LearnerConfig
from lowlogit_edu.core.errors import ArgumentError
from lowlogit_edu.evaluation.divergence import total_variation
from lowlogit_edu.events import Status
from lowlogit_edu.matrices.logit_matrix import cut_ranks
from lowlogit_edu.models import TabularModel, fourier_sparse, random_isan
from lowlogit_edu.oracles import ExactOracle, broken_promises

SPARSE = {(0, 2): 0.6, (1,): -0.3}


def sparse_function():
    points = all_points(3)
    return BooleanFunction("sparse", sum(a * character(subset, points) for subset, a in SPARSE.items()))


def test_the_model_is_that_of_equation_36_and_gives_the_function_back():
    model = boolean_model(sparse_function())
    assert total_variation(fourier_sparse(3, SPARSE), model) < 1e-12
    assert np.allclose(boolean_function(model).values, sparse_function().values, atol=1e-12)


def test_the_function_back_is_clipped():
    steep = TabularModel([np.zeros((1, 2)), np.array([[-5.0, 5.0], [0.2, -0.2]])])
    assert boolean_function(steep).values.tolist() == [1.0, -0.4]
    with pytest.raises(ArgumentError, match="model must have 2 tokens, got 3"):
        boolean_function(random_isan(3, 1, 2))
    with pytest.raises(ArgumentError, match="the model's horizon must be between 2 and 21, got 22"):
        boolean_function(random_isan(2, 1, 22))


def test_the_oracle_is_that_of_the_model_and_counts_points_once():
    oracle = FunctionOracle(majority(3))
    prefixes = [(), (1,), (1, 0, 1), (0, 0, 1), (1, 0, 1)]
    assert np.array_equal(oracle.logits(prefixes), ExactOracle(boolean_model(majority(3))).logits(prefixes))
    assert oracle.queries == 2 and repr(oracle) == "FunctionOracle(majority of 3, queries=2)"
    assert broken_promises(oracle) == {}


@pytest.mark.parametrize(
    ("function", "rank"),
    [(parity(8, (0, 3, 7)), 1), (junta(8, (1, 4, 6), seed=2), 4), (decision_tree(8, 3), 4), (tribes(2, 4), 3)],
    ids=lambda value: getattr(value, "name", None),
)
def test_functions_of_low_logit_rank_are_learned_exactly(function, rank):
    result = learn_boolean(function)
    assert result.status is Status.VERIFIED and result.error < 1e-9
    assert max(cut_ranks(boolean_model(function))) <= rank


def test_a_long_parity_takes_a_small_share_of_the_points():
    result = learn_boolean(parity(14, (0, 3, 7, 12)), LearnerConfig(spanner_samples=32, validation_samples=16))
    assert result.error < 1e-9 and result.queries < 2**14 / 3


def test_majority_has_low_logit_rank_and_no_sparse_spectrum():
    """Rare histories are missed by the spanner: their label is uniform in the learned model."""
    function = majority(7)
    assert max(cut_ranks(boolean_model(function))) == 4
    assert sum(a != 0 for a in function.fourier().values()) == 64
    learned = learn_boolean(function, LearnerConfig(spanner_samples=500, validation_samples=200))
    assert learned.error < 0.01 < 0.1 < kushilevitz_mansour(function, threshold=0.35).error


def test_the_error_of_a_noisy_function_is_about_the_square_of_the_noise():
    size = 0.005
    config = LearnerConfig(spanner_samples=64, validation_samples=64, oracle_noise=size)
    result = learn_boolean(noisy(parity(9, (0, 3, 7)), size), config)
    assert result.status is Status.VERIFIED and 0 < result.error < 10 * size**2


def test_one_table_holds_both_methods():
    rows = boolean_table([parity(6, (0, 3)), majority(5)])
    assert [(row.teacher, row.method) for row in rows] == [
        (teacher, method)
        for teacher in ("parity(0, 3) of 6", "majority of 5")
        for method in ("Algorithm 1", "Kushilevitz-Mansour")
    ]
    assert [row.status is None for row in rows] == [False, True] * 2
    alone = [learn_boolean(parity(6, (0, 3))), kushilevitz_mansour(parity(6, (0, 3)))]
    assert [(row.queries, row.error) for row in rows[:2]] == [(found.queries, found.error) for found in alone]


def test_the_seed_decides():
    config = LearnerConfig(spanner_samples=16, validation_samples=16)
    one, same, other = (learn_boolean(parity(10, (2, 5)), config, seed).queries for seed in (0, 0, 1))
    assert one == same != other
