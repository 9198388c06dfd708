"""Partial credit of the checks of long functions."""

import pytest

from lowlogit_edu.exercises.feedback import Unanswered, Wrong
from lowlogit_edu.exercises.parts import Parts


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
