"""Grading: a notebook is run, and what it defines is checked anew by the grader.

The reply that a check shows in a student's cell is not looked at: it can be hidden by a semicolon, or printed by hand.
Behind each cell that calls checks the grader puts one of its own, which calls the same checks, imported afresh, with
the same arguments; only what these cells say counts.
"""

import ast
import asyncio
import json
import re
import secrets
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from lowlogit_edu.core.errors import ArgumentError, MissingExtra
from lowlogit_edu.exercises import check
from lowlogit_edu.exercises.feedback import Verdict

MIME = "application/vnd.lowlogit_edu.grade+json"
OUTPUT = 1_000_000  # characters that a notebook may print; beyond, its kernel is ended

# The last line's value is shown. Modules of exercises are imported afresh, whatever the student's cells did to them.
GRADER = """
def _grade(calls, key):
    import importlib, sys
    from IPython.display import display
    ours = "lowlogit_edu.exercises"
    names = [name for name in sys.modules if name == ours or name.startswith(ours + ".")]
    theirs = {{name: sys.modules.pop(name) for name in names}}
    try:
        exercises = importlib.import_module(ours)
        for name, answer in calls:
            try:
                reply = getattr(exercises.check, name)(answer())
            except BaseException as error:
                told = ["WRONG", f"{{type(error).__name__}}: {{error}}"]
            else:
                told = [reply.verdict.name, reply.message]
            display({{"{mime}": {{"key": key, "check": name, "told": told}}}}, raw=True)
    finally:
        sys.modules.update(theirs)
_grade([{calls}], {key!r})
del _grade
"""
LIMITS = """
try:
    import resource
    resource.setrlimit(resource.RLIMIT_AS, ({bytes}, {bytes}))
except (ImportError, ValueError, OSError):
    pass
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
    key = secrets.token_hex(16)
    found = Graded({name: Verdict.UNANSWERED.name for name in _checks_of_the_lesson(notebook)})
    calls = _with_grader(notebook, key, int(gigabytes * 1e9))
    found.verdicts |= dict.fromkeys(calls, Verdict.UNANSWERED.name)
    start = time.monotonic()
    found.note = _execute(notebook, path, cell_seconds, seconds)
    found.seconds = round(time.monotonic() - start, 1)
    for name, (verdict, message) in _told(notebook, key):
        if name in found.verdicts:  # the key is in no cell of the student's; names are asked for all the same
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


def _with_grader(notebook: Any, key: str, most_bytes: int) -> list[str]:
    """Put a grader's cell behind each cell that calls checks; names of all checks called."""
    import nbformat

    names: list[str] = []
    cells = [nbformat.v4.new_code_cell(LIMITS.format(bytes=most_bytes))] if most_bytes else []
    for cell in notebook.cells:
        if cell.get("cell_type") != "code":
            continue
        source = cell.get("source") or ""
        cells.append(nbformat.v4.new_code_cell(source))
        called = calls_in(source)
        if called:
            names += [name for name, _ in called]
            lambdas = ", ".join(f"({name!r}, lambda: ({answer}))" for name, answer in called)
            cells.append(nbformat.v4.new_code_cell(GRADER.format(mime=MIME, calls=lambdas, key=key)))
    notebook.cells = cells
    return names


def calls_in(source: str) -> list[tuple[str, str]]:
    """The checks that a cell calls, each with the source of its argument.

    >>> calls_in("%matplotlib inline\\nreply = check.nb06_count(lambda vectors: 3);")
    [('nb06_count', 'lambda vectors: 3')]
    >>> calls_in("from lowlogit_edu.exercises import check\\nfor f in (1, 2): print(check.nb06_third_time(answer=f))")
    [('nb06_third_time', 'f')]
    """
    plain = "\n".join("pass" if re.match(r"\s*[%!]", line) else line for line in source.splitlines())
    try:
        tree = ast.parse(plain)
    except SyntaxError:  # the cell says so itself
        return []
    found = []
    for node in ast.walk(tree):
        if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute | ast.Name)):
            continue
        name = node.func.attr if isinstance(node.func, ast.Attribute) else node.func.id
        answers = [*node.args, *(given.value for given in node.keywords)]
        if re.fullmatch(r"nb\d\d_\w+", name) and len(answers) == 1:
            found.append((name, ast.unparse(answers[0])))
    return found


def _execute(notebook: Any, path: Path, cell_seconds: int, seconds: int) -> str:
    """Run all cells in place; a sentence where the kernel did not live to the end."""
    from nbclient import NotebookClient
    from nbclient.exceptions import DeadKernelError

    client: Any = NotebookClient(
        notebook, timeout=cell_seconds, kernel_name="python3", allow_errors=True, interrupt_on_timeout=True
    )
    ended: list[str] = []

    def end(why: str) -> None:
        ended.append(why)
        provisioner = getattr(client.km, "provisioner", None)
        if provisioner is not None and provisioner.process is not None:
            provisioner.process.kill()  # a cell may swallow interrupts: this it cannot

    printed = 0

    def count(cell: Any, cell_index: int, execute_reply: Any) -> None:
        nonlocal printed
        printed += sum(len(str(output)) for output in cell.get("outputs", []))
        if printed > OUTPUT and not ended:
            end(f"stopped after {OUTPUT:,} characters of output")

    client.on_cell_executed = count
    clock = threading.Timer(seconds, end, [f"stopped after {seconds} s"])
    clock.start()
    try:
        # A notebook finds files beside it, as in JupyterLab. The loop is closed at the end, in whatever thread this is.
        asyncio.run(client.async_execute(cwd=str(path.parent)))
    except DeadKernelError:
        return ended[0] if ended else "its kernel died"
    except Exception as error:  # whatever a notebook does to its kernel must not end the grading of a class
        return ended[0] if ended else f"could not be run to its end: {type(error).__name__}"
    finally:
        clock.cancel()
    return ended[0] if ended else ""


def _checks_of_the_lesson(notebook: Any) -> list[str]:
    """All checks of the lesson that the notebook was made from; none where it does not say."""
    source = re.search(r"src/(\d\d)_", str(notebook.metadata.get("lowlogit_edu")))
    if source is None:
        return []
    return [name for name in dir(check) if name.startswith(f"nb{source[1]}_")]


def _told(notebook: Any, key: str) -> Iterator[tuple[str, tuple[str, str]]]:
    """What the grader's cells said, from the top of a notebook that was run to its bottom."""
    for cell in notebook.cells:
        for output in cell.get("outputs") or []:
            told = output.get("data", {}).get(MIME)
            told = json.loads(told) if isinstance(told, str) else told
            if told and told.get("key") == key:
                yield told["check"], tuple(told["told"])
