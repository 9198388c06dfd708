"""Pages of a graded class: one for all, one for each student, one of times; and a table for spreadsheets.

Equal results give equal bytes, but for the page of times: no two runs take equally long, so seconds are there alone.
"""

import hashlib
import re
from pathlib import Path
from typing import Any

from lowlogit_edu.core.storage import write_text
from lowlogit_edu.core.words import counted
from lowlogit_edu.exercises.feedback import COLOURS, Verdict
from lowlogit_edu.grading.class_results import MISSING, STRANGER, ClassResults, about, class_table, title_of
from lowlogit_edu.grading.grader import NOT_YET, Graded
from lowlogit_edu.grading.submissions import Submission
from lowlogit_edu.show.html import Report
from lowlogit_edu.show.tables import Link

STUDENTS = "students"
TIMES = "times.html"
TABLE = "grades.csv"
HASHED = re.compile(r"-[0-9a-f]{8}$")  # how names end that are no ids
COLUMNS = ("id", "name", "file", "points", "right", "checks", "note")
COMMON = 5  # replies of a check that the page of the class shows


def write_pages(folder: Path, results: ClassResults) -> None:
    """Write all pages and the table into a folder, in the place of those that are there."""
    (folder / STUDENTS).mkdir(exist_ok=True)
    for student in results.students:
        # Not durable: a page is written again by --resume, from results that are.
        write_text(folder / STUDENTS / page_name(student.id), student_page(results, student).html(), durable=False)
    write_text(folder / "index.html", class_page(results).html())
    write_text(folder / TIMES, times_page(results).html())
    write_text(folder / TABLE, class_table(results, COLUMNS))


def page_name(id: str) -> str:
    """A file name for a student's id that any system takes, and that no other id has.

    >>> page_name("anna-3"), page_name("../Ben")
    ('anna-3.html', 'ben-273fbae9.html')
    """
    plain = re.sub(r"[^a-z0-9]+", "-", id.lower()).strip("-")[:60]
    if plain == id and not HASHED.search(id):
        return f"{plain}.html"
    return f"{plain or 'student'}-{hashlib.sha256(id.encode('utf-8', 'surrogateescape')).hexdigest()[:8]}.html"


def points_text(graded: Graded) -> str:
    """Points of all that there are: "3.25 of 5"."""
    return f"{_short(graded.points)} of {len(graded.verdicts)}"


def _short(points: float) -> str:
    return f"{round(points, 2):g}"


def class_page(results: ClassResults) -> Report:
    """The class on one page: who got how much, which checks were hard, which mistakes are typical."""
    of = f" of notebook {', '.join(results.lessons)}" if results.lessons else ""
    report = Report(f"Grades{of}", *_summary(results))
    report.link("How long the notebooks took", TIMES)
    report.section("Students")
    rows = []
    for student in results.students:
        graded = results.graded.get(student.id)
        row: dict[str, Any] = {"student": Link(title_of(student), f"{STUDENTS}/{page_name(student.id)}")}
        row |= {"points": None, "right": None} if graded is None or not graded.final else _points_row(graded)
        rows.append(row | {"note": results.note(student)})
    report.table(rows, "Points, of how many, and how many checks are right")
    _add_checks(report, results)
    _add_mistakes(report, results)
    return report


def _points_row(graded: Graded) -> dict[str, str]:
    return {"points": points_text(graded), "right": str(graded.right)}


def _summary(results: ClassResults) -> list[str]:
    """First sentences of the page of a class."""
    handed_in = len(results.students) - len(results.missing)
    words = f"{counted(len(results.students), 'student')}, {handed_in} handed in."
    points = results.median_points()
    if points is not None:
        words += f" The median is {counted(round(points, 2), 'point')}."
    waiting = [student for student in results.students if results.note(student).endswith(NOT_YET)]
    if waiting:
        words += f" Not graded yet: {len(waiting)}."
    strangers = [student.id for student in results.students if not student.listed]
    found = [words, "A check that is right is one point; one with parts counts the share of them that is right."]
    if results.missing:
        found.append(f"{MISSING.capitalize()}: {', '.join(map(title_of, results.missing))}.")
    if strangers:
        found.append(f"{STRANGER.capitalize()}: {', '.join(strangers)}.")
    return found


def _add_checks(report: Report, results: ClassResults) -> None:
    report.section("Checks, the hardest first")
    rows = []
    for name in results.hardest_first():
        counts = {verdict.name.lower(): results.count(name, verdict) for verdict in Verdict}
        rows.append({"check": name, "mean points": results.mean_points(name)} | counts | {"about": about(name)})
    if rows:
        report.table(rows, "How many notebooks got which verdict")
    else:
        report.text("No notebook has a check that was graded.")


def _add_mistakes(report: Report, results: ClassResults) -> None:
    report.section(
        "Typical mistakes",
        f"What the checks replied to wrong answers: the {COMMON} most common replies of each. Replies that differ in "
        "numbers only are counted as one, and one of them is shown.",
    )
    for name in results.hardest_first():
        mistakes = results.mistakes(name)
        shown = [f"{counted(each.count, 'student')}: {each.reply}" for each in mistakes[:COMMON]]
        if len(mistakes) > COMMON:
            rest = sum(each.count for each in mistakes[COMMON:])
            shown.append(f"{counted(rest, 'student')}: other replies, on their pages.")
        if shown:
            report.quotes(name, shown)
    if not any(results.mistakes(name) for name in results.checks):
        report.text("No answer is wrong.")


def student_page(results: ClassResults, student: Submission) -> Report:
    """One student's points, and what each check replied."""
    graded = results.graded.get(student.id)
    note = results.note(student)
    words = [] if graded is None else [f"Points: {points_text(graded)}. Right: {counted(graded.right, 'check')}."]
    words += [f"File: {student.path}"] if student.path is not None else []
    words += [f"Note: {note}."] if note else []
    report = Report(title_of(student), *words)
    report.link("The class", "../index.html")
    if graded is None or not graded.verdicts:
        return report
    report.section("Checks")
    report.table(
        [
            {
                "check": name,
                "verdict": verdict.lower(),
                "points": round(graded.points_of(name), 2),
                "parts": " of ".join(map(str, graded.parts[name])) if name in graded.parts else None,
                "about": about(name),
            }
            for name, verdict in sorted(graded.verdicts.items())
        ]
    )
    silent = [name for name in graded.verdicts if name not in graded.messages]
    hint = [f"The notebook does not call {counted(len(silent), 'check')}, or an error came first."] if silent else []
    report.section("Replies", *hint)
    for name, reply in sorted(graded.messages.items()):
        said = Verdict[graded.verdicts[name]]
        report.quotes(name, [f"{said.value} {reply}"], COLOURS[said])
    return report


def times_page(results: ClassResults) -> Report:
    """How long each notebook took."""
    middle = results.median_seconds()
    words = "No notebook was graded." if middle is None else f"The median is {middle:.1f} seconds."
    report = Report("How long the notebooks took", words)
    report.link("The class", "index.html")
    timed = [student for student in results.students if student.id in results.graded]
    rows = [{"student": title_of(each), "seconds": results.graded[each.id].seconds} for each in timed]
    if rows:
        report.table(rows)
    return report
