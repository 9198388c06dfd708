"""Slides of some notebooks, from the saved notebooks themselves: reveal.js pages, made by nbconvert.

python notebooks/slides.py                    slides of every notebook that slides.toml names, in the folder slides
python notebooks/slides.py 06 10              only those whose names begin so
python notebooks/slides.py --out FOLDER       in another folder
python notebooks/slides.py --local FOLDER     pages that need no network: FOLDER holds reveal.js, mathjax, jquery and
                                              requirejs, as npm installs them

Nothing is run: text, code and outputs are those that build.py saved. What is shown of which section stands in
slides.toml. Without --local the pages are whole, but the browser fetches reveal.js and MathJax from the network.
"""

import argparse
import os
import re
import sys
import tomllib
from collections.abc import Iterator, Sequence
from pathlib import Path

import nbformat
from nbconvert import SlidesExporter
from traitlets.config import Config

HERE = Path(__file__).resolve().parent
CHOSEN = HERE / "slides.toml"
PARTS = ("text", "code", "printed", "pictures")
WIDTH = 1280
HEIGHT = 720
# What fits, estimated; looked at in Chromium, with room left for a font that is a little wider.
LINES = 15.5  # of text on a slide, below its heading
LETTERS = 85  # on a line of text
CODE_LETTERS = 108
CODE_LINE = 0.68  # the height of a line of code, in lines of text
PICTURE_LINES = 13  # so that a sentence or two may stand above a picture
LOCAL = {  # where npm puts what a page needs
    "reveal_url_prefix": "reveal.js",
    "mathjax_url": "mathjax/MathJax.js?config=TeX-AMS_CHTML-full,Safe",
    "jquery_url": "jquery/dist/jquery.min.js",
    "require_js_url": "requirejs/require.js",
}
NO_DIAGRAMS = "data:text/javascript,export default { initialize() {} }"  # else the page asks the network for mermaid
LOOK = HERE / "slides.css"
Cells = Sequence[nbformat.NotebookNode]


def sections(notebook: nbformat.NotebookNode) -> dict[str, list[nbformat.NotebookNode]]:
    """The cells of each section, under its title; a cell that holds the next heading too is divided there."""
    found: dict[str, list[nbformat.NotebookNode]] = {"": []}
    title = ""
    for cell in notebook.cells:
        if cell.cell_type != "markdown":
            found[title].append(cell)
            continue
        for piece in re.split(r"^(?=## )", cell.source, flags=re.MULTILINE):
            heading = re.match(r"## (.*)\n?", piece)
            if heading:
                title = heading[1]
                found[title] = []
                piece = piece[heading.end() :]
            if piece.strip():
                found[title].append(nbformat.v4.new_markdown_cell(piece.strip()))
    return found


def blocks(markdown: str) -> list[str]:
    """Paragraphs, lists, tables, formulas: what must not be divided between slides."""
    found: list[str] = []
    whole = re.compile(r"(^```.*?^```$|\$\$.*?\$\$[.,]?)", re.MULTILINE | re.DOTALL)  # may hold empty lines
    kept = whole.sub(lambda block: block[0].replace("\n\n", "\n\0\n"), markdown)
    for block in re.split(r"\n(?: *\n)+", kept):
        found.append(block.replace("\0", "").strip("\n"))
    return [block for block in found if block]


