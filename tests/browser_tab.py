"""Run a notebook as a browser tab runs it: without torch and its like, without threads and processes.

python tests/browser_tab.py NOTEBOOK prints one JSON line: a list of what went wrong, the number of the code cell first.
"""

import asyncio
import contextlib
import io
import json
import subprocess
import sys
import threading
from pathlib import Path

# What has no build for Python in the browser (Pyodide), cannot work there, or is not asked for.
MISSING = {"torch", "transformers", "tokenizers", "cvxpy", "distributed", "httpx2", "jupyterlab", "plotly"}


class NotThere:
    """An importer before all others: what is missing in a browser tab is missing here."""

    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in MISSING:
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)


def no_thread(*args, **kwargs):
    """What Python in a browser tab says where a thread is to start."""
    raise RuntimeError("can't start new thread")


def no_process(*args, **kwargs):
    """What Python in a browser tab says where a process is to start."""
    raise OSError(138, "emscripten does not support processes.")


def shell_of_a_tab():
    """A shell of IPython; from now on this process has no more than a tab has."""
    from IPython.core.history import HistoryManager
    from IPython.core.interactiveshell import InteractiveShell

    HistoryManager.enabled = False  # it writes in a thread
    shell = InteractiveShell.instance()
    sys.meta_path.insert(0, NotThere())
    threading.Thread.start = no_thread
    subprocess.Popen.__init__ = no_process
    return shell


async def failures(sources):
    """Run the cells; for each that fails, or is an answer that is found wrong, its number from 1 and a sentence."""
    shell = shell_of_a_tab()
    found = []
    for number, source in enumerate(sources, start=1):
        # A loop is running, as in a kernel, and the cell may await.
        with contextlib.redirect_stdout(io.StringIO()) as shown, contextlib.redirect_stderr(io.StringIO()):
            done = await shell.run_cell_async(source, transformed_cell=shell.transform_cell(source))
        error = done.error_before_exec or done.error_in_exec
        if error is not None:
            found.append((number, f"{type(error).__name__}: {error}"))
        elif "Not yet." in shown.getvalue():
            found.append((number, shown.getvalue()))
    return found


if __name__ == "__main__":
    notebook = json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))
    code = ["".join(cell["source"]) for cell in notebook["cells"] if cell["cell_type"] == "code"]
    print(json.dumps(asyncio.run(failures(code))))
