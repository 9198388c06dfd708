"""What a run has asked, on disk before it is asked; and what it was told since its last checkpoint.

Whatever ends the process, the queries are in `spent.jsonl`, and the answers in `told/`: the run that goes on is given
these again and asks none of them twice. Only the question under way at that moment is lost; it stays counted.
"""

import hashlib
import json
import os
import shutil
from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Float, Int

from lowlogit_edu.core.checks import Prefixes
from lowlogit_edu.core.contents import check_names, check_value
from lowlogit_edu.core.errors import CheckpointError
from lowlogit_edu.core.rng import restore, state_of
from lowlogit_edu.core.storage import load_arrays, read_json, replacing, save_arrays
from lowlogit_edu.oracles import base
from lowlogit_edu.oracles.base import LogitOracle, check_answer
from lowlogit_edu.oracles.counted import Counted, Purposeful

SPENT = "spent.jsonl"
TOLD = "told"
KIND = "lowlogit_edu answers"
MOST_BYTES = 1_000_000_000  # of answers kept since a checkpoint; what is asked beyond is counted, and not kept
DAMAGED = (KeyError, TypeError, ValueError, OverflowError)  # what a header raises that no journal wrote

Stage = tuple[int, int]  # epochs finished, and stages finished in the one under way


class Journal(Purposeful):
    """An oracle that writes down what it is asked before it asks, and keeps the answers of this stage and later ones.

    Parameters
    ----------
    oracle : LogitOracle
    folder : Path
        Of the run; a journal that is there already is gone on with.
    run : mapping
        What the run is, JSON-able; a journal of another one is refused.
    before : mapping of str to int
        What was spent before there was a journal, by purpose.

    Attributes
    ----------
    spent : Counter
        All queries that may have reached the teacher, by purpose.
    """

    def __init__(
        self, oracle: LogitOracle, folder: Path, run: Mapping[str, Any], before: Mapping[str, int] | None = None
    ) -> None:
        super().__init__(oracle)
        self.folder = folder
        self.run = run
        self.spent: Counter[str] = Counter(before or {})
        self._stage: Stage = (0, 0)
        self._number = 0
        self._file: int | None = None
        path = folder / SPENT
        if path.exists():
            begun, self.spent = read_spent(folder)
            if begun != run:
                raise CheckpointError(f"{path} is that of another run; learn anew in another folder.")
        if isinstance(oracle, Counted):  # its budget is that of the whole run
            oracle.by_purpose |= self.spent

    def begin(self, stage: Stage) -> None:
        """Say which stage the questions from now on are asked in."""
        self._stage = stage
        self._number = 0

    def forget(self, before: Stage) -> None:
        """Drop the answers of earlier stages: a checkpoint holds them."""
        for path in (self.folder / TOLD).glob("*"):
            stage = path.name.split("-")[:2]
            if not (len(stage) == 2 and all(map(str.isdigit, stage)) and tuple(map(int, stage)) >= before):
                path.unlink(missing_ok=True)

    def close(self) -> None:
        """Let go of the file."""
        if self._file is not None:
            os.close(self._file)
            self._file = None

    def logits(self, prefixes: Prefixes) -> Float[np.ndarray, "prefix token"]:
        """The inner oracle's logits."""

        def ask() -> dict[str, np.ndarray]:
            answer = np.asarray(self.oracle.logits(prefixes))
            check_answer(self.oracle, answer, (len(prefixes), self.alphabet_size), prefixes)  # before it is kept
            return {"logits": answer}

        asked = hashlib.sha256(json.dumps([list(map(int, prefix)) for prefix in prefixes]).encode()).hexdigest()
        return self._told({"logits": asked}, ["logits"], len(prefixes), ask)["logits"]

    def logits_along(self, tokens: Int[np.ndarray, "n T"]) -> Float[np.ndarray, "n T token"]:
        """The inner oracle's logits at every position."""
        asked = hashlib.sha256(np.ascontiguousarray(tokens, dtype="<i8").tobytes()).hexdigest()
        question = {"along": [*map(int, tokens.shape)], "tokens": asked}
        told = self._told(question, ["logits"], tokens.size, lambda: {"logits": base.logits_along(self.oracle, tokens)})
        return told["logits"]

    def logits_to_draw(self, distinct: Int[np.ndarray, "prefix time"], texts: int) -> Float[np.ndarray, "prefix token"]:
        """The inner oracle's logits, to draw the next token of so many texts."""
        asked = hashlib.sha256(np.ascontiguousarray(distinct, dtype="<i8").tobytes()).hexdigest()
        question = {"draw": [texts, *map(int, distinct.shape)], "prefixes": asked}

        def ask() -> dict[str, np.ndarray]:
            return {"logits": base.logits_to_draw(self.oracle, distinct, texts)}

        return self._told(question, ["logits"], texts, ask)["logits"]

    def allow_texts(self, texts: int, steps: int) -> None:
        """Let a budget refuse texts before they are begun; what is told again costs nothing."""
        if hasattr(self.oracle, "allow_texts"):
            ahead = (self._path(self._number + step) for step in range(1, steps + 1))
            self.oracle.allow_texts(texts, sum(not path.exists() for path in ahead))

    def sample_with_logits(
        self,
        n: int,
        horizon: int,
        *,
        prompt: Sequence[int] = (),
        rng: np.random.Generator,
        keep: base.Keep | None = None,
        among: Int[np.ndarray, "token"] | None = None,
    ) -> tuple[Int[np.ndarray, "n T"], Float[np.ndarray, "n drawn kept"]]:
        """Sequences from the inner oracle; the random numbers go on behind them, told again or not."""

        def ask() -> dict[str, np.ndarray]:
            tokens, kept = base.sample_with_logits(
                self.oracle, n, horizon, prompt=prompt, rng=rng, keep=keep, among=among
            )
            return {"tokens": tokens, "kept": kept}

        only = None if among is None else among.tolist()
        question = {"sample": [n, horizon, list(prompt), only]}
        told = self._told(question, ["tokens", "kept"], n * (horizon - len(prompt)), ask, rng)
        return told["tokens"], told["kept"]

    def _path(self, number: int) -> Path:
        """Where the answer to a question of this stage is."""
        epoch, stage = self._stage
        return self.folder / TOLD / f"{epoch}-{stage}-{number}.safetensors"

    def _told(
        self,
        question: Mapping[str, Any],
        names: Collection[str],
        queries: int,
        ask: Callable[[], dict[str, np.ndarray]],
        rng: np.random.Generator | None = None,
    ) -> dict[str, np.ndarray]:
        """The answer to a question, arrays of such names: the one on disk, or that of `ask`, which is kept."""
        question = {**question, "purpose": self._purpose, "rng": state_of(rng)}
        self._number += 1
        path = self._path(self._number)
        with suppress(CheckpointError, *DAMAGED):  # none, half a one, or damaged: it is asked anew
            _, header, arrays = load_arrays(path, KIND)
            if header["question"] == question and set(arrays) == set(names):
                restore(rng, header["after"])
                return arrays
        if isinstance(self.oracle, Counted):
            self.oracle.allow(queries)  # what is refused is not asked, and must not be counted
        self._write_ahead(queries)
        answer = ask()
        size = sum(array.nbytes for array in answer.values())
        if size + sum(kept.stat().st_size for kept in path.parent.glob("*")) <= MOST_BYTES:
            with suppress(CheckpointError):  # a full disk is told of at the next checkpoint; the answer is here
                path.parent.mkdir(exist_ok=True)
                # Not waited for: after a power cut it may be damaged, which is noticed.
                save_arrays(path, KIND, {"question": question, "after": state_of(rng)}, answer, durable=False)
        return answer

    def _write_ahead(self, queries: int) -> None:
        line = {"epoch": self._stage[0], "stage": self._stage[1], "purpose": self._purpose, "queries": queries}
        try:
            if self._file is None:
                self._file = self._opened()
            os.write(self._file, (json.dumps(line) + "\n").encode())
            os.fsync(self._file)
        except OSError as error:
            raise CheckpointError(
                f"cannot write {self.folder / SPENT} ({error}), and what is asked must be written down first. "
                "Make room; then go on with --resume."
            ) from error
        self.spent[self._purpose] += queries

    def _opened(self) -> int:
        """The file to write to; it begins with the first question, so that a run that is refused leaves nothing."""
        path = self.folder / SPENT
        if not path.exists():
            before = [{"purpose": name, "queries": count} for name, count in self.spent.items()]
            with replacing(path) as file:
                file.write("".join(json.dumps(line) + "\n" for line in [{"run": self.run}, *before]).encode())
        return os.open(path, os.O_WRONLY | os.O_APPEND)


