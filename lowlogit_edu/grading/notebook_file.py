"""A notebook's file as students' tools leave it: read, and mended where that changes no word of it."""

import json
import re
from pathlib import Path
from typing import Any

from lowlogit_edu.core.errors import ArgumentError, missing_extra
from lowlogit_edu.exercises import check

EMPTY = {"metadata": {}, "nbformat": 4, "nbformat_minor": 5, "cells": []}


def read_notebook(path: Path) -> Any:
    """The notebook in a file, of any encoding that JSON may have and of any version that nbformat knows.

    A byte-order mark is passed over; what is null and should be a list, a table or a text is an empty one.

    Raises
    ------
    ArgumentError
        If the file is no notebook; the message is one sentence.
    """
    try:
        import nbformat
    except ImportError as error:
        raise missing_extra("Reading notebooks", "nbformat") from error
    try:
        content = json.loads(path.read_bytes())  # of bytes, so that the encoding and its mark are found out
        if isinstance(content, dict):
            _mend(content)
        notebook = nbformat.reads(json.dumps(content), as_version=4)
        return nbformat.from_dict(EMPTY | dict(notebook))
    except Exception as error:  # nbformat and its validators raise a kind of their own for each oddity
        reason = str(error).strip().rstrip(".") or type(error).__name__
        raise ArgumentError(f"{path} cannot be read as a notebook: {reason}.") from error


def _mend(notebook: dict[str, Any]) -> None:
    """Put empty lists, tables and texts in the place of null, as some tools write it."""
    _fill(notebook, {"metadata": {}, "cells": []})
    cells = notebook.get("cells")
    for cell in cells if isinstance(cells, list) else []:
        if not isinstance(cell, dict):
            continue
        _fill(cell, {"metadata": {}, "source": "", "outputs": []})
        outputs = cell.get("outputs")
        for output in outputs if isinstance(outputs, list) else []:
            if isinstance(output, dict):
                _fill(output, {"metadata": {}, "data": {}, "text": "", "traceback": []})


def _fill(part: dict[str, Any], empty: dict[str, Any]) -> None:
    for key, value in empty.items():
        if key in part and part[key] is None:
            part[key] = value


def number_of_lesson(notebook: Any) -> str:
    """07 or 09b: the lesson that a notebook was made from; empty where it does not say."""
    source = re.search(r"src/(\d\d[a-z]?)_", str(notebook.metadata.get("lowlogit_edu")))
    return source[1] if source else ""


def checks_of_lesson(notebook: Any) -> list[str]:
    """All checks of the lesson that the notebook was made from; none where it does not say."""
    number = number_of_lesson(notebook)
    return [name for name in dir(check) if number and name.startswith(f"nb{number}_")]
