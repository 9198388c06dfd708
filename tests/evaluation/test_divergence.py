"""Total variation is exact, a distance, and refuses what it cannot do."""

import numpy as np
import pytest

from lowlogit_edu.core.errors import ArgumentError, TooLarge
from lowlogit_edu.evaluation.divergence import total_variation
from lowlogit_edu.models import TimeVaryingISAN, noisy_parity, random_isan


def coin(p):
    logit = np.log(p / (1 - p)) / 2
    return TimeVaryingISAN(np.ones(1), np.ones((0, 2, 1, 1)), np.array([[[-logit], [logit]]]))


def test_two_coins_by_hand():
    assert total_variation(coin(0.7), coin(0.4)) == pytest.approx(0.3)


def test_it_is_a_distance():
    a, b, c = (random_isan(alphabet_size=2, dimension=2, horizon=5, seed=seed) for seed in range(3))
    ab, bc, ac = total_variation(a, b), total_variation(b, c), total_variation(a, c)
    assert total_variation(a, a) == 0 and ab == pytest.approx(total_variation(b, a))
    assert 0 < ac <= ab + bc <= 2


def test_another_alphabet_or_horizon_is_refused():
    parity = noisy_parity(bits=3)
    with pytest.raises(ArgumentError, match="the same alphabet_size, got 2 and 3"):
        total_variation(parity, random_isan(3, 2, 4))
    with pytest.raises(ArgumentError, match="the same horizon, got 4 and 5"):
        total_variation(parity, random_isan(2, 2, 5))


def test_too_many_sequences_are_refused():
    parity = noisy_parity(bits=9)
    with pytest.raises(TooLarge, match=r"2\^10 sequences are more than max_sequences=1,000"):
        total_variation(parity, parity, max_sequences=1000)
