"""`lowlogit assignment`: what to hand out of a lesson, and what to keep."""

import argparse
from pathlib import Path
from typing import Any

from lowlogit_edu.cli.common import say
from lowlogit_edu.grading.assignment import notebooks_folder, write_assignments

HELP = "Write a lesson without outputs to hand out, and its solution and the key of its checks to keep."
EPILOG = """\
Two lessons for one week:

  lowlogit assignment 07 08 --out week5

Hand out week5/student. Keep week5/instructor: the solutions, and a table of the checks with a point for each.
"""


def options(command: argparse.ArgumentParser) -> None:
    command.add_argument("lessons", nargs="+", help="numbers of lessons, such as 07 or 09b")
    command.add_argument("--out", type=Path, required=True, help="folder to write to; no file is written over")
    command.add_argument("--notebooks", type=Path, help="the repository's folder notebooks (beside the package)")


def run(args: argparse.Namespace) -> dict[str, Any]:
    written = write_assignments(notebooks_folder(args.notebooks), args.lessons, args.out)
    if not args.json:
        for path in written:
            say(str(path))
    return {"files": [str(path) for path in written]}
