"""Make and run the notebooks: notebooks/src/NAME.py, text, becomes a lesson and its solutions, with outputs.

python notebooks/build.py            make and run every notebook
python notebooks/build.py 10 11      only those whose names begin so
python notebooks/build.py --check    run nothing; say which notebooks differ from their source
python notebooks/build.py --words    run nothing; write the words anew and keep the outputs, where no code has changed

A name that begins so: 09 is 09_... and 09b_..., and 09_ is the first alone. `navigation.py` adds the links from one
notebook to the next, to docs/PAPER.md (from teaches.toml) and to docs/GLOSSARY.md: after a change of a title, of that
table or of the glossary say --words.

The lesson, notebooks/NAME.ipynb, has no solutions. In notebooks/solutions/NAME.ipynb there are the
title, the cells tagged "setup", and all from the heading "## Exercises" on, solved. In the source:

    # BEGIN SOLUTION
    #: answer = ...  # a number
    answer = 3
    # END SOLUTION

is `answer = 3` in the solutions, and in the lesson the lines after `#: `, or dots where there are none. Below words
that ask for a guess, as "> **Predict.**" does, the lesson has a place to type it, and what the cells behind it print is
folded until they are run: JupyterLab unfolds it then.
"""

import argparse
import re
import sys
from collections.abc import Sequence
from pathlib import Path

import jupytext
import nbformat
from navigation import with_links
from nbclient import NotebookClient

from lowlogit_edu.widgets.guess import words_of

HERE = Path(__file__).resolve().parent
KERNEL = {"display_name": "Python 3 (ipykernel)", "language": "python", "name": "python3"}
REGION = re.compile(r"^( *)# BEGIN SOLUTION\n(.*?)^ *# END SOLUTION$", re.MULTILINE | re.DOTALL)
SHOWN = re.compile(r"^( *)#: ?(.*)$", re.MULTILINE)
EXERCISES = "## Exercises"
ASKS = re.compile(r"^> \*\*[^*]*\b(guess|guesses|predict)\b", re.MULTILINE | re.IGNORECASE)
GUESS = "guess"  # tag of the cells with a place to type
CAPTION = re.compile(r"[^\n]*:")  # one line that leads to the next cell
KEPT = {"tags", "jupyter"}  # of a cell's metadata: jupytext adds its own
SECONDS = 600  # for one cell; what takes longer hangs


def without_solution(code: str) -> str:
    """The code as a student gets it."""

    def instead(region: re.Match[str]) -> str:
        shown = [indent + text for indent, text in SHOWN.findall(region[2])]
        return "\n".join(shown) or f"{region[1]}...  # your code here"

    return REGION.sub(instead, code)


def with_solution(code: str) -> str:
    """The code solved, without the marks and what a student gets instead."""
    return REGION.sub(lambda region: re.sub(r" *#:.*\n", "", region[2]).rstrip("\n"), code)


def targets(source: Path) -> dict[Path, bool]:
    """The notebooks made of a source, and whether each is solved."""
    lesson = {HERE / f"{source.stem}.ipynb": False}
    if "# BEGIN SOLUTION" not in source.read_text(encoding="utf-8"):
        return lesson
    return lesson | {HERE / "solutions" / f"{source.stem}.ipynb": True}


def from_source(source: Path, *, solved: bool = False) -> nbformat.NotebookNode:
    """The notebook of a source, without outputs; the same source gives the same notebook."""
    notebook = jupytext.reads(source.read_text(encoding="utf-8"), fmt="py:percent")
    notebook.cells = _solutions(notebook.cells) if solved else _with_guesses(notebook.cells, source)
    for cell in notebook.cells:
        cell.source = with_solution(cell.source) if solved else without_solution(cell.source)
    notebook.cells = with_links(notebook.cells, source, solved=solved)
    notebook.metadata = nbformat.NotebookNode(
        kernelspec=KERNEL,
        language_info={"name": "python"},
        lowlogit_edu={"generated": f"by build.py from src/{source.name}: edit that file, not this one"},
    )
    for number, cell in enumerate(notebook.cells):
        cell.id = f"cell-{number:02d}"  # else drawn at random
        kept = {key: value for key, value in cell.metadata.items() if key in KEPT}
        cell.metadata = nbformat.NotebookNode(kept)
    return notebook


def _solutions(cells: list[nbformat.NotebookNode]) -> list[nbformat.NotebookNode]:
    """Title, setup, exercises."""
    title = nbformat.v4.new_markdown_cell(cells[0].source.splitlines()[0] + ": solutions")
    begin = next(number for number, cell in enumerate(cells) if cell.source.startswith(EXERCISES))
    setup = [cell for cell in cells[:begin] if "setup" in cell.metadata.get("tags", [])]
    return [title, *setup, *cells[begin:]]


def _with_guesses(cells: list[nbformat.NotebookNode], source: Path) -> list[nbformat.NotebookNode]:
    """The cells, and a place for a guess below each of those that ask for one.

    The saved output of the next cells would answer: up to the next words, a caption aside, it is folded.
    """
    number = source.stem.partition("_")[0]
    found = []
    asked = 0
    folded = False
    for cell in cells:
        found.append(cell)
        if cell.cell_type == "markdown" and ASKS.search(cell.source):
            asked += 1
            place = nbformat.v4.new_code_cell(f'll.widgets.Guess("{number}, {asked}")')
            place.metadata = nbformat.NotebookNode(jupyter={"source_hidden": True}, tags=[GUESS])
            found.append(place)
            folded = True
        elif cell.cell_type == "markdown":
            folded = folded and CAPTION.fullmatch(cell.source) is not None
        elif folded:
            cell.metadata["jupyter"] = nbformat.NotebookNode(outputs_hidden=True)
    return found


