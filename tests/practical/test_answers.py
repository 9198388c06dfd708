"""Answers are kept small: columns followed, directions that span them, tokens that are lumped."""

import numpy as np
import pytest

from lowlogit_edu.core.numerics import mean_center, softmax
from lowlogit_edu.practical.answers import Answers
from lowlogit_edu.practical.row_code import PRECISION, RowCode

RNG = np.random.default_rng(0)
LOW = mean_center(RNG.normal(size=(400, 5)) @ RNG.normal(size=(5, 40)))


def test_few_directions_span_the_rows_of_a_linear_layer():
    code = RowCode.of(LOW, columns=40)
    assert code.directions.shape == (5, 40) and code.compress(LOW).dtype == np.float16
    assert np.abs(code.restore(code.compress(LOW)) - LOW).max() < PRECISION


def test_rows_of_full_rank_are_kept_as_they_are():
    rows = RNG.normal(size=(400, 40))
    code = RowCode.of(rows, columns=40)
    np.testing.assert_array_equal(code.compress(rows), rows.astype(np.float16))


def test_tokens_not_followed_are_one_column_and_keep_their_shares():
    code = RowCode.of(LOW, columns=10)
    lumped = code.lump(LOW)
    likeliest = np.argsort(-softmax(LOW).mean(axis=0))[:10]
    assert lumped.shape == (400, 11) and set(code.tokens) == set(likeliest)
    others = np.setdiff1d(np.arange(40), likeliest)
    p = softmax(LOW)
    q = softmax(lumped)
    np.testing.assert_allclose(q[:, -1], p[:, others].sum(axis=1), rtol=1e-9)
    np.testing.assert_allclose(q[:, :-1], p[:, code.tokens], rtol=1e-9)
    assert np.abs(code.restore(code.compress(LOW)) - lumped).max() < PRECISION


def test_an_unfolded_readout_gives_the_same_lumps():
    code = RowCode.of(LOW, columns=10)
    decode = RNG.normal(size=(11, 3))
    mean = RNG.normal(size=11)
    state = RNG.normal(size=3)
    full_decode, full_mean = code.unfold(decode, mean)
    np.testing.assert_allclose(code.lump(full_decode @ state + full_mean), decode @ state + mean, atol=1e-5)


@pytest.mark.parametrize("rows", [[0, 1, 2], [1, 4], [3]])
def test_blocks_are_read_as_one(rows):
    code = RowCode.of(LOW, columns=40)
    tokens = np.arange(15).reshape(5, 3)
    logits = LOW[:15].reshape(5, 3, 40)
    answers = (
        Answers.empty(3, code).add(tokens[:2], code.compress(logits[:2])).add(tokens[2:], code.compress(logits[2:]))
    )
    assert answers.asked.all() and answers.tokens.tolist() == tokens.tolist()
    np.testing.assert_allclose(answers.logits(np.array(rows)), logits[rows], atol=PRECISION)
    (part,) = answers.parts()
    np.testing.assert_allclose(part[1], logits, atol=PRECISION)
