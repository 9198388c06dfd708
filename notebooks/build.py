"""Make and run the notebooks: notebooks/src/NAME.py, text, becomes notebooks/NAME.ipynb, with outputs.

python notebooks/build.py            make and run every notebook
python notebooks/build.py 10 11      only those whose names begin so
python notebooks/build.py --check    run nothing; say which notebooks differ from their source
"""

import sys
from collections.abc import Sequence
from pathlib import Path

import jupytext
import nbformat
from nbclient import NotebookClient

HERE = Path(__file__).resolve().parent
KERNEL = {"display_name": "Python 3 (ipykernel)", "language": "python", "name": "python3"}


def from_source(source: Path) -> nbformat.NotebookNode:
    """The notebook of a source, without outputs; the same source gives the same notebook."""
    notebook = jupytext.reads(source.read_text(encoding="utf-8"), fmt="py:percent")
    notebook.metadata = nbformat.NotebookNode(
        kernelspec=KERNEL,
        language_info={"name": "python"},
        lowlogit_edu={"generated": f"by build.py from src/{source.name}: edit that file, not this one"},
    )
    for number, cell in enumerate(notebook.cells):
        cell.id = f"cell-{number:02d}"
        cell.metadata = nbformat.NotebookNode(
            {key: value for key, value in cell.metadata.items() if key in {"tags", "jupyter"}}
        )
    return notebook


def build(source: Path) -> Path:
    """Make the notebook of a source, run it from a clean kernel, and save it without widget state or times."""
    notebook, target = from_source(source), HERE / f"{source.stem}.ipynb"
    metadata = dict(notebook.metadata)
    client = NotebookClient(notebook, kernel_name="python3", timeout=600, store_widget_state=False, record_timing=False)
    client.execute(cwd=str(HERE))
    notebook.metadata = nbformat.NotebookNode(metadata)
    nbformat.write(notebook, target)
    return target


def differences(source: Path) -> list[str]:
    """Where the saved notebook differs from its source, outputs aside; one sentence each."""
    target = HERE / f"{source.stem}.ipynb"
    if not target.exists():
        return [f"{target.name} is missing"]
    wanted, found = from_source(source), nbformat.read(target, as_version=4)
    if len(wanted.cells) != len(found.cells):
        return [f"{target.name} has {len(found.cells)} cells, its source {len(wanted.cells)}"]
    parts = ("cell_type", "source", "metadata")
    return [
        f"{target.name}: the {part} of cell {number} is not that of the source"
        for number, (ours, theirs) in enumerate(zip(wanted.cells, found.cells, strict=True), start=1)
        for part in parts
        if ours[part] != theirs[part]
    ]


def main(arguments: Sequence[str]) -> int:
    """The command line; returns the number of notebooks that differ."""
    names = [argument for argument in arguments if argument != "--check"]
    sources = [s for s in sorted((HERE / "src").glob("*.py")) if not names or s.name.startswith(tuple(names))]
    if "--check" in arguments:
        found = [difference for source in sources for difference in differences(source)]
        print("\n".join(found) or f"{len(sources)} notebooks agree with their sources")
        return int(bool(found))
    for source in sources:
        print(f"made {build(source)}")
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
