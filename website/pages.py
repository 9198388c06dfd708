"""The pages of the site: documents and notebooks, copied to where Sphinx reads them, with links that lead to pages.

A copy has the path that its original has in the repository, so links from one document to another stay as they are.
"""

import os
import re
from collections.abc import Iterator, Mapping
from pathlib import Path

import nbformat
from public import address

ROOT = Path(__file__).resolve().parents[1]
PACKAGE = ROOT / "lowlogit_edu"
DOCUMENTS = ("README.md", "CONTRIBUTING.md", "CHANGELOG.md", "data/teacher/README.md", "docs/**/*.md")
NOTEBOOKS = ("notebooks/*.ipynb", "notebooks/solutions/*.ipynb")
COURSE = "website/course.md"
FIRST = "course"  # the page that the story teller leads to
LINK = re.compile(r'\[((?:[^\[\]]|\[[^\]]*\])*)\]\(([^)\s]+)((?: "[^"]*")?)\)')
PLACE = re.compile(r'<a id="([^"]*)"></a>')
FENCED = re.compile(r"^```.*?^```$", re.MULTILINE | re.DOTALL)
VIEW = "application/vnd.jupyter.widget-view+json"
GUESS = "guess"  # the tag of cells that show a place for a guess
Pictures = Mapping[int, list[str]]  # by the number of a cell, the HTML of each of its widgets


def documents() -> list[Path]:
    """The Markdown pages, in the repository."""
    return [path for pattern in DOCUMENTS for path in sorted(ROOT.glob(pattern))]


def notebooks() -> list[Path]:
    """The lessons, then their solutions."""
    return [path for pattern in NOTEBOOKS for path in sorted(ROOT.glob(pattern))]


def widget_cells(notebook: nbformat.NotebookNode) -> Iterator[tuple[int, nbformat.NotebookNode]]:
    """Numbers of cells and outputs of them that a kernel would make a widget of.

    Of a place for a guess the saved notebook holds the words alone.
    """
    for number, cell in enumerate(notebook.cells):
        for output in cell.get("outputs", []):
            if VIEW in output.get("data", {}) or GUESS in cell.metadata.get("tags", []):
                yield number, output


def documented(path: Path, text: str) -> str:
    """The name in the API pages of what a link to a file of the package says: a name in it, or else the module."""
    parts = path.relative_to(ROOT).with_suffix("").parts
    module = ".".join(part for part in parts if part != "__init__")
    name = re.fullmatch(r"`(\w+)`", text)
    if name and path.is_file() and re.search(rf"^(?:class|def) {name[1]}\b", path.read_text("utf-8"), re.MULTILINE):
        return f"{module}.{name[1]}"
    return module


def site_link(text: str, target: str, title: str, page: Path) -> str:
    """A Markdown link of `page`, a path in the repository, as it stands on the site."""
    name = target.partition("#")[0]
    file = Path(os.path.normpath(page.parent / name))
    if "://" in target or not name or not file.exists():
        return f"[{text}]({target}{title})"
    if file.is_relative_to(PACKAGE):
        return f"[{text}](project:#{documented(file, text)})"
    if file.is_file():
        return f"[{text}]({target}{title})"
    if address():
        return f"[{text}]({address()}/tree/HEAD/{file.relative_to(ROOT).as_posix()})"
    return text  # a folder has no page


def site_markdown(markdown: str, page: Path) -> str:
    """The Markdown of a page with its links for the site; code stays as it is."""
    found = []
    begin = 0
    for fence in [*FENCED.finditer(markdown), None]:
        prose = markdown[begin : fence.start() if fence else None]
        prose = PLACE.sub(r"[]{#\1}", prose)  # which Sphinx knows as a place that links lead to
        found.append(LINK.sub(lambda link: site_link(link[1], link[2], link[3], page), prose))
        if fence:
            found.append(fence[0])
            begin = fence.end()
    return "".join(found)


def linked_files(markdown: str, page: Path) -> Iterator[Path]:
    """Files of the repository that are no pages, but pictures or files to be read, and that a page leads to."""
    pages = {*documents(), *notebooks()}
    for _, target, _ in LINK.findall(markdown):
        file = Path(os.path.normpath(page.parent / target.partition("#")[0]))
        if "://" not in target and file.is_file() and file not in pages and not file.is_relative_to(PACKAGE):
            yield file


