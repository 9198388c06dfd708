"""One HTML file that opens anywhere, offline: text, tables, pictures and the numbers behind them.

>>> report = Report("Rank", "What was measured.")
>>> report.table({"learned": {"KL": 0.25, "queries": 1200}, "uniform": {"KL": 4.0}}, "Two models")
>>> "<td>0.25</td><td>1,200</td>" in report.html(), "<td>4</td><td>-</td>" in report.html()
(True, True)
"""

import base64
import csv
import io
import re
from collections.abc import Mapping, Sequence
from html import escape
from pathlib import Path
from typing import Any, Literal

import numpy as np
import plotly.graph_objects as go
from plotly.offline import get_plotlyjs

from lowlogit_edu.core.errors import ArgumentError

Rows = Mapping[str, Mapping[str, Any]] | Sequence[Mapping[str, Any]]
Points = tuple[Sequence[float] | np.ndarray, Sequence[float] | np.ndarray]

# After Okabe and Ito: apart for every kind of colour vision, 3:1 against white and near-black. Curves
# differ in marker and dash too, so that no colour is needed to tell them apart.
COLOURS = ("#0072B2", "#D55E00", "#009E73", "#B5699A", "#A67C00", "#808080")
MARKERS = ("circle", "square", "diamond", "triangle-up", "x", "star")
DASHES = ("solid", "dash", "dot", "dashdot", "longdash", "longdashdot")

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
details { margin-top: .4rem } summary { cursor: pointer }
blockquote { margin: .8rem 0; padding: .1rem 0 .1rem 1rem; border-left: 3px solid var(--line);
  white-space: pre-wrap; overflow-wrap: anywhere }
@media print { details, .download { display: none } }
"""

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
        self.title, self.parts, self.pictures = title, [f"<h1>{escape(title)}</h1>"], 0
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

    def quotes(self, name: str, texts: Sequence[str]) -> None:
        """Texts as they are, line breaks included, under a small heading."""
        self.parts.append(f"<h3>{escape(name)}</h3>")
        self.parts += [f"<blockquote>{escape(words) or '(empty)'}</blockquote>" for words in texts]

    def table(self, rows: Rows, caption: str = "") -> None:
        """A table of any rows: named ones, or a plain sequence; columns are all that any row has."""
        self.parts.append(f'<div class="wide">{_table(rows, caption)}</div>')

    def figure(self, figure: go.Figure, title: str, summary: str, rows: Rows) -> None:
        """A picture, what it shows in words, and the numbers behind it to unfold or to download."""
        self.pictures += 1
        name, layout = f"picture-{self.pictures}", {"paper_bgcolor": "rgba(0,0,0,0)", "plot_bgcolor": "rgba(0,0,0,0)"}
        drawing = go.Figure(figure).update_layout(layout).to_json().replace("<", "\\u003c")
        file_name = re.sub(r"\W+", "-", title.lower()).strip("-")
        data = base64.b64encode(as_csv(rows).encode()).decode()
        self.parts.append(
            f'<figure><div class="picture" id="{name}" role="img" aria-labelledby="{name}-words"></div>'
            f'<script type="application/json">{drawing}</script>'
            f'<figcaption id="{name}-words"><b>{escape(title)}.</b> {escape(summary)}</figcaption>'
            f'<details><summary>The numbers</summary><div class="wide">{_table(rows)}</div></details>'
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
        rows = [
            {"curve": name, x: float(a), y: float(b)}
            for name, points in series.items()
            for a, b in zip(*points, strict=True)
        ]
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
        with check_new_file(path).open("x", encoding="utf-8", newline="\n") as file:
            file.write(self.html())
        return Path(path)


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


def curve_figure(series: Mapping[str, Points], x: str, y: str, log: str = "") -> go.Figure:
    """The curves of `Report.curves`, each with a colour, a marker and a dash of its own."""
    figure = go.Figure(layout={"template": "none", "dragmode": False, "margin": {"l": 60, "r": 10, "t": 10, "b": 50}})
    for i, (name, (across, up)) in enumerate(series.items()):
        line = {"color": COLOURS[i % len(COLOURS)], "dash": DASHES[i % len(DASHES)]}
        marker = {"symbol": MARKERS[i % len(MARKERS)], "size": 8}
        mode = "lines+markers" if len(across) <= 64 else "lines"
        figure.add_scatter(
            x=list(map(float, across)), y=list(map(float, up)), name=name, mode=mode, line=line, marker=marker
        )
    for axis, title in (("x", x), ("y", y)):
        kind = {"type": "log", "dtick": "D2"} if axis in log else {"rangemode": "tozero"}
        figure.update_layout(
            {f"{axis}axis": {"title": {"text": title}, "automargin": True, "exponentformat": "power", **kind}}
        )
    return figure.update_layout(legend={"orientation": "h", "y": 1.02, "yanchor": "bottom", "x": 0}, showlegend=True)


def as_csv(rows: Rows) -> str:
    """The rows as CSV with a header; numbers in full precision, what a row lacks is empty."""
    names, columns, cells = _cells(rows)
    text = io.StringIO()
    table = csv.writer(text, lineterminator="\n")
    table.writerow(([""] if names else []) + columns)
    table.writerows([name, *row] for name, row in zip(names, cells, strict=True)) if names else table.writerows(cells)
    return text.getvalue()


def _cells(rows: Rows) -> tuple[list[str], list[str], list[list[Any]]]:
    """Row names (none for a sequence), columns in order of first appearance, and the values."""
    names, bodies = (list(rows), list(rows.values())) if isinstance(rows, Mapping) else ([], list(rows))
    columns = list(dict.fromkeys(column for body in bodies for column in body))
    return names, columns, [[body.get(column) for column in columns] for body in bodies]


def _table(rows: Rows, caption: str = "") -> str:
    names, columns, cells = _cells(rows)
    head = "".join(f"<th>{escape(column)}</th>" for column in ([""] if names else []) + columns)
    lines = []
    for i, row in enumerate(cells):
        first = f"<th>{escape(names[i])}</th>" if names else ""
        lines.append(f"<tr>{first}{''.join(map(_cell, row))}</tr>")
    title = f"<caption>{escape(caption)}</caption>" if caption else ""
    return f"<table>{title}<thead><tr>{head}</tr></thead><tbody>{''.join(lines)}</tbody></table>"


def _cell(value: Any) -> str:
    kind = ' class="words"' if isinstance(value, str) and not value[:1].isdigit() and value[:1] != "-" else ""
    return f"<td{kind}>{escape(shown(value))}</td>"


def shown(value: Any) -> str:
    """A value as people read it: four digits, thousands parted, a dash for nothing."""
    if value is None:
        return "-"
    if isinstance(value, bool | np.bool_):
        return "yes" if value else "no"
    if isinstance(value, int | np.integer):
        return f"{value:,}"
    if isinstance(value, float | np.floating):
        return f"{value:.4g}" if np.isfinite(value) else "-"
    return ", ".join(map(shown, value)) if isinstance(value, list | tuple) else str(value)
