"""Results as they are kept: a line of JSON for each notebook, written as soon as it is graded, and found again.

A result counts for the same student, the same bytes, the same limits and the same code of this package; all else is
graded anew. Files beside a notebook are not looked at: a notebook that is run may write such files itself.
"""

import hashlib
import json
import os
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import asdict
from functools import cache
from pathlib import Path
from typing import Any

from lowlogit_edu.core.errors import ArgumentError
from lowlogit_edu.core.held_folder import OWN
from lowlogit_edu.core.storage import write_text
from lowlogit_edu.grading.grader import Graded
from lowlogit_edu.grading.submissions import Submission

FILE = "results.jsonl"
PACKAGE = Path(__file__).parents[1]

Key = dict[str, Any]


def key_of(submission: Submission, limits: Mapping[str, float]) -> Key:
    """What a result depends on: the student, the notebook's bytes, the limits, and the code of checks and grader."""
    content = b""
    if submission.path is not None:
        with suppress(OSError):  # a file that cannot be read gets a note when it is graded
            content = submission.path.read_bytes()
    return {
        "id": submission.id,
        "sha256": hashlib.sha256(content).hexdigest(),
        "limits": dict(limits),
        "code": _digest_of_code(PACKAGE),
    }


@cache
def _digest_of_code(package: Path) -> str:
    """Of the whole package: checks call much of it."""
    sha = hashlib.sha256()
    for path in sorted(package.rglob("*.py")):
        sha.update(path.relative_to(package).as_posix().encode() + b"\0" + path.read_bytes())
    return sha.hexdigest()


class Records:
    """The results in a folder; of two with one key the later counts.

    Parameters
    ----------
    folder : Path
        Which is there, and empty unless `resume`.
    resume : bool
        Whether results that are there are used.
    """

    def __init__(self, folder: Path, *, resume: bool) -> None:
        self.path = folder / FILE
        self._found: dict[str, Graded] = {}
        lines = []
        if resume and self.path.exists():
            for line in self.path.read_text(encoding="utf-8", errors="replace").splitlines():
                with suppress(ValueError, TypeError, KeyError):  # half a line, of a run that was cut off
                    self._keep(json.loads(line))
                    lines.append(line)
        elif any(path.name not in OWN for path in folder.iterdir()):
            hint = "add --resume to go on with what is in it, or " if self.path.exists() else ""
            raise ArgumentError(f"{folder} is not empty; {hint}choose another --out. Nothing was changed.")
        write_text(self.path, "".join(line + "\n" for line in lines))

    def __repr__(self) -> str:
        return f"Records({str(self.path)!r}, results={len(self._found)})"

    def _keep(self, record: dict[str, Any]) -> None:
        graded = Graded(**record["graded"])
        float(graded.points)  # a result that cannot be counted is none
        self._found[_text(record["key"])] = graded

    def get(self, key: Key) -> Graded | None:
        """The result of this key, where there is one."""
        return self._found.get(_text(key))

    def add(self, key: Key, graded: Graded) -> None:
        """Keep a result, on the disk before this returns; not one that is not final."""
        if not graded.final:
            return
        record = {"key": key, "graded": asdict(graded)}
        self._keep(record)
        with self.path.open("a", encoding="utf-8") as file:
            file.write(json.dumps(record) + "\n")
            file.flush()
            os.fsync(file.fileno())


def _text(key: Key) -> str:
    return json.dumps(key, sort_keys=True)
