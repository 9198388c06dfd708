"""Values that a person could give a control, and all of an explorer's controls pushed through them."""

import re

import numpy as np

COUNTED = "epochs|futures|histories|others|queries|rows|samples|states|subsets|surprises|swaps|texts|tokens|vectors"
TEXTS = ("", "A cat", "£ € \n $x$")  # nothing, plain words, and letters that a picture might take for a formula


def ends(control):
    """Both ends of a slider, every choice of a list, or some texts."""
    if hasattr(control, "options"):
        return [value for _, value in control._options_full]
    return [control.min, control.max] if hasattr(control, "min") else list(TEXTS)


def at_random(control, rng):
    """Any value of a control; of a slider, a whole number of steps from its least."""
    if not hasattr(control, "min"):
        values = ends(control)
        return values[int(rng.integers(len(values)))]
    steps = round((control.max - control.min) / control.step)
    return control.min + control.step * int(rng.integers(steps + 1))


def false_plural(text):
    """Whether a text says "1 tokens", "1 histories" or the like."""
    return re.search(rf"(?<![\d.,])1 ({COUNTED})\b", text) is not None


def push(explorer, count=20):
    """Move each control through its range, the others staying; then all at random; then the presets.

    What is said in words is looked at for false plurals.

    Returns the settings that led to a complaint on the page, with the complaint. Pictures are made and
    not turned into pixels, which takes long; at the end, after Reset, one is.
    """
    said = []
    words = []
    explorer.draw = lambda: (explorer.figure(), words.append(explorer.summary()), explorer.data())

    def move(**values):
        explorer.set(**values)
        if "alert" in explorer._message.value:
            said.append((explorer.values, explorer._message.value))
        said.extend((explorer.values, text) for text in words if false_plural(text))
        words.clear()

    rng = np.random.default_rng(1)
    controls = explorer._controls
    for name, control in controls.items():
        between = [at_random(control, rng) for _ in range(count)] if hasattr(control, "min") else []
        for value in (*ends(control), *between):
            move(**{name: value})
    for _ in range(count):
        move(**{name: at_random(control, rng) for name, control in controls.items()})
    for preset in explorer.presets.values():
        move(**preset)
    del explorer.draw
    explorer.reset()
    return said
