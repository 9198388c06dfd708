"""Notebooks are made from their sources, and nearly all of their outputs are compared."""

import importlib.util
from pathlib import Path

import nbformat
import pytest

FOLDER = Path(__file__).parents[1] / "notebooks"
SOURCES = sorted((FOLDER / "src").glob("*.py"))


def build_module():
    spec = importlib.util.spec_from_file_location("build", FOLDER / "build.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def ignored(notebook):
    """(cells with outputs, those of them that nbval ignores, ignored ones that give no reason)."""
    cells = [cell for cell in notebook.cells if cell.cell_type == "code" and cell.outputs]
    loose = [cell for cell in cells if "nbval-ignore-output" in cell.metadata.get("tags", [])]
    return len(cells), len(loose), sum("# Ignored by the tests:" not in cell.source for cell in loose)


@pytest.mark.parametrize("source", SOURCES, ids=lambda path: path.stem)
def test_the_notebook_is_its_source(source):
    assert build_module().differences(source) == []


@pytest.mark.parametrize("source", SOURCES, ids=lambda path: path.stem)
def test_at_most_a_fifth_of_the_outputs_is_ignored_each_with_a_reason(source):
    cells, loose, unexplained = ignored(nbformat.read(FOLDER / f"{source.stem}.ipynb", as_version=4))
    assert cells >= 3 and loose * 5 <= cells and unexplained == 0


def test_drift_and_ignored_outputs_are_found(tmp_path, monkeypatch):
    build = build_module()
    monkeypatch.setattr(build, "HERE", tmp_path)
    source = tmp_path / "x.py"
    source.write_text('# %% tags=["nbval-ignore-output"]\n1 + 1\n')
    assert build.differences(source) == ["x.ipynb is missing"]
    notebook = build.from_source(source)
    notebook.cells[0].outputs = [nbformat.v4.new_output("stream", text="2")]
    nbformat.write(notebook, tmp_path / "x.ipynb")
    assert build.differences(source) == []
    assert ignored(notebook) == (1, 1, 1)
    source.write_text("# %%\n1 + 2\n")
    assert build.differences(source) == [
        "x.ipynb: the source of cell 1 is not that of the source",
        "x.ipynb: the metadata of cell 1 is not that of the source",
    ]
