"""A restricted teacher is the teacher conditioned on its subset of tokens, and never of higher rank."""

import numpy as np
import pytest

from lowlogit_edu.core.errors import ArgumentError
from lowlogit_edu.core.numerics import softmax
from lowlogit_edu.matrices.logit_matrix import all_words, logit_matrix
from lowlogit_edu.models import TabularModel, random_isan
from lowlogit_edu.oracles import (
    Counted,
    ExactOracle,
    Restricted,
    base,
    broken_promises,
    frequent_tokens,
    logits_along,
    sample_with_logits,
)

TEACHER = random_isan(alphabet_size=5, dimension=2, horizon=5, seed=1)
EXACT = ExactOracle(TEACHER)
CHOSEN = [4, 1, 3]
OURS = Restricted(EXACT, CHOSEN)
WORDS = all_words(3, 2)


def test_it_is_the_teacher_given_that_the_token_is_among_the_chosen():
    p = softmax(TEACHER.logits([[CHOSEN[token] for token in word] for word in WORDS]))[:, CHOSEN]
    assert np.allclose(softmax(OURS.logits(WORDS)), p / p.sum(axis=1, keepdims=True), atol=1e-12)


def test_it_keeps_every_promise():
    assert broken_promises(OURS) == {} and repr(OURS) == f"Restricted({EXACT!r}, alphabet_size=3)"


def test_rank_never_grows():
    futures = [(), *all_words(3, 1), *all_words(3, 2)]
    rank = np.linalg.matrix_rank(logit_matrix(OURS, WORDS, futures))
    assert rank <= np.linalg.matrix_rank(logit_matrix(EXACT, all_words(5, 2), [(), *all_words(5, 1), *all_words(5, 2)]))
    assert rank == 2


@pytest.mark.parametrize("wrap", [lambda oracle: oracle, Counted])
def test_sampled_texts_stay_inside_and_come_with_their_logits(wrap):
    oracle = wrap(Restricted(wrap(EXACT), CHOSEN))
    tokens, logits = sample_with_logits(oracle, 4000, 4, prompt=[2], rng=np.random.default_rng(0))
    assert (tokens[:, 0] == 2).all() and set(np.unique(tokens)) == {0, 1, 2}
    assert np.allclose(logits, logits_along(oracle, tokens)[:, 1:], atol=1e-12)
    expected = softmax(OURS.logits([[2]]))[0]
    assert np.abs(np.bincount(tokens[:, 1]) / 4000 - expected).max() < 0.03
    assert sample_with_logits(oracle, 2, 1, prompt=[2], rng=np.random.default_rng(0))[1].shape == (2, 0, 3)


def test_restrictions_nest():
    nested, direct = Restricted(OURS, [2, 0]), Restricted(EXACT, [3, 4])
    assert np.allclose(nested.logits([(), (0, 1)]), direct.logits([(), (0, 1)]), atol=1e-12)
    drawn = [sample_with_logits(oracle, 20, 4, rng=np.random.default_rng(0)) for oracle in (nested, direct)]
    assert np.array_equal(drawn[0][0], drawn[1][0]) and np.allclose(drawn[0][1], drawn[1][1], atol=1e-12)


def test_a_transformer_samples_as_fast_restricted_as_free(embedded, monkeypatch):
    tokens = embedded.encode("Once upon a time, there was a little girl named Lily.")
    ours, read = Restricted(embedded, sorted(set(tokens))), []
    forward = embedded.model.forward
    monkeypatch.setattr(embedded.model, "forward", lambda ids, **rest: read.append(ids.shape) or forward(ids, **rest))
    drawn, logits = sample_with_logits(ours, 10, 6, rng=np.random.default_rng(0))
    assert read == 6 * [(10, 1)]
    assert np.allclose(logits, logits_along(ours, drawn), atol=1e-4)
    assert ours.decode(ours.encode("Once there was")) == "Once there was"
    with pytest.raises(ArgumentError, match=r"'xylophone' has token \d+ \('.*'\), which is not among the \d+ chosen"):
        ours.encode("xylophone")


def test_memory_decides_how_many_are_asked_at_once(monkeypatch):
    whole, along = OURS.logits(WORDS), OURS.logits_along(np.ones((7, 4), dtype=int))
    monkeypatch.setattr(base, "CHUNK_BYTES", 4 * 5 * 8)  # logits at 8 positions
    sizes = []
    monkeypatch.setattr(ExactOracle, "logits", lambda o, rows: sizes.append(len(rows)) or TEACHER.logits(rows))
    assert np.array_equal(OURS.logits(WORDS), whole) and sizes == [8, 1]
    assert np.array_equal(OURS.logits_along(np.ones((7, 4), dtype=int)), along) and sizes[2:] == [8, 8, 8, 4]


def test_the_fingerprint_tells_choices_apart():
    choices = [[4, 1, 3], [1, 4, 3], [4, 1]]
    assert len({Restricted(EXACT, choice).fingerprint for choice in choices} | {EXACT.fingerprint}) == 4


@pytest.mark.bad_shapes
@pytest.mark.parametrize(
    ("tokens", "message"),
    [
        ([1], "at least two tokens, each once, got 1 with 1 different"),
        ([1, 2, 1], "got 3 with 2 different; leave out the repeated ones"),
        ([1, 5], "token 5 at position 1; this model's tokens are 0 to 4"),
        (["a", 1], "sequences of integer tokens"),
    ],
)
def test_a_bad_choice_is_named(tokens, message):
    with pytest.raises(ArgumentError, match=message):
        Restricted(EXACT, tokens)


def test_questions_outside_are_refused():
    with pytest.raises(ArgumentError, match="token 3 at position 0; this model's tokens are 0 to 2"):
        OURS.logits([[3]])
    with pytest.raises(ArgumentError, match="knows tokens only and has no encode"):
        OURS.encode("text")


def test_the_frequent_tokens_are_the_likeliest_and_cover_what_they_say():
    teacher = ExactOracle(TabularModel.from_probabilities(np.array([0.1, 0.5, 0.1, 0.3])))
    assert frequent_tokens(teacher, 3, horizon=1) == ([1, 3, 0], 0.9)
    tokens, share = frequent_tokens(EXACT, 2, n=4000, horizon=2, seed=3)
    first = softmax(TEACHER.logits([()]))[0]
    mass = (first + first @ softmax(TEACHER.logits(all_words(5, 1)))) / 2
    assert tokens == np.argsort(-mass)[:2].tolist() and abs(share - np.sort(mass)[-2:].sum()) < 0.01


def test_frequent_tokens_are_counted_in_parts(monkeypatch):
    whole = frequent_tokens(EXACT, 5, n=50, horizon=3)
    monkeypatch.setattr(base, "CHUNK_BYTES", 4 * 5 * 3 * 20)  # 20 texts at a time: other texts, about the same mass
    parts = frequent_tokens(EXACT, 5, n=50, horizon=3)
    assert whole[1] == parts[1] == 1.0 and whole[0][:2] == parts[0][:2]
    with pytest.raises(ArgumentError, match="k must be between 2 and 5"):
        frequent_tokens(EXACT, 6)
