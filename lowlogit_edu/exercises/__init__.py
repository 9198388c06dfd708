"""Checks that answer a student: `check.nb07_swap_rule(my_function)` says right, or what is wrong.

Each notebook's checks are in the module of its number, nb00 to nb12. An answer that is wrong gets an
example that shows it, never the solution.
"""

from importlib import import_module
from pkgutil import iter_modules
from typing import Any

from lowlogit_edu.exercises.feedback import Feedback, Verdict

__all__ = ["Feedback", "Verdict", "check"]


class Checks:
    """All checks, by name; a notebook's module is loaded when one of its checks is first wanted."""

    def __dir__(self) -> list[str]:
        modules = (module.name for module in iter_modules(__path__) if module.name.startswith("nb"))
        return sorted(name for module in modules for name in _names(module))

    def __getattr__(self, name: str) -> Any:
        if name in dir(self):
            return getattr(import_module(f"{__name__}.{name[:4]}"), name)
        near = [known for known in dir(self) if known[:4] == name[:4]] or dir(self)
        raise AttributeError(f"there is no check {name!r}; there are {', '.join(near)}.")

    def __repr__(self) -> str:
        return f"{len(dir(self))} checks: {', '.join(dir(self))}"


def _names(module: str) -> list[str]:
    return [name for name in vars(import_module(f"{__name__}.{module}")) if name.startswith(f"{module}_")]


check = Checks()
