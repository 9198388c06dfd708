"""Checks that answer a student: `check.nb07_swap_rule(my_function)` says right, or what is wrong.

Each notebook's checks are in the module of its number, nb00 to nb13 and nb09b. An answer that is wrong gets an
example that shows it, never the solution.
"""

from importlib import import_module
from pkgutil import iter_modules
from types import ModuleType
from typing import Any

from lowlogit_edu.exercises.feedback import Feedback, Verdict

__all__ = ["Feedback", "Verdict", "check"]


NOTEBOOKS = sorted(module.name for module in iter_modules(__path__) if module.name.startswith("nb"))


class Checks:
    """All checks, by name; a notebook's module is loaded when one of its checks is first wanted."""

    def __getattr__(self, name: str) -> Any:
        notebook, _, _ = name.partition("_")  # nb09b_telescope is of nb09b, and not of nb09
        # Only this module: some of the others load much that a student at this notebook has no use for.
        if notebook in NOTEBOOKS and name in _checks_of(notebook):
            return getattr(_module(notebook), name)
        near = _checks_of(notebook) if notebook in NOTEBOOKS else dir(self)
        raise AttributeError(f"there is no check {name!r}; there are {', '.join(near)}.")

    def __dir__(self) -> list[str]:
        names = []
        for notebook in NOTEBOOKS:
            names += _checks_of(notebook)
        return names

    def __repr__(self) -> str:
        names = dir(self)
        return f"{len(names)} checks: {', '.join(names)}"


def _module(notebook: str) -> ModuleType:
    return import_module(f"{__name__}.{notebook}")


def _checks_of(notebook: str) -> list[str]:
    """Names of the checks of one notebook, sorted."""
    return sorted(name for name in vars(_module(notebook)) if name.startswith(f"{notebook}_"))


check = Checks()
