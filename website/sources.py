"""The package's source, a page for each module with a number for each line; [source] in the API pages leads there."""

import importlib
import inspect
from pathlib import Path
from typing import Any

from pygments import highlight
from pygments.formatters import HtmlFormatter
from pygments.lexers import PythonLexer

from website.pages import PACKAGE, ROOT

FOLDER = "source"
LINE = "line"
PAGE = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{name}</title>
<style>
:root {{ color-scheme: light dark }}
body {{ margin: 0 auto; max-width: 62rem; padding: 1rem; font: 16px/1.5 system-ui, sans-serif }}
pre {{ overflow-x: auto; line-height: 1.4; font-size: 14px }}
.lineno, .linenos {{ color: #767676; padding-right: 1em; user-select: none }}
span:target, a:target + * {{ background: #e69f0055 }}
{light}
@media (prefers-color-scheme: dark) {{
{dark}
}}
</style>
</head>
<body>
<p><a href="{api}">{name}</a>: what it does</p>
<main>{code}</main>
</body>
</html>
"""


def source_link(module: str, name: str) -> str | None:
    """Where a name of a module is defined, seen from a page of the API; None where Python does not know."""
    found: Any = importlib.import_module(module)
    try:
        for part in name.split("."):
            found = getattr(found, part)
        found = inspect.unwrap(found.fget if isinstance(found, property) and found.fget else found)
        file = Path(inspect.getsourcefile(found) or "").resolve()
        _, line = inspect.getsourcelines(found)
    except (AttributeError, OSError, TypeError):
        return None
    if not file.is_relative_to(PACKAGE):
        return None
    return f"../{FOLDER}/{_page(file)}#{LINE}-{line}"


def write_sources(out: Path) -> None:
    """Write a page for each module of the package into the folder of the site."""
    for file in sorted(PACKAGE.rglob("*.py")):
        target = out / FOLDER / _page(file)
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(_html(file), encoding="utf-8")


def _page(file: Path) -> str:
    return f"{_name(file)}.html"


def _name(file: Path) -> str:
    return ".".join(file.relative_to(ROOT).with_suffix("").parts)


def _html(file: Path) -> str:
    """The page of one module; its name leads back to the API page of its room."""
    room = PACKAGE if file.parent == PACKAGE else file.parent
    formatter = HtmlFormatter(linenos="inline", linespans=LINE, style="default")
    dark = HtmlFormatter(style="github-dark")
    return PAGE.format(
        name=_name(file),
        light=formatter.get_style_defs(".highlight"),
        dark=dark.get_style_defs(".highlight"),
        api=f"../api/{'.'.join(room.relative_to(ROOT).parts)}.html",
        code=highlight(file.read_text(encoding="utf-8"), PythonLexer(), formatter),
    )
