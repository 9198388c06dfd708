"""A class that hands in: honest, odd, forged, hostile and endless notebooks, each graded without harm to the others."""

import csv
import json
import threading
import time

import a_class
import pytest

from lowlogit_edu.cli import main
from lowlogit_edu.core.errors import ArgumentError
from lowlogit_edu.exercises.feedback import Verdict
from lowlogit_edu.grading import grader
from lowlogit_edu.grading.grader import grade
from lowlogit_edu.grading.kernel import Kernels
from lowlogit_edu.grading.processes import MARK, marked

LESSON = {"lowlogit_edu": {"generated": "by build.py from src/10_learner_on_tinystories.py"}}
QUERIES = "check.nb10_sampling_queries({})"
RIGHT = QUERIES.format(200_000)
EVERY_TIME_ANEW = {"times.html", "results.jsonl"}
POINTS = dict.fromkeys(("dan", "eve", "fay", "hal", "ida", "jon"), 0.0)
POINTS |= {"anna": 2.0, "ben": 0.25, "cleo": 0.25, "gil": 1.0, "kim <b>": 1.0}
NONE = {"nb10_kl": "UNANSWERED", "nb10_read": "UNANSWERED", "nb10_sampling_queries": "UNANSWERED"}


def hand_in(path, *codes, metadata=LESSON):
    return a_class.hand_in(path, *codes, metadata=metadata)


def verdict(tmp_path, *codes, **limits):
    given = {"cell_seconds": 20, "seconds": 60, "gigabytes": 8.0} | limits
    return grade(hand_in(tmp_path / "hers.ipynb", *codes), **given)


@pytest.mark.parametrize(
    "code",
    [
        RIGHT,
        RIGHT + ";",
        f"reply = {RIGHT}",
        f"print({RIGHT})",
        f"for n in (1, 200_000):\n    {QUERIES.format('n')}",
        f"%%capture\n{RIGHT}",
        f"answer = 200_000\n{QUERIES.format('answer=answer')}\nanswer = 3",
        "from lowlogit_edu.exercises.nb10 import *\nnb10_sampling_queries(200_000)",
    ],
)
def test_what_is_called_counts_however_it_is_shown(tmp_path, code):
    found = verdict(tmp_path, code)
    assert (found.verdicts, found.note) == (NONE | {"nb10_sampling_queries": "RIGHT"}, "")


def test_the_last_call_counts_and_an_error_ends_nothing(tmp_path):
    found = verdict(tmp_path, RIGHT, "1 / 0", "this is no Python", QUERIES.format(3), "check.nb10_kl(lambda p, q: 0.0)")
    assert found.verdicts == NONE | {"nb10_sampling_queries": "WRONG", "nb10_kl": "WRONG"}
    assert "you gave 0.0000" in found.messages["nb10_kl"] and found.note == ""


def test_an_untouched_lesson_has_no_answers(tmp_path):
    assert verdict(tmp_path, QUERIES.format("...")).verdicts == NONE


FORGED = [
    # The reply shown by hand, for a wrong answer.
    """
from IPython.display import display
for mime in ("application/vnd.lowlogit_edu.feedback+json", "application/vnd.lowlogit_edu.grade+json"):
    told = {"check": "nb10_sampling_queries", "verdict": "RIGHT", "key": "x", "told": ["RIGHT", ""]}
    display({mime: told}, raw=True)
""",
    # The checks changed.
    """
import lowlogit_edu.exercises as e, lowlogit_edu.exercises.nb10 as n
class Yes:
    def __getattr__(self, name):
        return lambda answer: e.Feedback(name, e.Verdict.RIGHT, "")
check = e.check = Yes()
n.nb10_sampling_queries = lambda answer: e.Feedback("nb10_sampling_queries", e.Verdict.RIGHT, "")
""",
]


