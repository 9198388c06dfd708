"""Who handed in what: files found, ids made, a roster compared, and each mistake in them told before any work."""

from pathlib import Path

import pytest

from lowlogit_edu.core.errors import ArgumentError
from lowlogit_edu.grading.submissions import Submission, compared, find_notebooks, read_roster, submissions


def touch(folder, *names):
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).touch()


def test_folders_are_looked_through_and_what_is_hidden_is_passed_over(tmp_path):
    touch(
        tmp_path, "b/late/07.ipynb", "a/07.ipynb", "a/.ipynb_checkpoints/07-checkpoint.ipynb", "a/._07.ipynb", "x.txt"
    )
    (tmp_path / "folder.ipynb").mkdir()
    assert find_notebooks([tmp_path]) == [tmp_path / "a/07.ipynb", tmp_path / "b/late/07.ipynb"]
    # A folder whose own path is hidden was asked for by name.
    touch(tmp_path, ".mine/07.ipynb")
    assert find_notebooks([tmp_path / ".mine"]) == [tmp_path / ".mine/07.ipynb"]


def test_a_file_that_is_given_twice_is_one(tmp_path):
    touch(tmp_path, "a.ipynb")
    assert find_notebooks([tmp_path / "a.ipynb", tmp_path]) == [tmp_path / "a.ipynb"]


@pytest.mark.parametrize(
    ("paths", "pattern", "ids"),
    [
        (["in/anna.ipynb", "in/ben.ipynb"], None, ["anna", "ben"]),
        (["in/anna/07.ipynb", "in/ben/07.ipynb"], None, ["anna", "ben"]),
        (["in/07.ipynb"], None, ["07"]),
        (["in/Anna B_17_late/07.ipynb", "in/Ben_4/7.ipynb"], r"_(\d+)", ["17", "4"]),
    ],
)
def test_ids_are_names_of_files_or_of_folders_or_what_a_pattern_finds(paths, pattern, ids):
    assert [each.id for each in submissions([Path(path) for path in paths], pattern)] == ids


@pytest.mark.parametrize(
    ("paths", "pattern", "told"),
    [
        (["a/07.ipynb", "b/07.ipynb", "c/8.ipynb"], None, "a/07.ipynb and b/07.ipynb both have the id '07'"),
        (["a.ipynb"], "(", "is no regular expression: missing ), unterminated subpattern at position 0."),
        (["a.ipynb"], "a", "has 0 groups; expected one part in parentheses"),
        (["a.ipynb"], "(a)(b)", "has 2 groups"),
        (["a.ipynb", "b.ipynb", "c.ipynb"], "(a)", "finds no id in b.ipynb and 1 more path; change the pattern."),
        (["a.ipynb"], "(x*)a", "finds no id in a.ipynb; change"),
    ],
)
def test_ids_that_cannot_be_are_told(paths, pattern, told):
    with pytest.raises(ArgumentError) as error:
        submissions([Path(path) for path in paths], pattern)
    assert told in str(error.value)


def test_a_roster_of_a_spreadsheet_is_read(tmp_path):
    roster = tmp_path / "class.csv"
    roster.write_text('\ufeffName, ID \n"B., Anna",anna\n,ben\n\n', encoding="utf-8")
    assert read_roster(roster) == {"anna": "B., Anna", "ben": ""}
    roster.write_text("id;name\nanna;Anna\n")
    assert read_roster(roster) == {"anna": "Anna"}
    roster.write_text("id\nanna\n")
    assert read_roster(roster) == {"anna": ""}


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"name\nanna\n", "has no column `id`; its first line is 'name'."),
        (b"", "has no column `id`; its first line is 'empty'."),
        (b"id\n", "lists nobody"),
        (b"id,name\nanna,A\nben,B\nanna,C\n", "lists the id 'anna' twice, again in line 4"),
        (b"id,name\n,A\n", "has no id in line 2"),
        (b"id\n\xff\n", "cannot be read"),
    ],
)
def test_a_roster_that_is_none_is_told(tmp_path, content, told):
    roster = tmp_path / "class.csv"
    roster.write_bytes(content)
    with pytest.raises(ArgumentError) as error:
        read_roster(roster)
    assert told in str(error.value)
    with pytest.raises(ArgumentError, match="cannot be read"):
        read_roster(tmp_path / "nowhere.csv")


def test_a_roster_tells_who_is_missing_and_who_should_not_be_there():
    found = submissions([Path("anna.ipynb"), Path("zoe.ipynb")])
    assert compared(found, {"ben": "B", "anna": "A"}) == [
        Submission("ben", "B"),
        Submission("anna", "A", Path("anna.ipynb")),
        Submission("zoe", path=Path("zoe.ipynb"), listed=False),
    ]
