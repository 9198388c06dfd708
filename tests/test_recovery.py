"""Every learner and baseline recovers what it claims to, and the check that says so fails where it should."""

import numpy as np
import pytest
from recovery import check_recovers, largest_kl

import lowlogit_edu as ll
from lowlogit_edu import baselines
from lowlogit_edu.baselines.parities import eliminate, low_degree_model, secret_from_queries
from lowlogit_edu.boolean import boolean_function, boolean_model, junta, kushilevitz_mansour, learn_boolean, parity
from lowlogit_edu.learned.isan_model import ISANModel
from lowlogit_edu.matrices.equivalence import isan_from_model
from lowlogit_edu.models import copying, fourier_sparse, hmm, noisy_parity, random_isan, random_table
from lowlogit_edu.oracles.base import sample, sample_with_logits

SECRET = [1, 0, 1, 1, 0]
NOISE = 0.1
PARITY = noisy_parity(bits=5, secret=SECRET, noise=NOISE)
FOURIER = fourier_sparse(4, {(0, 1): 0.5, (2, 3): -0.4})
ISAN = random_isan(alphabet_size=3, dimension=3, horizon=5, seed=0)


def steady(horizon=8):
    """Four tokens, rank 3, the same at every step: one row of logits shows the whole state."""
    rng = np.random.default_rng(0)
    turns = np.linalg.qr(rng.standard_normal((4, 3, 3)))[0]
    return ISANModel(np.array([1.0, 0.0, 0.5]), turns, rng.standard_normal((4, 3)), horizon)


def markov(order=3):
    """Random next-token distributions after every context of `order - 1` tokens, as an n-gram."""
    rng = np.random.default_rng(0)
    tokens = rng.integers(3, size=(200, 5))
    logits = rng.normal(size=(200, 5, 3))
    return baselines.fit_ngram([(tokens, logits, np.ones((200, 5), dtype=bool))], 3, order, prior=0.0)


def answers(oracle, horizon, n=400):
    """What baselines are fitted to."""
    tokens, logits = sample_with_logits(oracle, n, horizon, rng=np.random.default_rng(0))
    return [(tokens, logits, np.ones(tokens.shape, dtype=bool))]


# Learners: from an oracle and a horizon to a model


def faithful(oracle, horizon):
    return ll.learn(oracle, horizon, ll.LearnerConfig(spanner_samples=1000), seed=0).model


def practical(oracle, horizon):
    """Without refinement."""
    config = ll.LearnerConfig.practical(sequences=600, epochs=1, passes=0)
    return ll.learn(oracle, horizon, config, seed=0).model


def practical_without_ridge(oracle, horizon):
    """For a teacher that is exactly of the rank it is given."""
    ridges = {"ridge": 1e-6, "start_ridge": 1e-6}
    config = ll.LearnerConfig.practical(rank=4, sequences=300, epochs=1, passes=0, **ridges)
    return ll.learn(oracle, horizon, config, seed=0).model


def lowest_dimension(oracle, horizon):
    return isan_from_model(oracle)


def probability_rank(rank):
    return lambda oracle, horizon: baselines.learn_probability_rank(oracle, rank)


def single_token(oracle, horizon):
    return baselines.single_token_model(answers(oracle, horizon), oracle.alphabet_size, horizon, rank=4, ridge=1e-9)


def greedy(oracle, horizon):
    return baselines.greedy_isan(oracle, horizon, rank=3, futures=3)


def greedy_on_spanners(oracle, horizon):
    return baselines.greedy_model(faithful(oracle, horizon))


def ngram(order):
    return lambda oracle, horizon: baselines.fit_ngram(answers(oracle, horizon), oracle.alphabet_size, order, prior=0.0)


def boolean(method, **settings):
    """A learner of Boolean functions, as one of the language models that stand for them."""
    return lambda oracle, horizon: boolean_model(method(boolean_function(oracle), **settings).function)


def parity_by_queries(oracle, horizon):
    return noisy_parity(horizon - 1, secret_from_queries(oracle, horizon - 1), NOISE)


def parity_by_elimination(noise):
    """Of samples; the model's own noise is `noise` again."""

    def learner(oracle, horizon):
        tokens = sample(oracle, 40, horizon, rng=np.random.default_rng(0))
        return noisy_parity(horizon - 1, eliminate(tokens), noise)

    return learner


def low_degree(degree):
    def learner(oracle, horizon):
        tokens = sample(oracle, 20_000, horizon, rng=np.random.default_rng(0))
        return low_degree_model(tokens, degree)

    return learner