def read_spent(folder: Path) -> tuple[dict[str, Any], Counter[str]]:
    """The run that the journal in `folder` is of, and the queries that it has spent, by purpose.

    Raises
    ------
    CheckpointError
        If there is none, or a line is damaged.
    """
    path = folder / SPENT
    spent: Counter[str] = Counter()
    run: Any = None
    try:
        text = path.read_text(encoding="utf-8")
        whole, _, torn = text.rpartition("\n")
        if torn:  # a power cut came while it was written: nothing was asked for it
            os.truncate(path, len((whole + "\n").encode()) if whole else 0)
        for number, line in enumerate(whole.splitlines()):
            entry = read_json(line, path)
            check_value(f"line {number + 1}", entry, dict)
            if number == 0:
                check_names("line 1", entry, ["run"])
                check_value("run", entry["run"], dict)
                run = entry["run"]
                continue
            check_names(f"line {number + 1}", entry, ["purpose", "queries"], ["epoch", "stage"])
            check_value("purpose", entry["purpose"], str)
            check_value("queries", entry["queries"], int, least=0)
            spent[entry["purpose"]] += entry["queries"]
    except (OSError, ValueError) as error:
        raise CheckpointError(f"{path} cannot be read ({error}); learn anew in another folder.") from error
    if run is None:
        raise CheckpointError(f"{path} is empty; learn anew in another folder.")
    return run, spent


def remove(folder: Path) -> None:
    """Drop the journal of a run that needs it no more."""
    shutil.rmtree(folder / TOLD, ignore_errors=True)
    (folder / SPENT).unlink(missing_ok=True)
