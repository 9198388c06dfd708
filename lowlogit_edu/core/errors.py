"""Errors: each message says what was expected, what came, and what to do."""

import sys

# The extra of pyproject.toml that installs a package which is imported only where it is needed.
EXTRAS = {
    "torch": "hf",
    "transformers": "hf",
    "safetensors": "hf",
    "cvxpy": "lab",
    "ipywidgets": "lab",
    "jupyterlab": "lab",
    "anywidget": "lab",
    "nbformat": "lab",
    "nbclient": "lab",
    "httpx2": "server",
    "distributed": "dask",
    "shtab": "completion",
}


class LowLogitError(Exception):
    """Base class of everything this package raises on purpose."""


class ArgumentError(LowLogitError, ValueError):
    """An argument is of the wrong kind, shape or range."""


class OracleError(LowLogitError):
    """A logit oracle could not answer, or the teacher behind it could not be loaded."""


class OracleValueError(OracleError, ValueError):
    """An oracle answered with something that is not a matrix of finite logits."""


class BudgetExhausted(OracleError):
    """A `Budgeted` oracle was asked for more queries than its budget allows."""


class ProgramError(LowLogitError):
    """The linear program could not be solved: infeasible, or stopped by a limit."""


class CheckpointError(LowLogitError):
    """A saved file is missing, damaged, of another version, or belongs to another teacher."""


class TooLarge(LowLogitError, ValueError):
    """The work asked for would not fit in memory or time; the message names what to lower."""


class MissingExtra(LowLogitError, ImportError):
    """An optional package is not installed; the message holds the `pip install` line."""


def missing_extra(what: str, package: str, instead: str = "") -> MissingExtra:
    """The error where a package of an extra is not installed: how to have it, or what to do without.

    >>> missing_extra("Refinement", "torch", "or set passes=0")
    MissingExtra('Refinement needs torch: pip install "lowlogit_edu[hf]", or set passes=0.')
    """
    way = f'pip install "lowlogit_edu[{EXTRAS[package]}]"'
    if sys.platform == "emscripten":
        way = "it cannot be had in a browser tab; install lowlogit_edu on a computer"
    return MissingExtra(f"{what} needs {package}: {way}{', ' * bool(instead)}{instead}.")