@pytest.mark.parametrize("forgery", FORGED)
def test_a_forged_reply_does_not_count(tmp_path, forgery):
    found = verdict(tmp_path, forgery, QUERIES.format(3))
    assert found.verdicts["nb10_sampling_queries"] != "RIGHT" and "RIGHT" not in found.verdicts.values()


@pytest.mark.parametrize("told", ["[1]", "7", "'no json'", "{'key': 'x'}"])
def test_odd_output_under_the_graders_name_is_passed_over(tmp_path, told):
    code = (
        f"from IPython.display import display\ndisplay({{'application/vnd.lowlogit_edu.grade+json': {told}}}, raw=True)"
    )
    assert verdict(tmp_path, code, RIGHT).verdicts == NONE | {"nb10_sampling_queries": "RIGHT"}


def test_a_grader_that_cannot_work_says_so(tmp_path):
    found = verdict(tmp_path, "import IPython.display\nIPython.display.display = None", RIGHT)
    assert found.note == "the grader could not work behind code cell 2: see what that cell changes" and found.final


def test_pictures_are_not_what_is_printed_and_a_cell_that_prints_on_is_ended(tmp_path):
    picture = "from IPython.display import display\ndisplay({'image/png': 'A' * 2_000_000}, raw=True)"
    assert verdict(tmp_path, picture, RIGHT).verdicts["nb10_sampling_queries"] == "RIGHT"
    found = verdict(tmp_path, "while True: print('x' * 100_000)", cell_seconds=50, seconds=50)
    assert found.note == "stopped after 1,000,000 characters of output" and found.seconds < 30


def test_what_is_of_no_lesson_does_not_count(tmp_path):
    found = verdict(tmp_path, "check.nb06_third_time(4 / 9)", RIGHT)
    assert found.verdicts == NONE | {"nb10_sampling_queries": "RIGHT"} and found.right == 1


@pytest.mark.parametrize(
    ("code", "note"),
    [
        ("import os\nos._exit(1)", "its kernel died"),
        ("import signal\nsignal.signal(signal.SIGINT, signal.SIG_IGN)\nwhile True: pass", "stopped after 20 s"),
        ("print('x' * 2_000_000)", "stopped after 1,000,000 characters of output"),
    ],
)
def test_what_was_right_before_the_kernel_ended_counts(tmp_path, code, note):
    found = verdict(tmp_path, RIGHT, code, "check.nb10_kl(...)", cell_seconds=15, seconds=20)
    assert (found.note, found.final) == (note, True)
    assert found.verdicts == NONE | {"nb10_sampling_queries": "RIGHT"}


def test_a_kernel_that_was_killed_from_outside_is_not_the_notebooks_doing(tmp_path):
    found = verdict(tmp_path, RIGHT, "import os, signal\nos.kill(os.getpid(), signal.SIGKILL)")
    assert found.note == "its kernel was killed from outside, as a system does that is short of memory"
    assert not found.final


def test_a_kernel_that_does_not_start_is_not_the_notebooks_doing(tmp_path, monkeypatch):
    monkeypatch.setattr("jupyter_client.provisioning.local_provisioner.launch_kernel", no_files)
    found = verdict(tmp_path, RIGHT)
    assert found.note == "could not be run to its end: OSError: [Errno 24] Too many open files"
    assert not found.final


def no_files(*args, **kwargs):
    raise OSError(24, "Too many open files")


def test_a_grader_that_could_not_begin_says_so(tmp_path, monkeypatch):
    monkeypatch.setattr(grader, "BEFORE", "raise KeyboardInterrupt")
    found = verdict(tmp_path, RIGHT)
    assert (found.note, found.final) == ("the grader could not begin", False)


def test_a_grader_that_is_interrupted_behind_a_cell_is_not_the_notebooks_doing(tmp_path, monkeypatch):
    monkeypatch.setattr(grader, "BEHIND", "raise KeyboardInterrupt")
    found = verdict(tmp_path, RIGHT)
    assert found.note.startswith("the grader could not work behind code cell 1") and not found.final


