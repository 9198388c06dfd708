"""A learner that runs beside the page: start, pause, step and stop over a generator of steps.

>>> job = LearnerJob(lambda: iter([("state", "event 1"), ("state", "event 2")]))
>>> job.start(); job.wait(); job.status.value, job.events
('finished', ['event 1', 'event 2'])
"""

import math
import threading
import time
import weakref
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


LOOKS = 1.0  # seconds: how often a thread that pauses looks whether anybody still has its job
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
    what it wants (`_allowed`, `_stopping`), the thread what it does (`status`, `state`, `events`). A thread that pauses
    ends when nobody has its job any more.

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
    error : BaseException or None
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
        self.error: BaseException | None = None
        self.busy_seconds = 0.0
        self._make_steps = make_steps
        self._on_change = on_change
        self._allowed: float = 0  # steps that may still be taken before a pause; infinity: no pause
        self._stopping = False
        self._changed = threading.Condition()  # guards the two, and wakes a thread that pauses
        # A daemon: Python does not wait for a learner of minutes when the notebook is closed.
        self._thread = threading.Thread(target=_work, args=[weakref.ref(self)], name="learner", daemon=True)

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
        """Whether the thread has something to do; to be called with the lock."""
        return self._allowed > 0 or self._stopping

    def _pauses(self) -> bool:
        """Whether no step may be taken now; says so, once."""
        with self._changed:
            pausing = not self._may_step()
        # Outside of the lock: the listener draws, and no button should wait for a picture.
        if pausing and self.status is not JobStatus.PAUSED:
            self._set(JobStatus.PAUSED)
        return pausing

    def _take_step(self, steps: Iterator[tuple[Any, Any]]) -> bool:
        """Take a step that is allowed; whether the job goes on."""
        with self._changed:
            self._allowed -= 1
            stopping = self._stopping
        if stopping:
            self._set(JobStatus.STOPPED)
            return False
        if self.status is JobStatus.PAUSED:
            self._set(JobStatus.RUNNING)
        began = time.monotonic()
        item = next(steps, None)
        self.busy_seconds += time.monotonic() - began
        if item is None:
            self._set(JobStatus.FINISHED)
            return False
        # The state first: who sees an event may ask for the model of that step.
        state, event = item
        self.state = state
        self.events.append(event)
        self._on_change(self)
        return True

    def _fail(self, error: BaseException) -> None:
        self.error = error
        self.status = JobStatus.FAILED
        with suppress(Exception):  # it may be the listener that failed
            self._on_change(self)

    def _set(self, status: JobStatus) -> None:
        self.status = status
        self._on_change(self)


def _work(found: "weakref.ref[LearnerJob]") -> None:
    """What a job's thread does; while it pauses it holds the steps, but not the job."""
    job = found()
    steps: Iterator[tuple[Any, Any]] | None = None
    while job is not None:
        try:
            if steps is None:
                job._on_change(job)
                steps = job._make_steps()
            if job._pauses():
                changed = job._changed
                job = None
                _wait(changed, found)
                job = found()
            elif not job._take_step(steps):
                return
        except BaseException as error:  # a thread has nobody to raise to, a step's SystemExit too: the job shows it
            assert job is not None, "waiting raises nothing"
            job._fail(error)
            return


def _wait(changed: threading.Condition, found: "weakref.ref[LearnerJob]") -> None:
    """Until the page says something, or it is time to look whether the job is still there."""
    with changed:
        job = found()
        idle = job is not None and not job._may_step()
        job = None
        if idle:
            changed.wait(LOOKS)


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
