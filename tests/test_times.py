"""Minutes are counted from the sources, and the plan of the lab holds what was counted."""

import importlib.util
import re
from itertools import pairwise
from pathlib import Path

import nbformat
import pytest

ROOT = Path(__file__).parents[1]
LAB = (ROOT / "docs" / "instructors" / "LAB.md").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def tools():
    spec = importlib.util.spec_from_file_location("times", ROOT / "notebooks" / "times.py")
    made = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(made)
    return made


def notebook(*cells):
    made = [
        nbformat.v4.new_code_cell(cell[1:]) if cell.startswith("=") else nbformat.v4.new_markdown_cell(cell)
        for cell in cells
    ]
    return nbformat.v4.new_notebook(cells=made)


def test_a_section_takes_the_sum_of_what_it_holds(tools):
    words = " ".join(["word"] * 397)
    first, second = tools.sections(
        notebook(f"# Title\n\n{words}", "## 1 · A\n\n> **Predict.** What?", "=a = 1\nexplorer = 2\nexplorer")
    )
    assert (first.title, first.words) == ("(beginning)", 399)
    assert (second.title, second.guesses, second.pictures, second.lines) == ("1 · A", 1, 1, 3)
    assert second.minutes == pytest.approx(7 / 200 + 3 / 20 + 1 + 3)


@pytest.mark.parametrize(
    ("text", "minutes"),
    [
        ("**Exercise 1** *(warm-up)*. How many?", 2),
        ("**Exercise 2**. How many?", 5),
        ("**Exercise 3** *(challenge, no check)*. Why?", 15),
        ("**Exercise 4** *(open)*. Why?\n\n**Exercise 5**. How?", 20),
        ("No exercise.", 0),
    ],
)
def test_exercises_take_what_their_kind_takes(tools, text, minutes):
    assert tools.exercise_minutes(text) == minutes


def test_every_notebook_is_counted(tools, capsys):
    assert tools.main([]) == 0
    shown = capsys.readouterr().out
    names = [source.stem for source in sorted((ROOT / "notebooks" / "src").glob("*.py"))]
    assert re.findall(r"^(\d\d\w*_\w+)", shown, re.MULTILINE) == names


def test_seconds_of_a_run_count(tools):
    made = notebook("## 1 · A", "=import time\ntime.sleep(0.6)")
    made.metadata.kernelspec = {"display_name": "Python 3", "language": "python", "name": "python3"}
    tools.Timed(made, kernel_name="python3").execute()
    _, section = tools.sections(made)
    assert 0.5 < section.seconds < 30


@pytest.mark.parametrize(
    ("name", "parts", "minutes"), re.findall(r"^\| (\d\d) \| ([\d, ]+) \| (\d+) \|$", LAB, re.MULTILINE)
)
def test_the_lab_has_the_minutes_that_are_counted(tools, name, parts, minutes):
    (source,) = (ROOT / "notebooks" / "src").glob(f"{name}_*.py")
    wanted = tuple(f"{part} · " for part in parts.split(", "))
    counted = sum(part.minutes for part in tools.lesson(source) if part.title.startswith(wanted))
    assert int(minutes) == pytest.approx(counted, abs=1)


def test_the_lab_leaves_no_minute_out_and_lasts_two_hours():
    spans = [tuple(map(int, found)) for found in re.findall(r"^\| (\d+) to (\d+) \|", LAB, re.MULTILINE)]
    assert spans[0][0] == 0 and spans[-1][1] == 120
    assert all(end == begin for (_, end), (begin, _) in pairwise(spans))


def test_the_exercises_of_the_lab_exist():
    named = re.findall(r"\b(\d\d), exercises? ([\d, and to]+)", LAB.split("Exercises for at home:")[1].split("\n\n")[0])
    assert len(named) == 3
    for name, numbers in named:
        (source,) = (ROOT / "notebooks" / "src").glob(f"{name}_*.py")
        for number in re.findall(r"\d+", numbers):
            assert f"**Exercise {number}**" in source.read_text(encoding="utf-8")
