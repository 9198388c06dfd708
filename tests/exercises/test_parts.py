"""Partial credit and the time limit of the checks of long functions."""

import time
from contextlib import suppress

import pytest

from lowlogit_edu.exercises import Verdict, check, parts
from lowlogit_edu.exercises.feedback import Unanswered, Wrong
from lowlogit_edu.exercises.parts import Parts, Stopped, time_limit, timed


def endless(*given):
    while True:
        with suppress(Exception):  # as a student may
            sum(range(100))


def test_a_loop_without_end_is_stopped_and_told_so(monkeypatch):
    monkeypatch.setattr(parts, "SECONDS", 0.3)
    begin = time.monotonic()
    with pytest.raises(Stopped, match=r"called with \(1\), was stopped after 0.3 seconds"):
        timed(endless, 1)
    feedback = check.nb13_spanner(endless)
    assert feedback.verdict is Verdict.WRONG and "a loop that never ends" in feedback.message
    assert time.monotonic() - begin < 5


def test_what_ends_in_time_is_left_alone():
    with time_limit(0.2):
        pass
    time.sleep(0.3)
    assert timed(lambda x: x + 1, 1) == 2


def test_none_is_an_answer_where_it_may_be_one():
    def unwritten(x): ...

    assert timed(lambda x: None, 1, may_be_none=True) is None
    for nothing in (unwritten, lambda x: ...):
        with pytest.raises(Unanswered):
            timed(nothing, 1, may_be_none=True)
    with pytest.raises(Wrong, match="expected a function, got 3"):
        timed(3, 1, may_be_none=True)
    with pytest.raises(Wrong, match="raised ZeroDivisionError"):
        timed(lambda x: x / 0, 1, may_be_none=True)


def test_right_parts_are_counted_and_the_first_fault_is_told():
    tried = Parts()
    for name, fault in (("one", ""), ("two", "no."), ("three", ""), ("four", "no more.")):
        with tried(name):
            if fault:
                raise Wrong(fault)
    with pytest.raises(Wrong, match=r"^2 of 4 parts are right \(one, three\). Next, two: no.$"):
        tried.judge()
    with pytest.raises(Unanswered), tried("five"):
        raise Unanswered
    Parts().judge()
