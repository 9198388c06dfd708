"""What every language model shares: sampling, enumeration, and clear refusals."""

import numpy as np
import pytest

from lowlogit_edu.core.errors import ArgumentError, TooLarge
from lowlogit_edu.core.numerics import softmax
from lowlogit_edu.models import random_isan
from lowlogit_edu.oracles import ExactOracle, base

MODEL = random_isan(alphabet_size=3, dimension=2, horizon=4, seed=0)


@pytest.mark.reliability("R16")
def test_probabilities_of_all_sequences_sum_to_one():
    assert np.exp(MODEL.log_probabilities()).sum() == pytest.approx(1, abs=1e-12)


def test_enumeration_is_lexicographic():
    """The chain rule by hand for the sequence 0 2 1 0, which is number 0*27 + 2*9 + 1*3 + 0 = 21."""
    sequence = [0, 2, 1, 0]
    chain = np.prod([softmax(MODEL.next_token_logits(sequence[:t]))[token] for t, token in enumerate(sequence)])
    assert np.exp(MODEL.log_probabilities())[21] == pytest.approx(chain, rel=1e-12)


@pytest.mark.reliability("R23")
def test_enumeration_of_too_many_sequences_is_refused():
    with pytest.raises(TooLarge, match=r"3\^4 sequences are more than max_sequences=80; use a smaller horizon"):
        MODEL.log_probabilities(max_sequences=80)


def test_logits_along_agree_with_logits_of_each_prefix():
    tokens = MODEL.sample(5, seed=1)
    along = MODEL.logits_along(tokens)
    for n, t in np.ndindex(5, 4):
        assert np.array_equal(along[n, t], MODEL.next_token_logits(tokens[n, :t].tolist()))


@pytest.mark.reliability("R16")
def test_samples_follow_the_distribution():
    """Chi-square against the enumerated distribution: 80 degrees of freedom, 0.1% above 124.8."""
    n = 20_000
    p = np.exp(MODEL.log_probabilities())
    counts = np.bincount(MODEL.sample(n, seed=0) @ [27, 9, 3, 1], minlength=81)
    assert ((counts - n * p) ** 2 / (n * p)).sum() < 124.8


def test_samples_begin_with_the_prompt_and_repeat_with_the_seed():
    drawn = MODEL.sample(50, seed=3, prompt=[2, 0])
    assert drawn.shape == (50, 4) and (drawn[:, :2] == [2, 0]).all()
    assert np.array_equal(drawn, MODEL.sample(50, seed=3, prompt=[2, 0]))
    assert np.array_equal(MODEL.sample(2, prompt=[0, 1, 2, 0]), [[0, 1, 2, 0]] * 2)


@pytest.mark.reliability("R23")
def test_texts_that_do_not_fit_into_memory_are_refused_with_their_size():
    with pytest.raises(TooLarge, match="n=1,000,000,000 texts of 4 tokens would take 56.0 GB, more than 8; draw fewer"):
        MODEL.sample(10**9)
    with pytest.raises(TooLarge, match="n=1,000,000,000 texts of 4 tokens would take 32.0 GB"):
        base.sample(ExactOracle(MODEL), 10**9, 4, rng=np.random.default_rng(0))


@pytest.mark.bad_shapes
@pytest.mark.parametrize(
    ("prefix", "message"),
    [
        ([0, 3], "prefix 0 has token 3 at position 1; this model's tokens are 0 to 2"),
        ([-1], "prefix 0 has token -1 at position 0"),
        ([0, 0, 0, 0], "prefix 0 has 4 tokens, but with horizon 4 a prefix has at most 3"),
        (["a"], "prefixes must be sequences of integer tokens"),
        (5, "prefixes must be sequences of integer tokens"),
    ],
)
@pytest.mark.reliability("R7")
def test_a_bad_prefix_is_named(prefix, message):
    with pytest.raises(ArgumentError, match=message):
        MODEL.logits([prefix])
