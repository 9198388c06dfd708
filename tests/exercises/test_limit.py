"""The time limit of every check that calls a student's function."""

import time
from contextlib import suppress

import pytest

from lowlogit_edu.exercises import Verdict, check, limit
from lowlogit_edu.exercises.feedback import Stopped, call
from lowlogit_edu.exercises.limit import time_limit


def endless(*given):
    while True:
        with suppress(Exception):  # as a student may
            sum(range(100))


@pytest.mark.parametrize("name", ["nb13_spanner", "nb06_count", "nb09_follow"])
def test_a_loop_without_end_is_stopped_and_told_so(monkeypatch, name):
    monkeypatch.setattr(limit, "SECONDS", 0.3)
    begin = time.monotonic()
    with pytest.raises(Stopped, match=r"called with \(1\), was stopped after 0.3 seconds"):
        call(endless, 1)
    feedback = getattr(check, name)(endless)
    assert feedback.verdict is Verdict.WRONG and "a loop that never ends" in feedback.message
    assert time.monotonic() - begin < 5


def test_what_ends_in_time_is_left_alone():
    with time_limit(0.2):
        pass
    time.sleep(0.3)
    assert call(lambda x: x + 1, 1) == 2
