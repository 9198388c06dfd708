"""Answers are kept small: columns followed, directions that span them, tokens that are lumped."""

import numpy as np
import pytest

from lowlogit_edu.core.errors import OracleError
from lowlogit_edu.core.numerics import mean_center, softmax
from lowlogit_edu.practical.answers import Answers, Block
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


def test_logits_that_half_precision_cannot_hold_are_refused():
    code = RowCode.of(LOW, columns=40)
    with pytest.raises(
        OracleError, match=r"logits of up to 1e\+09 nats, of token \d+, do not fit into the half precision"
    ):
        code.compress(LOW[:2] * 1e9 / np.abs(LOW[:2]).max())


def test_a_row_unlike_those_that_the_directions_were_found_from_is_refused():
    code = RowCode.of(LOW.astype(np.float32), columns=40)
    unlike = LOW[:3].astype(np.float32)
    unlike[1] += mean_center(RNG.normal(size=40)).astype(np.float32)
    with pytest.raises(OracleError, match=r"nats \(root mean square over tokens\) from all combinations of the 5 dir"):
        code.compress(unlike)
    code.compress(unlike[[0, 2]] * 1000)  # rounding grows with the logits, and is no fault


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


def test_a_code_is_read_through_by_any_matrix():
    code = RowCode.of(LOW, columns=10)
    matrix = RNG.normal(size=(11, 3))
    kept = code.compress(LOW)
    np.testing.assert_allclose(kept @ code.through(matrix), code.restore(kept) @ matrix, rtol=1e-4, atol=1e-4)


def test_maps_are_counted_where_the_row_after_them_was_asked():
    answers, _ = blocks()
    # The last token of a text is not read; of the context counts the one before the row that was asked.
    assert answers.times_read(40)[:6].tolist() == [1, 2, 0, 1, 1, 0] and answers.times_read(40).sum() == 5


def blocks():
    """Two whole texts of three tokens, and one of four that was asked about at its third place."""
    code = RowCode.of(LOW, columns=40)
    logits = LOW[:10].copy()
    whole = Block.whole(np.arange(6).reshape(2, 3), code.compress(logits[:6].reshape(2, 3, 40)))
    kept = code.compress(logits[6:].reshape(1, 4, 40))
    kept[:, 3:] = 0
    asked = np.array([[False, False, True, False]])
    return Answers(code).add(whole).add(Block(np.arange(4).reshape(1, 4), asked, kept)), logits


def test_texts_of_several_lengths_are_gone_through_in_order():
    answers, logits = blocks()
    assert answers.texts == 3
    parts = list(answers.parts(places=3))
    assert [tokens.tolist() for tokens, _, _ in parts] == [[[0, 1, 2]], [[3, 4, 5]], [[0, 1, 2, 3]]]
    told = np.concatenate([rows[asked] for _, rows, asked in parts])
    np.testing.assert_allclose(told, logits[[0, 1, 2, 3, 4, 5, 8]], atol=PRECISION)


def test_what_is_known_ends_with_what_was_asked():
    answers, _ = blocks()
    whole, partly = answers.blocks
    assert whole.known.all()
    assert partly.known.tolist() == [[True, True, True, False]]
