"""Grading: a notebook is run, and what its checks were called with is checked anew by the grader.

The reply that a check shows in a student's cell is not looked at: it can be hidden by a semicolon, or printed by hand.
Before the first cell the grader makes checks note what they are called with; behind each cell it calls the same checks,
imported afresh, with the same arguments. Only what these cells of its own say counts.
"""

import secrets
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from math import fsum
from pathlib import Path
from typing import Any

from lowlogit_edu.exercises import check
from lowlogit_edu.exercises.feedback import Verdict
from lowlogit_edu.grading.kernel import READY, KernelRun, Kernels
from lowlogit_edu.grading.notebook_file import checks_of_lesson, read_notebook

NOT_YET = "not graded yet"
MIME = "application/vnd.lowlogit_edu.grade+json"
LONGEST = 2_000  # characters of a reply that are kept: an answer's own error may be a book
LOADING = 15  # seconds that the grader has behind each cell, beyond those of a cell, to load the checks

BEFORE = """
def _note(most_bytes):
    import functools
    from lowlogit_edu.exercises import feedback
    calls = feedback.calls = []
    make = feedback.exercise
    def exercise(praise):
        def decorate(find_fault):
            checked = make(praise)(find_fault)
            @functools.wraps(checked)
            def noted(answer):
                calls.append((find_fault.__name__, answer))
                return checked(answer)
            return noted
        return decorate
    feedback.exercise = exercise
    try:
        import resource
        resource.setrlimit(resource.RLIMIT_AS, (most_bytes, most_bytes))
    except (ImportError, ValueError, OSError):
        pass
_note({most_bytes})
del _note
"""
# Modules of exercises are imported afresh, whatever the student's cells did to them. An answer that is interrupted may
# make anything of that, an error of its own or a wrong result: the interrupt is noted where no answer sees it.
BEHIND = """
def _grade(key):
    import importlib, signal, sys
    from IPython.display import display
    ours = "lowlogit_edu.exercises"
    calls = sys.modules[ours + ".feedback"].calls
    noted = dict(calls)
    calls.clear()
    names = [name for name in sys.modules if name == ours or name.startswith(ours + ".")] if noted else []
    theirs = {{name: sys.modules.pop(name) for name in names}}
    interrupts = []
    def interrupt(*_):
        interrupts.append(True)
        raise KeyboardInterrupt
    before = signal.signal(signal.SIGINT, interrupt)
    told = []
    try:
        for name, answer in noted.items():
            checked = getattr(importlib.import_module(ours).check, name)
            interrupts.clear()
            try:
                reply = checked(answer)
                found = [reply.verdict.name, reply.message[:{longest}], reply.parts]
            except BaseException as error:
                found = ["WRONG", "This answer raised " + type(error).__name__ + ".", None]
            told.append([name, *(["WRONG", {slow!r}, None] if interrupts else found)])
    finally:
        signal.signal(signal.SIGINT, before or signal.default_int_handler)
        sys.modules.update(theirs)
    display({{"{mime}": {{"key": key, "told": told}}}}, raw=True)
_grade({key!r})
del _grade
"""


@dataclass
class Graded:
    """What a notebook got.

    Attributes
    ----------
    verdicts : dict of str to str
        RIGHT, WRONG or UNANSWERED by check.
    messages : dict of str to str
        What the check replied.
    parts : dict of str to list of int
        How many parts of a wrong answer are right, and of how many, where a check has parts.
    note : str
        One sentence where something is odd, else empty.
    seconds : float
    final : bool
        False where the grader failed, and not the notebook: it is to be graded again.
    """

    verdicts: dict[str, str] = field(default_factory=dict)
    messages: dict[str, str] = field(default_factory=dict)
    parts: dict[str, list[int]] = field(default_factory=dict)
    note: str = ""
    seconds: float = 0.0
    final: bool = True

    @property
    def remark(self) -> str:
        """The note, and where the grader failed, that the notebook is still to be graded."""
        return self.note if self.final else f"{self.note}; {NOT_YET}"

    @property
    def right(self) -> int:
        """How many checks are right."""
        return list(self.verdicts.values()).count(Verdict.RIGHT.name)

    @property
    def points(self) -> float:
        """One for each check that is right, and its share of one for each that is right in parts."""
        return fsum(self.points_of(name) for name in self.verdicts)

    def points_of(self, name: str) -> float:
        """Between 0 and 1, of one check; 0 of one that the notebook does not have."""
        if self.verdicts.get(name) == Verdict.RIGHT.name:
            return 1.0
        right, every = self.parts.get(name, (0, 1))
        return right / every


