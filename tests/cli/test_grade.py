"""`lowlogit grade` around the grader, which is a quick one here: arguments, what is kept, what is run again, Ctrl-C."""

import json
import threading
import time

import pytest

from lowlogit_edu.cli import grade as command
from lowlogit_edu.cli import main
from lowlogit_edu.grading import Graded
from lowlogit_edu.grading.notebook_file import read_notebook

WRONG = {"nb13_told": "WRONG", "nb13_hidden_kind": "RIGHT"}


@pytest.fixture
def graded(monkeypatch):
    """Names of the notebooks that are graded."""
    names = []

    def quick(path, cell_seconds, seconds, gigabytes, kernels):
        names.append(path.parent.name if path.name == "13.ipynb" else path.stem)
        return Graded(WRONG, {"nb13_told": f"You gave {path.read_text()}."}, {"nb13_told": [1, 4]}, "", 1.5)

    monkeypatch.setattr(command, "grade", quick)
    return names


@pytest.fixture
def handed_in(tmp_path):
    for number, id in enumerate(("anna", "ben", "zoe")):
        (tmp_path / "in" / id).mkdir(parents=True)
        (tmp_path / "in" / id / "13.ipynb").write_text(str(number))
    (tmp_path / "class.csv").write_text("id,name\nanna,Anna A.\nben,\ncleo,Cleo C.\n")
    return tmp_path


def run(*arguments):
    return main(["grade", *map(str, arguments)])


def test_a_class_gets_pages_a_table_and_results(handed_in, graded, capsys):
    out = handed_in / "out"
    assert run(handed_in / "in", "--out", out, "--roster", handed_in / "class.csv", "--csv", handed_in / "x.csv") == 0
    printed = capsys.readouterr().out
    assert "Cleo C. (cleo): nothing handed in" in printed and "zoe: not on the roster" in printed
    assert "3 notebooks; right, of these, the hardest first:" in printed
    assert {path.name for path in out.iterdir()} == {
        "index.html",
        "times.html",
        "grades.csv",
        "results.jsonl",
        "students",
    }
    assert "3 students: You gave 0." in (out / "index.html").read_text()
    header, *lines = (handed_in / "x.csv").read_text().splitlines()
    assert header == "file,right,seconds,note,nb13_hidden_kind,nb13_told" and len(lines) == 3


def test_json_says_who_is_missing(handed_in, graded, capsys):
    assert run(handed_in / "in", "--roster", handed_in / "class.csv", "--json") == 0
    answer = json.loads(capsys.readouterr().out)
    assert (answer["missing"], answer["not_on_roster"]) == (["cleo"], ["zoe"])
    assert set(answer["points"].values()) == {1.25} and len(answer["notebooks"]) == 3


def test_only_what_has_changed_is_graded_again(handed_in, graded, capsys):
    out = handed_in / "out"
    given = (handed_in / "in", "--out", out, "--jobs", "1")
    assert run(*given) == 0
    before = {path.name: path.read_bytes() for path in out.rglob("*.html")}
    graded.clear()
    assert run(*given, "--resume") == 0 and graded == []
    assert "3 of 3 notebooks have a result and are not run again" in capsys.readouterr().out
    assert {path.name: path.read_bytes() for path in out.rglob("*.html")} == before
    (handed_in / "in" / "ben" / "13.ipynb").write_text("7")
    assert run(*given, "--resume") == 0 and graded == ["ben"]
    assert run(*given, "--resume", "--timeout", "9") == 0 and sorted(graded) == ["anna", "ben", "ben", "zoe"]
    assert run(*given) == 2 and "add --resume" in capsys.readouterr().err


@pytest.mark.parametrize(
    "trouble", [OSError(24, "Too many open files"), Graded(note="killed", final=False), "unreadable", MemoryError()]
)
def test_what_the_grader_failed_at_is_told_and_run_again(handed_in, graded, monkeypatch, capsys, trouble):
    quick = command.grade
    hers = handed_in / "in" / "anna" / "13.ipynb"

    def once(path, *limits):
        if path == hers and isinstance(trouble, Exception):
            raise trouble
        if path == hers and trouble == "unreadable":
            monkeypatch.setattr(type(path), "read_bytes", raises)
            read_notebook(path)
        return trouble if path == hers else quick(path, *limits)

    def raises(path):
        raise OSError(24, "Too many open files")

    monkeypatch.setattr(command, "grade", once)
    given = (handed_in / "in", "--out", handed_in / "out", "--jobs", "1")
    assert run(*given) == 0
    monkeypatch.undo()
    page = (handed_in / "out" / "index.html").read_text()
    assert "not graded yet" in page and "The median is 1.25 points. Not graded yet: 1." in page
    assert capsys.readouterr().out.count("; not graded yet\n") == 1
    monkeypatch.setattr(command, "grade", quick)
    graded.clear()
    assert run(*given, "--resume") == 0 and graded == ["anna"]
    assert "Not graded yet" not in (handed_in / "out" / "index.html").read_text()


def test_what_is_no_notebook_is_final(handed_in, monkeypatch):
    (handed_in / "in" / "anna" / "13.ipynb").write_text("no")
    given = (handed_in / "in" / "anna", "--out", handed_in / "out", "--jobs", "1")
    assert run(*given) == 0
    assert "cannot be read as a notebook" in (handed_in / "out" / "results.jsonl").read_text()


def test_ctrl_c_ends_the_kernels_and_keeps_what_is_there(handed_in, graded, monkeypatch, capsys):
    quick = command.grade

    def endless(path, cell_seconds, seconds, gigabytes, kernels):
        if path.parent.name == "anna":
            return quick(path, cell_seconds, seconds, gigabytes, kernels)
        begin = time.monotonic()
        while not kernels.stopped:
            assert time.monotonic() - begin < 60, "nobody ended it"
            time.sleep(0.01)
        return Graded(note="stopped by hand")

    def interrupt(student, graded):
        raise KeyboardInterrupt

    monkeypatch.setattr(command, "grade", endless)
    monkeypatch.setattr(command, "_show", interrupt)
    out = handed_in / "out"
    assert run(handed_in / "in", "--out", out, "--jobs", "2") == 130
    told = capsys.readouterr().err
    assert f"1 of 3 notebooks are graded; they are in {out}, and --resume grades the rest" in told
    assert len((out / "results.jsonl").read_text().splitlines()) == 1
    assert "Not graded yet: 2." in (out / "index.html").read_text()
    assert not any("ThreadPool" in thread.name for thread in threading.enumerate())
    monkeypatch.undo()


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["--resume"], "--resume goes on in the folder of --out: name it."),
        (["--id", "("], "is no regular expression"),
        (["--id", "(x)"], "finds no id in"),
        (["--id", "i(n)/"], "both have the id 'n'"),
        (["--roster", "nowhere.csv"], "the roster nowhere.csv cannot be read"),
        (["--out", "in"], "is not empty; choose another --out"),
    ],
)
def test_mistakes_are_told_before_anything_is_run(handed_in, graded, capsys, monkeypatch, arguments, told):
    monkeypatch.chdir(handed_in)
    assert run("in", *arguments) == 2
    assert told in capsys.readouterr().err and graded == []
    assert {path.name for path in handed_in.iterdir()} == {"in", "class.csv"}


def test_help_has_an_example(capsys):
    with pytest.raises(SystemExit):
        run("--help")
    assert "lowlogit grade handed_in --out grades --roster class.csv --jobs 2" in capsys.readouterr().out
