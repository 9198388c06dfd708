"""An explorer's controls moved as a person could, with the pictures turned into pixels."""

from collections.abc import Iterator
from typing import Any

import numpy as np
from controls import at_random, ends


def every_control(explorer: Any, n: int = 20) -> Iterator[dict]:
    """Each control at its ends, or at every choice, then `n` times all of them at random."""
    rng = np.random.default_rng(0)
    controls = explorer._controls
    for name, control in controls.items():
        for value in ends(control):
            yield {name: value}
    for _ in range(n):
        yield {name: at_random(control, rng) for name, control in controls.items()}


def moved_everywhere(explorer: Any, n: int = 20) -> Iterator[dict]:
    """Move the controls, yield each setting, and fail where the page shows an error."""
    for values in every_control(explorer, n):
        explorer.set(**values)
        assert 'role="alert"' not in explorer._message.value, (values, explorer._message.value)
        yield values


def complaints(explorer: Any) -> list[tuple[dict, str]]:
    """Settings at which the page shows an error, with it."""
    found = []
    for values in every_control(explorer):
        explorer.set(**values)
        if 'role="alert"' in explorer._message.value:
            found.append((values, explorer._message.value))
    explorer.reset()
    return found
