"""What the results of a class say together: which check was hardest, and which mistakes are typical."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import fsum
from statistics import median

from lowlogit_edu.exercises import check
from lowlogit_edu.exercises.feedback import Verdict
from lowlogit_edu.grading.grader import NOT_YET, Graded
from lowlogit_edu.grading.submissions import Submission
from lowlogit_edu.show.csv_text import csv_text

MISSING = "nothing handed in"
STRANGER = "not on the roster"
NUMBER = re.compile(r"[-+]?\d+(\.\d*)?([eE][-+]?\d+)?")


@dataclass(frozen=True)
class Mistake:
    """A reply to wrong answers, and how many students got it."""

    count: int
    reply: str


@dataclass(frozen=True)
class ClassResults:
    """The students of a class and what they got.

    Attributes
    ----------
    students : sequence of Submission
    graded : mapping of str to Graded
        By id; those who handed nothing in, or whose notebook was not run yet, are not in it.
    """

    students: Sequence[Submission]
    graded: Mapping[str, Graded]

    @property
    def checks(self) -> list[str]:
        """All checks that any notebook has, sorted by name."""
        return sorted({name for graded in self.graded.values() for name in graded.verdicts})

    @property
    def lessons(self) -> list[str]:
        """Numbers of the lessons that the checks are of."""
        return sorted({name.partition("_")[0].removeprefix("nb") for name in self.checks})

    @property
    def missing(self) -> list[Submission]:
        """Those who handed nothing in."""
        return [student for student in self.students if student.path is None]

    def note(self, student: Submission) -> str:
        """What is odd about a student's work, in a few words; empty where nothing is."""
        graded = self.graded.get(student.id)
        notes = [] if student.listed else [STRANGER]
        if student.path is None:
            notes.append(MISSING)
        elif graded is None:
            notes.append(NOT_YET)
        elif graded.remark:
            notes.append(graded.remark)
        return "; ".join(notes)

    def count(self, name: str, verdict: Verdict) -> int:
        """How many got this verdict from a check."""
        return sum(graded.verdicts.get(name) == verdict.name for graded in self.graded.values())

    def mean_points(self, name: str) -> float:
        """Of those whose notebook has the check, between 0 and 1."""
        points = [graded.points_of(name) for graded in self.graded.values() if name in graded.verdicts]
        return fsum(points) / len(points)  # exact, in whatever order the notebooks were graded

    def hardest_first(self) -> list[str]:
        """Checks by mean points, those of equal means by name."""
        return sorted(self.checks, key=lambda name: (self.mean_points(name), name))

    def mistakes(self, name: str) -> list[Mistake]:
        """Replies to wrong answers, the most common first; those that differ in numbers only are one."""
        alike: dict[str, list[str]] = {}
        for graded in self.graded.values():
            if graded.verdicts.get(name) == Verdict.WRONG.name:
                reply = graded.messages.get(name, "")
                alike.setdefault(NUMBER.sub("#", reply), []).append(reply)
        found = [Mistake(len(replies), min(replies)) for replies in alike.values()]
        return sorted(found, key=lambda mistake: (-mistake.count, mistake.reply))

    def median_points(self) -> float | None:
        """Of those whose notebooks were graded."""
        points = [graded.points for graded in self.graded.values() if graded.final]
        return median(points) if points else None

    def median_seconds(self) -> float | None:
        """Of the notebooks that were graded."""
        seconds = [graded.seconds for graded in self.graded.values()]
        return median(seconds) if seconds else None


def title_of(student: Submission) -> str:
    """The student's name and id."""
    return f"{student.name} ({student.id})" if student.name else student.id


def about(name: str) -> str:
    """What a check is about, in a line; empty for a name that is none."""
    if name not in dir(check):
        return ""
    return (getattr(check, name).__doc__ or "").strip().partition("\n")[0]


def class_table(results: ClassResults, columns: Sequence[str]) -> str:
    """CSV: a line for each student, the columns that are named, and one for each check that any notebook has."""
    names = results.checks
    lines = []
    for student in results.students:
        graded = results.graded.get(student.id, Graded())
        cells = {
            "id": student.id,
            "name": student.name,
            "file": "" if student.path is None else str(student.path),
            "points": round(graded.points, 4),
            "right": graded.right,
            "checks": len(graded.verdicts),
            "seconds": graded.seconds,
            "note": results.note(student),
        }
        lines.append([*(cells[column] for column in columns), *(graded.verdicts.get(name, "") for name in names)])
    return csv_text([*columns, *names], lines)
