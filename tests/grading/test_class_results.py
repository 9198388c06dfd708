"""What the results of a class say together."""

from pathlib import Path

from lowlogit_edu.exercises.feedback import Verdict
from lowlogit_edu.grading import Graded
from lowlogit_edu.grading.class_results import ClassResults, Mistake, about, title_of
from lowlogit_edu.grading.submissions import Submission


def a_class():
    students = [Submission(id, path=Path(f"{id}.ipynb")) for id in "abcde"]
    students += [Submission("f", "Fay"), Submission("z", path=Path("z.ipynb"), listed=False)]
    wrong = {"nb13_told": "WRONG", "nb13_hidden_kind": "WRONG"}
    graded = {
        "a": Graded({"nb13_told": "RIGHT", "nb13_hidden_kind": "WRONG"}, {"nb13_hidden_kind": "No."}, seconds=1.0),
        "b": Graded(
            wrong, {"nb13_told": "You gave 2.5, 7.", "nb13_hidden_kind": "No."}, {"nb13_told": [1, 4]}, seconds=3
        ),
        "c": Graded(wrong, {"nb13_told": "You gave -1e-3, 12.", "nb13_hidden_kind": "Yes?"}, {"nb13_told": [3, 4]}),
        "d": Graded(note="its kernel died", seconds=9.0),
    }
    return ClassResults(students, graded)


def test_points_count_the_parts_that_are_right():
    assert [graded.points for graded in a_class().graded.values()] == [1, 0.25, 0.75, 0]
    assert a_class().median_points() == 0.5 and a_class().median_seconds() == 2.0
    assert a_class().graded["a"].points_of("nb13_solve") == 0


def test_the_hardest_check_is_the_one_of_fewest_points():
    results = a_class()
    assert results.hardest_first() == ["nb13_hidden_kind", "nb13_told"] and results.lessons == ["13"]
    assert results.mean_points("nb13_told") == (1 + 0.25 + 0.75) / 3
    assert [results.count("nb13_told", verdict) for verdict in Verdict] == [1, 2, 0]


def test_replies_that_differ_in_numbers_are_one_mistake():
    assert a_class().mistakes("nb13_told") == [Mistake(2, "You gave -1e-3, 12.")]
    assert a_class().mistakes("nb13_hidden_kind") == [Mistake(2, "No."), Mistake(1, "Yes?")]


def test_what_is_odd_is_said_of_each_student():
    results = a_class()
    notes = {student.id: results.note(student) for student in results.students}
    assert notes | {"d": "", "e": "", "f": "", "z": ""} == dict.fromkeys("abcdefz", "")
    assert (notes["d"], notes["e"], notes["f"]) == ("its kernel died", "not graded yet", "nothing handed in")
    assert notes["z"] == "not on the roster; not graded yet"
    assert [title_of(student) for student in results.missing] == ["Fay (f)"]


def test_nobody_has_no_median():
    assert ClassResults([], {}).median_points() is None and ClassResults([], {}).median_seconds() is None


def test_a_check_is_explained_by_its_first_line():
    assert about("nb13_hidden_kind") == "What kind of model the hidden teacher is." and about("nb13_no") == ""
