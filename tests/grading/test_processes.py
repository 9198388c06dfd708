"""Processes that leave their parent's session are found by their mark, and ended."""

import os
import secrets
import subprocess

from lowlogit_edu.grading.processes import MARK, end_marked, marked


def test_what_was_started_with_the_mark_is_ended_and_nothing_else():
    ours = secrets.token_hex(8)
    other = secrets.token_hex(8)
    left = [
        subprocess.Popen(["sleep", "1000"], env=os.environ | {MARK: mark}, start_new_session=True)
        for mark in (ours, ours, other)
    ]
    try:
        assert set(marked(ours)) == {process.pid for process in left[:2]}
        end_marked(ours)
        assert [process.wait(10) for process in left[:2]] == [-9, -9] and left[2].poll() is None
        assert marked(ours) == [] and marked(other) == [left[2].pid]
    finally:
        for process in left:
            process.kill()
            process.wait()


def test_a_mark_that_nobody_has_ends_nobody():
    end_marked(secrets.token_hex(8))
