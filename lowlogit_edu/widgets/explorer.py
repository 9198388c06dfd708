"""A picture that follows its controls: the base of the small dashboards of the course."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import anywidget
import ipywidgets
import traitlets

from lowlogit_edu.core.errors import ArgumentError
from lowlogit_edu.widgets.dashboard import Actions, Dashboard, row
from lowlogit_edu.widgets.html_parts import WORDS

Values = Mapping[str, Any]
OWN = "your own"  # no preset
PLAY_MS = 500  # from one picture of an animation to the next: time enough to draw it and to look
RESET: Actions = (("reset", "Reset", "refresh", "Go back to the first settings"),)


class Player(anywidget.AnyWidget):
    """Play, stop and repeat: a number that moves in the browser, from `min` by `step` to `max`.

    The three buttons of ipywidgets.Play hold pictures alone, without names; a screen reader says "button" three times.

    Attributes
    ----------
    moves : str
        Label of what is moved; the buttons' names hold it.
    halted : tuple of int
        How often Python halted it, and the number that it stood at. What the browser had sent by then comes later.
    stopped : int
        The count that the browser has heard; the number is then set once more.
    interval : int
        Milliseconds from one number to the next.
    """

    _esm = Path(__file__).with_name("player.js")
    value = traitlets.Int().tag(sync=True)
    min = traitlets.Int().tag(sync=True)
    max = traitlets.Int().tag(sync=True)
    step = traitlets.Int(1).tag(sync=True)
    interval = traitlets.Int(PLAY_MS).tag(sync=True)
    moves = traitlets.Unicode().tag(sync=True)
    halted: traitlets.Tuple = traitlets.Tuple((0, 0)).tag(sync=True)
    stopped = traitlets.Int(0).tag(sync=True)

    def halt(self) -> None:
        """Stop where it stands, in the browser, too."""
        self.halted = (self.halted[0] + 1, self.value)

    @traitlets.observe("stopped")
    def _heard(self, _: Any) -> None:
        self.value = self.halted[1]


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
        self._player: Player | None = None
        if animated:
            self._player = self._play(self._controls[animated])
            buttons.append(self._player)
        buttons.append(self._buttons["reset"])
        for control in self._controls.values():
            control.observe(self._changed, "value")
        self.lay_out(
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
        self.say(self._held_back(values or {}))

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
        """Move several controls, and draw once; a control that cannot go so far says so."""
        with self._on_the_move():
            for name, value in values.items():
                self._controls[name].value = value
        if self._player is not None:  # it would move on from there
            self._player.halt()
        self._follow(values)

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
        self._preset.value = OWN  # moved by hand; `set` does not come here
        self._follow(self.values)

    def _follow(self, asked: Values) -> None:
        """Draw, and say which controls do not stand where they were asked to."""
        try:
            self.draw()
            self.say(self._held_back(asked))
        except Exception as error:  # a callback has nobody to raise to
            self.complain(error)

    def _held_back(self, asked: Values) -> str:
        """A sentence for each slider that an end kept from the value asked for; sliders say nothing themselves."""
        words = []
        for name, value in asked.items():
            control = self._controls[name]
            if hasattr(control, "max") and control.value != value:
                words.append(f"{control.description}: {value:g} is not possible here, so it is {control.value:g}.")
        return " ".join(words)

    @contextmanager
    def _on_the_move(self) -> Iterator[None]:
        before = self._still
        self._still = True
        try:
            yield
        finally:
            self._still = before

    def _play(self, slider: ipywidgets.IntSlider) -> Player:
        play = Player(value=slider.value, min=slider.min, max=slider.max, step=slider.step, moves=slider.description)
        ipywidgets.link((slider, "max"), (play, "max"))  # the end of a slider may move with other controls
        ipywidgets.link((slider, "value"), (play, "value"))
        return play


def slider(label: str, value: float, least: float, most: float, step: float = 1) -> ipywidgets.ValueWidget:
    """A slider with a label in words; whole numbers if `value` and `step` are.

    Raises
    ------
    ArgumentError
        If `value` is not between `least` and `most`: a slider would move to its end, and say nothing.
    """
    if not least <= value <= most:
        raise ArgumentError(f"{label} goes from {least:g} to {most:g}, got {value:g}; choose a value between them.")
    whole = isinstance(value, int) and isinstance(step, int)
    kind = ipywidgets.IntSlider if whole else ipywidgets.FloatSlider
    # Not continuous: while it is dragged, pictures would queue up that nobody waits for.
    look = {"style": WORDS, "layout": {"width": "24em"}, "continuous_update": False}
    made = kind(value=value, min=least, max=most, step=step, description=label, **look)

    # The browser cuts a number that is typed beyond the ends, and tells nobody: the ends can be read.
    def tell_ends(_: Any = None) -> None:
        made.tooltip = f"{label}: from {made.min:g} to {made.max:g}"

    made.observe(tell_ends, ["min", "max"])
    tell_ends()
    return made


def choice(label: str, options: Any, value: Any = None) -> ipywidgets.Dropdown:
    """A drop-down list with a label in words; the first option if no value is given."""
    found = ipywidgets.Dropdown(options=options, description=label, style=WORDS)
    if value is not None:
        found.value = value
    return found
