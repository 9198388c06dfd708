"""Two hundred runs on weak oracles: none that calls itself verified is farther from its teacher than it may be."""

import numpy as np
import pytest

import lowlogit_edu as ll
from lowlogit_edu.events import Status
from lowlogit_edu.lemmas import certified_error
from lowlogit_edu.oracles import Budgeted, ExactOracle, Noisy, Sampled, TopK, samples_needed
from lowlogit_edu.widgets.noisy_oracles import oracle_model

HORIZON = 5
DELTA = 1e-4  # of a wrong certificate in a run; 0.02 in 200 of them
NOISES = (0.0, 1e-8, 1e-7, 1e-6, 1e-5, 1e-4, 1e-3, 1e-2)


def noisy(exact, seed):
    """Noise of every size, told to the learner."""
    noise = NOISES[seed % len(NOISES)]
    return Noisy(exact, noise, seed=seed), noise


def sampled(exact, seed):
    """Logits estimated from so many samples that they are right to 0.01 (Remark 5.8)."""
    return Sampled(exact, samples_needed(3, logit_bound=2.0, epsilon=0.01, delta=1e-9), seed=seed), 0.01


def hot(exact, seed):
    """The same at a high temperature (Remark 5.9)."""
    samples = samples_needed(3, logit_bound=2.0, epsilon=0.01, delta=1e-9, temperature=4.0)
    return Sampled(exact, samples, temperature=4.0, seed=seed), 0.01


def budgeted(exact, seed):
    """Noise, and a budget that runs out here or there, or does not."""
    return Budgeted(Noisy(exact, 1e-6, seed=seed), 92 + 2 * seed), 1e-6


def truncated(exact, seed):
    """Two of three tokens are shown: another teacher, whose logits need not be of low rank."""
    return TopK(exact, k=2), 0.0


@pytest.mark.slow
@pytest.mark.parametrize("weaken", [noisy, sampled, hot, budgeted, truncated])
@pytest.mark.reliability("R15")
def test_what_is_verified_is_as_close_as_it_says(weaken, record_property):
    statuses = []
    for seed in range(40):
        teacher = ll.models.random_isan(alphabet_size=3, dimension=1 + seed % 3, horizon=HORIZON, seed=seed)
        exact = ExactOracle(teacher)
        oracle, noise = weaken(exact, seed)
        config = ll.LearnerConfig(spanner_samples=60, validation_samples=200, max_epochs=12, oracle_noise=noise)
        run = ll.learn(oracle, HORIZON, config, seed)
        statuses.append(run.status)
        if run.status is Status.VERIFIED:
            epochs = sum(event.kind == "verify" for event in run.history)
            truth = oracle_model(oracle, HORIZON) if weaken is truncated else teacher
            distance = ll.evaluation.total_variation(truth, run.model)
            assert distance <= certified_error(config, HORIZON, epochs, DELTA), (seed, distance)
    assert Status.VERIFIED in statuses
    if weaken is budgeted:
        assert Status.BUDGET_EXHAUSTED in statuses
    verified = statuses.count(Status.VERIFIED)
    record_property("figure", f"{weaken.__name__}: {verified} of 40 runs verified, none beyond its certificate")


@pytest.mark.slow
@pytest.mark.reliability("R15")
def test_noise_that_the_learner_was_not_told_of_is_not_verified():
    """An oracle that is off by more than it was said to be has no rank that the tolerance allows."""
    wrong = []
    for seed in range(40):
        teacher = ll.models.random_isan(alphabet_size=3, dimension=2, horizon=HORIZON, seed=seed)
        oracle = Noisy(ExactOracle(teacher), 1e-2, seed=seed)
        config = ll.LearnerConfig(spanner_samples=60, validation_samples=200, max_epochs=12)
        run = ll.learn(oracle, HORIZON, config, seed)
        if run.status is Status.VERIFIED:  # then of what the oracle said, noise and all
            wrong.append(ll.evaluation.total_variation(oracle_model(oracle, HORIZON), run.model))
    assert np.all(np.array(wrong) <= certified_error(config, HORIZON, 12, DELTA))
