"""Make the web site of the course, without network.

python -m website                    into the folder site/
python -m website --model FOLDER     with the story teller of a run of `lowlogit learn`, instead of one learned here
python -m website --run 06 07        runs only these notebooks; others lack the pictures that have not been made before

The first time takes minutes: a story teller is learned and notebooks run. Both are kept in the folder .site/.
"""

import argparse
import contextlib
import io
import shutil
import sys
import tempfile
from collections.abc import Sequence
from importlib.metadata import PackageNotFoundError, files
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "notebooks"))  # for `public`

from lowlogit_edu.cli import main as lowlogit  # noqa: E402
from website.pages import FIRST, notebooks, write_pages  # noqa: E402
from website.pictures import pictures  # noqa: E402
from website.sources import write_sources  # noqa: E402

WORK = ROOT / ".site"
INSTALL = "The site needs Sphinx and what stands in the extra `site`: pip install -e '.[site]', or say make site."
# A smaller run than that of `make learn`, and a readout whose page is small enough for a phone.
LEARN = ("--rank", "64", "--readout", "shared", "--sequences", "12000", "--epochs", "2", "--samples", "100")
MATHJAX = "static/mathjax/tex-svg.js"  # formulas, in one file, with words for screen readers


def story_teller(model: Path | None) -> str:
    """The HTML of the first page: a learned model that tells stories."""
    if model is None:
        model = WORK / "model"
        if not (model / "model.json").exists():
            shutil.rmtree(model, ignore_errors=True)
            _command("learn", "--out", str(model), *LEARN)
    with tempfile.TemporaryDirectory() as folder:
        page = Path(folder) / "page"
        with contextlib.redirect_stdout(io.StringIO()):  # it would say where the page is, which is not where it stays
            _command("web", str(model), "--out", str(page), "--course", f"{FIRST}.html")
        return (page / "index.html").read_text(encoding="utf-8")


def _command(*arguments: str) -> None:
    if lowlogit(list(arguments)):
        raise SystemExit(f"lowlogit {arguments[0]} failed; the reason is above.")


def mathjax() -> Path:
    """The file that shows formulas, of an installed package: pages ask no network for it."""
    try:
        there = [file for file in files("sphinx-mathjax-offline") or () if str(file).endswith(MATHJAX)]
    except PackageNotFoundError as error:
        raise SystemExit(INSTALL) from error
    return Path(str(there[0].locate()))


def sphinx(pages: Path, out: Path) -> None:
    """Let Sphinx make HTML of the pages; whatever it warns of ends the build."""
    try:
        from sphinx.cmd.build import main as build
    except ImportError as error:
        raise SystemExit(INSTALL) from error
    kept = WORK / "doctrees"
    if kept.exists() and kept.stat().st_mtime < (ROOT / "website" / "conf.py").stat().st_mtime:
        shutil.rmtree(kept)  # what conf.py does to docstrings, Sphinx does not look at
    there = ["-b", "html", "-c", str(ROOT / "website"), "-d", str(kept)]
    if build([*there, "-q", "-W", "--keep-going", str(pages), str(out)]):
        raise SystemExit("Sphinx made no site; its reasons are above.")


def main(arguments: Sequence[str]) -> int:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, default=ROOT / "site", help="folder for the site (%(default)s)")
    parser.add_argument("--model", type=Path, help="folder of a run of lowlogit learn")
    parser.add_argument("--run", nargs="*", metavar="NAME", help="beginnings of the names of notebooks that may be run")
    chosen = parser.parse_args(arguments)
    if chosen.out.exists() and any(chosen.out.iterdir()) and not (chosen.out / f"{FIRST}.html").exists():
        parser.error(f"{chosen.out} holds something else than a site; choose another --out.")
    formulas = mathjax()
    made = pictures(notebooks(), WORK / "pictures", may_run=("",) if chosen.run is None else tuple(chosen.run))
    write_pages(WORK / "pages", made)
    html = WORK / "html"  # Sphinx makes anew only what has changed
    sphinx(WORK / "pages", html)
    write_sources(html)
    (html / "_static" / "mathjax").mkdir(exist_ok=True)
    shutil.copyfile(formulas, html / "_static" / "mathjax" / formulas.name)
    (html / "index.html").write_text(story_teller(chosen.model), encoding="utf-8", newline="\n")
    shutil.rmtree(chosen.out, ignore_errors=True)
    shutil.copytree(html, chosen.out, ignore=shutil.ignore_patterns(".buildinfo*"))
    sys.stdout.write(f"{chosen.out}: open index.html in a browser, or say make site-serve.\n")
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
