"""Centring, softmax and divergences keep their promises."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis.extra.numpy import arrays
from hypothesis.strategies import floats

from lowlogit_edu.core.numerics import draw_tokens, kl_divergence, log_softmax, mean_center, softmax

LOGITS = arrays(np.float64, (3, 4), elements=floats(-50, 50))
PROPERTY = settings(max_examples=50, deadline=None, derandomize=True)


@PROPERTY
@given(LOGITS, floats(-100, 100))
def test_softmax_and_centring_ignore_a_constant(logits, constant):
    assert np.allclose(softmax(logits + constant), softmax(logits), atol=1e-12)
    assert np.allclose(mean_center(logits + constant), mean_center(logits), atol=1e-12)


@PROPERTY
@given(LOGITS)
def test_centring_twice_changes_nothing(logits):
    assert np.allclose(mean_center(mean_center(logits)), mean_center(logits), atol=1e-12)


@pytest.mark.parametrize("size", [1e3, -1e3, 1e300])
def test_softmax_does_not_overflow(size):
    assert softmax(np.array([0.0, size])).sum() == pytest.approx(1)
    assert np.isfinite(log_softmax(np.array([size, size]))).all()


@PROPERTY
@given(LOGITS, LOGITS)
def test_softmax_moves_by_at_most_the_largest_change_of_a_logit(logits, others):
    """Lemma 5.3: total variation is at most half of the sup-norm distance of the logits."""
    tv = np.abs(softmax(logits) - softmax(others)).sum(axis=1) / 2
    assert (tv <= np.abs(logits - others).max(axis=1) / 2 + 1e-12).all()


def test_kl_is_the_textbook_number_and_never_negative():
    p, q = np.log([[0.5, 0.5]]), np.log([[0.25, 0.75]])
    assert kl_divergence(p, q)[0] == pytest.approx(0.5 * np.log(2) + 0.5 * np.log(2 / 3))
    assert kl_divergence(p, p + 3.0)[0] == 0


def test_drawn_tokens_follow_the_distribution():
    logits = np.tile(np.log([0.2, 0.5, 0.3]), (20_000, 1))
    counts = np.bincount(draw_tokens(logits, rng=np.random.default_rng(0)), minlength=3)
    assert np.abs(counts / 20_000 - [0.2, 0.5, 0.3]).max() < 0.015


def test_a_token_without_probability_is_never_drawn():
    logits = np.tile([0.0, -1000.0, 0.0], (2_000, 1))
    assert set(draw_tokens(logits, rng=np.random.default_rng(0))) == {0, 2}
