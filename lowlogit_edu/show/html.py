"""One HTML file that opens anywhere, offline: text, tables, pictures and the numbers behind them.

>>> report = Report("Rank", "What was measured.")
>>> report.table({"learned": {"KL": 0.25, "queries": 1200}, "uniform": {"KL": 4.0}}, "Two models")
>>> "<td>0.25</td><td>1,200</td>" in report.html(), "<td>4</td><td>-</td>" in report.html()
(True, True)
"""

import base64
import re
from collections.abc import Mapping, Sequence
from html import escape
from pathlib import Path
from typing import Literal

import plotly.graph_objects as go
from plotly.offline import get_plotlyjs

from lowlogit_edu.core.errors import ArgumentError
from lowlogit_edu.show.curves import Points, curve_figure
from lowlogit_edu.show.tables import Link, Rows, as_csv, html_table

CLEAR = "rgba(0,0,0,0)"  # the page shows through

# The page follows the reader's choice of light or dark, and scrolls what is wide instead of cutting it off.
STYLE = """
:root { color-scheme: light dark; --back: #fff; --text: #1c1c1c; --faint: #595959; --line: #d0d0d0 }
@media (prefers-color-scheme: dark) { :root { --back: #161616; --text: #ececec; --faint: #b0b0b0; --line: #444 } }
body { background: var(--back); color: var(--text); font: 1rem/1.55 system-ui, sans-serif;
  max-width: 54rem; margin: 0 auto; padding: 1rem 1rem 4rem }
h1 { line-height: 1.2 } h2 { margin-top: 2.8rem; border-top: 1px solid var(--line); padding-top: 1.2rem }
a { color: inherit } figure { margin: 1.6rem 0 } figcaption, caption { color: var(--faint); text-align: left }
figcaption b, caption { color: var(--text); font-weight: 600 } caption { padding-bottom: .3rem }
.picture { width: 100%; height: 24rem } .wide { overflow-x: auto; margin: 1rem 0 }
table { border-collapse: collapse; font-variant-numeric: tabular-nums; font-size: .92rem }
th, td { padding: .25rem .7rem; text-align: right; border-bottom: 1px solid var(--line); white-space: nowrap }
th:first-child, .words { text-align: left } caption { min-width: 18rem }
.long { white-space: normal; min-width: 16rem }
details { margin-top: .4rem } summary { cursor: pointer }
blockquote { margin: .8rem 0; padding: .1rem 0 .1rem 1rem; border-left: 3px solid var(--line);
  white-space: pre-wrap; overflow-wrap: anywhere }
@media print { details, .download { display: none } }
"""

# Draws each picture from the JSON after it; plotly knows no CSS, so text and grid get the page's colours here.
SCRIPT = """
const dark = matchMedia("(prefers-color-scheme: dark)");
function colours(layout) {
  const style = getComputedStyle(document.documentElement), look = { "font.color": style.getPropertyValue("--text") };
  for (const axis of Object.keys(layout).filter((key) => /^[xy]axis/.test(key)))
    look[axis + ".gridcolor"] = look[axis + ".linecolor"] = style.getPropertyValue("--line");
  return look;
}
for (const place of document.querySelectorAll(".picture")) {
  const { data, layout } = JSON.parse(place.nextElementSibling.textContent);
  const options = { responsive: true, displaylogo: false };
  Plotly.newPlot(place, data, layout, options).then(() => Plotly.relayout(place, colours(layout)));
  dark.addEventListener("change", () => Plotly.relayout(place, colours(layout)));
}
"""


