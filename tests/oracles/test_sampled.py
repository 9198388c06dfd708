"""Conditional samples give logits to the error promised, at a price that temperature makes bearable."""

import numpy as np
import pytest

from lowlogit_edu.config import LearnerConfig
from lowlogit_edu.core.errors import ArgumentError
from lowlogit_edu.evaluation.divergence import total_variation
from lowlogit_edu.events import Status
from lowlogit_edu.learner import learn
from lowlogit_edu.matrices.logit_matrix import all_words
from lowlogit_edu.models import noisy_parity, random_table
from lowlogit_edu.oracles import ExactOracle, Sampled, samples_needed

TEACHER = random_table(alphabet_size=4, horizon=5, seed=0)
PREFIXES = all_words(4, 4)


def errors(samples, temperature=1.0, seed=0):
    """Largest error in nats after each of 256 prefixes."""
    oracle = Sampled(ExactOracle(TEACHER), samples, temperature, seed)
    return np.abs(oracle.logits(PREFIXES) - TEACHER.logits(PREFIXES)).max(axis=1)


@pytest.mark.parametrize(("epsilon", "temperature"), [(0.3, 1.0), (0.1, 6.0), (5.0, 2.0)])
def test_the_number_of_samples_is_enough(epsilon, temperature):
    bound = float(np.abs(TEACHER.logits(PREFIXES)).max())
    samples = samples_needed(4, bound, epsilon, delta=0.05, temperature=temperature)
    assert (errors(samples, temperature) > epsilon).mean() <= 0.05


def test_four_times_the_samples_halve_the_error():
    assert errors(100_000).mean() / errors(400_000).mean() == pytest.approx(2, rel=0.15)


def test_the_price_is_exponential_in_the_logits_and_quadratic_in_the_temperature():
    cold = [samples_needed(2, bound, 0.1, 0.1) for bound in (5.0, 6.0)]
    hot = [samples_needed(2, bound, 0.1, 0.1, temperature=bound) for bound in (5.0, 10.0)]
    assert cold[1] / cold[0] == pytest.approx(np.exp(2)) and hot[1] / hot[0] == pytest.approx(4)


def test_temperature_shows_rare_tokens():
    """At temperature 1 a thousand samples miss them; the price is noise in the common ones."""
    peaked = noisy_parity(bits=2, secret=[1, 1], noise=1e-6)
    truth = peaked.next_token_logits([0, 1])
    cold, hot = (Sampled(ExactOracle(peaked), 1000, temperature).logits([(0, 1)])[0] for temperature in (1.0, 10.0))
    assert np.abs(cold - truth).max() > 3 > 1 > np.abs(hot - truth).max()


def test_tokens_never_drawn_have_finite_logits():
    assert np.isfinite(Sampled(ExactOracle(TEACHER), samples=1).logits(PREFIXES)).all()


def test_the_answer_depends_on_the_seed_and_the_prefix_alone():
    one, same, other = (Sampled(ExactOracle(TEACHER), 100, seed=seed).logits(PREFIXES) for seed in (0, 0, 1))
    assert np.array_equal(one, same) and not np.allclose(one, other)


def test_noisy_parity_is_learned_from_conditional_samples():
    """Section 5.5: the learner runs on estimated logits as on any approximate oracle."""
    teacher = noisy_parity(bits=4, seed=1)
    oracle = Sampled(ExactOracle(teacher), samples_needed(2, 1.1, 0.01, 1e-3), seed=1)
    result = learn(oracle, 5, LearnerConfig(oracle_noise=0.01, spanner_samples=200))
    assert result.status is Status.VERIFIED and total_variation(teacher, result.model) < 0.05


def test_settings_are_shown_and_bad_ones_refused():
    oracle = Sampled(ExactOracle(TEACHER), 10, 2.0, seed=3)
    assert repr(oracle).endswith("samples=10, temperature=2, seed=3)")
    assert len({Sampled(ExactOracle(TEACHER), *settings).fingerprint for settings in [(9,), (10,), (10, 2.0)]}) == 3
    for settings, message in [
        ({"samples": 0}, "samples must be at least 1"),
        ({"samples": 1, "temperature": 0.0}, "temperature must be a finite number"),
        ({"samples": 1, "seed": -1}, "seed must be an integer"),
    ]:
        with pytest.raises(ArgumentError, match=message):
            Sampled(ExactOracle(TEACHER), **settings)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"alphabet_size": 1}, "alphabet_size must be at least 2"),
        ({"logit_bound": -1.0}, "logit_bound must be a finite number"),
        ({"epsilon": 0.0}, "epsilon must be a finite number"),
        ({"delta": 0.0}, "delta must be a finite number"),
        ({"temperature": 0.0}, "temperature must be a finite number"),
    ],
)
def test_bad_questions_about_the_number_of_samples_are_refused(change, message):
    with pytest.raises(ArgumentError, match=message):
        samples_needed(**{"alphabet_size": 2, "logit_bound": 1.0, "epsilon": 0.1, "delta": 0.1} | change)