EXACT = 1e-6  # total variation: what is left of it is rounding
NEARLY = 1e-3  # regression: the guess of a constant counts as 0.3 of an observation, and logits are single precision
FITTED = 5e-3  # a few hundred texts, and maps pulled together by a ridge
CLAIMS = {
    "Algorithm 1 on an ISAN": (faithful, ISAN, EXACT),
    "Algorithm 1 on noisy parity": (faithful, PARITY, EXACT),
    "Algorithm 1 on a sparse Fourier model": (faithful, FOURIER, EXACT),
    "the practical learner where one row shows the state": (practical_without_ridge, steady(6), NEARLY),
    "the practical learner on noisy parity": (practical, PARITY, FITTED),
    "the practical learner on a sparse Fourier model": (practical, FOURIER, FITTED),
    "the practical learner on copying": (practical, copying(length=3), FITTED),
    "the practical learner on a hidden Markov model": (practical, hmm(3, 3, 5, seed=1), FITTED),
    "the practical learner on an ISAN": (practical, ISAN, 0.03),
    "Fact 1.1 on an ISAN": (lowest_dimension, ISAN, EXACT),
    "Fact 1.1 on copying": (lowest_dimension, copying(length=3), EXACT),
    "Fact 1.1 on any table": (lowest_dimension, random_table(alphabet_size=2, horizon=5), EXACT),
    "probability rank on a hidden Markov model": (probability_rank(3), hmm(3, 3, 5, seed=1), EXACT),
    "probability rank, more than is needed": (probability_rank(9), hmm(3, 3, 5, seed=1), EXACT),
    "probability rank on copying, exponentially large": (probability_rank(8), copying(length=3), EXACT),
    "single tokens where one row shows the state": (single_token, steady(6), NEARLY),
    "greedy with enough futures": (greedy, steady(6), EXACT),
    "greedy on the faithful learner's spanners": (greedy_on_spanners, ISAN, EXACT),
    "trigram on a trigram": (ngram(3), markov(3), 1e-5),
    "bigram on a bigram": (ngram(2), markov(2), 1e-5),
    "Algorithm 1 on a Boolean function": (boolean(learn_boolean), boolean_model(junta(6, (1, 4))), EXACT),
    "Kushilevitz and Mansour on a parity": (boolean(kushilevitz_mansour), boolean_model(parity(6, (1, 4))), 0.01),
    "a parity's secret by queries": (parity_by_queries, PARITY, EXACT),
    "a parity's secret by elimination": (parity_by_elimination(1e-9), noisy_parity(5, SECRET, 1e-9), EXACT),
    "a parity by correlations of its degree": (low_degree(3), PARITY, 0.02),
}


@pytest.mark.parametrize(("learner", "teacher", "tolerance"), CLAIMS.values(), ids=list(CLAIMS))
def test_claims_of_recovery_are_true(learner, teacher, tolerance):
    check_recovers(learner, teacher, tolerance)


@pytest.mark.parametrize("learner", [practical_without_ridge, single_token, greedy])
def test_recovery_goes_on_where_sequences_are_too_many_to_enumerate(learner):
    check_recovers(learner, steady(horizon=20), 1e-6, distance=largest_kl)


def test_parity_is_learned_at_every_position():
    """To 0.01 nats, from its queries alone, by the learner of TinyStories at its default rank."""
    model = check_recovers(practical, PARITY, 0.01, distance=largest_kl)
    assert model.carried <= 64


# Where a claim ends; and the check itself


@pytest.mark.parametrize(
    ("learner", "teacher"),
    [
        (probability_rank(2), hmm(3, 3, 5, seed=1)),
        (probability_rank(4), copying(length=3)),
        (ngram(2), markov(3)),
        (single_token, PARITY),
        (low_degree(2), PARITY),
        (parity_by_elimination(0.4), noisy_parity(5, SECRET, 0.4)),
        (boolean(kushilevitz_mansour), boolean_model(ll.boolean.majority(5))),
    ],
    ids=lambda value: getattr(value, "__name__", repr(value)),
)
def test_a_learner_that_cannot_know_its_teacher_is_told_so(learner, teacher):
    with pytest.raises(AssertionError, match="away from .*, more than 1e-05"):
        check_recovers(learner, teacher, 1e-5)


def test_a_wrong_model_is_told_so_by_either_distance():
    other = random_isan(alphabet_size=3, dimension=3, horizon=5, seed=1)
    for distance in (ll.evaluation.total_variation, largest_kl):
        assert check_recovers(lambda oracle, horizon: ISAN, ISAN, 1e-12, distance=distance) is ISAN
        with pytest.raises(AssertionError, match="away from"):
            check_recovers(lambda oracle, horizon: other, ISAN, 0.01, distance=distance)


def test_a_model_that_is_right_but_asks_its_teacher_is_told_so():
    with pytest.raises(AssertionError, match="asked its teacher; it must answer alone"):
        check_recovers(lambda oracle, horizon: oracle, ISAN, EXACT)
    with pytest.raises(AssertionError, match="asked its teacher"):
        check_recovers(lambda oracle, horizon: baselines.lingen(oracle, (), [()], [()], horizon), ISAN, EXACT)
