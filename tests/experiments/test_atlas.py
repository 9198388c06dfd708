"""Answers laid out as matrices: which prefix a cell is, which rows and blocks are shown."""

import numpy as np
import pytest

from lowlogit_edu.core.errors import ArgumentError
from lowlogit_edu.experiments.atlas import NEVER, Answer, Frame, assemble, shown_blocks, shown_rows


def answer(value, frame):
    return Answer(np.array([value, -value]), np.array([frame, frame]), f"purpose {frame}")


def test_an_answer_stands_at_every_cut_that_its_prefix_can_be_parted_at():
    answers = {(0, 1): answer(2.0, 1), (1,): answer(3.0, 0)}
    frames = [Frame("one", "One."), Frame("two", "Two.")]
    atlas = assemble(frames, answers, rows=[[()], [(0,), (1,)]], blocks=[[(0, 1), (1,)], [(), (1,)]])
    first, second = atlas.cuts
    assert first.values[0].tolist() == [[2.0, -2.0], [3.0, -3.0]]
    assert second.values[0, 1].tolist() == [2.0, -2.0] and second.values[1, 0].tolist() == [3.0, -3.0]
    assert np.isnan(second.values[0, 0]).all() and second.since[0, 0].tolist() == [NEVER, NEVER]
    assert second.purposes == (("", "purpose 1"), ("purpose 0", ""))
    assert [atlas.known(frame) for frame in (0, 1)] == [4, 8] and atlas.cells == 12


def test_blocks_are_those_of_the_futures_and_of_a_token_before_the_next_cuts():
    one = ((0,), (1,))
    frames = [Frame("one", "", futures=(one, one, one)), Frame("two", "", futures=(one, (*one, (1, 0)), one))]
    here, beyond = shown_blocks(frames, alphabet_size=2, cuts=2, most=9)
    assert here == [(), (0,), (1,), (0, 1), (1, 1)]
    assert beyond == [(), (0,), (1,)]  # (1, 0) is a column of the block (1,), which cut 3 brings as well
    assert shown_blocks(frames, alphabet_size=2, cuts=2, most=2) == [[(), (0,)], [(), (1,)]]  # F_2 goes before carried


def test_rows_are_spanners_then_texts_then_what_was_asked_about_most():
    frames = [Frame("one", "", spanners=(((),), ((2,),)))]
    asked = [(0,), (0, 1), (1,), (2,)]
    blocks = [[()], [(), (1,)]]
    assert shown_rows(frames, asked, blocks, [(1, 0)], most=2) == [[()], [(1,), (2,)]]
    assert shown_rows(frames, asked, blocks, [], most=2) == [[()], [(0,), (2,)]]
    assert shown_rows(frames, asked, blocks, [], most=9) == [[()], [(0,), (1,), (2,)]]


def test_nothing_to_show_is_refused():
    with pytest.raises(ArgumentError, match="an atlas needs at least one frame and one answer"):
        assemble([], {}, [], [])
