"""An assignment: what to hand out has no output and no solution, what to keep has both and the key."""

import csv
import shutil
from pathlib import Path

import nbformat
import pytest

from lowlogit_edu.core.errors import ArgumentError
from lowlogit_edu.exercises import NOTEBOOKS, check
from lowlogit_edu.grading.assignment import key_table, notebooks_folder, write_assignments
from lowlogit_edu.grading.notebook_file import read_notebook

ROOT = Path(__file__).parents[2] / "notebooks"


def test_a_lesson_becomes_three_files(tmp_path):
    student, solution, key = write_assignments(notebooks_folder(None), ["7"], tmp_path / "out")
    assert student == tmp_path / "out" / "student" / "07_spanners.ipynb"
    assert [solution.name, key.name] == ["07_spanners_solution.ipynb", "07_spanners_key.csv"]
    handed_out = nbformat.read(student, as_version=4)
    lesson = nbformat.read(ROOT / "07_spanners.ipynb", as_version=4)
    assert handed_out.metadata == lesson.metadata
    assert [cell.source for cell in handed_out.cells] == [cell.source for cell in lesson.cells]
    assert not any(cell.get("outputs") or cell.get("execution_count") for cell in handed_out.cells)
    assert any(cell.get("outputs") for cell in lesson.cells)
    assert solution.read_bytes() == (ROOT / "solutions" / "07_spanners.ipynb").read_bytes()


@pytest.mark.parametrize("number", [name.removeprefix("nb") for name in NOTEBOOKS])
def test_the_key_has_every_check_of_the_lesson_once_under_its_exercise(number):
    (lesson,) = ROOT.glob(f"{number}_*.ipynb")
    lines = list(csv.DictReader(key_table(read_notebook(lesson)).splitlines()))
    assert sorted(line["check"] for line in lines) == [name for name in dir(check) if name.startswith(f"nb{number}_")]
    assert all(line["exercise"].startswith("Exercise ") and line["about"] and line["points"] == "1" for line in lines)


def test_nothing_is_written_over_and_nothing_is_written_by_halves(tmp_path):
    write_assignments(ROOT, ["07"], tmp_path)
    with pytest.raises(ArgumentError, match="07_spanners.ipynb exists; choose another --out"):
        write_assignments(ROOT, ["06", "07"], tmp_path)
    with pytest.raises(ArgumentError, match="there is no lesson '77' in .*; there are 00, 01, .*, 09b, 10"):
        write_assignments(ROOT, ["06", "77"], tmp_path)
    assert not any("06" in path.name for path in tmp_path.rglob("*"))
    (tmp_path / "file").touch()
    with pytest.raises(ArgumentError, match="cannot write to the folder"):
        write_assignments(ROOT, ["06"], tmp_path / "file")


@pytest.mark.parametrize("trouble", [OSError(28, "No space left on device"), KeyboardInterrupt()])
def test_a_disk_that_gets_full_leaves_nothing_and_the_next_try_works(tmp_path, monkeypatch, trouble):
    opened = Path.open

    def full(path, mode="r", **given):
        file = opened(path, mode, **given)
        if mode == "x" and path.suffix == ".csv":
            file.write = raises
        return file

    def raises(text):
        raise trouble

    monkeypatch.setattr(Path, "open", full)
    with pytest.raises((ArgumentError, KeyboardInterrupt)):
        write_assignments(ROOT, ["07"], tmp_path)
    assert not [path for path in tmp_path.rglob("*") if path.is_file()]
    monkeypatch.undo()
    assert len(write_assignments(ROOT, ["07"], tmp_path)) == 3


def test_lessons_that_are_not_there_are_told(tmp_path, monkeypatch):
    with pytest.raises(ArgumentError, match="holds no folder solutions"):
        notebooks_folder(tmp_path)
    (tmp_path / "solutions").mkdir()
    shutil.copy(ROOT / "07_spanners.ipynb", tmp_path)
    with pytest.raises(ArgumentError, match="is missing: lesson 07 has no solution there"):
        write_assignments(notebooks_folder(tmp_path), ["07"], tmp_path / "out")
    monkeypatch.setattr("lowlogit_edu.exercises.__path__", [str(tmp_path / "package" / "exercises")])
    with pytest.raises(ArgumentError, match="installed without them. Name the folder notebooks .* by --notebooks"):
        notebooks_folder(None)
