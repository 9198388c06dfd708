"""A picture that follows its controls: the base of the small dashboards of the course."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import ipywidgets

from lowlogit_edu.widgets.dashboard import Actions, Dashboard, row
from lowlogit_edu.widgets.html_parts import WORDS

Values = Mapping[str, Any]
OWN = "your own"  # no preset
RESET: Actions = (("reset", "Reset", "refresh", "Go back to the first settings"),)


class Explorer(Dashboard):
    """A dashboard whose picture is drawn anew whenever a control moves.

    A subclass computes in `figure`, `summary` and `data` from `values` (with the package's own
    functions; cache what is slow), and may override `facts`.

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
    """

    def __init__(
        self,
        controls: Mapping[str, ipywidgets.ValueWidget],
        file_name: str,
        *,
        presets: Mapping[str, Values] | None = None,
        animated: str = "",
    ) -> None:
        super().__init__(RESET, file_name)
        self._controls, self._first, self._still = dict(controls), {}, False
        self._first = self.values
        self.presets = dict(presets or {})
        self._preset = choice("Preset", [OWN, *self.presets])
        self._preset.observe(self._choose_preset, "value")
        above: list[ipywidgets.Widget] = [self._preset] if presets else []
        if animated:
            above.append(self._play(self._controls[animated]))
        for control in self._controls.values():
            control.observe(self._changed, "value")
        buttons = row(*above, self._buttons["reset"])
        self.view.children = (
            row(*self._controls.values()),
            *(buttons, self._message, self._picture, self._summary),
            self.saving(),
        )
        self.draw()

    @property
    def values(self) -> dict[str, Any]:
        """What the controls hold now."""
        return {name: control.value for name, control in self._controls.items()}

    def facts(self) -> Values:
        """The controls' values."""
        return self.values

    def set(self, **values: Any) -> None:
        """Move several controls, and draw once."""
        with self._drawn_once():
            for name, value in values.items():
                self._controls[name].value = value

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
        if "owner" in change:
            self._preset.value = OWN  # a control was moved by hand
        try:
            self.draw()
            self.say("")
        except Exception as error:  # a callback has nobody to raise to: the page shows it
            self.say(str(error) or repr(error), alert=True)

    @contextmanager
    def _drawn_once(self) -> Iterator[None]:
        self._still = True
        try:
            yield
        finally:
            self._still = False
            self._changed({})

    def _play(self, slider: ipywidgets.IntSlider) -> ipywidgets.Play:
        play = ipywidgets.Play(min=slider.min, max=slider.max, step=slider.step, interval=500)
        ipywidgets.link((slider, "max"), (play, "max"))
        ipywidgets.link((slider, "value"), (play, "value"))
        return play


def slider(label: str, value: float, least: float, most: float, step: float = 1) -> ipywidgets.ValueWidget:
    """A slider with a label in words; whole numbers if `value` and `step` are."""
    whole = isinstance(value, int) and isinstance(step, int)
    kind = ipywidgets.IntSlider if whole else ipywidgets.FloatSlider
    look = {"style": WORDS, "layout": {"width": "24em"}, "continuous_update": False}
    return kind(value=value, min=least, max=most, step=step, description=label, **look)


def choice(label: str, options: Any, value: Any = None) -> ipywidgets.Dropdown:
    """A drop-down list with a label in words; the first option if no value is given."""
    found = ipywidgets.Dropdown(options=options, description=label, style=WORDS)
    if value is not None:
        found.value = value
    return found
