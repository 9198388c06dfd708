"""Witnesses: contexts that are rare, asked about as the teacher answers."""

from itertools import pairwise, product

import numpy as np
import pytest

from lowlogit_edu.core.numerics import softmax
from lowlogit_edu.models import random_table
from lowlogit_edu.oracles import Counted, ExactOracle
from lowlogit_edu.oracles.base import sample_with_logits
from lowlogit_edu.practical.answers import Answers, Block
from lowlogit_edu.practical.row_code import RowCode
from lowlogit_edu.practical.witness import RARE, ask_witnesses, rare_contexts

TEACHER = ExactOracle(random_table(alphabet_size=6, horizon=5, seed=0, scale=2.5))


@pytest.fixture
def answers():
    tokens, logits = sample_with_logits(TEACHER, 40, 5, rng=np.random.default_rng(0))
    code = RowCode.of(logits.reshape(-1, 6), 6)
    return Answers(code).add(Block.whole(tokens, code.compress(logits)))


def pairs(tokens):
    """Neighbours with a row after them."""
    return [pair for text in tokens.tolist() for pair in pairwise(text[:-1])]


def test_contexts_are_rare_distinct_and_known(answers):
    tokens = answers.blocks[0].tokens
    seen = pairs(tokens)
    contexts = rare_contexts(answers, 30, rng=np.random.default_rng(1))
    words = contexts.words()
    assert 10 < len(words) == len(set(words)) <= 30
    beginnings = {tuple(text[:t]) for text in tokens.tolist() for t in range(5)}
    for word in words:
        assert word[:-1] in beginnings
        assert seen.count(word[-2:]) < RARE
        assert len(word) < 5  # there is a row after it


def test_likelier_contexts_are_drawn_more_often(answers):
    drawn = [word for seed in range(30) for word in rare_contexts(answers, 10, rng=np.random.default_rng(seed)).words()]
    likelihood = [softmax(TEACHER.logits([word[:-1]])[0])[word[-1]] for word in set(drawn)]
    often = [drawn.count(word) for word in set(drawn)]
    assert np.corrcoef(likelihood, often)[0, 1] > 0.2


def test_rows_asked_are_the_teachers(answers):
    counted = Counted(TEACHER)
    contexts = rare_contexts(answers, 30, rng=np.random.default_rng(1))
    block = ask_witnesses(counted, answers, contexts, 2, rng=np.random.default_rng(2))
    assert counted.queries == block.asked.sum() > 0
    for i, word in enumerate(contexts.words()):
        places = np.flatnonzero(block.asked[i])
        assert places.tolist() == [place for place in (len(word), len(word) + 1) if place < 5]
        assert tuple(block.tokens[i, : len(word)]) == word
        # What went before is known, and told again; the rest is as the teacher answers.
        for place in range(places[-1] + 1):
            expected = TEACHER.logits([block.tokens[i, :place].tolist()])[0]
            np.testing.assert_allclose(answers.code.restore(block.kept[i, place]), expected, atol=0.02)
        assert block.known[i].tolist() == [place <= places[-1] for place in range(5)]


def test_where_nothing_is_rare_nothing_is_asked():
    teacher = ExactOracle(random_table(alphabet_size=3, horizon=5, seed=0, scale=0.5))
    tokens, logits = sample_with_logits(teacher, 200, 5, rng=np.random.default_rng(0))
    code = RowCode.of(logits.reshape(-1, 3), 3)
    told = Answers(code).add(Block.whole(tokens, code.compress(logits)))
    assert min(pairs(tokens).count(pair) for pair in product(range(3), repeat=2)) >= RARE
    contexts = rare_contexts(told, 30, rng=np.random.default_rng(1))
    assert len(contexts) == 0
