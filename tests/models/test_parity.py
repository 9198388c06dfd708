"""Noisy parity: one bit of state, logit rank 1."""

import itertools

import numpy as np
import pytest

from lowlogit_edu.core.errors import ArgumentError
from lowlogit_edu.core.numerics import softmax
from lowlogit_edu.matrices.logit_matrix import cut_ranks
from lowlogit_edu.models import noisy_parity


def test_the_label_is_the_parity_except_with_probability_noise():
    secret = [1, 0, 1, 1]
    model = noisy_parity(bits=4, secret=secret, noise=0.2)
    for bits in itertools.product([0, 1], repeat=4):
        assert softmax(model.next_token_logits(bits))[np.dot(secret, bits) % 2] == pytest.approx(0.8)


def test_the_bits_are_uniform():
    model = noisy_parity(bits=3, seed=5)
    assert not model.logits([(), (1,), (0, 1)]).any()


def test_every_cut_has_logit_rank_one():
    assert cut_ranks(noisy_parity(bits=5, seed=0)) == [1] * 6


def test_a_drawn_secret_is_never_all_zero_and_repeats_with_the_seed():
    names = {repr(noisy_parity(bits=2, seed=seed)) for seed in range(20)}
    assert names == {f"noisy_parity(bits=2, secret={secret}, noise=0.1)" for secret in ([0, 1], [1, 0], [1, 1])}
    assert noisy_parity(bits=6, seed=4).fingerprint == noisy_parity(bits=6, seed=4).fingerprint


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"noise": 0.0}, "noise must be above 0 and below 0.5, got 0.0"),
        ({"noise": 0.5}, "noise must be above 0 and below 0.5"),
        ({"secret": [1, 0]}, "secret must be 3 zeros and ones"),
        ({"secret": [1, 0, 2]}, "secret must be 3 zeros and ones"),
        ({"bits": 0}, "bits must be at least 1"),
    ],
)
def test_bad_arguments_are_refused(settings, message):
    with pytest.raises(ArgumentError, match=message):
        noisy_parity(**({"bits": 3} | settings))
