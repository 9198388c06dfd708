"""Every strategy finds the same logits, with as many requests as it says."""

import numpy as np
import pytest
from completion_server import BEGINNING, Completions

from lowlogit_edu.core.errors import OracleValueError
from lowlogit_edu.core.numerics import mean_center
from lowlogit_edu.models import TabularModel, random_isan
from lowlogit_edu.oracles import ExactOracle
from lowlogit_edu.server.answers import question, read_answer
from lowlogit_edu.server.strategies import Forced, Full, Listed, TopKBias

TEACHER = ExactOracle(random_isan(alphabet_size=300, dimension=3, horizon=12, seed=0))
TOKENS = (5, 299, *range(20, 190))
PROMPTS = [(BEGINNING,), (BEGINNING, 7), (BEGINNING, 5, 299)]


def asking(completions):
    """How strategies ask, without a network; digits of the numbers that are sent may be cut."""

    def ask(prompts, fields):
        import json

        _, answer = completions.answer("POST", "/v1/completions", json.dumps(question("toy", prompts, fields)))
        return read_answer(answer, len(prompts)).told

    return ask


@pytest.mark.parametrize(
    ("strategy", "server"),
    [
        (Full(TOKENS, 300), {}),
        (Full(TOKENS, 300), {"layout": "token_id"}),
        (Listed(TOKENS), {"layout": "token_id", "most": 20, "lists": True}),
        (Forced(TOKENS), {"layout": "token_id", "most": 20}),
        (TopKBias(TOKENS, 20), {"most": 20, "mode": "processed"}),
        (TopKBias(TOKENS, 2), {"most": 2, "mode": "processed"}),
    ],
)
def test_every_strategy_finds_the_logits(strategy, server):
    completions = Completions(TEACHER, **server)
    expected = mean_center(TEACHER.logits([prompt[1:] for prompt in PROMPTS])[:, TOKENS])
    if strategy.together:
        found = strategy.rows(asking(completions), PROMPTS)
        assert len(completions.bodies) == strategy.requests
    else:
        found = np.concatenate([strategy.rows(asking(completions), [prompt]) for prompt in PROMPTS])
        assert len(completions.bodies) <= strategy.requests * len(PROMPTS)
    np.testing.assert_allclose(mean_center(found), expected, atol=1e-9)


def test_costs_are_those_of_the_documentation():
    tokens = tuple(range(64))
    ways = [Full(tokens, 50257), Listed(tokens), Forced(tokens), TopKBias(tokens, 20)]
    assert [way.requests for way in ways] == [1, 1, 64, 1 + 4]
    assert Listed(tuple(range(50257))).requests == 393


def test_a_bias_that_is_too_small_is_raised():
    logits = np.arange(50) / 100
    logits[15:] -= 35.0  # a bias of 20 leaves them below the first 15, which are more than the top 10
    teacher = ExactOracle(TabularModel.from_probabilities(np.exp(logits) / np.exp(logits).sum()))
    completions = Completions(teacher, most=10, mode="processed")
    found = TopKBias(tuple(range(50)), 10).rows(asking(completions), [(BEGINNING,)])
    np.testing.assert_allclose(mean_center(found)[0], mean_center(logits), atol=1e-6)
    biases = {bias for body in completions.bodies for bias in body.get("logit_bias", {}).values()}
    assert biases == {20.0, 40.0}


def test_a_token_that_no_bias_lifts_is_named():
    completions = Completions(TEACHER, most=10, biases=False, mode="processed")
    with pytest.raises(OracleValueError, match="after \\[0\\] no bias up to 100 lifted token .* into the top 10"):
        TopKBias(TOKENS, 10).rows(asking(completions), [(BEGINNING,)])


def test_a_token_that_is_not_sampled_although_forced_is_named():
    completions = Completions(TEACHER, most=10, biases=False)
    with pytest.raises(OracleValueError, match="sampled token .* after \\[0\\], although a bias of 100 was on token"):
        Forced(TOKENS).rows(asking(completions), [(BEGINNING,)])
