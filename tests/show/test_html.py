"""A report is one file: all text escaped, plotly.js once, every picture in words and with its numbers."""

import base64
import csv
import re

import numpy as np
import pytest

from lowlogit_edu.baselines.contest import Judged
from lowlogit_edu.cli import main
from lowlogit_edu.core.errors import ArgumentError
from lowlogit_edu.show.evaluation_page import evaluation_report
from lowlogit_edu.show.html import COLOURS, Report, as_csv, shown

HOSTILE = '</script><img src=x onerror="alert(1)">'
HALVES = {"measured": ([1, 2, 4], [1.0, 0.5, 0.25]), "power law": ([1, 2, 4], np.array([1.0, 0.4, 0.2]))}


def example():
    report = Report("Rank", "First.", "Second.")
    report.section("Errors", "Words.")
    report.curves("Error & rank", HALVES, "rank", "nats", "It halves.", log="xy")
    report.table({"a": {"kl": 0.25}, "b": {"kl": 4.0, "n": 1200}}, "Two models")
    report.quotes("Teacher", ["Once\nupon", ""])
    return report


def luminance(colour):
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts]
    return float(np.dot(linear, [0.2126, 0.7152, 0.0722]))


def contrast(one, other):
    lighter, darker = sorted((luminance(one), luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


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
    report.quotes(HOSTILE, [HOSTILE])
    report.curves(HOSTILE, {HOSTILE: ([1], [1])}, HOSTILE, HOSTILE, HOSTILE)
    ours = report.html().split("</main>")[0]
    assert "<img" not in ours and ours.count("</script>") == 1
    assert ours.count("&lt;/script&gt;&lt;img src=x onerror=&quot;alert(1)&quot;&gt;") >= 12


def test_rows_of_any_shape_make_a_table():
    named, plain = {"a": {"x": 1}, "b": {"y": [0.5, 2], "x": None}}, [{"x": 1.5}, {"y": "two"}]
    assert as_csv(named) == ',x,y\na,1,\nb,,"[0.5, 2]"\n'
    assert as_csv(plain) == "x,y\n1.5,\n,two\n"
    report = Report("Tables")
    report.table(named)
    report.table(plain)
    report.table({})
    page = report.html()
    assert "<tr><th>b</th><td>-</td><td>0.5, 2</td></tr>" in page
    assert "<tr><td>1.5</td><td>-</td></tr>" in page


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (1234567, "1,234,567"),
        (0.123456, "0.1235"),
        (np.float32(2), "2"),
        (float("nan"), "-"),
        (None, "-"),
        (True, "yes"),
    ],
)
def test_values_are_shown_for_people(value, words):
    assert shown(value) == words


def test_curves_differ_without_colour_and_colours_stand_out_on_white_and_on_black():
    report = Report("Many")
    report.curves("Six", {str(i): ([1, 2], [i, i]) for i in range(6)}, "x", "y", "Six lines.")
    page = report.html()
    for kind in ("dash", "symbol"):
        assert len(set(re.findall(f'"{kind}":"([^"]*)"', page.split("</main>")[0]))) == 6
    for colour in COLOURS:
        assert contrast(colour, "#ffffff") > 3 and contrast(colour, "#161616") > 3


def test_a_file_is_written_once_and_never_over_another(tmp_path):
    path = example().save(tmp_path / "a.html")
    before = path.read_bytes()
    assert before.decode() == example().html()
    with pytest.raises(ArgumentError, match="a.html exists; choose another name or remove it. Nothing was changed"):
        Report("Other").save(path)
    assert path.read_bytes() == before
    with pytest.raises(ArgumentError, match="nowhere is not a folder; make it first"):
        example().save(tmp_path / "nowhere" / "a.html")


# Reports of runs

TINY = ["--horizon", "8", "--rank", "8", "--sequences", "90", "--epochs", "2", "--futures", "2", "--passes", "1"]


def test_an_evaluation_shows_every_model_the_history_and_the_texts():
    record = {
        "teacher": "embedded",
        "config": {"rank": 8},
        "horizon": 2,
        "queries": {"sample": 90},
        "status": "MEASURED",
    }
    record["history"] = [
        {"kind": kind, "epoch": 1, "message": f"Did {kind}.", "data": {"mean_kl": kl, "queries": 90}}
        for kind, kl in (("verify", 1.5), ("refine", 0.75))
    ]
    reports = {
        name: Judged(kl, np.array([kl, kl]), 0.01, 4.0, queries=90)
        for name, kl in (("the teacher itself", 0.0), ("learned", 0.75), ("  before refinement", 1.5))
    }
    texts = {"Once": {"teacher": ["Once upon"], "learned": ["Once <more>"]}}
    quality = {"Quality": {"learned": {"known words": "0.500 ± 0.125"}}}
    page = evaluation_report(reports, record, texts, "Seed 7.", quality).html().split("</main>")[0]
    assert "seconds" not in page and "<td>0.500 ± 0.125</td>" in page
    for words in ("<th>before refinement</th><td>1.500 ± 0.010</td>", "Seed 7.", "status MEASURED", "Did refine."):
        assert words in page
    assert "From 1.500 at the first to 0.750 nats per token at the last of 2 measurements." in page
    assert "Once &lt;more&gt;" in page and "<th>known words</th>" in page
    assert page.count('class="picture"') == 2


def test_evaluate_writes_a_report_once(tmp_path, capsys):
    folder, path = tmp_path / "run", tmp_path / "report.html"
    assert main(["learn", "--out", str(folder), "--samples", "20", *TINY]) == 0
    command = ["evaluate", str(folder), "--samples", "20", "--report", str(path)]
    assert main(command) == 0
    page = path.read_text(encoding="utf-8").split("</main>")[0]
    assert page.count("<blockquote>") == 20 and "trigram" in page and "Seed 0, 20 fresh texts" in page
    assert main(command) == 2
    assert "report.html exists; choose another name" in capsys.readouterr().err
