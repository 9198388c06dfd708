"""Numbers as CSV text, for reports and Save buttons (but one: `widgets/lingen.py` keeps the quotes of its old files).

>>> csv_text(["cut", "residual"], [[1, 0.5], [2, None]])
'cut,residual\\n1,0.5\\n2,\\n'
"""

import csv
import io
from collections.abc import Iterable, Sequence
from typing import Any


def csv_text(header: Sequence[str], rows: Iterable[Sequence[Any]]) -> str:
    """A header and rows as CSV; None is an empty cell, numpy numbers print as Python's.

    A number has all digits that tell it from others of its type: reading the file gives it back.
    """
    text = io.StringIO()
    table = csv.writer(text, lineterminator="\n")  # the csv module would end lines as Windows does
    table.writerow(header)
    table.writerows(rows)
    return text.getvalue()
