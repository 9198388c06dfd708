"""`lowlogit grade`: run students' notebooks and count what the checks say of them."""

import argparse
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from lowlogit_edu.cli.common import say
from lowlogit_edu.core.checks import check_count, check_number
from lowlogit_edu.core.errors import ArgumentError
from lowlogit_edu.core.threads import processors
from lowlogit_edu.exercises.feedback import Verdict
from lowlogit_edu.exercises.grading import Graded, grade
from lowlogit_edu.show.csv_text import csv_text

HELP = "Run notebooks, each from a clean kernel, and say which exercises are right."


def options(command: argparse.ArgumentParser) -> None:
    command.add_argument("notebooks", type=Path, nargs="+", help="notebooks, or folders of them")
    command.add_argument("--timeout", type=int, default=300, help="seconds for one cell (%(default)s)")
    command.add_argument("--limit", type=int, default=900, help="seconds for one notebook (%(default)s)")
    command.add_argument("--memory", type=float, default=8.0, help="GB for one notebook, on Linux (%(default)s)")
    command.add_argument("--jobs", type=int, default=processors(), help="notebooks at a time (%(default)s)")
    command.add_argument("--csv", type=Path, help="new file: a line for each notebook, a column for each check")


def run(args: argparse.Namespace) -> dict[str, Any]:
    for name in ("timeout", "limit", "jobs"):
        check_count(name, getattr(args, name))
    check_number("memory", args.memory, least=0)
    paths = list(_notebooks(args.notebooks))
    if args.csv is not None:
        _begin(args.csv)
    found: dict[str, Graded] = {}
    with ThreadPoolExecutor(args.jobs) as pool:
        for path, graded in zip(paths, pool.map(lambda path: _graded(path, args), paths), strict=True):
            found[str(path)] = graded
            if args.csv is not None:  # after each, so that none is lost where the rest is stopped
                args.csv.write_text(table(found), encoding="utf-8")
            if not args.json:
                _show(path, graded)
    if len(found) > 1 and not args.json:
        _show_class(found)
    return {
        "notebooks": {path: graded.verdicts for path, graded in found.items()},
        "notes": {path: graded.note for path, graded in found.items() if graded.note},
    }


def _begin(table: Path) -> None:
    """Make the table's file, which must be new, before hours of work and not after."""
    try:
        table.touch(exist_ok=False)
    except FileExistsError as error:
        raise ArgumentError(f"{table} exists; name a new file for --csv.") from error
    except OSError as error:
        raise ArgumentError(f"{table} cannot be written ({error}); name another file for --csv.") from error


def _notebooks(given: list[Path]) -> Iterator[Path]:
    for path in given:
        if path.is_dir():
            inside = sorted(path.glob("*.ipynb"))
            if not inside:
                raise ArgumentError(f"{path} holds no notebooks (*.ipynb).")
            yield from inside
        else:
            yield path


def _graded(path: Path, args: argparse.Namespace) -> Graded:
    """What one notebook got; a file that is none gets a note, and does not keep the others from being graded."""
    try:
        return grade(path, args.timeout, args.limit, args.memory)
    except ArgumentError as error:
        return Graded(note=str(error))
    except Exception as error:  # a file may be odd in ways that nobody has thought of
        return Graded(note=f"could not be graded: {type(error).__name__}: {error}")


def _show(path: Path, graded: Graded) -> None:
    say(f"{path}: {graded.right} of {len(graded.verdicts)} right" + (f"; {graded.note}" if graded.note else ""))
    for name, verdict in graded.verdicts.items():
        say(f"  {name:32} {verdict.lower()}")


def _show_class(found: dict[str, Graded]) -> None:
    """How many got each check right, the hardest first."""
    right = {name: 0 for graded in found.values() for name in graded.verdicts}
    for graded in found.values():
        for name, verdict in graded.verdicts.items():
            right[name] += verdict == Verdict.RIGHT.name
    say(f"\n{len(found)} notebooks; right, of these, the hardest first:")
    for name, count in sorted(right.items(), key=lambda pair: pair[1]):
        say(f"  {name:32} {count}")


def table(found: dict[str, Graded]) -> str:
    """CSV: a line for each notebook, a column for each check that any of them has."""
    names = sorted({name for graded in found.values() for name in graded.verdicts})
    header = ["notebook", "right", "seconds", "note", *names]
    lines = [
        [path, graded.right, graded.seconds, graded.note, *(graded.verdicts.get(name, "") for name in names)]
        for path, graded in found.items()
    ]
    return csv_text(header, lines)