def lines_of(block: str) -> float:
    """How many lines of a slide a block takes, estimated."""
    if block.startswith("```"):
        return CODE_LINE * block.count("\n")
    lines = block.splitlines()
    if lines[0].startswith("|"):
        return 0.6 + sum(0.9 * -(-len(line) // 140) for line in lines)
    if lines[0].startswith("$$"):
        return 2.2 + 1.3 * (block.count(r"\\") + 0.5 * len(lines))
    items = re.split(r"\n(?=[-*] |\d+\. )", block)
    return 0.6 + sum(-(-len(item) // LETTERS) for item in items)


def divided(markdown: str) -> Iterator[str]:
    """The text of a section's Markdown, slide by slide."""
    page: list[str] = []
    used = 0.0
    for block in blocks(markdown):
        size = lines_of(block)
        if page and used + size > LINES:
            yield "\n\n".join(page)
            page = []
            used = 0.0
        page.append(block)
        used += size
    yield "\n\n".join(page)


def shown_outputs(cell: nbformat.NotebookNode, parts: Sequence[str]) -> list[nbformat.NotebookNode]:
    """The outputs that a slide can show: not widgets, which are dead on it, and no place for a guess."""
    found: list[nbformat.NotebookNode] = []
    if "guess" in cell.metadata.get("tags", []):
        return found
    for output in cell.outputs:
        data = output.get("data", {})
        drawn = any(kind.startswith("image/") for kind in data)
        alive = any("widget-view" in kind for kind in data)
        if drawn and "pictures" in parts:
            found.append(_still(output))
        elif not drawn and not alive and "printed" in parts and (data or "text" in output):
            found.append(output)
    return _joined(found)


def _still(output: nbformat.NotebookNode) -> nbformat.NotebookNode:
    """A picture without the widget that moves it where a kernel runs."""
    kinds = {kind: data for kind, data in output.data.items() if "widget-view" not in kind}
    return nbformat.from_dict(output | {"data": kinds})


def _joined(outputs: Cells) -> list[nbformat.NotebookNode]:
    """Outputs in which no printed text follows another: the kernel cuts them where it likes."""
    found: list[nbformat.NotebookNode] = []
    for output in outputs:
        if found and output.output_type == found[-1].output_type == "stream":
            text = found[-1].text + output.text
            found[-1] = nbformat.v4.new_output("stream", name=output.name, text=text)
        else:
            found.append(output)
    return found


def pages(cell: nbformat.NotebookNode, parts: Sequence[str]) -> Iterator[nbformat.NotebookNode]:
    """The slides of one cell."""
    if cell.cell_type == "markdown":
        if "text" in parts:
            yield from (nbformat.v4.new_markdown_cell(text) for text in divided(cell.source))
        return
    if "code" in parts:
        yield nbformat.v4.new_code_cell(cell.source)
    outputs = shown_outputs(cell, parts)
    if outputs:
        made = nbformat.v4.new_code_cell("", outputs=outputs)
        made.metadata["tags"] = ["remove_input"]
        yield made


def together(cells: Cells) -> Iterator[list[nbformat.NotebookNode]]:
    """Cells that follow each other, as many on a slide as fit."""
    group: list[nbformat.NotebookNode] = []
    used = 0.0
    for cell in cells:
        size = _size(cell)
        if group and used + size > LINES:
            yield group
            group = []
            used = 0.0
        group.append(cell)
        used += size
    if group:
        yield group


def _size(cell: nbformat.NotebookNode) -> float:
    """How many lines of a slide a cell takes, estimated."""
    if cell.cell_type == "markdown":
        return sum(lines_of(block) for block in blocks(cell.source))
    if any("image/png" in output.get("data", {}) for output in cell.outputs):
        return PICTURE_LINES
    texts = [cell.source, *(output.get("text") or output["data"]["text/plain"] for output in cell.outputs)]
    lines = [line for text in texts if text for line in text.rstrip("\n").split("\n")]
    return 0.6 + CODE_LINE * sum(max(1, -(-len(line) // CODE_LETTERS)) for line in lines)


def slides(notebook: nbformat.NotebookNode, chosen: dict[str, list[str]]) -> nbformat.NotebookNode:
    """A notebook of slides: a title, then the chosen sections, one below the other.

    Raises
    ------
    SystemExit
        If the notebook has no section of a chosen title, or a part has another name than those of `PARTS`.
    """
    there = sections(notebook)
    made = nbformat.v4.new_notebook(metadata=notebook.metadata)
    first = blocks(there[""][0].source)
    _add(made, "slide", [nbformat.v4.new_markdown_cell("\n\n".join(first[:2]))])
    for title, parts in chosen.items():
        if title not in there:
            raise SystemExit(f"slides.toml: there is no section {title!r}; there are {', '.join(filter(None, there))}.")
        unknown = set(parts) - set(PARTS)
        if unknown:
            raise SystemExit(f"slides.toml: {title!r} may show {', '.join(PARTS)}, but not {', '.join(unknown)}.")
        shown = [page for cell in there[title] for page in pages(cell, parts)]
        for number, group in enumerate(together(shown)):
            heading = nbformat.v4.new_markdown_cell(f"## {title}")
            _add(made, "subslide" if number else "slide", [heading, *group])
    return made


def _add(made: nbformat.NotebookNode, kind: str, cells: Cells) -> None:
    for number, cell in enumerate(cells):
        cell.id = f"slide-{len(made.cells)}"  # else drawn at random
        cell.metadata["slideshow"] = {"slide_type": "-" if number else kind}
        made.cells.append(cell)


def page(notebook: nbformat.NotebookNode, title: str, local: str = "") -> str:
    """The HTML page of a notebook of slides; `local` is the address of a folder that npm filled."""
    config = Config()
    config.TagRemovePreprocessor.enabled = True
    config.TagRemovePreprocessor.remove_input_tags = {"remove_input"}
    exporter = SlidesExporter(config=config)
    exporter.reveal_width = str(WIDTH)
    exporter.reveal_height = str(HEIGHT)
    exporter.reveal_number = "c/t"
    exporter.reveal_theme = "white"
    exporter.reveal_transition = "none"
    exporter.mermaid_js_url = NO_DIAGRAMS
    if local:
        for name, place in LOCAL.items():
            setattr(exporter, name, f"{local}/{place}")
    html, _ = exporter.from_notebook_node(notebook, resources={"metadata": {"name": title}})
    return html.replace("</head>", f"<style>{LOOK.read_text(encoding='utf-8')}</style></head>", 1)


def main(arguments: Sequence[str]) -> int:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("names", nargs="*", help="beginnings of notebooks' names; all of slides.toml if none is given")
    parser.add_argument("--out", type=Path, default=HERE.parent / "slides", help="folder for the pages")
    parser.add_argument("--local", type=Path, help="folder that holds reveal.js, mathjax, jquery and requirejs")
    chosen = parser.parse_args(arguments)
    if chosen.local:
        missing = [name for name in LOCAL.values() if not (chosen.local / name.split("/")[0]).is_dir()]
        if missing:
            parser.error(f"{chosen.local} lacks {', '.join(name.split('/')[0] for name in missing)}; see --help.")
    chosen.out.mkdir(parents=True, exist_ok=True)
    local = Path(os.path.relpath(chosen.local, chosen.out)).as_posix() if chosen.local else ""
    for name, wanted in tomllib.loads(CHOSEN.read_text(encoding="utf-8")).items():
        if chosen.names and not name.startswith(tuple(chosen.names)):
            continue
        notebook = nbformat.read(HERE / f"{name}.ipynb", as_version=4)
        made = slides(notebook, wanted)
        (chosen.out / f"{name}.html").write_text(page(made, name, local), encoding="utf-8")
        count = sum(cell.metadata["slideshow"]["slide_type"] != "-" for cell in made.cells)
        print(f"{chosen.out / name}.html: {count} slides")
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
