"""Links that need the repository's public address: Binder, Colab. Without an address there are none.

The address stands in pyproject.toml, `[tool.lowlogit_edu] address`. After a change: `python notebooks/build.py --words`
and `make readme`.
"""

import re
import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
ADDRESS = re.compile(r"https://github\.com/([\w.-]+/[\w.-]+?)/?")
FIRST = "notebooks/00_tour.ipynb"
NONE_YET = (
    "There are no Binder and Colab links while this repository has no public address (pyproject.toml, `address`)."
)


def address() -> str:
    """The repository's public address, empty while it has none."""
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    return str(settings["tool"]["lowlogit_edu"]["address"])


def name_of(address: str) -> str:
    """OWNER/NAME of an address on GitHub."""
    found = ADDRESS.fullmatch(address)
    if not found:
        raise ValueError(
            f"address in pyproject.toml must be like https://github.com/OWNER/NAME, or empty; got {address!r}."
        )
    return found[1]


def launch_links(address: str, path: str) -> str:
    """Markdown links that open a notebook in Binder and in Colab; empty without an address."""
    if not address:
        return ""
    name = name_of(address)
    binder = f"https://mybinder.org/v2/gh/{name}/HEAD?labpath={path.replace('/', '%2F')}"
    colab = f"https://colab.research.google.com/github/{name}/blob/HEAD/{path}"
    return f"[Open in Binder]({binder}) · [Open in Colab]({colab})"


def install_cell(address: str) -> str:
    """Code for the first cell of a notebook: it installs the package on Colab, and does nothing elsewhere."""
    if not address:
        return ""
    source = f'"lowlogit_edu[hf,lab] @ git+https://github.com/{name_of(address)}"'
    return f'import sys\n\nif "google.colab" in sys.modules:\n    %pip install --quiet {source}'


def readme_line(address: str) -> str:
    """What the README says of running the course without installing it."""
    links = launch_links(address, FIRST)
    return f"Without installing anything: {links}." if links else NONE_YET
