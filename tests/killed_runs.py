"""Learning runs that are ended by force: a child process learns, is killed, and another one goes on.

Children are forked from a process that has imported everything, so that a run takes a fraction of a second.
"""

import mmap
import os
import random
import signal
import time
import warnings
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from lowlogit_edu import LearnerConfig, oracles
from lowlogit_edu.core.numerics import draw_tokens
from lowlogit_edu.models import random_isan
from lowlogit_edu.oracles.base import keep_all
from lowlogit_edu.practical.place import check_new, goes_on, held, is_finished
from lowlogit_edu.practical.record import read_record
from lowlogit_edu.practical.run_folder import Run

HORIZON = 4
TEACHER = random_isan(alphabet_size=3, dimension=2, horizon=HORIZON, seed=0)
SIZES = {"rank": 2, "sequences": 20, "validation": 4, "witnesses": 6, "factors": 2, "rounds": 1}
CONFIG = LearnerConfig.practical(epochs=2, passes=2, **SIZES)
SAVED = ("model.safetensors", "plain/model.safetensors", "queries.safetensors", "tokenizer.json")
POINTS = ("fsync", "replace", "unlink", "rmdir", "mkdir")  # of os: what a run does to its folder


class Metered(oracles.ExactOracle):
    """A teacher that counts every prefix before it answers, where all processes see it; killed at one, if asked to be.

    It draws texts itself, token by token, so that what is asked is exactly what a ledger counts.
    """

    def __init__(self, count, last=None):
        super().__init__(TEACHER)
        self.count = count
        self.last = last

    def logits(self, prefixes):
        asked = int.from_bytes(self.count[:8], "little") + len(prefixes)
        self.count[:8] = asked.to_bytes(8, "little")
        if self.last is not None and asked >= self.last:
            os.kill(os.getpid(), signal.SIGKILL)
        return super().logits(prefixes)

    def sample_with_logits(self, n, horizon, *, prompt=(), rng, keep=None, among=None):
        tokens = np.tile(np.array(prompt, dtype=np.int64), (n, 1))
        kept = []
        while tokens.shape[1] < horizon:
            rows = self.logits(list(map(tuple, tokens.tolist())))
            kept.append((keep or keep_all)(rows))
            tokens = np.concatenate([tokens, draw_tokens(rows, rng=rng)[:, None]], axis=1)
        return tokens, np.stack(kept, axis=1)


@dataclass
class Kill:
    """When a child dies: at its so many-th query or step on disk, or after so many seconds; by default never."""

    query: int | None = None
    point: int | None = None
    seconds: float | None = None


class Folder:
    """A run's folder, and the queries that its teacher has counted over all children."""

    def __init__(self, path, budget=None):
        self.path = Path(path)
        self.budget = budget
        self.count = mmap.mmap(-1, 16)  # queries; and steps on disk, of the last child

    @property
    def queries(self):
        return int.from_bytes(self.count[:8], "little")

    @property
    def points(self):
        return int.from_bytes(self.count[8:], "little")

    def learn(self, kill=None):
        """Begin, or go on, in a child; whether it came to its end."""
        kill = kill or Kill()
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)  # of forking where there are threads; see `_child`
            child = os.fork()
        if child == 0:
            self._child(kill)
        if kill.seconds is not None:
            time.sleep(kill.seconds)
            os.kill(child, signal.SIGKILL)
        _, status = os.waitpid(child, 0)
        killed = os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGKILL
        assert killed or os.WEXITSTATUS(status) == 0, self.path.with_suffix(".txt").read_text(encoding="utf-8")
        return not killed

    def _child(self, kill):
        try:
            import torch

            torch.set_num_threads(1)  # those of the parent are not here
            self._count_points(kill.point)
            last = None if kill.query is None else self.queries + kill.query
            learn_in(self.path, Metered(self.count, last), self.budget)
            os._exit(0)
        except BaseException:
            import traceback

            self.path.with_suffix(".txt").write_text(traceback.format_exc(), encoding="utf-8")
            os._exit(1)

    def _count_points(self, last):
        """Wrap what changes a folder: it is counted, and the child dies right before the last one."""
        self.count[8:] = bytes(8)
        for name in POINTS:
            real = getattr(os, name)

            def step(*args, real=real, name=name, **named):
                number = self.points + 1
                self.count[8:] = number.to_bytes(8, "little")
                if number == last:
                    os.kill(os.getpid(), signal.SIGKILL)
                # A killed process loses nothing that it wrote; only a power cut does.
                return None if name == "fsync" else real(*args, **named)

            setattr(os, name, step)

    def saved(self):
        """What must be equal: the saved files, the ledger and the history."""
        record = read_record(self.path)
        files = [(self.path / name).read_bytes() for name in SAVED]
        return [*files, record["status"], record["queries"], record["history"]]

    def left(self):
        """The names of what is in the folder."""
        return sorted(path.relative_to(self.path).as_posix() for path in self.path.rglob("*"))


def save_tokenizer(folder):
    """Stands for a tokenizer's own way to write files."""
    (Path(folder) / "tokenizer.json").write_text("{}", encoding="utf-8")


def learn_in(path, oracle, budget=None, on_event=lambda event: None):
    """Begin a run, or go on with the one that is there, as `lowlogit learn` does; None where it is finished."""
    asked = oracle if budget is None else oracles.Budgeted(oracle, budget)
    run = Run("metered", asked, path, HORIZON, CONFIG, 0, save_tokenizer)
    with held(path):
        if is_finished(path):
            return None
        if goes_on(path):
            return run.learn(run.saved_state(), on_event)
        check_new(path)
        return run.learn(None, on_event)


def kills(count, seconds, queries, points, seed=0):
    """So many moments, by turns of each kind, spread over a run of such length."""
    rng = random.Random(seed)
    for number in range(count):
        match number % 3:
            case 0:
                yield Kill(query=rng.randint(1, queries))
            case 1:
                yield Kill(point=rng.randint(1, points))
            case _:
                yield Kill(seconds=rng.uniform(0, seconds))
