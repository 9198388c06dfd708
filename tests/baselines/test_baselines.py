"""Each baseline does what it is known for: exact where its assumption holds, wrong where it does not."""

from math import log

import numpy as np
import pytest
from recovery import check_recovers

from lowlogit_edu import baselines
from lowlogit_edu.baselines.student import gru_parameters
from lowlogit_edu.core.errors import ArgumentError, TooLarge
from lowlogit_edu.core.numerics import kl_divergence, mean_center
from lowlogit_edu.evaluation.divergence import mean_kl, total_variation
from lowlogit_edu.learned.isan_model import ISANModel
from lowlogit_edu.matrices.equivalence import isan_from_model
from lowlogit_edu.matrices.logit_matrix import cut_ranks
from lowlogit_edu.models import copying, hmm, noisy_parity, random_isan
from lowlogit_edu.oracles.base import sample_with_logits
from lowlogit_edu.oracles.counted import Counted
from lowlogit_edu.oracles.exact import ExactOracle

RNG = np.random.default_rng(0)
STEADY = ISANModel(  # rank 3, the same at every step, reading one token does not show its state
    np.array([1.0, 0.0, 0.5]),
    np.linalg.qr(RNG.standard_normal((4, 3, 3)))[0],
    RNG.standard_normal((4, 3)),
    horizon=8,
)


def observed(oracle, n=400, horizon=8, seed=0):
    tokens, logits = sample_with_logits(oracle, n, horizon, rng=np.random.default_rng(seed))
    return [
        (tokens[:150], logits[:150], np.ones((150, horizon), bool)),
        (tokens[150:], logits[150:], np.ones((n - 150, horizon), bool)),
    ]


@pytest.fixture(scope="module")
def answers():
    return observed(ExactOracle(STEADY))


# Single-token regression


def test_single_token_regression_cannot_see_a_secret_that_shows_later():
    """Noisy parity's rows are flat until the last token: the state of single tokens is empty."""
    oracle = ExactOracle(noisy_parity(bits=7, noise=0.01))
    model = baselines.single_token_model(observed(oracle), 2, 8, rank=2)
    report = mean_kl(oracle, model, n=200)
    assert report.per_position[:7].max() < 1e-3 and report.per_position[7] > 0.4


def test_the_last_layers_subspace_is_the_row_space():
    """Of seven tokens and a state of three numbers: three directions carry every row, two do not, a fourth is empty."""
    turns = np.linalg.qr(RNG.standard_normal((7, 3, 3)))[0]
    wide = ISANModel(np.ones(3), turns, RNG.standard_normal((7, 3)), horizon=8)
    told = observed(ExactOracle(wide))
    left = {}
    for rank in (3, 4, 5):
        mean, directions = baselines.last_layer_subspace(told, 7, rank)
        row = wide.next_token_logits([1, 2]) - mean
        left[rank] = np.abs(row - directions @ np.linalg.lstsq(directions, row, rcond=None)[0]).max()
    assert left[3] > 0.01 and left[4] < 1e-6
    sizes = np.linalg.norm(directions, axis=0)
    assert (np.diff(sizes) <= 0).all() and sizes[2] > 0.1 and sizes[3] < 1e-5


# The greedy update


def test_the_greedy_update_asks_about_its_pool_and_the_children_of_its_spanner():
    oracle = Counted(ExactOracle(STEADY))
    baselines.greedy_isan(oracle, 8, rank=3, futures=3)
    pool = 401 * 3 + 403 * 8
    assert 3 * 4 * 3 < oracle.queries < pool + 3 * 4 * 3


def test_greedy_errors_grow_with_every_token_of_a_real_teacher(embedded):
    model = baselines.greedy_isan(embedded, 12, rank=24)
    kl = mean_kl(embedded, model, n=50).per_position
    assert kl[0] < 0.2 and kl[-3:].mean() > 2


# The student


def test_a_student_has_the_parameters_that_its_width_promises(answers):
    width = baselines.gru_width(4, parameters=1000)
    model = baselines.distilled_student(answers, 4, 8, width, passes=1)
    assert model.parameters == gru_parameters(4, width) <= 1000 < gru_parameters(4, width + 1)


