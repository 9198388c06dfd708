"""Who handed in what: notebooks in folders, students' ids, and a roster to compare them with."""

import csv
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from lowlogit_edu.core.errors import ArgumentError
from lowlogit_edu.core.words import counted


@dataclass(frozen=True)
class Submission:
    """What one student handed in.

    Attributes
    ----------
    id : str
    name : str
        As the roster has it, or empty.
    path : Path or None
        The notebook; None where nothing was handed in.
    listed : bool
        False where there is a roster, and the id is not on it.
    """

    id: str
    name: str = ""
    path: Path | None = None
    listed: bool = True


def find_notebooks(given: Iterable[Path]) -> list[Path]:
    """The files that are given, and all notebooks in given folders and the folders inside, each once.

    Hidden folders and files, `.ipynb_checkpoints` among them, are passed over.

    Raises
    ------
    ArgumentError
        If a folder holds no notebooks.
    """
    found = []
    for path in given:
        if not path.is_dir():
            found.append(path)
            continue
        inside = [file for file in sorted(path.rglob("*.ipynb")) if file.is_file() and _is_shown(file, path)]
        if not inside:
            raise ArgumentError(f"{path} holds no notebooks (*.ipynb).")
        found += inside
    return list({path.absolute(): path for path in found}.values())


def _is_shown(file: Path, folder: Path) -> bool:
    return not any(part.startswith(".") for part in file.relative_to(folder).parts)


def submissions(paths: Sequence[Path], pattern: str | None = None) -> list[Submission]:
    """The notebooks with their students' ids, in the order of the paths.

    The id is what the group of `pattern` finds in the path; without a pattern it is the file's name without its
    ending, or, where several files all have one name, the name of their folder.

    Raises
    ------
    ArgumentError
        If the pattern is none, or does not match a path, or two files have one id.
    """
    found = [Submission(id, path=path) for path, id in zip(paths, _ids(paths, pattern), strict=True)]
    files: dict[str, Path] = {}
    for submission in found:
        assert submission.path is not None
        if submission.id in files:
            raise ArgumentError(
                f"{files[submission.id]} and {submission.path} both have the id {submission.id!r}; give a pattern "
                "by --id that tells them apart, or leave one of them out."
            )
        files[submission.id] = submission.path
    return found


def _ids(paths: Sequence[Path], pattern: str | None) -> list[str]:
    if pattern is not None:
        return _matched(paths, pattern)
    one_name = len(paths) > 1 and len({path.name for path in paths}) == 1
    return [path.absolute().parent.name if one_name else path.stem for path in paths]


def _matched(paths: Sequence[Path], pattern: str) -> list[str]:
    try:
        compiled = re.compile(pattern)
    except re.error as error:
        raise ArgumentError(f"--id {pattern!r} is no regular expression: {error}.") from error
    if compiled.groups != 1:
        raise ArgumentError(
            f"--id {pattern!r} has {counted(compiled.groups, 'group')}; expected one part in parentheses, the id."
        )
    found = [compiled.search(path.as_posix()) for path in paths]
    ids = [(match[1] or "").strip() if match else "" for match in found]
    unmatched = [str(path) for path, id in zip(paths, ids, strict=True) if not id]
    if unmatched:
        more = f" and {counted(len(unmatched) - 1, 'more path')}" if len(unmatched) > 1 else ""
        raise ArgumentError(f"--id {pattern!r} finds no id in {unmatched[0]}{more}; change the pattern.")
    return ids


def read_roster(path: Path) -> dict[str, str]:
    """Names by id, in the order of the file; the name is empty where the roster has none.

    Raises
    ------
    ArgumentError
        If the file cannot be read, has no column `id`, lists nobody, or lists an id twice.
    """
    try:
        text = path.read_text(encoding="utf-8-sig")
        first = text.partition("\n")[0]
        # Spreadsheets write semicolons where the comma is the decimal mark.
        delimiter = ";" if ";" in first and "," not in first else ","
        header, *lines = list(csv.reader(text.splitlines(), delimiter=delimiter)) or [[]]
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise ArgumentError(f"the roster {path} cannot be read ({error}); expected CSV in UTF-8.") from error
    columns = [column.strip().lower() for column in header]
    if "id" not in columns:
        raise ArgumentError(
            f"the roster {path} has no column `id`; its first line is {', '.join(header) or 'empty'!r}."
        )
    found: dict[str, str] = {}
    for number, line in enumerate(lines, start=2):
        cells = dict(zip(columns, map(str.strip, line), strict=False))
        if not any(cells.values()):
            continue
        id = cells.get("id", "")
        if not id:
            raise ArgumentError(f"the roster {path} has no id in line {number}; give one, or remove the line.")
        if id in found:
            raise ArgumentError(f"the roster {path} lists the id {id!r} twice, again in line {number}; remove one.")
        found[id] = cells.get("name", "")
    if not found:
        raise ArgumentError(f"the roster {path} lists nobody below its header.")
    return found


def compared(found: Sequence[Submission], roster: dict[str, str]) -> list[Submission]:
    """The students of the roster in its order, with or without a file; behind them the files of others."""
    by_id = {submission.id: submission for submission in found}
    listed = [Submission(id, name, by_id[id].path if id in by_id else None) for id, name in roster.items()]
    others = [Submission(each.id, path=each.path, listed=False) for each in found if each.id not in roster]
    return listed + others
