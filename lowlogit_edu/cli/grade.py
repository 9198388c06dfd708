"""`lowlogit grade`: run students' notebooks and count what their checks say."""

import argparse
import re
from collections import Counter
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
    found: dict[str, dict[str, str]] = {}
    for path in args.notebooks:
        found[str(path)] = verdicts(path, args.timeout)
        if not args.json:
            counts = Counter(found[str(path)].values())
            say(f"{path}: {counts[Verdict.RIGHT.name]} of {len(found[str(path)])} right")
            for name, verdict in found[str(path)].items():
                say(f"  {name:32} {verdict.lower()}")
    return {"notebooks": found}


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
    options: dict[str, Any] = {
        "timeout": timeout,
        "kernel_name": "python3",
        "allow_errors": True,
        "interrupt_on_timeout": True,
    }
    NotebookClient(notebook, **options).execute(cwd=str(path.parent))
    replies = (
        output["data"][MIME]
        for cell in notebook.cells
        for output in cell.get("outputs", [])
        if MIME in output.get("data", {})
    )
    source = re.search(r"src/(\d\d)_", str(notebook.metadata.get("lowlogit_edu")))
    lesson = f"nb{source[1]}_" if source else "none"
    missing = {name: Verdict.UNANSWERED.name for name in dir(check) if name.startswith(lesson)}
    return missing | {reply["check"]: reply["verdict"] for reply in replies}
