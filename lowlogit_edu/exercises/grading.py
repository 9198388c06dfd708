"""Grading: a notebook is run, and what its checks were called with is checked anew by the grader.

The reply that a check shows in a student's cell is not looked at: it can be hidden by a semicolon, or printed by hand.
Before the first cell the grader makes checks note what they are called with; behind each cell it calls the same checks,
imported afresh, with the same arguments. Only what these cells of its own say counts.
"""

import asyncio
import os
import re
import secrets
import signal
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from subprocess import DEVNULL
from typing import Any

from lowlogit_edu.core.errors import ArgumentError, MissingExtra
from lowlogit_edu.exercises import check
from lowlogit_edu.exercises.feedback import Verdict

MIME = "application/vnd.lowlogit_edu.grade+json"
OUTPUT = 1_000_000  # characters that a notebook may print, pictures not counted; beyond, its kernel is ended

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
# Modules of exercises are imported afresh, whatever the student's cells did to them.
BEHIND = """
def _grade(key):
    import importlib, sys
    from IPython.display import display
    ours = "lowlogit_edu.exercises"
    calls = sys.modules[ours + ".feedback"].calls
    noted = calls[:]
    calls.clear()
    names = [name for name in sys.modules if name == ours or name.startswith(ours + ".")] if noted else []
    theirs = {{name: sys.modules.pop(name) for name in names}}
    told = []
    try:
        for name, answer in noted:
            reply = getattr(importlib.import_module(ours).check, name)(answer)
            told.append([name, reply.verdict.name, reply.message])
    finally:
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
    note : str
        One sentence where something is odd, else empty.
    seconds : float
    """

    verdicts: dict[str, str] = field(default_factory=dict)
    messages: dict[str, str] = field(default_factory=dict)
    note: str = ""
    seconds: float = 0.0

    @property
    def right(self) -> int:
        """How many checks are right."""
        return list(self.verdicts.values()).count(Verdict.RIGHT.name)


def grade(path: Path, cell_seconds: int, seconds: int, gigabytes: float) -> Graded:
    """Run a notebook in a kernel of its own, and check what it defines.

    A cell that fails, or takes longer than `cell_seconds`, does not end the run: the checks after it still count. After
    `seconds` in all the kernel is ended, and what was checked by then counts; so does a kernel that died. Checks that
    the lesson has and the notebook does not call are unanswered.

    Raises
    ------
    ArgumentError
        If the file is no notebook; the message is one sentence.
    """
    notebook = _read(path)
    lesson = _checks_of_the_lesson(notebook)
    found = Graded({name: Verdict.UNANSWERED.name for name in lesson})
    keys = _with_grader(notebook, int(gigabytes * 1e9))
    start = time.monotonic()
    found.note = _execute(notebook, path, cell_seconds, seconds)
    found.seconds = round(time.monotonic() - start, 1)
    known = set(lesson or dir(check))
    for name, verdict, message in _told(notebook, keys, found):
        if name in known:
            found.verdicts[name] = verdict
            found.messages[name] = message
    return found


def _read(path: Path) -> Any:
    try:
        import nbformat
    except ImportError as error:
        raise MissingExtra("Grading needs nbclient and nbformat: pip install jupyterlab") from error
    try:
        notebook = nbformat.read(path, as_version=4)
        return nbformat.from_dict({"metadata": {}, "nbformat": 4, "nbformat_minor": 5, "cells": []} | dict(notebook))
    except Exception as error:  # nbformat and its validators raise a kind of their own for each oddity
        raise ArgumentError(f"{path} cannot be read as a notebook: {error or type(error).__name__}.") from error


def _with_grader(notebook: Any, most_bytes: int) -> dict[int, str]:
    """Put the grader's cells in; the key that each of those behind a cell has to show, by place."""
    import nbformat

    cells = [nbformat.v4.new_code_cell(BEFORE.format(most_bytes=most_bytes or -1))]
    keys = {}
    for cell in notebook.cells:
        if cell.get("cell_type") == "code":
            key = secrets.token_hex(16)
            cells.append(nbformat.v4.new_code_cell(str(cell.get("source") or "")))
            keys[len(cells)] = key
            cells.append(nbformat.v4.new_code_cell(BEHIND.format(mime=MIME, key=key)))
    notebook.cells = cells
    return keys


def _execute(notebook: Any, path: Path, cell_seconds: int, seconds: int) -> str:
    """Run all cells in place; a sentence where the kernel did not live to the end."""
    from nbclient import NotebookClient

    ended: list[str] = []
    printed = 0

    class Client(NotebookClient):
        async def async_execute_cell(self, cell: Any, cell_index: int, *given: Any, **named: Any) -> Any:
            # The grader's cells, every other one, are kept out of the history that a student's code can read.
            named["store_history"] = cell_index % 2 == 1
            return await super().async_execute_cell(cell, cell_index, *given, **named)

        def output(self, outs: Any, msg: Any, display_id: str | None, cell_index: int) -> Any:
            nonlocal printed
            content = msg["content"]
            printed += len(content.get("text") or content.get("data", {}).get("text/plain") or "")
            if printed > OUTPUT:
                end(f"stopped after {OUTPUT:,} characters of output")
                return None
            return super().output(outs, msg, display_id, cell_index)

    client: Any = Client(
        notebook, timeout=cell_seconds, kernel_name="python3", allow_errors=True, interrupt_on_timeout=True
    )

    def end(why: str = "") -> None:
        if why and not ended:
            ended.append(why)
        process = getattr(getattr(client.km, "provisioner", None), "process", None)
        if process is None:
            return
        with suppress(OSError, AttributeError):  # a cell may swallow interrupts: this it cannot
            os.killpg(process.pid, signal.SIGKILL)
        with suppress(OSError):
            process.kill()

    clock = threading.Timer(seconds, end, [f"stopped after {seconds} s"])
    clock.start()
    try:
        # A notebook finds files beside it, as in JupyterLab. The loop is closed at the end, in whatever thread this is.
        asyncio.run(client.async_execute(cwd=str(path.parent), stdout=DEVNULL, stderr=DEVNULL))
    except Exception as error:  # whatever a notebook does to its kernel must not end the grading of a class
        if not ended:
            dead = "DeadKernel" in type(error).__name__
            ended.append("its kernel died" if dead else f"could not be run to its end: {type(error).__name__}")
    finally:
        clock.cancel()
        end()
    return ended[0] if ended else ""


def _checks_of_the_lesson(notebook: Any) -> list[str]:
    """All checks of the lesson that the notebook was made from; none where it does not say."""
    source = re.search(r"src/(\d\d[a-z]?)_", str(notebook.metadata.get("lowlogit_edu")))
    if source is None:
        return []
    return [name for name in dir(check) if name.startswith(f"nb{source[1]}_")]


def _told(notebook: Any, keys: dict[int, str], found: Graded) -> Iterator[tuple[str, str, str]]:
    """What the grader's cells said, from the top of a notebook that was run to its bottom."""
    for place, key in keys.items():
        cell = notebook.cells[place]
        said = [output.get("data", {}).get(MIME) for output in cell.get("outputs", [])]
        ours = [told for told in said if isinstance(told, dict) and told.get("key") == key]
        if not ours and cell.execution_count is not None and not found.note:
            found.note = f"the grader could not work behind code cell {(place + 1) // 2}: see what that cell changes"
        for name, verdict, message in ours[-1]["told"] if ours else []:
            yield str(name), str(verdict), str(message)
