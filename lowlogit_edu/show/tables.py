"""Rows of values as an HTML table for people and as CSV for machines.

>>> rows = {"learned": {"KL": 0.25, "queries": 1200}, "uniform": {"KL": 4.0}}
>>> as_csv(rows)
',KL,queries\\nlearned,0.25,1200\\nuniform,4.0,\\n'
>>> "<td>0.25</td><td>1,200</td>" in html_table(rows), "<td>4</td><td>-</td>" in html_table(rows)
(True, True)
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape
from typing import Any

import numpy as np

from lowlogit_edu.show.csv_text import csv_text

# Named rows, or rows without names; a row has its values by column, and may lack some.
Rows = Mapping[str, Mapping[str, Any]] | Sequence[Mapping[str, Any]]
WORDS = ' class="words"'
LONG = 40  # characters of a cell above which its words go on in further lines


@dataclass(frozen=True)
class Link:
    """Words that lead to another page, at an address relative to this one."""

    words: str
    address: str

    def __str__(self) -> str:
        return self.words

    def html(self) -> str:
        """The link; words and address are escaped."""
        return f'<a href="{escape(self.address)}">{escape(self.words)}</a>'


def as_csv(rows: Rows) -> str:
    """The rows as CSV with a header; numbers in full precision, what a row lacks is empty."""
    names, columns, cells = _parts(rows)
    if not names:
        return csv_text(columns, cells)
    named = [[name, *row] for name, row in zip(names, cells, strict=True)]
    return csv_text(["", *columns], named)


def html_table(rows: Rows, caption: str = "") -> str:
    """The rows as a table; all text is escaped."""
    names, columns, cells = _parts(rows)
    head = ["", *columns] if names else columns
    lines = []
    for i, row in enumerate(cells):
        first = f"<th>{escape(names[i])}</th>" if names else ""
        rest = "".join(map(_cell, row))
        lines.append(f"<tr>{first}{rest}</tr>")
    title = f"<caption>{escape(caption)}</caption>" if caption else ""
    of_words = {column for row in cells for column, value in zip(columns, row, strict=True) if _is_words(value)}
    heads = "".join(f"<th{WORDS if column in of_words else ''}>{escape(column)}</th>" for column in head)
    body = "".join(lines)
    return f"<table>{title}<thead><tr>{heads}</tr></thead><tbody>{body}</tbody></table>"


def _parts(rows: Rows) -> tuple[list[str], list[str], list[list[Any]]]:
    """Row names (none for a sequence), columns in order of first appearance, and the values."""
    if isinstance(rows, Mapping):
        names = list(rows)
        bodies = list(rows.values())
    else:
        names = []
        bodies = list(rows)
    every = [column for body in bodies for column in body]
    columns = list(dict.fromkeys(every))  # without repetitions; a dict keeps the order, a set does not
    cells = [[body.get(column) for column in columns] for body in bodies]
    return names, columns, cells


def _is_words(value: Any) -> bool:
    """Numbers stand to the right, also those that come as text, such as "0.25 ± 0.01"; words to the left."""
    return isinstance(value, Link) or (isinstance(value, str) and not value[:1].isdigit() and value[:1] != "-")


def _cell(value: Any) -> str:
    if isinstance(value, Link):
        return f"<td{WORDS}>{value.html()}</td>"
    words = shown(value)
    kind = ' class="words long"' if len(words) > LONG else WORDS
    return f"<td{kind if _is_words(value) else ''}>{escape(words)}</td>"


def shown(value: Any) -> str:
    """A value as people read it: four digits, thousands parted, a dash for nothing."""
    if value is None:
        return "-"
    if isinstance(value, bool | np.bool_):  # before int: True is an int too
        return "yes" if value else "no"
    if isinstance(value, int | np.integer):
        return f"{value:,}"
    if isinstance(value, float | np.floating):
        return f"{value:.4g}" if np.isfinite(value) else "-"
    if isinstance(value, list | tuple):
        return ", ".join(map(shown, value))
    return str(value)