def course_page() -> str:
    """The first page of the course: its own words, and the README's table of notebooks."""
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    table = re.search(r"^\| notebook \|.*?\n\n", readme, re.MULTILINE | re.DOTALL)
    if table is None:
        raise SystemExit("README.md has no table that begins with | notebook |: the site's first page is made of it.")
    return (ROOT / COURSE).read_text(encoding="utf-8").replace("<!-- notebooks -->", table[0].strip())


def with_pictures(notebook: nbformat.NotebookNode, pictures: Pictures) -> nbformat.NotebookNode:
    """A notebook whose widgets are replaced, in their order, by the HTML that was made of them."""
    left = {number: list(made) for number, made in pictures.items()}
    for number, output in list(widget_cells(notebook)):
        if left.get(number):
            output["data"] = nbformat.NotebookNode({"text/html": left[number].pop(0)})
            output["metadata"] = nbformat.NotebookNode()
        else:
            output["data"].pop(VIEW, None)
    return notebook


def fold_answers(notebook: nbformat.NotebookNode) -> None:
    """Fold on the page what the notebook folds, outputs that answer a question; not what is there to be moved."""
    to_move = {number for number, _ in widget_cells(notebook)}
    for number, cell in enumerate(notebook.cells):
        if cell.metadata.get("jupyter", {}).get("outputs_hidden"):
            cell.outputs = [output for output in cell.outputs if output.get("data") != {}]  # JupyterLab needs those
            if number not in to_move:
                cell.metadata.setdefault("tags", []).append("hide-output")  # MyST-NB's word for it


def modules(room: Path) -> list[str]:
    """Dotted names of the modules of a room, a folder of the package, without those that hold nothing to call."""
    inside = [file for file in sorted(room.glob("*.py")) if not file.name.startswith("__")]
    return [".".join(file.relative_to(ROOT).with_suffix("").parts) for file in inside]


def api_page(room: Path) -> str:
    """What Sphinx makes the page of a room of: the docstrings of the room and of its modules."""
    name = ".".join(room.relative_to(ROOT).parts)
    lines = [name, "=" * len(name), "", f".. automodule:: {name}", ""]
    for module in modules(room):
        lines += [module, "-" * len(module), "", f".. automodule:: {module}", "   :members:", ""]
    if room == PACKAGE:
        rooms = sorted(path.parent.name for path in PACKAGE.glob("*/__init__.py"))
        lines += [".. toctree::", "   :maxdepth: 1", "", *(f"   lowlogit_edu.{each}" for each in rooms), ""]
    return "\n".join(lines)


def write_pages(folder: Path, pictures: Mapping[Path, Pictures]) -> None:
    """Write all that Sphinx reads to a folder, and take away what else is there."""
    files: set[Path] = set()
    written: set[Path] = set()

    def write(page: Path, content: bytes) -> None:
        target = folder / page.relative_to(ROOT)
        written.add(target)
        if target.exists() and target.read_bytes() == content:
            return  # Sphinx reads anew what has a new time
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(content)

    for page in documents():
        markdown = page.read_text(encoding="utf-8")
        files.update(linked_files(markdown, page))
        write(page, site_markdown(markdown, page).encode())
    for page in notebooks():
        notebook = nbformat.read(page, as_version=4)
        fold_answers(notebook)
        notebook = with_pictures(notebook, pictures.get(page, {}))
        for cell in notebook.cells:
            if cell.cell_type == "markdown":
                files.update(linked_files(cell.source, page))
                cell.source = site_markdown(cell.source, page)
            if GUESS in cell.metadata.get("tags", []):
                cell.metadata.tags.append("remove-input")  # the place for a guess is enough
        write(page, nbformat.writes(notebook).encode())
    for room in (PACKAGE, *(path.parent for path in PACKAGE.glob("*/__init__.py"))):
        write(ROOT / "api" / f"{'.'.join(room.relative_to(ROOT).parts)}.rst", api_page(room).encode())
    write(ROOT / f"{FIRST}.md", site_markdown(course_page(), ROOT / f"{FIRST}.md").encode())
    for file in files:
        write(file, file.read_bytes())
    for old in folder.rglob("*"):
        if old.is_file() and old not in written:
            old.unlink()
