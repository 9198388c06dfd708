"""A picture that follows its controls: the base of the small dashboards of the course."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import ipywidgets

from lowlogit_edu.widgets.dashboard import Actions, Dashboard, row
from lowlogit_edu.widgets.html_parts import WORDS

Values = Mapping[str, Any]
OWN = "your own"  # no preset
PLAY_MS = 500  # from one picture of an animation to the next: time enough to draw it and to look
RESET: Actions = (("reset", "Reset", "refresh", "Go back to the first settings"),)


class Explorer(Dashboard):
    """A dashboard whose picture is drawn anew whenever a control moves.

    A subclass computes in `figure`, `summary` and `data` from `values` (with the package's own
    functions; cache what is slow), and may override `facts` and `end_sliders`.

    Parameters
    ----------
    controls : mapping of str to ipywidgets widget with a value
        Labelled in words, with units; see `slider` and `choice`.
    file_name : str
        Where saving begins.
    presets : mapping of str to mapping of control names to values
        Named settings to choose from.
    animated : str
        Name of a slider that a Play button moves.
    values : mapping of control names to values
        Where to begin; `reset` goes back to the values that the controls came with.
    """

    def __init__(
        self,
        controls: Mapping[str, ipywidgets.ValueWidget],
        file_name: str,
        *,
        presets: Mapping[str, Values] | None = None,
        animated: str = "",
        values: Values | None = None,
    ) -> None:
        super().__init__(RESET, file_name)
        self._controls = dict(controls)
        self._first = self.values
        self._still = False  # True while several controls are on the move: no picture between
        self.presets = dict(presets or {})
        self._preset = choice("Preset", [OWN, *self.presets])
        self._preset.observe(self._choose_preset, "value")
        buttons: list[ipywidgets.Widget] = []
        if presets:
            buttons.append(self._preset)
        if animated:
            buttons.append(self._play(self._controls[animated]))
        buttons.append(self._buttons["reset"])
        for control in self._controls.values():
            control.observe(self._changed, "value")
        self.view.children = (
            row(*self._controls.values()),
            row(*buttons),
            self._message,
            self._picture,
            self._summary,
            self.saving(),
        )
        # The first picture is drawn when all controls stand where they begin: it takes longer than all the rest.
        with self._on_the_move():
            self.end_sliders()
            for name, value in (values or {}).items():
                self._controls[name].value = value
        self.draw()

    @property
    def values(self) -> dict[str, Any]:
        """What the controls hold now."""
        return {name: control.value for name, control in self._controls.items()}

    def facts(self) -> Values:
        """The controls' values."""
        return self.values

    def end_sliders(self) -> None:
        """Let sliders end where the other controls' values want it; the default moves none."""

    def draw(self) -> None:
        """Draw the picture and its words anew."""
        with self._on_the_move():  # an end below a slider's value moves the slider
            self.end_sliders()
        super().draw()

    def set(self, **values: Any) -> None:
        """Move several controls, and draw once."""
        with self._on_the_move():
            for name, value in values.items():
                self._controls[name].value = value
        self._changed({})

    def reset(self) -> None:
        """Go back to the first settings."""
        self.set(**self._first)
        self._preset.value = OWN
        self.say("")

    def _choose_preset(self, change: Values) -> None:
        if change["new"] in self.presets:
            self.set(**self.presets[change["new"]])

    def _changed(self, change: Values) -> None:
        if self._still:
            return
        if "owner" in change:  # told by a control, that is, moved by hand; `set` tells nothing
            self._preset.value = OWN
        try:
            self.draw()
            self.say("")
        except Exception as error:  # a callback has nobody to raise to
            self.complain(error)

    @contextmanager
    def _on_the_move(self) -> Iterator[None]:
        before = self._still
        self._still = True
        try:
            yield
        finally:
            self._still = before

    def _play(self, slider: ipywidgets.IntSlider) -> ipywidgets.Play:
        play = ipywidgets.Play(min=slider.min, max=slider.max, step=slider.step, interval=PLAY_MS)
        ipywidgets.link((slider, "max"), (play, "max"))  # the end of a slider may move with other controls
        ipywidgets.link((slider, "value"), (play, "value"))
        return play


def slider(label: str, value: float, least: float, most: float, step: float = 1) -> ipywidgets.ValueWidget:
    """A slider with a label in words; whole numbers if `value` and `step` are."""
    whole = isinstance(value, int) and isinstance(step, int)
    kind = ipywidgets.IntSlider if whole else ipywidgets.FloatSlider
    # Not continuous: while it is dragged, pictures would queue up that nobody waits for.
    look = {"style": WORDS, "layout": {"width": "24em"}, "continuous_update": False}
    return kind(value=value, min=least, max=most, step=step, description=label, **look)


def choice(label: str, options: Any, value: Any = None) -> ipywidgets.Dropdown:
    """A drop-down list with a label in words; the first option if no value is given."""
    found = ipywidgets.Dropdown(options=options, description=label, style=WORDS)
    if value is not None:
        found.value = value
    return found
