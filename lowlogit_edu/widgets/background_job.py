"""A learner that runs beside the page: start, pause, step and stop over a generator of steps.

>>> job = LearnerJob(lambda: iter([("state", "event 1"), ("state", "event 2")]))
>>> job.start(); job.wait(); job.status.value, job.events
('finished', ['event 1', 'event 2'])
"""

import math
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from enum import Enum
from typing import Any

from lowlogit_edu.core.errors import LowLogitError
from lowlogit_edu.events import Event
from lowlogit_edu.widgets.html_parts import error_words


class JobStatus(Enum):
    """Where a job stands; the value is the word that people see."""

    READY = "ready"
    RUNNING = "running"
    PAUSED = "paused"
    STOPPED = "stopped"
    FINISHED = "finished"
    FAILED = "failed"


ENDED = {JobStatus.STOPPED, JobStatus.FINISHED, JobStatus.FAILED}
# What a page may ask of a job in each status.
PRESSABLE = {
    JobStatus.READY: {"start", "step", "reset"},
    JobStatus.RUNNING: {"pause", "stop", "reset"},
    JobStatus.PAUSED: {"start", "step", "stop", "reset"},
    **{status: {"start", "step", "reset"} for status in ENDED},
}
NO_THREADS = (
    "A job runs in a thread, and none can start here, as in a browser tab: call lowlogit_edu.learn in a cell instead."
)


class LearnerJob:
    """Runs the steps of a learner in a thread of its own; it runs once, to reset make another.

    A thread, because a kernel's own loop is busy while a cell runs, and because widget callbacks
    may come from a thread without a loop. Pause and stop are heard between two steps. The page says
    what it wants (`_allowed`, `_stopping`), the thread what it does (`status`, `state`, `events`).

    Parameters
    ----------
    make_steps : callable
        Returns the generator, as from `learn_steps`; called in the thread, so it may be slow.
    on_change : callable, optional
        Called with the job after every step and every change of status, in the job's thread.

    Attributes
    ----------
    status : JobStatus
    state : object
        The learner's last state, or None.
    events : list of Event
    error : Exception or None
        Why the job failed.
    busy_seconds : float
        Time spent in steps; pauses do not count.
    """

    def __init__(
        self,
        make_steps: Callable[[], Iterator[tuple[Any, Any]]],
        on_change: Callable[["LearnerJob"], object] = lambda job: None,
    ) -> None:
        self.status = JobStatus.READY
        self.state: Any = None
        self.events: list[Event] = []
        self.error: Exception | None = None
        self.busy_seconds = 0.0
        self._make_steps = make_steps
        self._on_change = on_change
        self._allowed: float = 0  # steps that may still be taken before a pause; infinity: no pause
        self._stopping = False
        self._changed = threading.Condition()  # guards the two, and wakes a thread that pauses
        # A daemon: Python does not wait for a learner of minutes when the notebook is closed.
        self._thread = threading.Thread(target=self._work, name="learner", daemon=True)

    def __repr__(self) -> str:
        return f"LearnerJob(status={self.status.value!r}, steps={len(self.events)})"

    def start(self) -> None:
        """Run, or go on after a pause, to the end."""
        self._allow(math.inf)

    def step(self) -> None:
        """Take one step, then pause."""
        self._allow(1)

    def pause(self) -> None:
        """Pause as soon as the step under way is done."""
        with self._changed:
            self._allowed = 0

    def stop(self) -> None:
        """End as soon as the step under way is done; what was learned so far stays in `state`."""
        with self._changed:
            self._stopping = True
            self._changed.notify()
            if self.status is JobStatus.READY:  # there is no thread yet that would say so
                self.status = JobStatus.STOPPED

    def wait(self, timeout: float | None = None) -> None:
        """Return when the job has ended, or `timeout` seconds have passed."""
        if self._thread.ident is not None:  # a thread that was never started cannot be joined
            self._thread.join(timeout)

    def _allow(self, steps: int | float) -> None:
        with self._changed:
            if self.status in ENDED:
                raise LowLogitError(f"This job has {self.status.value}; make a new one to run again.")
            self._allowed = steps
            self._changed.notify()
            if self.status is JobStatus.READY:
                self.status = JobStatus.RUNNING
                try:
                    self._thread.start()
                except RuntimeError as error:
                    self.status = JobStatus.READY
                    raise LowLogitError(NO_THREADS) from error

    def _may_step(self) -> bool:
        """Wait while paused; then whether to take another step."""
        with self._changed:
            pausing = not (self._allowed or self._stopping)
        # Outside of the lock: the listener draws, and no button should wait for a picture.
        if pausing:
            self._set(JobStatus.PAUSED)
        with self._changed:
            self._changed.wait_for(lambda: self._allowed > 0 or self._stopping)
            self._allowed -= 1
            stopping = self._stopping
        if pausing and not stopping:
            self._set(JobStatus.RUNNING)
        return not stopping

    def _work(self) -> None:
        try:
            self._on_change(self)
            steps = self._make_steps()
            while self._may_step():
                began = time.monotonic()
                item = next(steps, None)
                self.busy_seconds += time.monotonic() - began
                if item is None:
                    return self._set(JobStatus.FINISHED)
                # The state first: who sees an event may ask for the model of that step.
                state, event = item
                self.state = state
                self.events.append(event)
                self._on_change(self)
            self._set(JobStatus.STOPPED)
        except Exception as error:  # a thread has nobody to raise to: whoever looks at the job shows it
            self.error = error
            self.status = JobStatus.FAILED
            with suppress(Exception):  # it may be the listener that failed
                self._on_change(self)

    def _set(self, status: JobStatus) -> None:
        self.status = status
        self._on_change(self)


def progress_sentence(job: LearnerJob) -> str:
    """Where the job stands, in words."""
    words = [f"{job.status.value.capitalize()}."]
    if job.error is not None:
        words.append(error_words(job.error))
    elif job.events:
        last = job.events[-1]
        words.append(f"Step {len(job.events)}, epoch {last.epoch}: {last.message}")
        if job.status is JobStatus.RUNNING and 0 < last.progress < 1:
            left = job.busy_seconds * (1 / last.progress - 1)  # if the rest goes on at the same pace
            words.append(f"About {left:.0f} seconds left.")
    return " ".join(words)
