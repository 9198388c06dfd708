"""What is saved as CSV can be read back, to the last digit."""

import csv

import numpy as np

from lowlogit_edu.show.csv_text import csv_text


def read(text):
    return list(csv.reader(text.splitlines(keepends=True)))


def test_numbers_are_read_back_as_they_were():
    numbers = [0.1, 1 / 3, 1e-300, np.float64(2 / 3), np.float32(0.1), 10**20, np.int64(-7)]
    _, row = read(csv_text(list("abcdefg"), [numbers]))
    assert [type(number)(cell) for number, cell in zip(numbers, row, strict=True)] == numbers


def test_numpy_numbers_print_as_pythons():
    rows = [[np.float64(0.5), np.int64(3), np.bool_(True)]]
    assert csv_text("xyz", rows) == csv_text("xyz", [[0.5, 3, True]]) == "x,y,z\n0.5,3,True\n"


def test_any_text_is_one_cell():
    words = ["a,b", 'say "hi"', "two\nlines", "£ €", ""]
    assert read(csv_text(["word", "n"], [[word, 1] for word in words])) == [["word", "n"], *([w, "1"] for w in words)]


def test_nothing_is_an_empty_cell_and_no_rows_leave_the_header():
    assert csv_text(["a", "b"], [[None, 0]]) == "a,b\n,0\n"
    assert csv_text(["a", "b"], iter([])) == "a,b\n"
