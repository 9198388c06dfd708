"""Noisy parity: statistics of few bits see nothing, elimination breaks under noise, queries tell the secret."""

import numpy as np
import pytest

from lowlogit_edu.baselines.parities import (
    eliminate,
    label_correlations,
    low_degree_model,
    parity_samples,
    secret_from_queries,
)
from lowlogit_edu.boolean.functions import all_points
from lowlogit_edu.core.errors import ArgumentError
from lowlogit_edu.evaluation.divergence import total_variation
from lowlogit_edu.models import noisy_parity
from lowlogit_edu.oracles import Counted, ExactOracle

SECRET = [1, 0, 1, 1, 0]


def draw(noise, samples, seed=0):
    return parity_samples(SECRET, noise, samples, rng=np.random.default_rng(seed))


def test_samples_are_those_of_the_model():
    frequencies = np.bincount(draw(0.2, 200_000) @ (1 << np.arange(6)[::-1]), minlength=64) / 200_000
    assert np.abs(frequencies - np.exp(noisy_parity(5, SECRET, 0.2).log_probabilities())).max() < 0.002


def test_only_the_secret_is_correlated_with_the_label():
    found = label_correlations(draw(0.2, 100_000))
    assert len(found) == 32 and found.pop((0, 2, 3)) == pytest.approx(0.6, abs=0.01)
    assert max(map(abs, found.values())) < 0.02


def test_correlations_follow_the_definition():
    tokens = draw(0.3, 50)
    signs = (-1.0) ** (tokens[:, 5] + tokens[:, 1] + tokens[:, 4])
    assert label_correlations(tokens)[(1, 4)] == pytest.approx(signs.mean())


@pytest.mark.parametrize(("degree", "least", "most"), [(0, 0.39, 0.41), (2, 0.39, 0.42), (3, 0, 0.02), (5, 0, 0.03)])
def test_a_learner_of_low_degree_is_as_far_as_a_coin(degree, least, most):
    model = low_degree_model(draw(0.1, 20_000), degree)
    assert least < total_variation(noisy_parity(5, SECRET, 0.1), model) < most


def test_elimination_finds_the_secret_without_noise():
    assert all(eliminate(draw(0.0, 40, seed)) == SECRET for seed in range(20))
    with pytest.raises(ArgumentError, match="5 independent samples are needed, these hold 2; draw more."):
        eliminate(np.array([[1, 0, 0, 0, 0, 1], [0, 1, 0, 0, 0, 0], [1, 1, 0, 0, 0, 1]]))


def test_elimination_is_right_as_often_as_no_label_is_flipped():
    right = np.mean([eliminate(draw(0.1, 60, seed)) == SECRET for seed in range(400)])
    assert right == pytest.approx(0.9**5, abs=0.07)


def test_a_query_per_bit_tells_every_secret():
    for secret in all_points(4).tolist():
        oracle = Counted(ExactOracle(noisy_parity(4, secret, 0.45)))
        assert secret_from_queries(oracle, 4) == secret and oracle.queries == 4


def test_noise_that_is_no_probability_is_refused():
    with pytest.raises(ArgumentError, match="noise must be a finite number between 0 and 0.5"):
        draw(0.7, 3)
