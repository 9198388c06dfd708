"""Lessons where torch, cvxpy, transformers, threads and processes are missing: as in a browser tab."""

import json
import os
import re
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

import nbformat
import pytest

from lowlogit_edu.core.errors import LowLogitError, missing_extra
from lowlogit_edu.exercises import limit
from lowlogit_edu.exercises.feedback import Stopped, call
from lowlogit_edu.widgets import JobStatus, LearnerJob
from website.lite import INSTALL, LESSONS, NEEDS, for_the_browser, write_contents

TESTS = Path(__file__).parent
NOTEBOOKS = TESTS.parent / "notebooks"
# They ask the embedded teacher, in most of their cells.
ON_TORCH = [path.stem for path in sorted(NOTEBOOKS.glob("*.ipynb")) if path.stem not in LESSONS]
TEACHER = 'MissingExtra: A transformer as teacher needs transformers: pip install "lowlogit_edu[hf]".'


def in_a_tab(path):
    """What goes wrong in a notebook there: pairs of a code cell's number and a sentence."""
    here = {"MPLBACKEND": "agg", "PYTHONPATH": str(TESTS.parent)}
    done = subprocess.run(
        [sys.executable, TESTS / "browser_tab.py", path], env=os.environ | here, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    return {number: sentence for number, sentence in json.loads(done.stdout.splitlines()[-1])}


def tagged(path):
    """Numbers of the code cells that say that they need a package."""
    cells = [cell for cell in nbformat.read(path, as_version=4).cells if cell.cell_type == "code"]
    tags = {number: " ".join(cell.metadata.get("tags", [])) for number, cell in enumerate(cells, start=1)}
    return {number for number, text in tags.items() if NEEDS in text}


@pytest.mark.slow
@pytest.mark.parametrize("lesson", LESSONS)
def test_only_cells_that_say_so_need_more_than_a_tab_has(lesson):
    path = NOTEBOOKS / f"{lesson}.ipynb"
    assert in_a_tab(path).keys() == tagged(path)


@pytest.mark.parametrize(
    "lesson",
    [pytest.param(each, marks=[] if each == "06_elliptical_potential" else pytest.mark.slow) for each in LESSONS],
)
def test_right_answers_are_found_right(lesson):
    wrong = in_a_tab(NOTEBOOKS / "solutions" / f"{lesson}.ipynb")
    if lesson == "13_your_own_learner":  # its last exercise meets the embedded teacher
        assert wrong.pop(25) == TEACHER
        wrong = {number: said for number, said in wrong.items() if not said.startswith("NameError")}
    assert wrong == {}


@pytest.mark.slow
@pytest.mark.parametrize("lesson", ON_TORCH)
def test_other_lessons_say_what_is_missing(lesson):
    assert next(iter(in_a_tab(NOTEBOOKS / f"{lesson}.ipynb").values())) == TEACHER


def test_what_goes_wrong_in_a_tab_is_found(tmp_path):
    sources = [
        "1 + 1",
        "import torch",
        "import threading; threading.Thread(target=print).start()",
        "print('Not yet. No.')",
    ]
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(source) for source in sources])
    nbformat.write(notebook, tmp_path / "x.ipynb")
    assert in_a_tab(tmp_path / "x.ipynb") == {
        2: "ModuleNotFoundError: No module named 'torch'",
        3: "RuntimeError: can't start new thread",
        4: "Not yet. No.\n",
    }


# without the extras

