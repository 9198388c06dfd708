"""A report is one file: all text escaped, plotly.js once, every picture in words and with its numbers."""

import base64
import csv
import re

import numpy as np
import pytest

from lowlogit_edu.core.errors import ArgumentError
from lowlogit_edu.show.html import Report

HOSTILE = '</script><img src=x onerror="alert(1)">'
HALVES = {"measured": ([1, 2, 4], [1.0, 0.5, 0.25]), "power law": ([1, 2, 4], np.array([1.0, 0.4, 0.2]))}


def example():
    report = Report("Rank", "First.", "Second.")
    report.section("Errors", "Words.")
    report.curves("Error & rank", HALVES, "rank", "nats", "It halves.", log="xy")
    report.table({"a": {"kl": 0.25}, "b": {"kl": 4.0, "n": 1200}}, "Two models")
    report.quotes("Teacher", ["Once\nupon", ""])
    return report


def test_equal_reports_have_equal_bytes_and_no_address():
    page = example().html()
    assert page == example().html()
    assert not re.search(r'(src|href)="(?!data:)', page.split("</main>")[0])


def test_plotly_is_inside_once_and_only_where_there_is_a_picture():
    report = example()
    report.curves("Another", HALVES, "rank", "nats", "Again.")
    page = report.html()
    assert page.count("plotly.js v") == 1 and page.count('class="picture"') == 2
    assert len(Report("Words only").html()) < 10_000


def test_a_picture_has_its_name_its_words_and_its_numbers():
    page = example().html()
    assert 'id="picture-1" role="img" aria-labelledby="picture-1-words"' in page
    assert '<figcaption id="picture-1-words"><b>Error &amp; rank.</b> It halves.</figcaption>' in page
    (name, data), *others = re.findall(r'download="([^"]*)" href="data:text/csv;base64,([^"]*)"', page)
    assert name == "error-rank.csv" and others == []
    header, *lines = csv.reader(base64.b64decode(data).decode().splitlines())
    assert header == ["curve", "rank", "nats"]
    assert [[name, float(x), float(y)] for name, x, y in lines] == [
        [name, x, y] for name, points in HALVES.items() for x, y in zip(*points, strict=True)
    ]


def test_no_text_becomes_code():
    report = Report(HOSTILE, HOSTILE)
    report.section(HOSTILE, HOSTILE)
    report.table({HOSTILE: {HOSTILE: HOSTILE}}, HOSTILE)
    report.quotes(HOSTILE, [HOSTILE], HOSTILE)
    report.link(HOSTILE, HOSTILE)
    report.curves(HOSTILE, {HOSTILE: ([1], [1])}, HOSTILE, HOSTILE, HOSTILE)
    ours = report.html().split("</main>")[0]
    assert "<img" not in ours and ours.count("</script>") == 1
    assert ours.count("&lt;/script&gt;&lt;img src=x onerror=&quot;alert(1)&quot;&gt;") >= 12


def test_a_file_is_written_once_and_never_over_another(tmp_path):
    path = example().save(tmp_path / "a.html")
    before = path.read_bytes()
    assert before.decode() == example().html()
    with pytest.raises(ArgumentError, match="a.html exists; choose another name or remove it. Nothing was changed"):
        Report("Other").save(path)
    assert path.read_bytes() == before
    with pytest.raises(ArgumentError, match="nowhere is not a folder; make it first"):
        example().save(tmp_path / "nowhere" / "a.html")
