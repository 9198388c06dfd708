"""What an instructor hands out and keeps of a lesson: it without outputs, its solution, the key of its checks."""

import re
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from lowlogit_edu import exercises
from lowlogit_edu.core.errors import ArgumentError
from lowlogit_edu.grading.class_results import about
from lowlogit_edu.grading.notebook_file import checks_of_lesson, read_notebook
from lowlogit_edu.show.csv_text import csv_text

STUDENT = "student"
INSTRUCTOR = "instructor"
CALL = re.compile(r"\bcheck\.(nb\w+)\(")
EXERCISE = re.compile(r"^\*\*(Exercise \d+)", re.MULTILINE)


def notebooks_folder(given: Path | None) -> Path:
    """The folder of lessons: the one that is given, or the one beside the package in a copy of the repository.

    Raises
    ------
    ArgumentError
        If it holds no lessons with solutions.
    """
    folder = given or Path(next(iter(exercises.__path__))).parents[1] / "notebooks"
    if (folder / "solutions").is_dir():
        return folder
    if given is None:
        raise ArgumentError(
            "there are no lessons beside the package: it was installed without them. "
            "Name the folder notebooks of a copy of the repository by --notebooks."
        )
    raise ArgumentError(f"{given} holds no folder solutions; expected the folder notebooks of the repository.")


def assignment(folder: Path, number: str) -> dict[str, str]:
    """Contents of an assignment's files by their paths, relative to the folder that they go to.

    Parameters
    ----------
    folder : Path
        Of lessons, as `notebooks_folder` gives it.
    number : str
        07 or 09b; 7 is 07.

    Raises
    ------
    ArgumentError
        If there is no such lesson, or it has no solution.
    """
    wanted = number.zfill(2)
    lessons = {path.name.partition("_")[0]: path for path in sorted(folder.glob("[0-9]*_*.ipynb"))}
    if wanted not in lessons:
        raise ArgumentError(f"there is no lesson {number!r} in {folder}; there are {', '.join(lessons) or 'none'}.")
    lesson = lessons[wanted]
    solution = folder / "solutions" / lesson.name
    if not solution.is_file():
        raise ArgumentError(f"{solution} is missing: lesson {wanted} has no solution there.")
    notebook = read_notebook(lesson)
    return {
        f"{STUDENT}/{lesson.name}": _without_outputs(notebook),
        f"{INSTRUCTOR}/{lesson.stem}_solution.ipynb": solution.read_text(encoding="utf-8"),
        f"{INSTRUCTOR}/{lesson.stem}_key.csv": key_table(notebook),
    }


def _without_outputs(notebook: Any) -> str:
    import nbformat

    bare = nbformat.from_dict(notebook)
    for cell in bare.cells:
        if cell.cell_type == "code":
            cell.outputs = []
            cell.execution_count = None
    return nbformat.writes(bare) + "\n"


def key_table(notebook: Any) -> str:
    """CSV of all checks of a lesson: the exercise that each is of, what it is about, and its point."""
    exercise = ""
    of_check = {}
    for cell in notebook.cells:
        if cell.cell_type == "markdown":
            headings = EXERCISE.findall(cell.source)
            exercise = headings[-1] if headings else exercise
            continue
        for name in CALL.findall(cell.source):
            of_check[name] = exercise  # a check that is shown before the exercises is of its exercise in the end
    order = list(of_check)
    of_lesson = checks_of_lesson(notebook)
    names = [name for name in order if name in of_lesson] + [name for name in of_lesson if name not in of_check]
    lines = [[of_check.get(name, ""), name, about(name), 1] for name in names]
    return csv_text(["exercise", "check", "about", "points"], lines)


def write_assignments(folder: Path, numbers: Sequence[str], out: Path) -> list[Path]:
    """Write the files of one or more lessons; none is left, where one of them is there already or cannot be written.

    Raises
    ------
    ArgumentError
        If a file exists, or cannot be written.
    """
    contents: dict[str, str] = {}
    for number in numbers:
        contents |= assignment(folder, number)
    targets = {out / name: text for name, text in contents.items()}
    for path in targets:
        if path.exists():
            raise ArgumentError(f"{path} exists; choose another --out or remove it. Nothing was changed.")
    try:
        with ExitStack() as undo:
            for path, text in targets.items():
                path.parent.mkdir(parents=True, exist_ok=True)
                with path.open("x", encoding="utf-8", newline="\n") as file:
                    undo.callback(path.unlink)
                    file.write(text)
            undo.pop_all()  # all are written: none goes again
    except OSError as error:
        raise ArgumentError(f"cannot write to the folder {out} ({error}); choose another --out.") from error
    return list(targets)
