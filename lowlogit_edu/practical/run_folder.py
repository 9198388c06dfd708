"""A learning run: what it saves in its folder, and how it goes on from there."""

import os
import shutil
import signal
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, NamedTuple

from lowlogit_edu.config import PracticalConfig
from lowlogit_edu.core.errors import CheckpointError
from lowlogit_edu.core.storage import TEMPORARY
from lowlogit_edu.events import FINISHED, Event, LearnResult, Status
from lowlogit_edu.oracles.base import LogitOracle
from lowlogit_edu.practical import place
from lowlogit_edu.practical.checkpoint import FILE as CHECKPOINT
from lowlogit_edu.practical.checkpoint import load_checkpoint, save_checkpoint
from lowlogit_edu.practical.journal import SPENT, Journal, read_spent
from lowlogit_edu.practical.learner import practical_steps
from lowlogit_edu.practical.place import PLAIN
from lowlogit_edu.practical.record import read_record, save_queries, save_record
from lowlogit_edu.practical.state import PracticalState

Step = tuple[PracticalState, Event]


def _until_interrupted(steps: Iterable[Step]) -> Iterator[Step]:
    """The steps; after Ctrl-C, or where the system ends the process (SIGTERM), KeyboardInterrupt.

    It comes at once or, where library code swallowed it, before the next step.
    """
    if threading.current_thread() is not threading.main_thread():  # signals are for the main thread alone
        yield from steps
        return
    asked = threading.Event()

    def interrupt(*_: object) -> None:
        asked.set()
        raise KeyboardInterrupt

    before = {number: signal.signal(number, interrupt) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        for step in steps:
            yield step
            if asked.is_set():
                raise KeyboardInterrupt
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


class Ended(NamedTuple):
    """How a session of a run ended.

    Attributes
    ----------
    state : PracticalState
    seconds : float
        That the run has taken, with those earlier sessions that ended in order and had a model.
    lost : int
        Queries whose answers were lost when the process was ended while the teacher was asked; the ledger has the rest.
    """

    state: PracticalState
    seconds: float
    lost: int


@dataclass(frozen=True)
class Run:
    """What to learn, from whom, and where to."""

    teacher: str  # as given to TransformerOracle.from_pretrained
    oracle: LogitOracle
    folder: Path
    horizon: int
    config: PracticalConfig
    seed: int
    save_tokenizer: Callable[[Path], object] | None = None

    @property
    def settings(self) -> dict[str, Any]:
        """What makes it this run, JSON-able."""
        teacher = self.oracle.fingerprint
        return {"horizon": self.horizon, "seed": self.seed, "teacher": teacher, "config": asdict(self.config)}

    def saved_state(self) -> PracticalState | None:
        """The state that an earlier run of the same settings left in the folder; None where no stage was saved yet.

        Raises
        ------
        CheckpointError
            If there is no run to go on with, or it is another one.
        """
        if place.is_finished(self.folder):
            raise CheckpointError(f"the run in {self.folder} is finished; there is nothing to resume.")
        state = None
        if (self.folder / CHECKPOINT).exists():
            state, saved = load_checkpoint(self.folder)
            saved["config"] = asdict(saved["config"])
        elif (self.folder / SPENT).exists():
            saved, _ = read_spent(self.folder)
        else:
            raise CheckpointError(f"there is no run to resume in {self.folder}; leave --resume out to begin one.")
        ours = _flat(self.settings)
        theirs = _flat(saved)
        for name, value in ours.items():
            if theirs.get(name) != value:
                raise CheckpointError(
                    f"the run in {self.folder} has {name} {theirs.get(name)}, this one {value}; "
                    "resume it with the settings it was begun with."
                )
        return state

    def learn(
        self, state: PracticalState | None, on_event: Callable[[Event], object], time_limit: float | None = None
    ) -> Ended:
        """Run to the end, or until the budget, the time limit (seconds) or Ctrl-C; save what is there.

        Raises
        ------
        KeyboardInterrupt
            Where there is no state yet; what was asked is in the journal nevertheless.
        """
        start = time.monotonic()
        before = _seconds(self.folder)
        whole = state  # the last state at the end of a stage; what a stage under way was told is in the journal
        is_saved = True  # whether that one is on disk; to hold the saved one would keep its answers in memory
        status = None
        asked = Journal(self.oracle, self.folder, self.settings, {} if state is None else state.ledger)
        with closing(asked):
            asked.begin(_stage(whole))
            asked.forget(_stage(whole))
            try:
                steps = practical_steps(asked, self.horizon, self.config, self.seed, state)
                for state, event in _until_interrupted(steps):
                    if event.kind != "finish":
                        whole = state
                        is_saved = False
                        asked.begin(_stage(whole))
                    on_event(event)
                    if time_limit is not None and time.monotonic() - start > time_limit and event.kind != "finish":
                        status = Status.TIME_LIMIT
                        break
                    if event.kind in ("witness", "refine"):
                        self._checkpoint(state, asked)
                        is_saved = True
            except KeyboardInterrupt:
                status = Status.INTERRUPTED
            if state is None:
                raise KeyboardInterrupt
            state = replace(state, status=status or state.status)
            if state.status not in FINISHED and not is_saved and whole is not None:
                self._checkpoint(whole, asked)
        ended = Ended(
            state, round(before + time.monotonic() - start, 1), asked.spent.total() - sum(state.ledger.values())
        )
        if state.model is not None:
            self.save(state.result(), ended)
        if state.status in FINISHED:
            place.clear(self.folder)
        return ended

    def _checkpoint(self, state: PracticalState, asked: Journal) -> None:
        settings = self.settings | {"config": self.config}
        save_checkpoint(self.folder, state, **settings)
        asked.forget(_stage(state))

    def save(self, result: LearnResult, ended: Ended) -> None:
        """Models, tokenizer, the sequences asked about, and last a record for people and machines."""
        result.model.save(self.folder, overwrite=True)
        if result.plain is not None and result.plain.fingerprint != result.model.fingerprint:  # it was refined
            result.plain.save(self.folder / PLAIN, overwrite=True)
        self._save_tokenizer()
        save_queries(self.folder, self.oracle.fingerprint, ended.state.told)
        record = {
            "teacher": self.teacher,
            "fingerprint": self.oracle.fingerprint,
            "horizon": self.horizon,
            "seed": self.seed,
            "config": asdict(self.config),
            "status": result.status.name,
            "queries": dict(result.ledger),
            "lost": ended.lost,
            "seconds": ended.seconds,
            "history": [asdict(event) for event in result.history],
        }
        save_record(self.folder, record)

    def _save_tokenizer(self) -> None:
        """Its files, each in one step: they are written elsewhere in the folder, and moved."""
        if self.save_tokenizer is None:
            return
        written = self.folder / f".tokenizer.{os.getpid()}{TEMPORARY}"
        written.mkdir()
        try:
            self.save_tokenizer(written)
            for path in written.rglob("*"):
                if path.is_file():
                    there = self.folder / path.relative_to(written)
                    there.parent.mkdir(exist_ok=True)
                    os.replace(path, there)
        finally:
            shutil.rmtree(written, ignore_errors=True)


def _stage(state: PracticalState | None) -> tuple[int, int]:
    return (0, 0) if state is None else (state.epoch, state.stage)


def _flat(settings: dict[str, Any]) -> dict[str, Any]:
    """The settings of a run and of its learner side by side."""
    config = settings.get("config")
    return {**settings, **config, "config": None} if isinstance(config, dict) else settings


def _seconds(folder: Path) -> float:
    """What the run in `folder` has taken so far; 0 where no whole record says so."""
    try:
        return float(read_record(folder)["seconds"])
    except CheckpointError:
        return 0.0
