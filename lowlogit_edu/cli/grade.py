"""`lowlogit grade`: run students' notebooks and count what their checks say."""

import argparse
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from lowlogit_edu.cli.common import say
from lowlogit_edu.core.errors import ArgumentError, MissingExtra
from lowlogit_edu.exercises import check
from lowlogit_edu.exercises.feedback import MIME, Verdict

HELP = "Run notebooks from a clean kernel and say which exercises are right."


def options(command: argparse.ArgumentParser) -> None:
    command.add_argument("notebooks", type=Path, nargs="+")
    command.add_argument("--timeout", type=int, default=300, help="seconds for one cell")


def run(args: argparse.Namespace) -> dict[str, Any]:
    answer: dict[str, dict[str, str]] = {}
    for path in args.notebooks:
        found = verdicts(path, args.timeout)
        answer[str(path)] = found
        if not args.json:
            right = list(found.values()).count(Verdict.RIGHT.name)
            say(f"{path}: {right} of {len(found)} right")
            for name, verdict in found.items():
                say(f"  {name:32} {verdict.lower()}")
    return {"notebooks": answer}


def verdicts(path: Path, timeout: int) -> dict[str, str]:
    """What each check of a notebook says when it is run; of a check used twice, the last.

    A cell that fails, or takes longer than `timeout` seconds, does not end the run: the checks after it
    still count. Checks that were deleted are unanswered: a notebook's metadata name its lesson. Students'
    code is run, so grade in a place where that may happen.
    """
    try:
        import nbformat
        from nbclient import NotebookClient
    except ImportError as error:
        raise MissingExtra("Grading needs nbclient and nbformat: pip install jupyterlab") from error
    try:
        notebook = nbformat.read(path, as_version=4)
    except (OSError, ValueError) as error:
        raise ArgumentError(f"{path} cannot be read as a notebook: {error}") from error
    client: Any = NotebookClient(
        notebook, timeout=timeout, kernel_name="python3", allow_errors=True, interrupt_on_timeout=True
    )
    client.execute(cwd=str(path.parent))  # a notebook finds files beside it, as in JupyterLab
    # All checks begin as unanswered: one that a student deleted says nothing.
    found = {name: Verdict.UNANSWERED.name for name in _checks_of_the_lesson(notebook)}
    for reply in _replies(notebook):
        found[reply["check"]] = reply["verdict"]
    return found


def _checks_of_the_lesson(notebook: Any) -> list[str]:
    """All checks of the lesson that the notebook was made from; none where it does not say."""
    source = re.search(r"src/(\d\d)_", str(notebook.metadata.get("lowlogit_edu")))
    if source is None:
        return []
    return [name for name in dir(check) if name.startswith(f"nb{source[1]}_")]


def _replies(notebook: Any) -> Iterator[dict[str, str]]:
    """What the checks said, from the top of a notebook that was run to its bottom."""
    for cell in notebook.cells:
        for output in cell.get("outputs", []):
            if MIME in output.get("data", {}):
                yield output["data"][MIME]
