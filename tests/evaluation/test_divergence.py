"""Total variation is exact, a distance, and refuses what it cannot do."""

import numpy as np
import pytest

from lowlogit_edu.core.errors import ArgumentError, TooLarge
from lowlogit_edu.evaluation.divergence import compare, kl_report, mean_kl, total_variation
from lowlogit_edu.models import TimeVaryingISAN, noisy_parity, random_isan


def coin(p):
    logit = np.log(p / (1 - p)) / 2
    return TimeVaryingISAN(np.ones(1), np.ones((0, 2, 1, 1)), np.array([[[-logit], [logit]]]))


def test_two_coins_by_hand():
    assert total_variation(coin(0.7), coin(0.4)) == pytest.approx(0.3)


def test_it_is_a_distance():
    a, b, c = (random_isan(alphabet_size=2, dimension=2, horizon=5, seed=seed) for seed in range(3))
    ab = total_variation(a, b)
    bc = total_variation(b, c)
    ac = total_variation(a, c)
    assert total_variation(a, a) == 0 and ab == pytest.approx(total_variation(b, a))
    assert 0 < ac <= ab + bc


def test_another_alphabet_or_horizon_is_refused():
    parity = noisy_parity(bits=3)
    with pytest.raises(ArgumentError, match="the same alphabet_size, got 2 and 3"):
        total_variation(parity, random_isan(3, 2, 4))
    with pytest.raises(ArgumentError, match="the same horizon, got 4 and 5"):
        total_variation(parity, random_isan(2, 2, 5))


def test_kl_and_perplexity_of_two_coins_by_hand():
    report = mean_kl(coin(0.7), coin(0.4), n=5)
    kl = 0.7 * np.log(0.7 / 0.4) + 0.3 * np.log(0.3 / 0.6)
    cross_entropy = -0.7 * np.log(0.4) - 0.3 * np.log(0.6)
    assert report.mean == pytest.approx(kl) and report.per_position == pytest.approx([kl])
    assert report.perplexity == pytest.approx(np.exp(cross_entropy))
    assert report.standard_error == pytest.approx(0, abs=1e-12)  # the first token's distribution is known exactly


def test_the_standard_error_is_that_of_independent_sequences():
    """Two places of one sequence that are wrong together count as one observation."""
    kl = np.repeat([[1.0], [3.0], [5.0]], 2, axis=1)
    report = kl_report(kl, entropy=0.5)
    assert report.standard_error == pytest.approx(2 / np.sqrt(3)) and report.per_position.tolist() == [3.0, 3.0]
    assert np.isnan(kl_report(kl[:1], entropy=0.5).standard_error)


def test_a_difference_has_the_error_of_the_differences():
    kl = np.array([[1.0, 1.0], [3.0, 3.0], [5.0, 8.0]])
    worse = kl_report(kl + 1, entropy=0.5)
    assert worse.above(kl_report(kl, entropy=0.5)) == (1.0, 0.0)
    gap, error = kl_report(2 * kl, entropy=0.5).above(kl_report(kl, entropy=0.5))
    assert gap == pytest.approx(3.5) and error == pytest.approx(np.std([1, 3, 6.5], ddof=1) / np.sqrt(3))
    with pytest.raises(ArgumentError, match="expected reports on the same sequences, got 3 and 2; take both from one"):
        worse.above(kl_report(kl[:2], entropy=0.5))


def test_a_perplexity_beyond_all_numbers_stays_finite():
    assert np.isfinite(kl_report(np.full((2, 2), 1e5), entropy=1.0).perplexity)


def test_a_model_of_another_alphabet_is_refused_by_name():
    with pytest.raises(ArgumentError, match="the wrong one has an alphabet of 3 tokens, the teacher one of 2; compare"):
        compare(noisy_parity(bits=3), {"the wrong one": random_isan(3, 2, 4)}, n=5)


def test_too_many_sequences_are_refused():
    parity = noisy_parity(bits=9)
    with pytest.raises(TooLarge, match=r"2\^10 sequences are more than max_sequences=1,000"):
        total_variation(parity, parity, max_sequences=1000)