@pytest.mark.slow
def test_a_kernel_that_is_ended_after_an_interrupt_is_not_waited_for(tmp_path):
    ignores = "import signal\nsignal.signal(signal.SIGINT, signal.SIG_IGN)\nwhile True: pass"
    begin = time.monotonic()
    assert verdict(tmp_path, ignores, cell_seconds=40, seconds=42).note == "stopped after 42 s"
    assert time.monotonic() - begin < 80


def test_memory_is_limited_and_the_run_goes_on(tmp_path):
    large = "try:\n    x = bytearray(9_000_000_000)\nexcept MemoryError:\n    open('refused', 'w')"
    found = verdict(tmp_path, large, "x = bytearray(9_000_000_000)", RIGHT)
    assert (tmp_path / "refused").exists()
    assert found.verdicts["nb10_sampling_queries"] == "RIGHT"
    assert found.note == ""


def test_a_cell_without_an_end_is_interrupted(tmp_path):
    assert verdict(tmp_path, "while True: pass", RIGHT, cell_seconds=2).verdicts["nb10_sampling_queries"] == "RIGHT"


SLOW = """
import time
def f(p, q):
    try:
        time.sleep(9)  # less than the check itself allows
    except BaseException as error:
        raise ValueError(type(error).__name__)
"""


def test_a_slow_answer_is_told_as_slow_whatever_it_makes_of_the_interrupt(tmp_path, monkeypatch):
    monkeypatch.setattr(grader, "LOADING", 0)
    quiet = "import lowlogit_edu.exercises.nb10\nimport warnings"  # loaded, so that the seconds are the answer's
    call = "try:\n    check.nb10_kl(f)\nexcept BaseException:\n    pass"
    found = verdict(tmp_path, quiet, SLOW, call, RIGHT, cell_seconds=5, seconds=120)
    assert found.verdicts == NONE | {"nb10_kl": "WRONG", "nb10_sampling_queries": "RIGHT"}
    told = "This answer takes too long: a cell, and what checks it, have 5 seconds each."
    assert (found.messages["nb10_kl"], found.note) == (told, "")


def test_an_answer_that_raises_what_no_check_expects_does_not_stop_the_grader(tmp_path):
    answer = "def f(p, q):\n    raise GeneratorExit\ntry:\n    check.nb10_kl(f)\nexcept BaseException:\n    pass"
    found = verdict(tmp_path, answer, RIGHT)
    assert found.verdicts == NONE | {"nb10_kl": "WRONG", "nb10_sampling_queries": "RIGHT"}
    assert (found.messages["nb10_kl"], found.note) == ("This answer raised GeneratorExit.", "")


def test_parts_are_counted_and_a_long_reply_is_cut(tmp_path):
    raises = "def raises(*given):\n    raise ValueError('x' * 100_000)\ncheck.nb13_few_rows(raises)"
    path = a_class.hand_in(tmp_path / "hers.ipynb", a_class.HALF, raises)
    found = grade(path, 60, 120, 8.0)
    assert found.verdicts["nb13_told"] == "WRONG" and found.parts["nb13_told"] == [1, 4] and found.points == 0.25
    assert "(futures of one token)" in found.messages["nb13_told"]
    assert len(found.messages["nb13_few_rows"]) == grader.LONGEST


def test_what_a_notebook_starts_in_a_session_of_its_own_does_not_outlive_it(tmp_path):
    code = (
        "import os, subprocess\n"
        "subprocess.Popen(['setsid', 'sleep', '1000'])\n"
        f"open('mark', 'w').write(os.environ['{MARK}'])"
    )
    verdict(tmp_path, code, RIGHT)
    mark = (tmp_path / "mark").read_text()
    assert len(mark) == 32 and marked(mark) == []


