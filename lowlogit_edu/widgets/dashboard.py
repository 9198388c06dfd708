"""What every dashboard does: labelled buttons, errors on the page, a picture in words, new files."""

from abc import ABC, abstractmethod
from base64 import b64encode
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import ipywidgets
from matplotlib.figure import Figure

from lowlogit_edu.show.learning_plot import image
from lowlogit_edu.show.palette import ON_ANY_PAGE
from lowlogit_edu.widgets.html_parts import WORDS, Picture, error_words, sentence, write_new

Actions = tuple[tuple[str, str, str, str], ...]  # method, label, icon, explanation

SAVING: Actions = (
    ("save_data", "Save data (CSV)", "table", "Write the numbers behind the picture to a new file"),
    ("save_png", "Save picture (PNG)", "picture-o", "Write the picture to a new file"),
    ("save_svg", "Save picture (SVG)", "picture-o", "Write the picture, in lines that can be enlarged, to a new file"),
)


# The arrow that ipywidgets draws in a drop-down list is black, which nobody sees in the dark theme.
ARROW = (
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 18 18">'
    f'<path fill="{ON_ANY_PAGE[-1]}" d="M5.2,5.9L9,9.7l3.8-3.8l1.2,1.2l-4.9,5l-4.9-5L5.2,5.9z"/></svg>'
)
LOOK = (
    "<style>.lowlogit-dashboard { --jp-widgets-dropdown-arrow: "
    f"url('data:image/svg+xml;base64,{b64encode(ARROW.encode()).decode()}') }}</style>"
)


class Dashboard(ABC):
    """A picture with controls, buttons, a message and a summary in words.

    Parameters
    ----------
    actions : tuple of (method, label, icon, explanation)
        The buttons before those that save.
    file_name : str
        Where saving begins; an existing file is never overwritten.

    Attributes
    ----------
    view : ipywidgets.VBox
        What the notebook shows.
    """

    def __init__(self, actions: Actions, file_name: str) -> None:
        self._buttons = {
            name: ipywidgets.Button(description=label, icon=icon, tooltip=tooltip, layout={"width": "auto"})
            for name, label, icon, tooltip in (*actions, *SAVING)
        }
        for button in self._buttons.values():
            button.on_click(self._press)
        self._message = ipywidgets.HTML()
        self._picture = ipywidgets.HTML()
        self._summary = ipywidgets.HTML()
        self._name = ipywidgets.Text(file_name, description="File name", style=WORDS, layout={"width": "16em"})
        self.view = ipywidgets.VBox()
        self.view.add_class("lowlogit-dashboard")

    @abstractmethod
    def facts(self) -> Mapping[str, Any]:
        """The state that `repr` states; equal runs give equal facts."""

    @abstractmethod
    def figure(self) -> Figure:
        """The picture, as a matplotlib figure."""

    @abstractmethod
    def summary(self) -> str:
        """The picture in words."""

    @abstractmethod
    def data(self) -> str:
        """The numbers behind the picture, as CSV text."""

    def picture(self) -> Picture:
        """The picture as it is now, to stay in the saved notebook."""
        return Picture(self.figure(), self.summary())

    def __repr__(self) -> str:
        facts = ", ".join(f"{name}={value!r}" for name, value in self.facts().items())
        return f"{type(self).__name__}({facts})"

    def _repr_mimebundle_(self, **kwargs: Any) -> dict[str, Any]:
        # The words stay in a saved notebook, where the widgets are gone.
        return self.view._repr_mimebundle_(**kwargs) | {"text/plain": repr(self)}

    def save_data(self) -> Path:
        """Write the numbers behind the picture to a new CSV file."""
        return self._save(".csv", self.data().encode())

    def save_png(self) -> Path:
        """Write the picture to a new PNG file."""
        return self._save(".png", image(self.figure(), "png"))

    def save_svg(self) -> Path:
        """Write the picture to a new SVG file."""
        return self._save(".svg", image(self.figure(), "svg"))

    def close(self) -> None:
        """Forget the callbacks and take the widgets off the page."""
        for button in self._buttons.values():
            button.on_click(self._press, remove=True)
        # Closing the box alone would leave its children, and their pictures, in the kernel.
        for widget in _inside(self.view):
            widget.unobserve_all()
            widget.close()

    def say(self, text: str, *, alert: bool = False) -> None:
        """Show a message."""
        self._message.value = sentence(text, alert=alert)

    def complain(self, error: Exception) -> None:
        """Show an error, as text that a screen reader speaks at once."""
        self.say(error_words(error), alert=True)

    def draw(self) -> None:
        """Draw the picture and its words anew."""
        picture = self.picture()
        self._picture.value = picture.html()
        self._summary.value = sentence(picture.words)  # not summary() again: it may compute for long

    def lay_out(self, *parts: ipywidgets.Widget) -> None:
        """Put the parts under each other on the page."""
        look = ipywidgets.HTML(LOOK, layout={"display": "none"})
        self.view.children = (*parts, look)

    def saving(self) -> ipywidgets.Widget:
        """The row that saves."""
        return row(self._name, *(self._buttons[name] for name, *_ in SAVING))

    def _save(self, suffix: str, content: bytes) -> Path:
        path = write_new((self._name.value or "unnamed") + suffix, content)
        self.say(f"Saved {path}.")
        return path

    def _press(self, button: ipywidgets.Button) -> None:
        name = next(name for name, known in self._buttons.items() if known is button)
        try:
            getattr(self, name)()
        except Exception as error:  # a callback has nobody to raise to
            self.complain(error)


def row(*widgets: ipywidgets.Widget) -> ipywidgets.HBox:
    """Widgets side by side, on several lines where the page is narrow."""
    return ipywidgets.HBox(widgets, layout={"flex_flow": "row wrap"})


def _inside(widget: ipywidgets.Widget) -> Iterator[ipywidgets.Widget]:
    """A widget and all that it holds, what is inside first."""
    for child in getattr(widget, "children", ()):
        yield from _inside(child)
    yield widget
