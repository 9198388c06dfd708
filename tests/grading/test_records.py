"""Results that are kept: found again for what has not changed, and for nothing else."""

from dataclasses import replace

import pytest

from lowlogit_edu.core.errors import ArgumentError
from lowlogit_edu.core.held_folder import held
from lowlogit_edu.grading import Graded
from lowlogit_edu.grading.records import Records, key_of
from lowlogit_edu.grading.submissions import Submission

LIMITS = {"timeout": 300, "limit": 900, "memory": 8.0}
GRADED = Graded({"nb13_told": "WRONG"}, {"nb13_told": "No: ß <b>."}, {"nb13_told": [1, 4]}, "odd", 2.5)


@pytest.fixture
def anna(tmp_path):
    path = tmp_path / "anna.ipynb"
    path.write_text("first")
    return Submission("anna", path=path)


def test_a_result_is_found_again_until_something_changes(tmp_path, anna):
    key = key_of(anna, LIMITS)
    (tmp_path / "out").mkdir()
    records = Records(tmp_path / "out", resume=False)
    records.add(key, GRADED)
    again = Records(tmp_path / "out", resume=True)
    assert again.get(key) == records.get(key) == GRADED
    assert again.get(key_of(anna, LIMITS | {"timeout": 299})) is None
    assert again.get(key_of(Submission("ben", path=anna.path), LIMITS)) is None
    anna.path.write_text("second")
    assert again.get(key_of(anna, LIMITS)) is None


def test_a_result_of_other_code_does_not_count(tmp_path, anna, monkeypatch):
    key = key_of(anna, LIMITS)
    (tmp_path / "other").mkdir()
    # A module that checks call, and none of theirs.
    (tmp_path / "other" / "numerics.py").write_text("")
    monkeypatch.setattr("lowlogit_edu.grading.records.PACKAGE", tmp_path / "other")
    assert key_of(anna, LIMITS) != key


def test_a_result_that_is_not_final_is_not_kept(tmp_path, anna):
    key = key_of(anna, LIMITS)
    (tmp_path / "out").mkdir()
    records = Records(tmp_path / "out", resume=False)
    records.add(key, replace(GRADED, final=False))
    assert records.get(key) is None and Records(tmp_path / "out", resume=True).get(key) is None


def test_half_a_line_of_a_run_that_was_cut_off_is_passed_over(tmp_path, anna):
    key = key_of(anna, LIMITS)
    (tmp_path / "out").mkdir()
    records = Records(tmp_path / "out", resume=False)
    records.add(key, GRADED)
    with records.path.open("a") as file:
        file.write('[]\n{"key": 1, "graded": {"parts": 3, "verdicts": {"x": "WRONG"}}}\n{"key": {"id": "b')
    again = Records(tmp_path / "out", resume=True)
    assert again.get(key) == GRADED
    other = key_of(Submission("ben", path=anna.path), LIMITS)
    again.add(other, GRADED)
    assert Records(tmp_path / "out", resume=True).get(other) == GRADED
    assert len(records.path.read_text().splitlines()) == 2


def test_a_folder_with_something_in_it_is_refused(tmp_path):
    folder = tmp_path / "out"
    folder.mkdir()
    Records(folder, resume=False)
    with pytest.raises(ArgumentError, match="is not empty; add --resume to go on with what is in it, or choose"):
        Records(folder, resume=False)
    (folder / "results.jsonl").unlink()
    (folder / "mine.txt").touch()
    with pytest.raises(ArgumentError, match="is not empty; choose another --out"):
        Records(folder, resume=False)


def test_two_runs_do_not_share_a_folder(tmp_path):
    folder = tmp_path / "deep" / "out"
    with (
        held(folder, "grading"),
        pytest.raises(ArgumentError, match="another run is grading into"),
        held(folder, "grading"),
    ):
        pass
    assert not folder.exists()
    (tmp_path / "file").touch()
    with pytest.raises(ArgumentError, match="cannot write to the folder"), held(tmp_path / "file", "grading"):
        pass