def test_a_kernel_can_be_ended_from_outside(tmp_path):
    kernels = Kernels()
    path = hand_in(tmp_path / "hers.ipynb", RIGHT, "open('begun', 'w')\nwhile True: pass")
    found = []
    thread = threading.Thread(target=lambda: found.append(grade(path, 300, 300, 8.0, kernels)))
    thread.start()
    begin = time.monotonic()
    while not (tmp_path / "begun").exists() and time.monotonic() - begin < 120:
        time.sleep(0.05)
    kernels.end_all()
    thread.join(60)
    assert not thread.is_alive() and found[0].note == "stopped by hand"
    assert found[0].verdicts == NONE | {"nb10_sampling_queries": Verdict.RIGHT.name}
    assert grade(path, 300, 300, 8.0, kernels).verdicts == NONE  # after that none is begun


@pytest.mark.slow
def test_a_hostile_class_is_graded_twice_to_the_same_bytes(tmp_path):
    handed_in = a_class.class_in(tmp_path / "in")
    kept = []
    for out in (tmp_path / "one", tmp_path / "two"):
        given = ["--out", str(out), "--jobs", "2", "--timeout", "30", "--limit", "150"]
        assert main(["grade", str(handed_in), *given]) == 0
        files = [path for path in out.rglob("*") if path.is_file() and path.name not in EVERY_TIME_ANEW]
        kept.append({path.name: path.read_bytes() for path in files})
    assert kept[0] == kept[1] and len(kept[0]) == 11 + 2
    lines = {line["id"]: line for line in csv.DictReader((tmp_path / "one" / "grades.csv").read_text().splitlines())}
    points = {id: float(line["points"]) for id, line in lines.items()}
    assert points == POINTS
    notes = {id: line["note"] for id, line in lines.items() if line["note"]}
    assert set(notes) == {"gil", "hal", "ida", "jon"} and notes["hal"] == "its kernel died"


def test_a_class_is_graded_in_one_command(tmp_path, capsys):
    folder = tmp_path / "handed in"
    folder.mkdir()
    hand_in(folder / "anna.ipynb", RIGHT)
    hand_in(folder / "ben.ipynb", QUERIES.format(3))
    (folder / "cleo.ipynb").write_text("no")
    (folder / "dan.ipynb").write_text("")
    (folder / "eve.ipynb").write_text("{}")
    (folder / "fay.ipynb").write_text(
        json.dumps({"worksheets": [], "metadata": {}, "nbformat": 3, "nbformat_minor": 0})
    )
    assert main(["grade", str(folder), "--csv", str(tmp_path / "class.csv"), "--jobs", "2"]) == 0
    printed = capsys.readouterr().out
    assert "anna.ipynb: 1 of 3 right" in printed and "ben.ipynb: 0 of 3 right" in printed
    assert "cleo.ipynb: 0 of 0 right; " in printed and "cannot be read as a notebook" in printed
    assert "6 notebooks; right, of these, the hardest first:" in printed
    lines = list(csv.DictReader((tmp_path / "class.csv").read_text().splitlines()))
    assert [line["right"] for line in lines] == ["1", "0", "0", "0", "0", "0"]
    assert lines[0]["nb10_sampling_queries"] == "RIGHT" and lines[2]["nb10_kl"] == "" != lines[2]["note"]
    # A table is never written over.
    assert main(["grade", str(folder), "--csv", str(tmp_path / "class.csv")]) == 2
    assert "exists; name a new file" in capsys.readouterr().err


def test_bad_arguments_are_named(tmp_path, capsys):
    (tmp_path / "empty").mkdir()
    mine = hand_in(tmp_path / "mine.ipynb", RIGHT)
    for arguments, told in (
        ([tmp_path / "empty"], "holds no notebooks"),
        ([tmp_path, "--jobs", "0"], "jobs must be"),
        ([mine, "--csv", tmp_path / "nowhere" / "x.csv"], "cannot be written"),
    ):
        assert main(["grade", *map(str, arguments)]) == 2
        assert told in capsys.readouterr().err
    with pytest.raises(ArgumentError, match="cannot be read as a notebook"):
        grade(tmp_path / "nowhere.ipynb", 1, 1, 1.0)
