"""`lowlogit grade`: run students' notebooks, count what the checks say of them, and write pages about the class."""

import argparse
from collections.abc import Generator
from concurrent.futures import ThreadPoolExecutor, as_completed
from contextlib import ExitStack, closing
from dataclasses import replace
from pathlib import Path
from typing import Any

from lowlogit_edu.cli.common import note, say
from lowlogit_edu.core.checks import check_count, check_number
from lowlogit_edu.core.errors import ArgumentError
from lowlogit_edu.core.held_folder import held
from lowlogit_edu.core.storage import write_text
from lowlogit_edu.core.threads import processors
from lowlogit_edu.exercises.feedback import Verdict
from lowlogit_edu.grading.class_results import ClassResults, class_table, title_of
from lowlogit_edu.grading.grader import Graded, grade
from lowlogit_edu.grading.kernel import Kernels
from lowlogit_edu.grading.records import Records, key_of
from lowlogit_edu.grading.submissions import Submission, compared, find_notebooks, read_roster, submissions

COLUMNS = ("file", "right", "seconds", "note")  # of --csv
HELP = "Run notebooks, each from a clean kernel, and say which exercises are right."
EPILOG = """\
A class, its notebooks in one folder for each student, two at a time:

  lowlogit grade handed_in --out grades --roster class.csv --jobs 2

Open grades/index.html afterwards. The same line with --resume runs only what is new or has changed.
"""


def options(command: argparse.ArgumentParser) -> None:
    command.add_argument("notebooks", type=Path, nargs="+", help="notebooks, or folders with notebooks at any depth")
    command.add_argument("--timeout", type=int, default=300, help="seconds for one cell (%(default)s)")
    command.add_argument("--limit", type=int, default=900, help="seconds for one notebook (%(default)s)")
    command.add_argument("--memory", type=float, default=8.0, help="GB for one notebook, on Linux (%(default)s)")
    command.add_argument("--jobs", type=int, default=processors(), help="notebooks at a time (%(default)s)")
    command.add_argument("--csv", type=Path, help="new file: a line for each notebook, a column for each check")
    command.add_argument(
        "--out", type=Path, help="new folder: a page for the class, one for each student, a table, and all results"
    )
    command.add_argument(
        "--resume", action="store_true", help="go on in --out: notebooks with a result, and unchanged, are not run"
    )
    command.add_argument(
        "--id", metavar="PATTERN", help="regular expression: its one group is the student's id in a notebook's path"
    )
    command.add_argument("--roster", type=Path, help="CSV with a column id and maybe name: who should hand in")


def run(args: argparse.Namespace) -> dict[str, Any]:
    for name in ("timeout", "limit", "jobs"):
        check_count(name, getattr(args, name))
    check_number("memory", args.memory, least=0)
    if args.resume and args.out is None:
        raise ArgumentError("--resume goes on in the folder of --out: name it.")
    students = _students(args)
    import nbclient  # noqa: F401  (where it is missing, that is said once, and not of each notebook)

    with ExitStack() as stack:
        records = None
        if args.out is not None:
            stack.enter_context(held(args.out, "grading"))
            records = Records(args.out, resume=args.resume)
        if args.csv is not None:
            _begin(args.csv)
        results = _grade_class(students, args, records)
    return _answer(results, args)


def _students(args: argparse.Namespace) -> list[Submission]:
    """Who handed in what, all checked before any notebook is run."""
    paths = find_notebooks(args.notebooks)
    if args.out is None and args.roster is None and args.id is None:
        return [Submission(str(path), path=path) for path in paths]  # a path is an id that no other file has
    found = submissions(paths, args.id)
    return found if args.roster is None else compared(found, read_roster(args.roster))


def _begin(table: Path) -> None:
    """Make the table's file, which must be new, before hours of work and not after."""
    try:
        table.touch(exist_ok=False)
    except FileExistsError as error:
        raise ArgumentError(f"{table} exists; name a new file for --csv.") from error
    except OSError as error:
        raise ArgumentError(f"{table} cannot be written ({error}); name another file for --csv.") from error


