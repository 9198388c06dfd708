"""What would not fit is refused before the first query, with the number and what to lower."""

import pytest

import lowlogit_edu as ll
from lowlogit_edu.core.errors import TooLarge
from lowlogit_edu.models import random_isan
from lowlogit_edu.oracles import ExactOracle


class Silent:
    """An oracle that nothing may be asked."""

    fingerprint = "silent"

    def __init__(self, alphabet_size):
        self.alphabet_size = alphabet_size

    def logits(self, prefixes):
        raise AssertionError("asked")


@pytest.mark.parametrize("config", [ll.LearnerConfig(), ll.LearnerConfig(printed=True, spanner_samples=10**6)])
@pytest.mark.reliability("R23")
def test_a_wide_alphabet_is_refused_at_once(config):
    with pytest.raises(TooLarge, match=r"would take [\d,.]+ GB, more than 8; lower spanner_samples, or restrict"):
        ll.learn(Silent(50_000), 8, config)


@pytest.mark.reliability("R23")
def test_a_long_horizon_is_refused_at_once():
    with pytest.raises(TooLarge, match="10,000 histories at each of 999,999 cuts would take 40,000,000.0 GB"):
        ll.learn(Silent(3), 10**6)
    with pytest.raises(TooLarge, match=r"about 186.0 GB.*Lower sequences, validation, horizon"):
        ll.learn(Silent(3), 10**6, ll.LearnerConfig.practical())


def test_a_single_token_always_fits():
    assert ll.learn(ExactOracle(random_isan(3, 2, horizon=1, seed=0)), 1).status.name == "VERIFIED"
