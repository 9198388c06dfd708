"""What a notebook's widgets show: pictures that go on moving on a page, and still ones of those that need Python.

The saved notebooks hold no widgets, so a notebook is run once more, up to its last one. What comes of it is kept in a
folder, under a name made of the code that it depends on: as long as no code changes, nothing is run again.

A widget of anywidget is JavaScript and a state: both go into the page, where `static/alive.js` stands in for the
notebook. Another widget is a picture and sentences, drawn by Python; they go into the page as they were last.
"""

import copy
import hashlib
import json
import os
import re
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import partial
from html import escape
from pathlib import Path
from typing import Any

import nbformat
from nbclient import NotebookClient

from website.pages import GUESS, PACKAGE, ROOT, VIEW, Pictures, widget_cells

SECONDS = 1800  # for one cell
STATE = "application/vnd.jupyter.widget-state+json"
NO_PART = ("layout", "tabbable", "tooltip", "comm")  # of a state: how ipywidgets place it
TEXT = re.compile(r"<[^>]*>")
MOVES = (
    "This picture moves here, in your browser. In the notebook Python sees what you do with it; "
    "the outputs below are those of the saved run."
)
Model = Mapping[str, Any]
Models = Mapping[str, Model]


@dataclass(frozen=True)
class Shown:
    """A widget that a notebook shows: the cell that shows it, its saved words, and its HTML."""

    cell: int
    words: str
    html: str


def state_of(model: Model) -> dict[str, Any]:
    """What the browser gets to know of a widget, without how it is placed."""
    state = model["state"]
    return {name: value for name, value in state.items() if not name.startswith("_") and name not in NO_PART}


def alive(model: Model, words: str, caption: str = MOVES) -> str:
    """HTML of a picture that goes on moving; `words` stand there where JavaScript does not run."""
    if model.get("buffers"):
        raise ValueError(f"a picture of the site must have a state of plain JSON, but {words!r} has binary parts.")
    data = {"script": model["state"]["_esm"], "state": state_of(model)}
    text = json.dumps(data, separators=(",", ":")).replace("<", "\\u003c")  # no text in it can end the script element
    return (
        f'<figure class="picture alive"><div class="place"><p>{escape(words)}</p></div>'
        f'<script type="application/json">{text}</script><figcaption>{escape(caption)}</figcaption></figure>'
    )


def parts(name: str, models: Models) -> Iterator[Model]:
    """A widget and all that are in it, from top to bottom."""
    model = models[name]
    yield model
    for child in model["state"].get("children", ()):
        yield from parts(child.removeprefix("IPY_MODEL_"), models)


def still(name: str, models: Models, words: str) -> str:
    """HTML of a dashboard as it stands: its picture, its sentences, and which controls it has in the notebook."""
    shown = []
    controls = []
    for model in parts(name, models):
        state = model["state"]
        if model["model_name"] == "HTMLModel":
            shown.append(state.get("value", ""))
        elif state.get("description") and model["model_name"] != "ButtonModel":
            controls.append(state["description"].strip().rstrip(":"))
    drawn = [html for html in shown if not html.startswith("<style") and (TEXT.sub("", html).strip() or "<img" in html)]
    controls = [each for each in controls if each != "File name"]  # that of saving
    caption = "A still picture: it is drawn by Python."
    if controls:
        caption += f" In the notebook it has controls: {', '.join(controls)}."
    inner = "\n".join(drawn) or f"<p>{escape(words)}</p>"
    return f'<figure class="picture still">{inner}<figcaption>{escape(caption)}</figcaption></figure>'


def run(path: Path) -> list[Shown]:
    """Run a notebook up to its last widget: what its widgets show."""
    notebook = nbformat.read(path, as_version=4)
    last = max((number for number, _ in widget_cells(notebook)), default=-1)
    notebook.cells = notebook.cells[: last + 1]
    models: dict[str, Any] = {}

    def keep(cell: nbformat.NotebookNode, cell_index: int, **_: Any) -> None:
        """What moves by itself begins as its cell left it, whatever later cells do with it."""
        for number, output in widget_cells(notebook):
            name = output["data"][VIEW]["model_id"]
            if number == cell_index and "_esm" in client.widget_state.get(name, {}):
                models[name] = {"state": copy.deepcopy(client.widget_state[name])}

    client = NotebookClient(
        notebook, kernel_name="python3", timeout=SECONDS, store_widget_state=True, on_cell_executed=keep
    )
    client.execute(cwd=str(ROOT / "notebooks"))
    end = notebook.metadata["widgets"][STATE]["state"] if last >= 0 else {}
    shown = []
    for number, output in widget_cells(notebook):
        name = output["data"][VIEW]["model_id"]
        words = output["data"].get("text/plain", "")
        if name in models:
            caption = "" if GUESS in notebook.cells[number].metadata.get("tags", []) else MOVES
            html = alive({**end[name], **models[name]}, words, caption)
        else:
            html = still(name, end, words)
        shown.append(Shown(number, words, html))
    return shown


def key(path: Path) -> str:
    """Equal for notebooks of equal code, with an equal package."""
    notebook = nbformat.read(path, as_version=4)
    found = hashlib.sha256()
    for cell in notebook.cells:
        if cell.cell_type == "code":
            found.update(cell.source.encode())
    for file in [Path(__file__), *sorted(PACKAGE.rglob("*.py")), *sorted(PACKAGE.rglob("*.js"))]:
        found.update(file.read_bytes())
    return found.hexdigest()[:16]


def kept(path: Path, folder: Path, *, may_run: tuple[str, ...] = ("",)) -> list[Shown]:
    """What the widgets of a notebook show, from the folder, or else by running it, if its name begins so."""
    file = folder / f"{path.parent.name}-{path.stem}-{key(path)}.json"
    if not file.exists() and not path.name.startswith(may_run):
        return []
    if not file.exists():
        found = [vars(each) for each in run(path)]
        for old in folder.glob(f"{path.parent.name}-{path.stem}-*.json"):
            old.unlink()
        file.write_text(json.dumps(found), encoding="utf-8")
    return [Shown(**each) for each in json.loads(file.read_text(encoding="utf-8"))]


def pictures(notebooks: Sequence[Path], folder: Path, *, may_run: tuple[str, ...] = ("",)) -> dict[Path, Pictures]:
    """What the widgets of notebooks show, by notebook and cell; as many notebooks run at once as there are cores."""
    folder.mkdir(parents=True, exist_ok=True)
    having = [path for path in notebooks if any(widget_cells(nbformat.read(path, as_version=4)))]
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    if cores > 1:
        os.environ.setdefault("OMP_NUM_THREADS", "1")  # the kernels inherit it: one core each
    with ProcessPoolExecutor(cores) as pool:
        made = list(pool.map(partial(kept, folder=folder, may_run=may_run), having))
    found: dict[Path, Pictures] = {}
    for path, widgets in zip(having, made, strict=True):
        by_cell: dict[int, list[str]] = {}
        for widget in widgets:
            by_cell.setdefault(widget.cell, []).append(widget.html)
        found[path] = by_cell
    return found