def test_a_student_comes_closer_with_every_pass_and_is_the_same_for_the_same_seed(answers):
    oracle = ExactOracle(STEADY)
    fits = {passes: baselines.distilled_student(answers, 4, 8, 16, passes) for passes in (1, 20)}
    uniform = float(kl_divergence(answers[0][1], np.zeros_like(answers[0][1])).mean())
    kls = {passes: mean_kl(oracle, model, n=100).mean for passes, model in fits.items()}
    assert kls[20] < kls[1] < uniform and kls[20] < 0.2 * uniform
    again = baselines.distilled_student(answers, 4, 8, 16, 1)
    assert again.fingerprint == fits[1].fingerprint != fits[20].fingerprint


def test_a_student_answers_alike_prefix_by_prefix_and_along(answers):
    model = baselines.distilled_student(answers, 4, 8, 8, passes=1)
    tokens = answers[0][0][:5]
    for t in range(8):
        np.testing.assert_allclose(model.logits(tokens[:, :t].tolist()), model.logits_along(tokens)[:, t], atol=1e-5)
    assert model.sample(3, prompt=(1, 2)).shape == (3, 8)


def test_places_not_asked_teach_a_student_nothing(answers):
    tokens, logits, asked = answers[0]
    less = asked.copy()
    less[:, 5:] = False
    spoiled = np.where(less[..., None], logits, 9.0 * np.arange(4))
    one, other = (baselines.distilled_student([(tokens, x, less)], 4, 8, 8, 1) for x in (logits, spoiled))
    assert one.fingerprint == other.fingerprint


# Probability rank


def test_below_its_rank_a_hidden_markov_model_is_missed_by_less_and_less():
    teacher = hmm(states=3, alphabet_size=3, horizon=5, seed=1)
    one, two = (total_variation(teacher, baselines.learn_probability_rank(teacher, rank)) for rank in (1, 2))
    assert one > 0.03 > two > 1e-4


def test_copying_needs_exponential_probability_rank_and_little_logit_rank():
    teacher = copying(length=3)
    rank = max(cut_ranks(teacher))
    check_recovers(lambda oracle, horizon: isan_from_model(oracle, rank), teacher, 1e-9)
    check_recovers(lambda oracle, horizon: baselines.learn_probability_rank(oracle, 2**3), teacher, 1e-9)
    assert total_variation(teacher, baselines.learn_probability_rank(teacher, rank)) > 0.1


def test_a_large_alphabet_is_refused_by_the_probability_rank_learner():
    with pytest.raises(TooLarge, match=r"writes out all 4\^9 sequences, at most 65,536; take a teacher of smaller"):
        baselines.learn_probability_rank(random_isan(4, 2, 9), 2)


# The floor


def rows(n=60, T=3, V=8, rank=6):
    rng = np.random.default_rng(1)
    return rng.standard_normal((n, T, rank)) @ rng.standard_normal((rank, V))


def test_no_kl_is_left_at_the_rank_of_the_rows_and_some_below():
    logits = rows()
    for shared in (False, True):
        kls = [baselines.best_rank_kl(logits, rank, shared=shared).mean() for rank in (1, 3, 5, 7)]
        assert kls == sorted(kls, reverse=True) and kls[2] > 1e-3 and kls[3] < 1e-9


def test_descent_lowers_the_floor_and_a_readout_for_every_position_is_lower_still():
    logits = rows()
    projected, descended = (baselines.best_rank_kl(logits, 4, steps).mean() for steps in (0, 40))
    assert descended < 0.7 * projected
    assert descended < baselines.best_rank_kl(logits, 4, 40, shared=True).mean()


def test_no_model_of_the_rank_is_below_the_floor(answers):
    """The best model there is of one state less, found from the rows it is judged on, does not pass it."""
    tokens, logits, _ = answers[0]
    model = baselines.single_token_model(answers, 4, 8, rank=3, ridge=1e-9)
    kl = kl_divergence(logits, model.logits_along(tokens)).mean()
    assert baselines.best_rank_kl(logits, 3, 60, shared=True).mean() < kl


def test_rank_one_is_one_distribution_and_its_floor_is_known():
    """Rows (0.9, 0.1) and (0.1, 0.9), alike likely, are both 0.37 nats from their best common answer."""
    logits = mean_center(np.log([[[0.9, 0.1]], [[0.1, 0.9]]]))
    expected = 0.9 * log(0.9 / 0.5) + 0.1 * log(0.1 / 0.5)
    assert np.allclose(baselines.best_rank_kl(logits, 1), expected)
    with pytest.raises(ArgumentError, match="rank must be at least 1"):
        baselines.best_rank_kl(logits, 0)