def build(source: Path) -> list[Path]:
    """Make the notebooks of a source, run from a clean kernel, saved without widget state or times."""
    for target, solved in targets(source).items():
        notebook = from_source(source, solved=solved)
        metadata = dict(notebook.metadata)  # running adds the version of Python, which differs from place to place
        client = NotebookClient(
            notebook, kernel_name="python3", timeout=SECONDS, store_widget_state=False, record_timing=False
        )
        client.execute(cwd=str(HERE))
        notebook.metadata = nbformat.NotebookNode(metadata)
        close_answers(notebook)
        target.parent.mkdir(exist_ok=True)
        nbformat.write(notebook, target)
    return list(targets(source))


def close_answers(notebook: nbformat.NotebookNode) -> None:
    """Let the saved outputs of a notebook that nobody has run tell no answer, and show no error.

    Of what is folded JupyterLab shows the first line of the first output: an empty one in front of them has none. And
    for a widget without a kernel it shows an error: of a place for a guess the words alone are kept.
    """
    for cell in notebook.cells:
        if GUESS in cell.metadata.get("tags", []):
            words = {"text/plain": words_of(cell.source.split('"')[1])}
            output = nbformat.v4.new_output("execute_result", words, execution_count=cell.execution_count)
            cell.outputs = [output]
        elif cell.cell_type == "code":
            saved = [output for output in cell.outputs if not is_empty(output)]
            folded = saved and cell.metadata.get("jupyter", {}).get("outputs_hidden", False)
            empty = nbformat.v4.new_output("display_data", {})
            cell.outputs = [empty, *saved] if folded else saved


def is_empty(output: nbformat.NotebookNode) -> bool:
    """Whether an output has nothing to show."""
    return output.output_type == "display_data" and not output.data


def reworded(source: Path) -> list[str]:
    """Write the words of a source's notebooks anew, outputs kept; one sentence for each that has to be built."""
    complaints = []
    for target, solved in targets(source).items():
        wanted = from_source(source, solved=solved)
        found = nbformat.read(target, as_version=4) if target.exists() else nbformat.v4.new_notebook()
        ours = _code(wanted)
        theirs = _code(found)
        if [cell.source for cell in ours] != [cell.source for cell in theirs]:
            complaints.append(f"{target.relative_to(HERE)} has other code than its source: build it.")
            continue
        for cell, old in zip(ours, theirs, strict=True):
            cell.outputs = old.outputs
            cell.execution_count = old.execution_count
        close_answers(wanted)
        nbformat.write(wanted, target)
    return complaints


def _code(notebook: nbformat.NotebookNode) -> list[nbformat.NotebookNode]:
    return [cell for cell in notebook.cells if cell.cell_type == "code"]


def compared(target: Path) -> tuple[int, int]:
    """How many of a notebook's output cells the tests compare, and how many there are."""
    cells = [cell for cell in nbformat.read(target, as_version=4).cells if cell.get("outputs")]
    ignored = [cell for cell in cells if "nbval-ignore-output" in cell.metadata.get("tags", [])]
    return len(cells) - len(ignored), len(cells)


def differences(source: Path) -> list[str]:
    """Where the saved notebooks differ from their source, outputs aside; one sentence each."""
    return [line for target, solved in targets(source).items() for line in _differences(source, target, solved)]


def _differences(source: Path, target: Path, solved: bool) -> list[str]:
    if not target.exists():
        return [f"{target.relative_to(HERE)} is missing"]
    wanted = from_source(source, solved=solved)
    found = nbformat.read(target, as_version=4)
    if len(wanted.cells) != len(found.cells):
        return [f"{target.relative_to(HERE)} has {len(found.cells)} cells, its source {len(wanted.cells)}"]
    parts = ("cell_type", "source", "metadata")
    return [
        f"{target.relative_to(HERE)}: the {part} of cell {number} is not that of the source"
        for number, (ours, theirs) in enumerate(zip(wanted.cells, found.cells, strict=True), start=1)
        for part in parts
        if ours[part] != theirs[part]
    ]


def main(arguments: Sequence[str]) -> int:
    """The command line; returns 1 where a notebook differs from its source, else 0."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("names", nargs="*", help="beginnings of names, such as 00 09b; by default all notebooks")
    kind = parser.add_mutually_exclusive_group()
    kind.add_argument("--check", action="store_true", help="say where notebooks differ from their sources")
    kind.add_argument("--words", action="store_true", help="take over words and keep outputs; nothing is run")
    wanted = parser.parse_args(arguments)
    begin = tuple(wanted.names or [""])
    sources = [source for source in sorted((HERE / "src").glob("*.py")) if source.name.startswith(begin)]
    if not sources:
        parser.error(f"no notebook in {HERE / 'src'} begins with {' or '.join(wanted.names)}")
    found = []
    if wanted.check:
        for source in sources:
            found += differences(source)
        print("\n".join(found) or f"{len(sources)} notebooks agree with their sources")
    elif wanted.words:
        for source in sources:
            found += reworded(source)
        print("\n".join(found) or f"{len(sources)} notebooks have the words of their sources")
    else:
        for source in sources:
            build(source)
    for source in sources:
        for target in targets(source):
            if target.exists():
                some, every = compared(target)
                print(f"{target.relative_to(HERE)}: {some} of {every} outputs compared")
    return int(bool(found))


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
