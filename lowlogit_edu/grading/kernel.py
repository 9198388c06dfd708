"""A notebook run in a kernel of its own, which ends with all that it started: at a limit, by hand, or when done."""

import asyncio
import atexit
import os
import secrets
import signal
import threading
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from subprocess import DEVNULL
from typing import Any

from lowlogit_edu.grading.processes import MARK, end_marked

OUTPUT = 1_000_000  # characters that a notebook may print, pictures not counted; beyond, its kernel is ended
READY = 60  # seconds that the first cell, of the grader, has: a loaded machine loads packages slowly
KILLED = -9  # what a process returns that was killed; Windows has no such signal
BY_HAND = "stopped by hand"


class Ended(Exception):
    """The kernel's time is over before it has begun its next cell."""


class Kernels:
    """The kernels at work, so that another thread can end them all."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._runs: list[KernelRun] = []
        self.stopped = False

    def __repr__(self) -> str:
        return f"Kernels(at_work={len(self._runs)}, stopped={self.stopped})"

    def add(self, run: "KernelRun") -> None:
        """Count a run among those at work; after `end_all` it is ended at once."""
        with self._lock:
            self._runs.append(run)
            stopped = self.stopped
        if stopped:
            run.end(BY_HAND)

    def remove(self, run: "KernelRun") -> None:
        with self._lock:
            self._runs.remove(run)

    def end_all(self) -> None:
        """End all kernels, and those that are still to come."""
        with self._lock:
            self.stopped = True
            runs = list(self._runs)
        for run in runs:
            run.end(BY_HAND)


class KernelRun:
    """One notebook and its kernel.

    Parameters
    ----------
    notebook : nbformat notebook
        Its outputs are filled in.
    cell_seconds : int
        After so long a cell is interrupted.
    more_seconds : callable
        What a cell, by its place, has beyond that.
    seconds : int
        After so long, from the first cell of the notebook's own, the kernel is ended.
    """

    def __init__(self, notebook: Any, cell_seconds: int, more_seconds: Callable[[int], int], seconds: int) -> None:
        self.notebook = notebook
        self.ended = ""  # why, where the kernel did not live to the end
        self.failed = False  # whether that was not the notebook's doing
        self._process: Any = None  # which nbclient forgets when the kernel has died
        self._mark = secrets.token_hex(16)
        self._printed = 0
        self._loop: asyncio.AbstractEventLoop | None = None
        self._clock = threading.Timer(seconds, self.end, [f"stopped after {seconds} s"])
        self._clock.daemon = True
        self._client = self._make_client(cell_seconds, more_seconds)

    def __repr__(self) -> str:
        return f"KernelRun(cells={len(self.notebook.cells)}, ended={self.ended!r})"

    def _make_client(self, cell_seconds: int, more_seconds: Callable[[int], int]) -> Any:
        from nbclient import NotebookClient

        run = self

        class Client(NotebookClient):
            async def async_execute_cell(self, cell: Any, cell_index: int, *given: Any, **named: Any) -> Any:
                run._loop = asyncio.get_running_loop()
                if run.ended:  # before there was a kernel that could be ended
                    raise Ended
                if cell_index == 0:
                    run._process = run._running()
                if cell_index == 1:  # the kernel is up: how long that took is not the notebook's doing
                    run.start_clock()
                # nbclient asks for a timeout by cell, and does not say by which place.
                self.timeout = cell_seconds + more_seconds(cell_index)
                # The grader's cells, every other one, are kept out of the history that a student's code can read.
                named["store_history"] = cell_index % 2 == 1
                return await super().async_execute_cell(cell, cell_index, *given, **named)

            def output(self, outs: Any, msg: Any, display_id: str | None, cell_index: int) -> Any:
                content = msg["content"]
                run._printed += len(content.get("text") or content.get("data", {}).get("text/plain") or "")
                if run._printed > OUTPUT:
                    run.end(f"stopped after {OUTPUT:,} characters of output")
                    return None
                return super().output(outs, msg, display_id, cell_index)

        return Client(self.notebook, kernel_name="python3", allow_errors=True, interrupt_on_timeout=True)

    def end(self, why: str) -> None:
        """End the kernel now, from whatever thread; the first reason stays."""
        self.ended = self.ended or why
        self._kill()
        if self._loop is not None:
            with suppress(RuntimeError):  # it is closed: nobody waits any more
                self._loop.call_soon_threadsafe(self._stop_waiting)

    def _stop_waiting(self) -> None:
        """Wait for no reply any more: after a first timeout nbclient would not see that the kernel is gone."""
        waiting = getattr(self._client, "task_poll_for_reply", None)
        if waiting is not None:
            waiting.cancel()

    def start_clock(self) -> None:
        """From now on the notebook's seconds count."""
        self._clock.start()

    def _running(self) -> Any:
        """The kernel's process; None where there is none."""
        return getattr(getattr(self._client.km, "provisioner", None), "process", None)

    def _kill(self) -> None:
        process = self._running()
        if process is None:
            return
        with suppress(OSError, AttributeError):  # a cell may swallow interrupts: this it cannot
            os.killpg(process.pid, signal.SIGKILL)
        with suppress(OSError):
            process.kill()

    def _explain(self, error: Exception) -> None:
        """Say why the kernel did not live to the end, unless it was ended here."""
        if self.ended:
            return
        dead = "DeadKernel" in type(error).__name__
        killed = dead and self._process is not None and self._process.returncode == KILLED
        self.failed = killed or not dead
        if killed:
            self.ended = "its kernel was killed from outside, as a system does that is short of memory"
        else:
            reason = f"{type(error).__name__}: {error}".partition("\n")[0]
            self.ended = "its kernel died" if dead else f"could not be run to its end: {reason}"

    def execute(self, folder: Path) -> None:
        """Run all cells, in a folder; afterwards nothing of it is left at work."""
        if self.ended:
            return
        environment = os.environ | {MARK: self._mark}
        try:
            # The loop is closed at the end, in whatever thread this is.
            asyncio.run(self._client.async_execute(cwd=str(folder), env=environment, stdout=DEVNULL, stderr=DEVNULL))
        except Exception as error:  # whatever a notebook does to its kernel must not end the grading of a class
            self._explain(error)
        finally:
            self._clock.cancel()
            self._kill()
            # nbclient leaves this behind where a kernel is ended while it starts, and complains when Python ends.
            atexit.unregister(self._client._cleanup_kernel)
            end_marked(self._mark)