WITHOUT = """
import sys
sys.path.insert(0, sys.argv.pop(1))
import browser_tab
sys.meta_path.insert(0, browser_tab.NotThere())
browser_tab.MISSING |= {"nbformat", "nbclient", "ipywidgets", "anywidget", "safetensors"}
from lowlogit_edu.cli import main
raise SystemExit(main())
"""
NEEDS_HF = 'needs transformers: pip install "lowlogit_edu[hf]".'


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["learn", "--out", "run"], f"A transformer as teacher {NEEDS_HF}"),
        (["rank"], f"A transformer as teacher {NEEDS_HF}"),
        (["grade", "."], 'This needs nbclient: pip install "lowlogit_edu[lab]".'),
        (["sample", "run"], f"This {NEEDS_HF}"),
    ],
)
def test_a_command_names_the_extra_that_it_needs(tmp_path, words, said):
    (tmp_path / "a.ipynb").write_text("{}")
    done = subprocess.run(
        [sys.executable, "-c", WITHOUT, TESTS, *words],
        cwd=tmp_path,
        env=os.environ | {"PYTHONPATH": str(TESTS.parent)},
        capture_output=True,
        text=True,
    )
    assert (done.returncode, done.stderr) == (2, f"lowlogit: {said}\n")


# without threads


@pytest.fixture
def no_threads(monkeypatch):
    def refuse(self):
        raise RuntimeError("can't start new thread")

    monkeypatch.setattr("threading.Thread.start", refuse)


def endless():
    while True:
        with suppress(Exception):
            sum(range(100))


def test_without_threads_a_loop_without_end_is_stopped_too(monkeypatch, no_threads):
    monkeypatch.setattr(limit, "SECONDS", 0.3)
    before = sys.gettrace()
    with pytest.raises(Stopped, match=r"was stopped after 0.3 seconds"):
        call(endless)
    assert sys.gettrace() is before
    assert call(lambda x: x + 1, 1) == 2


def test_without_threads_a_job_says_what_to_do(no_threads):
    job = LearnerJob(lambda: iter(()))
    for _ in range(2):
        with pytest.raises(LowLogitError, match=r"none can start here, as in a browser tab: call lowlogit_edu.learn"):
            job.start()
        assert job.status is JobStatus.READY


def test_in_a_browser_no_pip_line_is_told_that_cannot_work(monkeypatch):
    monkeypatch.setattr(sys, "platform", "emscripten")
    assert str(missing_extra("This", "torch", "or set passes=0")) == (
        "This needs torch: it cannot be had in a browser tab; install lowlogit_edu on a computer, or set passes=0."
    )


# what the site shows


def lesson_of(*cells):
    return nbformat.v4.new_notebook(
        cells=list(cells), metadata={"kernelspec": {"name": "python3", "display_name": "Python 3"}}
    )


def test_a_lesson_in_the_browser_installs_first_and_holds_no_code_that_cannot_run():
    needy = nbformat.v4.new_code_cell("solve()", metadata={"tags": ["needs-cvxpy"]})
    needy.outputs = [nbformat.v4.new_output("stream", text="3 steps\n")]
    made = for_the_browser(lesson_of(nbformat.v4.new_markdown_cell("# 1"), nbformat.v4.new_code_cell("1"), needy))
    assert [cell.cell_type for cell in made.cells] == ["markdown", "code", "code", "markdown"]
    assert made.cells[1].source == INSTALL.rstrip() and made.metadata.kernelspec.name == "python"
    words = made.cells[3].source
    assert "needs cvxpy" in words and "```python\nsolve()\n```" in words and "```text\n3 steps\n```" in words


def test_links_lead_to_what_is_there_alone():
    text = "[a](03_isans.ipynb) [b](02_logit_matrices.ipynb) [c](solutions/03_isans.ipynb) [d](../docs/PAPER.md#x)"
    made = for_the_browser(lesson_of(nbformat.v4.new_markdown_cell(text), nbformat.v4.new_code_cell("1")))
    assert made.cells[0].source == "[a](03_isans.ipynb) b c [d](../docs/PAPER.md#x)"


def test_every_link_of_the_contents_is_there(tmp_path):
    write_contents(tmp_path / "contents")
    found = 0
    for path in sorted((tmp_path / "contents" / "notebooks").glob("*.ipynb")):
        for cell in nbformat.read(path, as_version=4).cells:
            if cell.cell_type != "markdown":
                continue
            for target in re.findall(r"\]\(([\w./]+\.(?:ipynb|md))", cell.source):
                assert (path.parent / target).exists(), (path.name, target)
                found += 1
    assert found > 20