class Report:
    """Built from top to bottom, then saved; equal contents give equal bytes.

    Parameters
    ----------
    title : str
    *paragraphs : str
        What the reader should know first. All text is escaped, here and below.
    """

    def __init__(self, title: str, *paragraphs: str) -> None:
        self.title = title
        self.parts = [f"<h1>{escape(title)}</h1>"]
        self.pictures = 0
        self.text(*paragraphs)

    def __repr__(self) -> str:
        return f"Report({self.title!r}, pictures={self.pictures})"

    def section(self, title: str, *paragraphs: str) -> None:
        """A heading and the paragraphs under it."""
        self.parts.append(f"<h2>{escape(title)}</h2>")
        self.text(*paragraphs)

    def text(self, *paragraphs: str) -> None:
        """Plain paragraphs."""
        self.parts += [f"<p>{escape(words)}</p>" for words in paragraphs]

    def link(self, words: str, address: str) -> None:
        """A line that leads to another page, at an address relative to this one."""
        self.parts.append(f"<p>{Link(words, address).html()}</p>")

    def quotes(self, name: str, texts: Sequence[str], colour: str = "") -> None:
        """Texts as they are, line breaks included, under a small heading; `colour`, if any, is their bar's."""
        self.parts.append(f"<h3>{escape(name)}</h3>")
        look = f' style="border-color: {escape(colour)}"' if colour else ""
        self.parts += [f"<blockquote{look}>{escape(words) or '(empty)'}</blockquote>" for words in texts]

    def table(self, rows: Rows, caption: str = "") -> None:
        """A table of any rows: named ones, or a plain sequence; columns are all that any row has."""
        self.parts.append(f'<div class="wide">{html_table(rows, caption)}</div>')

    def figure(self, figure: go.Figure, title: str, summary: str, rows: Rows) -> None:
        """A picture, what it shows in words, and the numbers behind it to unfold or to download."""
        self.pictures += 1
        name = f"picture-{self.pictures}"
        drawing = go.Figure(figure).update_layout(paper_bgcolor=CLEAR, plot_bgcolor=CLEAR)
        code = drawing.to_json().replace("<", "\\u003c")  # no text in it can end the script element
        file_name = re.sub(r"\W+", "-", title.lower()).strip("-")
        data = base64.b64encode(as_csv(rows).encode()).decode()
        self.parts.append(
            f'<figure><div class="picture" id="{name}" role="img" aria-labelledby="{name}-words"></div>'
            f'<script type="application/json">{code}</script>'
            f'<figcaption id="{name}-words"><b>{escape(title)}.</b> {escape(summary)}</figcaption>'
            f'<details><summary>The numbers</summary><div class="wide">{html_table(rows)}</div></details>'
            f'<a class="download" download="{file_name}.csv" href="data:text/csv;base64,{data}">Download as CSV</a>'
            "</figure>"
        )

    def curves(
        self,
        title: str,
        series: Mapping[str, Points],
        x: str,
        y: str,
        summary: str,
        log: Literal["", "x", "y", "xy"] = "",
    ) -> None:
        """One picture of curves, each a pair (x values, y values); `x` and `y` name the axes.

        A logarithmic axis leaves out what is zero or below; the numbers underneath keep it.
        """
        rows = []
        for name, (across, up) in series.items():
            rows += [{"curve": name, x: float(a), y: float(b)} for a, b in zip(across, up, strict=True)]
        self.figure(curve_figure(series, x, y, log), title, summary, rows)

    def html(self) -> str:
        """The whole page; plotly.js is in it once, where there is a picture."""
        code = f"<script>{get_plotlyjs()}</script>\n<script>{SCRIPT}</script>\n" if self.pictures else ""
        body = "\n".join(self.parts)
        return (
            '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
            '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
            f"<title>{escape(self.title)}</title>\n<style>{STYLE}</style>\n</head>\n"
            f"<body>\n<main>\n{body}\n</main>\n{code}</body>\n</html>\n"
        )

    def save(self, path: str | Path) -> Path:
        """Write the page to `path`, which must not exist yet."""
        path = check_new_file(path)
        with path.open("x", encoding="utf-8", newline="\n") as file:  # "x": also of two runs at once, one is refused
            file.write(self.html())
        return path


def check_new_file(path: str | Path) -> Path:
    """`path`, where a new file can be written; ask before the work, not after it.

    Raises
    ------
    ArgumentError
        If something is there already, or its folder is not.
    """
    path = Path(path)
    if path.exists():
        raise ArgumentError(f"{path} exists; choose another name or remove it. Nothing was changed.")
    if not path.parent.is_dir():
        raise ArgumentError(f"{path.parent} is not a folder; make it first, or choose another place for {path.name}.")
    return path
