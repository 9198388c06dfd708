"""How tests drive an explorer: every control to its ends, then all of them at random."""

import numpy as np


def settings_to_try(explorer, n):
    """Values of one control at an end, others as they are; then n settings of all controls at random."""
    rng, controls = np.random.default_rng(0), explorer._controls
    for name, control in controls.items():
        ends = control.options if hasattr(control, "options") else (control.min, control.max)
        yield from ({name: end} for end in ends)
    for _ in range(n):
        yield {name: random_value(control, rng) for name, control in controls.items()}


def random_value(control, rng):
    """One that the control may have."""
    if hasattr(control, "options"):
        return control.options[rng.integers(len(control.options))]
    if isinstance(control.value, int):
        return int(rng.integers(control.min, control.max + 1))
    return float(rng.uniform(control.min, control.max))


def moved_everywhere(explorer, n=20):
    """Move the controls, yield each setting, and fail where the page shows an error."""
    for values in settings_to_try(explorer, n):
        explorer.set(**values)
        assert 'role="alert"' not in explorer._message.value, (values, explorer._message.value)
        yield values
