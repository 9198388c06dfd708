"""Rows of any shape become a table for people and CSV for machines."""

import numpy as np
import pytest

from lowlogit_edu.show.tables import Link, as_csv, html_table, shown

NAMED = {"a": {"x": 1}, "b": {"y": [0.5, 2], "x": None}}
PLAIN = [{"x": 1.5}, {"y": "two"}]


def test_csv_has_a_column_of_names_where_rows_have_them():
    assert as_csv(NAMED) == ',x,y\na,1,\nb,,"[0.5, 2]"\n'
    assert as_csv(PLAIN) == "x,y\n1.5,\n,two\n"


def test_a_table_has_a_dash_for_what_a_row_lacks():
    assert "<tr><th>b</th><td>-</td><td>0.5, 2</td></tr>" in html_table(NAMED)
    assert "<tr><td>1.5</td><td>-</td></tr>" in html_table(PLAIN)


def test_no_rows_make_an_empty_table():
    assert html_table({}) == html_table([]) == "<table><thead><tr></tr></thead><tbody></tbody></table>"


@pytest.mark.parametrize(
    ("value", "cell"),
    [
        ("words", '<td class="words">words</td>'),
        ("0.25 ± 0.01", "<td>0.25 ± 0.01</td>"),
        ("-3", "<td>-3</td>"),
        ("<b>", '<td class="words">&lt;b&gt;</td>'),
    ],
)
def test_words_stand_to_the_left_and_numbers_to_the_right(value, cell):
    assert cell in html_table([{"x": value}])


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (1234567, "1,234,567"),
        (0.123456, "0.1235"),
        (np.float32(2), "2"),
        (float("nan"), "-"),
        (None, "-"),
        (True, "yes"),
    ],
)
def test_values_are_shown_for_people(value, words):
    assert shown(value) == words


def test_a_link_is_a_link_for_people_and_words_for_machines():
    rows = [{"who": Link("<b>", 'a".html'), "n": 1}]
    assert '<td class="words"><a href="a&quot;.html">&lt;b&gt;</a></td>' in html_table(rows)
    assert as_csv(rows) == "who,n\n<b>,1\n"


def test_a_head_stands_over_its_cells_and_long_words_go_on_in_further_lines():
    table = html_table([{"n": 1, "what": "w" * 41}, {"n": "-2", "what": "w"}])
    assert '<tr><th>n</th><th class="words">what</th></tr>' in table
    assert f'<td class="words long">{"w" * 41}</td>' in table and '<td class="words">w</td>' in table
