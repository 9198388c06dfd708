"""Every row of the table has a test, and the table tells what the tests told."""

import re
from collections import Counter
from pathlib import Path
from types import SimpleNamespace

import pytest
from reliability import ROWS, Found, Table, page

TESTS = Path(__file__).parent
PAGE = TESTS.parent / "docs" / "RELIABILITY.md"


def marked():
    """The rows that some test is marked with."""
    sources = [path.read_text(encoding="utf-8") for path in TESTS.rglob("test_*.py")]
    marks = [mark for source in sources for mark in re.findall(r"^ *@pytest\.mark\.reliability\((.*)\)$", source, re.M)]
    return set(re.findall(r'"(R\d+)"', " ".join(marks)))


def test_every_row_has_a_test_or_says_why_not():
    assert list(ROWS) == [f"R{number}" for number in range(1, 25)]
    assert marked() == {name for name, row in ROWS.items() if not row.not_held}


def test_the_page_has_every_row_with_its_promise():
    told = PAGE.read_text(encoding="utf-8")
    for name, row in ROWS.items():
        assert f"| {name} | {row.situation} | {row.promise}" in told, "run make check-long, or pytest -m reliability"


def report(when, outcome, *properties, seconds=1.0):
    return SimpleNamespace(when=when, outcome=outcome, duration=seconds, user_properties=list(properties))


def test_reports_are_counted_by_row(tmp_path):
    table = Table(tmp_path / "page.md")
    row = ("reliability", "R1")
    for each in (
        report("setup", "passed", row),
        report("call", "passed", row, ("figure", "200 of 200 kills"), seconds=2.0),
        report("teardown", "passed", row, ("figure", "200 of 200 kills")),
        report("call", "failed", row, ("reliability", "R2")),
        report("setup", "skipped", row),
        report("call", "passed"),
    ):
        table.pytest_runtest_logreport(each)
    assert table.found["R1"].outcomes == {"passed": 1, "failed": 1, "skipped": 1}
    assert (table.found["R1"].seconds, table.found["R1"].figures) == (6.0, ["200 of 200 kills"])
    assert table.found["R2"].outcomes == {"failed": 1} and not table.found["R3"].outcomes
    table.pytest_sessionfinish()
    told = (tmp_path / "page.md").read_text(encoding="utf-8")
    assert ": 2 passed, 1 failed, 1 skipped in the whole run." in told
    assert "| 1 passed, 1 failed, 1 skipped | 200 of 200 kills | 6 |" in told


def test_a_row_without_a_test_is_seen():
    empty = page({name: Found() for name in ROWS}, Counter(), "abc", "2026-01-01")
    assert empty.count("| 0 passed |") == 24 and "commit abc on 2026-01-01" in empty


@pytest.mark.reliability("R17")
def test_marks_reach_the_report(request):
    """Through conftest.py."""
    assert ("reliability", "R17") in request.node.user_properties
