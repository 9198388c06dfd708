"""A learning run and the folder it leaves: models, queries asked, ledger, and how to go on."""

import json
import signal
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from lowlogit_edu.config import PracticalConfig
from lowlogit_edu.core.errors import ArgumentError, CheckpointError
from lowlogit_edu.core.storage import load_arrays, save_arrays
from lowlogit_edu.events import FINISHED, Event, LearnResult, Status
from lowlogit_edu.learned.base import FILE as MODEL
from lowlogit_edu.oracles.base import LogitOracle
from lowlogit_edu.practical.checkpoint import FILE as CHECKPOINT
from lowlogit_edu.practical.checkpoint import load_checkpoint, save_checkpoint
from lowlogit_edu.practical.learner import practical_steps
from lowlogit_edu.practical.row_code import RowCode
from lowlogit_edu.practical.state import PracticalState

QUERIES = "queries.safetensors"
RECORD = "run.json"
LOCK = ".lock"
PLAIN = "plain"
QUERIES_KIND = "lowlogit_edu queries"

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

    @contextmanager
    def held(self) -> Iterator[None]:
        """Inside, the folder is there, can be written to, and is no other run's; left empty, it goes again."""
        from filelock import FileLock, Timeout

        lock = FileLock(self.folder / LOCK, timeout=0)
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            lock.acquire()
        except Timeout as error:
            raise ArgumentError(f"another run is learning into {self.folder} now; choose another --out.") from error
        except OSError as error:
            raise ArgumentError(f"cannot write to the folder {self.folder} ({error}); choose another --out.") from error
        try:
            yield
        finally:
            with suppress(OSError):  # Windows removes no open file; and a folder with a run in it stays
                (self.folder / LOCK).unlink()
                self.folder.rmdir()
            lock.release()

    def check_folder(self) -> None:
        """Refuse a folder that holds something already."""
        if self.folder.exists() and any(path.name != LOCK for path in self.folder.iterdir()):
            hint = "add --resume to go on with the run in it, or " if (self.folder / CHECKPOINT).exists() else ""
            raise ArgumentError(f"{self.folder} is not empty; {hint}choose another --out. Nothing was changed.")

    def saved_state(self) -> PracticalState:
        """The state that an earlier run of the same settings left in the folder."""
        if (self.folder / MODEL).exists() and not (self.folder / CHECKPOINT).exists():
            raise CheckpointError(f"the run in {self.folder} is finished; there is nothing to resume.")
        state, saved = load_checkpoint(self.folder)
        ours = {"horizon": self.horizon, "seed": self.seed, "teacher": self.oracle.fingerprint, "config": self.config}
        for name, value in ours.items():
            if saved[name] != value:
                raise CheckpointError(
                    f"the run in {self.folder} has {name} {saved[name]}, this one {value}; "
                    "resume it with the settings it was begun with."
                )
        return state

    def learn(
        self, state: PracticalState | None, on_event: Callable[[Event], object], time_limit: float | None = None
    ) -> tuple[PracticalState, float]:
        """Run to the end, or until the budget, the time limit (seconds) or Ctrl-C; save what is there.

        With the state come the seconds that the run has taken, in earlier sessions too.
        """
        start = time.monotonic()
        before = 0.0 if state is None else _seconds(self.folder)
        status = None
        steps = practical_steps(self.oracle, self.horizon, self.config, self.seed, state)
        try:
            for state, event in _until_interrupted(steps):
                on_event(event)
                if time_limit is not None and time.monotonic() - start > time_limit and event.kind != "finish":
                    status = Status.TIME_LIMIT
                    break
                if event.kind in ("witness", "refine"):
                    self._checkpoint(state)
        except KeyboardInterrupt:
            status = Status.INTERRUPTED
        if state is None:
            raise KeyboardInterrupt
        state = replace(state, status=status or state.status)
        if state.status not in FINISHED:
            self._checkpoint(state)
        seconds = round(before + time.monotonic() - start, 1)
        if state.model is not None:
            self.save(state.result(), state, seconds)
        if state.status in FINISHED:
            (self.folder / CHECKPOINT).unlink(missing_ok=True)
        return state, seconds

    def _checkpoint(self, state: PracticalState) -> None:
        save_checkpoint(
            self.folder,
            state,
            self.config,
            horizon=self.horizon,
            seed=self.seed,
            teacher=self.oracle.fingerprint,
        )

    def save(self, result: LearnResult, state: PracticalState, seconds: float) -> None:
        """Models, tokenizer, the sequences asked about, and a record for people and machines."""
        result.model.save(self.folder, overwrite=True)
        if result.plain is not None and result.plain.fingerprint != result.model.fingerprint:  # it was refined
            result.plain.save(self.folder / PLAIN, overwrite=True)
        if self.save_tokenizer is not None:
            self.save_tokenizer(self.folder)
        _save_queries(self.folder / QUERIES, self.oracle.fingerprint, state)
        record = {
            "teacher": self.teacher,
            "fingerprint": self.oracle.fingerprint,
            "horizon": self.horizon,
            "seed": self.seed,
            "config": asdict(self.config),
            "status": result.status.name,
            "queries": dict(result.ledger),
            "seconds": seconds,
            "history": [asdict(event) for event in result.history],
        }
        (self.folder / RECORD).write_text(json.dumps(record, indent=1), encoding="utf-8")


def _seconds(folder: Path) -> float:
    """What the run in `folder` has taken so far; 0 where no whole record says so."""
    try:
        return float(read_record(folder)["seconds"])
    except (CheckpointError, KeyError, TypeError, ValueError):
        return 0.0


def read_record(folder: Path) -> dict[str, Any]:
    """The record of the run in `folder`."""
    path = folder / RECORD
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise CheckpointError(f"{path} cannot be read ({error}); expected a folder made by lowlogit learn.") from error


def _save_queries(path: Path, teacher: str, state: PracticalState) -> None:
    """The texts asked about, block by block; their answers can be asked again."""
    told = state.told
    arrays = {f"code.{name}": array for name, array in vars(told.code).items()}
    for number, block in enumerate(told.blocks):
        arrays |= {f"tokens.{number}": block.tokens.astype(np.int32), f"asked.{number}": block.asked}
    save_arrays(path, QUERIES_KIND, {"teacher": teacher, "blocks": len(told.blocks)}, arrays)


def saved_queries(folder: Path) -> tuple[RowCode, list[tuple[np.ndarray, np.ndarray]]]:
    """How the answers of a saved run were kept, and the `tokens` and `asked` places of each block of texts."""
    _, header, arrays = load_arrays(folder / QUERIES, QUERIES_KIND)
    code = {name.removeprefix("code."): arrays.pop(name) for name in list(arrays) if name.startswith("code.")}
    try:
        if "blocks" not in header:  # as written before texts could be of several lengths
            return RowCode(**code), [(arrays["tokens"].astype(np.int64), arrays["asked"])]
        numbers = range(header["blocks"])
        return RowCode(**code), [(arrays[f"tokens.{i}"].astype(np.int64), arrays[f"asked.{i}"]) for i in numbers]
    except (KeyError, TypeError) as error:
        raise CheckpointError(f"{folder / QUERIES} is incomplete ({error}); learn the model again.") from error
