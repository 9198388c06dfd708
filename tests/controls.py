"""Push every control of an explorer to its ends, and to values in between."""

import numpy as np
from ipywidgets import Dropdown


def settings(control, count=20):
    """Both ends of a control and `count` values in between, as far as there are so many."""
    rng = np.random.default_rng(0)
    if isinstance(control, Dropdown):
        return [value for _, value in control._options_full]
    steps = round((control.max - control.min) / control.step)
    return [control.min + control.step * int(i) for i in (0, steps, *rng.integers(steps + 1, size=min(count, steps)))]


def push(explorer, count=20):
    """Move each control through its range, the others staying; then all at random; then the presets.

    Returns the settings that led to a complaint on the page, with the complaint. Pictures are made and
    not turned into pixels, which takes long; at the end, after Reset, one is.
    """
    said = []
    explorer.draw = lambda: (explorer.figure(), explorer.summary(), explorer.data())

    def move(**values):
        explorer.set(**values)
        if "alert" in explorer._message.value:
            said.append((explorer.values, explorer._message.value))

    every = {name: settings(control, count) for name, control in explorer._controls.items()}
    for name, values in every.items():
        for value in values:
            move(**{name: value})
    rng = np.random.default_rng(1)
    for _ in range(count):
        move(**{name: values[int(rng.integers(len(values)))] for name, values in every.items()})
    for preset in explorer.presets.values():
        move(**preset)
    del explorer.draw
    explorer.reset()
    return said