def _grade_class(students: list[Submission], args: argparse.Namespace, records: Records | None) -> ClassResults:
    """Grade all; what is there is written after each notebook, also where the rest is stopped by hand."""
    limits = {name: getattr(args, name) for name in ("timeout", "limit", "memory")}
    found: dict[str, Graded] = {}
    keys = {}
    if records is not None:
        keys = {student.id: key_of(student, limits) for student in students if student.path is not None}
        found = {id: kept for id, key in keys.items() if (kept := records.get(key)) is not None}
    waiting = [student for student in students if student.path is not None and student.id not in found]
    total = len(found) + len(waiting)
    if found and not args.json:
        say(f"{len(found)} of {total} notebooks have a result and are not run again")
    results = ClassResults(students, found)
    try:
        with closing(_graded_in_turn(waiting, args)) as turn:
            for student, graded in turn:
                found[student.id] = graded
                if records is not None:
                    records.add(keys[student.id], graded)
                _write_table(results, args)
                if not args.json:
                    _show(student, graded)
    except KeyboardInterrupt:
        kept_in = f"; they are in {args.out}, and --resume grades the rest" if args.out is not None else ""
        note(f"{len(found)} of {total} notebooks are graded{kept_in}")
        raise
    finally:
        _write_table(results, args)
        if args.out is not None:
            from lowlogit_edu.grading.pages import write_pages  # loads plotly, which no other command needs at once

            write_pages(args.out, results)
    if len(students) > 1 and not args.json:
        _show_class(results)
    return results


def _write_table(results: ClassResults, args: argparse.Namespace) -> None:
    if args.csv is not None:
        students = [student for student in results.students if student.id in results.graded]
        write_text(args.csv, class_table(replace(results, students=students), COLUMNS))


def _graded_in_turn(
    waiting: list[Submission], args: argparse.Namespace
) -> Generator[tuple[Submission, Graded], None, None]:
    """Results as they come; where the reader stops early, all kernels are ended."""
    kernels = Kernels()
    pool = ThreadPoolExecutor(args.jobs)
    try:
        futures = {pool.submit(_graded, student, args, kernels): student for student in waiting}
        for future in as_completed(futures):
            yield futures[future], future.result()
    finally:
        kernels.end_all()
        pool.shutdown(cancel_futures=True)


def _graded(student: Submission, args: argparse.Namespace, kernels: Kernels) -> Graded:
    """What one notebook got; one that cannot be graded gets a note, and does not keep the others from it."""
    assert student.path is not None
    try:
        return grade(student.path, args.timeout, args.limit, args.memory, kernels)
    except ArgumentError as error:
        # What is no notebook is the student's; that a file could not be read is not.
        return Graded(note=str(error), final=not isinstance(error.__cause__, (OSError, MemoryError)))
    except Exception as error:  # of the grader, or of a file that is odd in ways that nobody has thought of
        return Graded(note=f"could not be graded: {type(error).__name__}: {error}", final=False)


def _show(student: Submission, graded: Graded) -> None:
    remark = f"; {graded.remark}" if graded.remark else ""
    say(f"{student.path}: {graded.right} of {len(graded.verdicts)} right{remark}")
    for name, verdict in graded.verdicts.items():
        say(f"  {name:32} {verdict.lower()}")


def _show_class(results: ClassResults) -> None:
    """How many got each check right, the hardest first; and who is missing, or should not be there."""
    say(f"\n{len(results.graded)} notebooks; right, of these, the hardest first:")
    for name in results.hardest_first():
        say(f"  {name:32} {results.count(name, Verdict.RIGHT)}")
    for student in results.students:
        if student.path is None or not student.listed:
            say(f"{title_of(student)}: {results.note(student)}")


def _answer(results: ClassResults, args: argparse.Namespace) -> dict[str, Any]:
    """The JSON object."""
    graded = {
        str(student.path): results.graded[student.id] for student in results.students if student.id in results.graded
    }
    answer: dict[str, Any] = {
        "notebooks": {path: each.verdicts for path, each in graded.items()},
        "points": {path: round(each.points, 4) for path, each in graded.items()},
        "notes": {path: each.remark for path, each in graded.items() if each.remark},
    }
    if args.roster is not None:
        answer["missing"] = [student.id for student in results.missing]
        answer["not_on_roster"] = [student.id for student in results.students if not student.listed]
    if args.out is not None:
        answer["out"] = str(args.out)
    return answer