def grade(path: Path, cell_seconds: int, seconds: int, gigabytes: float, kernels: Kernels | None = None) -> Graded:
    """Run a notebook in a kernel of its own, and check what it defines.

    A cell that fails, or takes longer than `cell_seconds`, does not end the run: the checks after it still count. After
    `seconds` in all the kernel is ended, and what was checked by then counts; so does a kernel that died. Checks that
    the lesson has and the notebook does not call are unanswered. `kernels` can end it from another thread.

    Raises
    ------
    ArgumentError
        If the file is no notebook; the message is one sentence.
    """
    notebook = read_notebook(path)
    lesson = checks_of_lesson(notebook)
    found = Graded({name: Verdict.UNANSWERED.name for name in lesson})
    keys = _with_grader(notebook, int(gigabytes * 1e9), cell_seconds)
    start = time.monotonic()
    run = KernelRun(notebook, cell_seconds, lambda place: 0 if place % 2 else (LOADING if place else READY), seconds)
    kernels = kernels or Kernels()
    kernels.add(run)
    try:
        run.execute(path.parent)  # a notebook finds files beside it, as in JupyterLab
    finally:
        kernels.remove(run)
    found.note = run.ended
    found.final = not run.failed
    found.seconds = round(time.monotonic() - start, 1)
    if _raised(notebook.cells[0]) and not found.note:
        found.note = "the grader could not begin"
        found.final = False
    known = set(lesson or dir(check))
    for name, verdict, message, parts in _told(notebook, keys, found):
        if name in known:
            found.verdicts[name] = verdict
            found.messages[name] = message
            found.parts.pop(name, None)
            if parts:
                found.parts[name] = parts
    return found


def _with_grader(notebook: Any, most_bytes: int, cell_seconds: int) -> dict[int, str]:
    """Put the grader's cells in; the key that each of those behind a cell has to show, by place."""
    import nbformat

    cells = [nbformat.v4.new_code_cell(BEFORE.format(most_bytes=most_bytes or -1))]
    slow = f"This answer takes too long: a cell, and what checks it, have {cell_seconds} seconds each."
    keys = {}
    for cell in notebook.cells:
        if cell.get("cell_type") == "code":
            key = secrets.token_hex(16)
            cells.append(nbformat.v4.new_code_cell(str(cell.get("source") or "")))
            keys[len(cells)] = key
            behind = BEHIND.format(mime=MIME, key=key, slow=slow, longest=LONGEST)
            cells.append(nbformat.v4.new_code_cell(behind))
    notebook.cells = cells
    return keys


def _raised(cell: Any) -> list[str]:
    """Names of the errors that a cell shows."""
    return [output.get("ename", "") for output in cell.get("outputs", []) if output.get("output_type") == "error"]


def _told(notebook: Any, keys: dict[int, str], found: Graded) -> Iterator[tuple[str, str, str, list[int] | None]]:
    """What the grader's cells said, from the top of a notebook that was run to its bottom."""
    for place, key in keys.items():
        cell = notebook.cells[place]
        said = [output.get("data", {}).get(MIME) for output in cell.get("outputs", [])]
        ours = [told for told in said if isinstance(told, dict) and told.get("key") == key]
        if not ours and cell.execution_count is not None and not found.note:
            found.note = f"the grader could not work behind code cell {(place + 1) // 2}: see what that cell changes"
            found.final = "KeyboardInterrupt" not in _raised(cell)  # its seconds were over: the machine may be busy
        for name, verdict, message, parts in ours[-1]["told"] if ours else []:
            yield str(name), str(verdict), str(message), list(parts) if parts else None
