"""Parts that dashboards share: spoken sentences, pictures with words, texts side by side, new files.

>>> sentence("2 < 3")
'<div role="status" aria-live="polite">2 &lt; 3</div>'
"""

import base64
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape
from pathlib import Path

from matplotlib.figure import Figure

from lowlogit_edu.show.learning_plot import image

WORDS = {"description_width": "initial"}  # style of a control: its label is words, do not cut them

LEGIBLE = 62  # least pixels for an inch of a figure: words of 9 points are 8 pixels tall


def sentence(text: str, *, alert: bool = False) -> str:
    """HTML of a sentence that a screen reader speaks when it changes."""
    role = 'role="alert"' if alert else 'role="status" aria-live="polite"'
    return f"<div {role}>{escape(text)}</div>"


def error_words(error: BaseException) -> str:
    """What an error says, or its type where it says nothing."""
    return str(error) or repr(error)


@dataclass(frozen=True)
class Picture:
    """A figure and what it shows in words; a notebook shows it, `repr` says the words."""

    figure: Figure
    words: str

    def __repr__(self) -> str:
        return self.words

    def _repr_mimebundle_(self, **kwargs: object) -> tuple[dict[str, str], dict[str, dict[str, str]]]:
        return {"image/png": self._png(), "text/plain": self.words}, {"image/png": {"alt": self.words}}

    def html(self) -> str:
        """An `<img>` with the words as its alternative text, for an HTML widget.

        ipywidgets' Image has no alternative text; a plotly FigureWidget sends its whole library,
        4.8 MB, to the page and into the saved notebook.
        """
        # Where the page is narrow the picture scrolls: smaller, its words could not be read.
        least = round(LEGIBLE * self.figure.get_figwidth())
        look = f'style="width: 100%; min-width: {least}px; max-width: 900px"'
        picture = f'<img alt="{escape(self.words)}" {look} src="data:image/png;base64,{self._png()}">'
        return f'<div style="overflow-x: auto">{picture}</div>'

    def _png(self) -> str:
        return base64.b64encode(image(self.figure)).decode()


def side_by_side(columns: Mapping[str, Sequence[str]]) -> str:
    """HTML table with a column of texts under each title."""
    look = 'style="text-align: left; vertical-align: top; padding: 4px 12px; white-space: normal"'
    heads = "".join(f'<th scope="col" {look}>{escape(title)}</th>' for title in columns)
    rows = [f"<tr>{heads}</tr>"]
    for texts in zip(*columns.values(), strict=True):
        cells = "".join(f"<td {look}>{escape(text)}</td>" for text in texts)  # a model may tell "<script>"
        rows.append(f"<tr>{cells}</tr>")
    return f'<table style="width: 100%; table-layout: fixed">{"".join(rows)}</table>'


def write_new(path: str | Path, content: bytes) -> Path:
    """Write `content` to `path`, or to the first of path-2, path-3, ... that does not exist yet."""
    first = Path(path)
    free = first
    number = 1
    while True:
        try:
            # Mode x fails where the file exists; looking first would leave time for another notebook to make it.
            with open(free, "xb") as file:
                file.write(content)
            return free
        except FileExistsError:
            number += 1
            free = first.with_name(f"{first.stem}-{number}{first.suffix}")
