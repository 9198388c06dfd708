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
@pytest.mark.reliability("R16")
def test_softmax_and_centring_ignore_a_constant(logits, constant):
    assert np.allclose(softmax(logits + constant), softmax(logits), atol=1e-12)
    assert np.allclose(mean_center(logits + constant), mean_center(logits), atol=1e-12)


@PROPERTY
@given(LOGITS)
@pytest.mark.reliability("R16")
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


@pytest.mark.reliability("R16")
def test_drawn_tokens_follow_the_distribution():
    logits = np.tile(np.log([0.2, 0.5, 0.3]), (20_000, 1))
    counts = np.bincount(draw_tokens(logits, rng=np.random.default_rng(0)), minlength=3)
    assert np.abs(counts / 20_000 - [0.2, 0.5, 0.3]).max() < 0.015


def test_a_token_without_probability_is_never_drawn():
    logits = np.tile([0.0, -1000.0, 0.0], (2_000, 1))
    assert set(draw_tokens(logits, rng=np.random.default_rng(0))) == {0, 2}


@pytest.mark.parametrize("alphabet_size", [63, 64, 65, 96, 100, 511, 512])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_large_alphabets_are_drawn_from_by_blocks_and_by_the_same_distribution(alphabet_size, dtype):
    rng = np.random.default_rng(alphabet_size)
    logits = rng.normal(size=alphabet_size).astype(dtype)
    logits[rng.random(alphabet_size) < 0.2] = -1000.0  # the last one and whole blocks among them
    logits[-40:] = -1000.0
    draws = np.linspace(0, 1, 50_001)[:-1]
    tokens = draw_tokens(np.tile(logits, (len(draws), 1)), rng=Fixed(draws))
    expected = np.searchsorted(softmax(logits.astype(np.float64)).cumsum(), draws, side="right")
    assert np.all(np.diff(tokens) >= 0)  # the inverse of a distribution function
    assert np.mean(tokens != expected) < 1e-3  # draws at the very border of two tokens
    assert set(tokens) <= set(np.flatnonzero(logits > -1000))


@pytest.mark.parametrize("draw", [0.0, np.nextafter(1.0, 0.0)])
def test_the_first_and_last_draw_fall_on_tokens_with_probability(draw):
    for rows in (1, 20):  # drawn at once, and by blocks
        logits = np.full((rows, 200), -1000.0)
        logits[:, [40, 41, 130]] = 0.0
        tokens = draw_tokens(logits, rng=Fixed(np.full(rows, draw)))
        assert set(tokens) == {40 if draw == 0 else 130}


class Fixed(np.random.Generator):
    """Gives the draws that it is told to give."""

    def __init__(self, draws):
        super().__init__(np.random.PCG64(0))
        self.draws = draws

    def random(self, size):
        assert size == len(self.draws)
        return self.draws
