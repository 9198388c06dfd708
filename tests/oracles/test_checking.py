"""Answers that no program should go on with are refused at once, and say after which prefix."""

import numpy as np
import pytest

import lowlogit_edu as ll
from lowlogit_edu.core.errors import ArgumentError, OracleValueError
from lowlogit_edu.oracles.base import sample_with_logits


class Drawing:
    """An oracle with a way of its own to draw, which `spoil` changes."""

    alphabet_size = 3
    fingerprint = "drawing"

    def __init__(self, spoil=None):
        self.spoil = spoil

    def logits(self, prefixes):
        return np.zeros((len(prefixes), 3))

    def sample_with_logits(self, n, horizon, *, prompt=(), rng, keep=None, among=None):
        tokens = np.tile([*prompt, *[1] * (horizon - len(prompt))], (n, 1))
        kept = np.zeros((n, horizon - len(prompt), 3))
        return self.spoil(tokens, kept) if self.spoil else (tokens, kept)


def drawn(oracle):
    return sample_with_logits(oracle, 2, 4, prompt=(0,), rng=np.random.default_rng(0))


def with_entry(array, index, value):
    changed = array.copy()
    changed[index] = value
    return changed


SPOILED = {
    r"tokens\[1, 2\] is 3; this model's tokens are 0 to 2": lambda tokens, kept: (with_entry(tokens, (1, 2), 3), kept),
    "is -1": lambda tokens, kept: (with_entry(tokens, (0, 0), -1), kept),
    "integer array": lambda tokens, kept: (tokens.astype(float), kept),
    r"shape \(2, 3\)": lambda tokens, kept: (tokens[:, 1:], kept),
    r"logits of shape \(2, 4, 3\)": lambda tokens, kept: (tokens, np.zeros((2, 4, 3))),
    r"do not begin with the prompt \[0\]": lambda tokens, kept: (with_entry(tokens, (1, 0), 2), kept),
    r"no finite numbers, after prefix \[0, 1\]": lambda tokens, kept: (tokens, with_entry(kept, (0, 1, 2), np.nan)),
    r"after prefix \[0, 1, 1\]": lambda tokens, kept: (tokens, with_entry(kept, (1, 2, 0), -np.inf)),
}


@pytest.mark.parametrize("words", SPOILED)
@pytest.mark.reliability("R4")
def test_texts_and_logits_that_an_oracle_drew_in_its_own_way_are_checked(words):
    assert drawn(Drawing())[0].tolist() == [[0, 1, 1, 1]] * 2
    with pytest.raises(OracleValueError, match=words):
        drawn(Drawing(SPOILED[words]))


@pytest.mark.parametrize("config", [ll.LearnerConfig(), ll.LearnerConfig.practical(sequences=8)])
def test_a_teacher_is_not_asked_about_texts_longer_than_it_says_it_reads(config):
    oracle = ll.oracles.Counted(ll.oracles.ExactOracle(ll.models.noisy_parity(5)))
    oracle.oracle.longest = 4
    with pytest.raises(ArgumentError, match="at most 4 tokens, got horizon 6; lower it"):
        ll.learn(oracle, 6, config)
    assert oracle.queries == 0


def test_a_model_asked_along_texts_says_which_token_it_does_not_have():
    texts = np.array([[0, 1], [1, 0]])
    logits = np.zeros((2, 2, 2))
    trigram = ll.baselines.fit_ngram([(texts, logits, np.ones((2, 2), dtype=bool))], 2)
    for bad in (-1, 2):
        with pytest.raises(ArgumentError, match=rf"tokens\[0, 1\] is {bad}; this model's tokens are 0 to 1"):
            trigram.logits_along(np.array([[0, bad]]))


def test_what_a_wrapper_of_ones_own_draws_is_checked_too():
    class Wrapper(Drawing):
        def __init__(self, oracle):
            self.oracle = oracle

        def sample_with_logits(self, *args, **named):
            tokens, kept = self.oracle.sample_with_logits(*args, **named)
            return tokens, with_entry(kept, (0, 1, 2), -np.inf)

    with pytest.raises(OracleValueError, match=r"no finite numbers, after prefix \[0, 1\]"):
        drawn(Wrapper(Drawing()))
    with pytest.raises(OracleValueError, match="no finite numbers"):
        drawn(ll.oracles.Counted(Wrapper(Drawing())))


@pytest.mark.parametrize("kind", [np.float32, np.float64])
@pytest.mark.parametrize("value", [-9999.0, -65504.0, np.finfo(np.float32).min])
def test_what_stands_for_a_missing_logit_is_seen_in_centred_rows_too(value, kind):
    centred = ll.numerics.mean_center(np.array([[0.5, 0.2, 0.1, 20.0], [value, -1.0, -0.5, -2.0]]))
    with pytest.raises(OracleValueError, match=r"at index \(1, 0\). It is what servers write where a logit is missing"):
        ll.oracles.base.check_answer(Drawing(), centred.astype(kind), (2, 4))


@pytest.mark.parametrize("value", [-9999.0, -65504.0, np.finfo(np.float32).min])
@pytest.mark.reliability("R4")
def test_what_stands_for_a_missing_logit_is_none(value):
    class Floored(Drawing):
        def logits(self, prefixes):
            return with_entry(np.zeros((len(prefixes), 3)), (-1, 2), value)

    with pytest.raises(OracleValueError, match=r"at index \(1, 2\) after prefix \[0, 1\]. It is what servers write"):
        ll.oracles.base.ask(Floored(), [[], [0, 1]])
    far = 1e6 * np.eye(3)  # large, and no sign of anything missing
    assert ll.oracles.base.check_answer(Drawing(), far, (3, 3)).max() == pytest.approx(2e6 / 3)
