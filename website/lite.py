"""Make a JupyterLite site: lessons that need no torch, run by Python in the browser (Pyodide), with no server.

python -m website.lite                     into the folder site/lite/
python -m website.lite --pyodide FOLDER    with a Pyodide of one's own, unpacked: from `npm pack pyodide`, say

The wheel of the package comes along, and the pure Python packages that Pyodide lacks: pip fetches those the first time,
and they are kept in .site/wheels/. Who opens the site fetches Pyodide, numpy, scipy and matplotlib from
cdn.jsdelivr.net.
"""

import argparse
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path

import nbformat

ROOT = Path(__file__).resolve().parents[1]
WHEELS = ROOT / ".site" / "wheels"
# What has a torch that it could not do without, stays out: 00, 01, 02, 10 and 12.
LESSONS = (
    "03_isans",
    "04_noisy_parity",
    "05_boolean_functions",
    "06_elliptical_potential",
    "07_spanners",
    "08_linear_program",
    "09_full_learner",
    "09b_why_it_works",
    "11_weaker_oracles",
    "13_your_own_learner",
)
DOCUMENTS = ("PAPER.md", "GLOSSARY.md")  # that lessons lead to
NEEDS = "needs-"  # begins the tag of a cell that cannot run in a browser; the rest names the package
KERNEL = {"display_name": "Python (Pyodide)", "language": "python", "name": "python"}
INSTALL = """\
# In a browser tab this installs what the lesson needs: a minute, the first time.
# Elsewhere it does nothing.
import sys

if sys.platform == "emscripten":
    %pip install --quiet "lowlogit_edu[lab]"
"""
# Pure Python, of the packages that `lowlogit_edu[lab]` needs there, and not part of Pyodide.
PURE = ("anywidget", "comm", "filelock", "ipywidgets", "jaxtyping", "jupyterlab-widgets", "psygnal", "wadler-lindig")
ANYWHERE = ("--only-binary", ":all:", "--platform", "any", "--implementation", "py", "--abi", "none")
LINK = re.compile(r"\[([^]\n]*)\]\(([\w./]+\.(?:ipynb|md))[^)\n]*\)")
THERE = {f"{lesson}.ipynb" for lesson in LESSONS} | {f"../docs/{name}" for name in DOCUMENTS}  # seen from a lesson
MISSING = "JupyterLite is missing: pip install -e '.[hf,lab,lite]', or say make lite."


def for_the_browser(notebook: nbformat.NotebookNode) -> nbformat.NotebookNode:
    """A lesson as it is there: a first cell that installs, no code that cannot run, no link to what is not there."""
    cells = []
    for cell in notebook.cells:
        missing = [tag.removeprefix(NEEDS) for tag in cell.metadata.get("tags", []) if tag.startswith(NEEDS)]
        if missing:
            cell = _to_be_read(cell, missing[0])
        if cell.cell_type == "markdown":
            cell.source = LINK.sub(lambda link: link[0] if link[2] in THERE else link[1], cell.source)
        cells.append(cell)
    first = next(number for number, cell in enumerate(cells) if cell.cell_type == "code")
    installing = nbformat.v4.new_code_cell(INSTALL.rstrip(), id="install")
    metadata = notebook.metadata | {"kernelspec": KERNEL}
    return nbformat.v4.new_notebook(cells=[*cells[:first], installing, *cells[first:]], metadata=metadata)


def _to_be_read(cell: nbformat.NotebookNode, package: str) -> nbformat.NotebookNode:
    """A cell of code as words: what it does, and what it printed elsewhere."""
    printed = "".join(output.get("text", "") for output in cell.outputs)
    parts = [
        f"*This needs {package}, which cannot be had in a browser tab. On a computer it printed what is below.*",
        f"```python\n{cell.source}\n```",
    ]
    if printed:
        parts.append(f"```text\n{printed.rstrip()}\n```")
    return nbformat.v4.new_markdown_cell("\n\n".join(parts), id=cell.id)


def write_contents(folder: Path) -> None:
    """The files that the site shows: lessons, and the documents that they lead to."""
    (folder / "notebooks").mkdir(parents=True)
    (folder / "docs").mkdir()
    for lesson in LESSONS:
        notebook = nbformat.read(ROOT / "notebooks" / f"{lesson}.ipynb", as_version=4)
        nbformat.write(for_the_browser(notebook), folder / "notebooks" / f"{lesson}.ipynb")
    for name in DOCUMENTS:
        shutil.copy(ROOT / "docs" / name, folder / "docs")


def wheels(folder: Path) -> list[Path]:
    """The wheel of this package, made in `folder`, and those of PURE, fetched where they are not kept yet."""
    _pip("wheel", "--no-deps", "--no-build-isolation", "--wheel-dir", str(folder), str(ROOT))
    pins = dict(line.split("==") for line in (ROOT / "constraints.txt").read_text().splitlines() if "==" in line)
    kept = []
    for name in PURE:
        pattern = f"{name.replace('-', '_')}-{pins[name]}-*.whl"
        if not list(WHEELS.glob(pattern)):
            _pip("download", "--no-deps", *ANYWHERE, "--dest", str(WHEELS), f"{name}=={pins[name]}")
        kept += WHEELS.glob(pattern)
    return [*folder.glob("*.whl"), *kept]


def _pip(*arguments: str) -> None:
    if subprocess.run([sys.executable, "-m", "pip", "--disable-pip-version-check", "--quiet", *arguments]).returncode:
        raise SystemExit(f"pip {arguments[0]} failed; its reason is above.")


def jupyter_lite(work: Path, out: Path, found: Sequence[Path], pyodide: Path | None) -> None:
    """Let JupyterLite write the site."""
    options = ["--contents", str(work / "contents"), "--output-dir", str(out), "--apps", "lab", "--no-sourcemaps"]
    options += [word for wheel in found for word in ("--piplite-wheels", str(wheel))]
    if pyodide is not None:
        shutil.copytree(pyodide, work / "static" / "pyodide")  # where JupyterLite looks for one
    done = subprocess.run(
        [sys.executable, "-m", "jupyter", "lite", "build", *options], cwd=work, capture_output=True, text=True
    )
    if done.returncode:
        raise SystemExit(f"JupyterLite made no site: {done.stdout[-2000:]}{done.stderr[-2000:]}")


def main(arguments: Sequence[str]) -> int:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, default=ROOT / "site" / "lite", help="folder for the site (%(default)s)")
    parser.add_argument("--pyodide", type=Path, help="folder that holds pyodide.mjs")
    chosen = parser.parse_args(arguments)
    if find_spec("jupyterlite_core") is None:
        parser.error(MISSING)
    if chosen.pyodide is not None and not (chosen.pyodide / "pyodide.mjs").is_file():
        parser.error(f"{chosen.pyodide} holds no pyodide.mjs.")
    if chosen.out.exists() and any(chosen.out.iterdir()) and not (chosen.out / "jupyter-lite.json").exists():
        parser.error(f"{chosen.out} holds something else than a JupyterLite site; choose another --out.")
    with tempfile.TemporaryDirectory() as folder:
        work = Path(folder)  # a new one each time: what JupyterLite remembers of a build would hide changes
        write_contents(work / "contents")
        (work / "wheels").mkdir()
        jupyter_lite(work, work / "site", wheels(work / "wheels"), chosen.pyodide)
        shutil.rmtree(chosen.out, ignore_errors=True)
        shutil.copytree(work / "site", chosen.out)
    sys.stdout.write(f"{chosen.out}: serve the folder, and open lab/index.html in a browser.\n")
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
