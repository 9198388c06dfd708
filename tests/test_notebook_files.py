"""Notebooks are committed with outputs that can be read, small, and without what differs from run to run."""

import json
from pathlib import Path

import pytest

NOTEBOOKS = sorted((Path(__file__).parents[1] / "notebooks").rglob("*.ipynb"))


def complaints(text):
    """What should not be in a committed notebook, one sentence each."""
    notebook = json.loads(text)
    found = ["it is larger than 1 MB"] if len(text) > 1_000_000 else []
    if "widgets" in notebook["metadata"]:
        found.append("it holds widget state: save it without ('Save Widget State Automatically' off)")
    for number, cell in enumerate(notebook["cells"], start=1):
        outputs = cell.get("outputs", [])
        if any(output["output_type"] == "error" for output in outputs):
            found.append(f"cell {number} holds an error")
        if cell["metadata"].keys() & {"execution", "collapsed", "ExecuteTime"}:
            found.append(f"cell {number} holds times or folding in its metadata")
    return found


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.name)
@pytest.mark.reliability("R19")
def test_notebook_is_clean(path):
    assert complaints(path.read_text(encoding="utf-8")) == []


def test_an_unclean_notebook_is_found():
    cell = {"metadata": {"execution": {}}, "outputs": [{"output_type": "error"}]}
    notebook = {"metadata": {"widgets": {}}, "cells": [cell], "padding": "x" * 1_000_000}
    assert len(complaints(json.dumps(notebook))) == 4
