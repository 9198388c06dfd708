"""Pages of a class: everything on them, nothing of it code, equal bytes for equal results."""

import csv
from dataclasses import replace
from pathlib import Path

import pytest

from lowlogit_edu.grading import Graded
from lowlogit_edu.grading.class_results import ClassResults
from lowlogit_edu.grading.pages import page_name, write_pages
from lowlogit_edu.grading.submissions import Submission

HOSTILE = "</p><script>alert('1')</script><img src=x onerror=alert(1)>"
STUDENTS = [
    Submission("anna", "Anna A.", Path("anna.ipynb")),
    Submission(HOSTILE, HOSTILE, Path(HOSTILE + ".ipynb")),
    Submission("Ben", path=Path("Ben.ipynb")),
    Submission("ben", path=Path("ben.ipynb"), listed=False),
    Submission("cleo", "Cleo C."),
]
HALF = Graded(
    {"nb13_told": "WRONG", "nb13_solve": "UNANSWERED"}, {"nb13_told": "1 of 4 parts are right."}, {"nb13_told": [1, 4]}
)
GRADED = {
    "anna": Graded({"nb13_told": "RIGHT", "nb13_solve": "UNANSWERED"}, {"nb13_told": "All questions."}, seconds=5.25),
    HOSTILE: Graded({"nb13_told": "WRONG", "nb13_solve": "WRONG"}, {"nb13_told": HOSTILE, "nb13_solve": HOSTILE}),
    "Ben": HALF,
    "ben": replace(HALF, note=HOSTILE),
}


def pages(folder, graded):
    folder.mkdir()
    write_pages(folder, ClassResults(STUDENTS, graded))
    return {str(path.relative_to(folder)): path.read_text() for path in folder.rglob("*") if path.is_file()}


@pytest.fixture
def written(tmp_path):
    return pages(tmp_path / "out", GRADED)


def test_there_is_a_page_for_each_student_and_three_files_for_the_class(written):
    students = {f"students/{page_name(student.id)}" for student in STUDENTS}
    assert len({name.lower() for name in students}) == 5
    assert set(written) == students | {"index.html", "times.html", "grades.csv"}


def test_no_word_of_a_student_becomes_code(written):
    for name, page in written.items():
        if name.endswith(".html"):
            assert "<script" not in page and "<img" not in page and "javascript:" not in page, name
    assert "&lt;script&gt;" in written["index.html"]


def test_the_page_of_the_class_says_who_what_and_which_mistakes(written):
    page = written["index.html"]
    assert "<h1>Grades of notebook 13</h1>" in page and "5 students, 4 handed in. The median is 0.25 points." in page
    assert '<a href="students/anna.html">Anna A. (anna)</a>' in page and "<td>1 of 2</td>" in page
    assert "Nothing handed in: Cleo C. (cleo)." in page and "Not on the roster: ben." in page
    assert page.index('<td class="words">nb13_solve</td>') < page.index('<td class="words">nb13_told</td>')
    assert "2 students: 1 of 4 parts are right." in page


def test_every_link_leads_to_a_page(written, tmp_path):
    for name, page in written.items():
        for part in page.split('<a href="')[1:]:
            assert (tmp_path / "out" / name).parent.joinpath(part.partition('"')[0]).is_file()


def test_a_students_page_has_verdicts_replies_and_parts(written):
    page = written[f"students/{page_name('Ben')}"]
    assert "Points: 0.25 of 2. Right: 0 checks." in page and "1 of 4</td>" in page
    assert "Not yet. 1 of 4 parts are right.</blockquote>" in page
    assert "The notebook does not call 1 check, or an error came first." in page and page.count("<blockquote") == 1
    assert "Note: nothing handed in." in written["students/cleo.html"]


def test_the_table_has_a_line_for_each_student(written):
    lines = list(csv.DictReader(written["grades.csv"].splitlines()))
    assert [line["id"] for line in lines] == [student.id for student in STUDENTS]
    assert (lines[0]["points"], lines[0]["right"], lines[0]["checks"], lines[0]["nb13_told"]) == (
        "1.0",
        "1",
        "2",
        "RIGHT",
    )
    assert (lines[2]["points"], lines[4]["note"], lines[4]["nb13_told"]) == ("0.25", "nothing handed in", "")


def test_equal_results_give_equal_bytes_but_for_the_times(tmp_path, written):
    slower = {id: replace(graded, seconds=graded.seconds + 1) for id, graded in reversed(GRADED.items())}
    again = pages(tmp_path / "again", slower)
    assert [name for name in written if written[name] != again[name]] == ["times.html"]
    assert "The median is 0.0 seconds." in written["times.html"] and "<td>5.25</td>" in written["times.html"]


def test_a_class_that_was_not_graded_has_pages(tmp_path):
    page = pages(tmp_path / "out", {})["index.html"]
    assert "Not graded yet: 4." in page and "No notebook has a check" in page and "No answer is wrong." in page


def test_names_of_pages_are_plain_and_differ():
    names = [page_name(id) for id in ("a", "A", "a b", "a-b", "../a", "ä", "", "x" * 300, "con/../..")]
    assert len(set(names)) == len(names) and all(len(name) < 80 and "/" not in name for name in names)


def test_an_id_that_looks_like_another_ids_page_has_a_page_of_its_own():
    ids = ["../Ben"]
    ids += [page_name(ids[-1]).removesuffix(".html")]
    ids += [page_name(ids[-1]).removesuffix(".html")]
    assert ids[1] == "ben-273fbae9" and len({page_name(id) for id in ids}) == 3


@pytest.mark.browser
@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_pages_fit_a_phone_in_both_themes(chromium, tmp_path, dark):
    pages(tmp_path / "out", GRADED)
    page = chromium.new_page(viewport={"width": 420, "height": 800}, color_scheme="dark" if dark else "light")
    page.goto((tmp_path / "out" / "index.html").as_uri())
    width = "document.documentElement.scrollWidth"
    assert page.evaluate(width) <= 420
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    while page.evaluate("document.activeElement.tagName") != "A":
        page.keyboard.press("Tab")
    page.get_by_role("link", name="Anna A. (anna)").focus()
    page.keyboard.press("Enter")
    page.wait_for_url("**/students/anna.html")
    assert page.evaluate(width) <= 420 and page.get_by_role("heading", level=1).inner_text() == "Anna A. (anna)"
    page.close()
