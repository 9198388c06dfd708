"""Settings that a person could give an explorer's controls."""

from collections.abc import Iterator
from typing import Any

import numpy as np


def every_control(explorer: Any, n: int = 20, texts: tuple[str, ...] = ("", "A cat", "£ € \n $x$")) -> Iterator[dict]:
    """Each control at its ends, or at every choice, then `n` times all of them at random."""
    rng, kept = np.random.default_rng(0), explorer.values
    ends = {
        name: list(control.options)
        if hasattr(control, "options")
        else [control.min, control.max]
        if hasattr(control, "min")
        else list(texts)
        for name, control in explorer._controls.items()
    }
    for name, values in ends.items():
        yield from ({name: value} for value in values)
    for _ in range(n):
        drawn = {name: values[rng.integers(len(values))] for name, values in ends.items()}
        for name, values in ends.items():
            if isinstance(kept[name], int):
                drawn[name] = int(rng.integers(values[0], values[1] + 1))
            elif isinstance(kept[name], float):
                drawn[name] = float(rng.uniform(*values))
        yield drawn


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
