"""The explorer of stories: what was drawn, and what could have been."""

import csv
import io

import numpy as np
import pytest
from every_control import complaints

from lowlogit_edu.baselines import fit_ngram
from lowlogit_edu.oracles import sample_with_logits
from lowlogit_edu.widgets.story import StoryExplorer


@pytest.fixture(scope="module")
def explorer(embedded):
    tokens, logits = sample_with_logits(embedded, 20, 20, rng=np.random.default_rng(0))
    bigram = fit_ngram([(tokens, logits, np.ones(tokens.shape, dtype=bool))], embedded.alphabet_size, order=2)
    made = StoryExplorer(embedded, {"a bigram": bigram}, length=20)
    yield made
    made.close()


@pytest.mark.reliability("R20")
def test_every_control_may_go_to_its_ends(explorer):
    assert complaints(explorer) == []


def test_a_story_grows_by_the_token_drawn(explorer):
    for teller in ("the teacher", "a bigram"):
        explorer.set(teller=teller, seed=3)
        for told in range(5):
            explorer.set(told=told)
            prefix, drawn = explorer.now()
            explorer.set(told=told + 1)
            assert explorer.now()[0] == (*prefix, drawn)


def test_equal_seeds_tell_equal_stories(explorer, embedded):
    other = StoryExplorer(embedded, length=20)
    for each in (explorer, other):
        each.set(teller="the teacher", seed=5, told=6)
    assert explorer.now() == other.now()
    assert repr(other) == "StoryExplorer(text='Once upon a time', teller='the teacher', told=6, seed=5)"
    other.close()


def test_probabilities_are_the_tellers(explorer, embedded):
    explorer.set(teller="the teacher", seed=0, told=4)
    rows = list(csv.DictReader(io.StringIO(explorer.data())))
    prefix, drawn = explorer.now()
    logits = embedded.logits([prefix])[0].astype(float)
    weights = np.exp(logits - logits.max())
    found = np.array([float(row["the teacher"]) for row in rows])
    assert np.allclose(found, weights / weights.sum(), atol=1e-4)
    assert np.isclose(sum(float(row["a bigram"]) for row in rows), 1)
    words = explorer.summary()
    assert words.startswith(repr(embedded.decode(prefix))) and words.endswith(f"Drawn: {rows[drawn]['token']!r}.")


def test_a_story_ends_at_its_end(explorer, embedded):
    stories = [explorer._tell("the teacher", "The end.", seed) for seed in range(10)]
    ended = [tokens for tokens, _ in stories if len(tokens) < 20]
    assert ended and all(tokens[-1] == embedded.end_token for tokens in ended)
    for tokens, start in stories:
        assert start == len(embedded.encode("The end.")) and embedded.end_token not in tokens[start:-1]


def test_a_beginning_that_is_too_long_is_refused_in_words(explorer):
    explorer.set(text="one two three four five six seven eight nine ten eleven " * 3)
    assert "stories here have 20 at most" in explorer._message.value
    explorer.set(text="Once")
    assert "alert" not in explorer._message.value
