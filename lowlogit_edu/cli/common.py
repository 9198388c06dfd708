"""What the commands share: printing, options, teachers, reports and texts."""

import argparse
import os
import shlex
import sys
import time
from collections.abc import Sequence
from contextlib import suppress
from importlib.metadata import PackageNotFoundError, version
from io import TextIOWrapper
from pathlib import Path
from typing import TextIO

from lowlogit_edu.core.errors import ArgumentError, LowLogitError
from lowlogit_edu.core.rng import stream
from lowlogit_edu.events import Event
from lowlogit_edu.learned.isan_model import ISANModel
from lowlogit_edu.oracles.base import sample
from lowlogit_edu.oracles.pretrained import EMBEDDED
from lowlogit_edu.oracles.text_oracle import TextOracle
from lowlogit_edu.oracles.transformer import TransformerOracle

PROMPT = "Once upon a time"  # how many of the teacher's training texts begin
EARLY = 0.1  # of the work: before it the pace says nothing of the rest


# Printing


def any_letter() -> None:
    """Let printing replace a letter that the terminal cannot show, rather than end hours of work."""
    for printed in (sys.stdout, sys.stderr):
        if isinstance(printed, TextIOWrapper):
            printed.reconfigure(errors="replace")


def say(text: str = "") -> None:
    """Part of the answer; LowLogitError where it cannot be written, as on a full disk."""
    try:
        print(text, flush=True)  # at once, also into a pipe
    except BrokenPipeError:  # nobody reads any more, as behind `| head`: the work goes on, unheard
        _let_go(sys.stdout)
    except OSError as error:
        _let_go(sys.stdout)
        raise LowLogitError(f"the answer cannot be printed ({error}); what was saved stays saved.") from error


def note(text: str) -> None:
    """What is being done, for those who wait; not part of the answer."""
    try:
        print(text, file=sys.stderr, flush=True)
    except OSError:
        _let_go(sys.stderr)


def _let_go(stream: TextIO) -> None:
    """Write to nowhere from now on, what is still to be flushed too."""
    with suppress(OSError, ValueError):
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, stream.fileno())
        os.close(nowhere)


def own_version() -> str:
    """Of this package; in a source tree that is not installed nobody wrote it down."""
    try:
        return version("lowlogit_edu")
    except PackageNotFoundError:
        return "of a source tree, not installed"


def say_texts(writer: str, texts: Sequence[str]) -> None:
    """Texts behind a bar, so that line breaks inside one are not taken for its end."""
    say(f"{writer} says:")
    for text in texts:
        say("  | " + text.replace("\n", "\n  |   "))


class ProgressBar:
    """Shows a learner's events: as a bar on a terminal, a line each where standard error goes to a file."""

    def __init__(self) -> None:
        from tqdm import tqdm

        layout = "{percentage:3.0f}% |{bar:24}| {elapsed} {desc}"
        self._bar = tqdm(total=100, bar_format=layout, file=sys.stderr, disable=not sys.stderr.isatty())
        self._start = time.monotonic()
        self._first: tuple[float, float] | None = None  # seconds and progress, at the first event

    def __call__(self, event: Event) -> None:
        seconds = time.monotonic() - self._start
        message = f"epoch {event.epoch}: {event.message}{self._left(seconds, event.progress)}"
        if self._bar.disable:
            note(f"{seconds:5.0f} s  {event.progress:4.0%}  {message}")
            return
        self._bar.set_description_str(message)
        # The learner's share of work done is an estimate and may fall; a bar that goes back looks broken.
        self._bar.update(max(0.0, 100 * event.progress - self._bar.n))

    def _left(self, seconds: float, progress: float) -> str:
        """How long the rest takes, if it goes on at the same pace; nothing at the first event and the last."""
        if self._first is None:
            self._first = (seconds, progress)
        start, done = self._first
        if not max(done, EARLY) < progress < 1:
            return ""
        left = (seconds - start) / (progress - done) * (1 - progress)
        return f" About {left:.0f} s left." if left < 100 else f" About {left / 60:.0f} min left."

    def close(self) -> None:
        """Leave the bar as it stands."""
        self._bar.close()


# Teachers


def teacher_options(command: argparse.ArgumentParser, default: str | None = EMBEDDED) -> None:
    """Options of every command that asks a teacher."""
    usual = default or "as in the run"
    command.add_argument("--teacher", default=default, help=f"embedded, a Hugging Face id, or a folder ({usual})")
    command.add_argument("--device", default="cpu", help="cpu or cuda (%(default)s)")
    command.add_argument("--seed", type=int, default=0, help="equal seeds give equal runs (%(default)s)")


def open_teacher(args: argparse.Namespace) -> TransformerOracle:
    """The teacher that `teacher_options` name, in this process."""
    if is_address(args.teacher):
        raise ArgumentError(
            f"this command asks teachers in its own process only, and {args.teacher} is a server; lowlogit learn, "
            "evaluate and doctor ask servers. Give the model's folder or its Hugging Face id."
        )
    return TransformerOracle.from_pretrained(args.teacher, device=args.device)


def is_address(teacher: str | None) -> bool:
    """Whether a teacher is named by the address of a server."""
    return str(teacher).startswith(("http://", "https://"))


# What was typed


def as_meant(args: argparse.Namespace) -> None:
    """Write out `~` in paths and teachers, as shells do only at the beginning of a word.

    Raises
    ------
    ArgumentError
        If an argument is no text, or nobody's home.
    """
    for name, value in vars(args).items():
        for each in value if isinstance(value, list) else [value]:
            if isinstance(each, str | Path) and not _is_text(str(each)):
                raise ArgumentError(f"--{name} is not UTF-8: {str(each)!r}; type it in a terminal that writes UTF-8.")
        if isinstance(value, Path):
            setattr(args, name, _expanded(value))
        elif isinstance(value, list) and value and isinstance(value[0], Path):
            setattr(args, name, [_expanded(each) for each in value])


def _is_text(text: str) -> bool:
    """Whether no byte of an argument was no letter; Python keeps such bytes as lone surrogates."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def _expanded(path: Path) -> Path:
    try:
        return path.expanduser()
    except RuntimeError as error:
        raise ArgumentError(f"{path} names no home folder ({error}); write the whole path.") from error


# Reports


def report_option(command: argparse.ArgumentParser, what_is_inside: str) -> None:
    """The option of every command that writes an HTML report."""
    command.add_argument("--report", type=Path, help=f"new HTML file: {what_is_inside}")


def check_report(args: argparse.Namespace) -> None:
    """Refuse a report that could not be written, before hours of work and not after."""
    if args.report is not None:
        from lowlogit_edu.show.html import check_new_file

        check_new_file(args.report)


def report_name(args: argparse.Namespace) -> str | None:
    """Where the report is, for the JSON answer."""
    return None if args.report is None else str(args.report)


def given_options(args: argparse.Namespace, names: Sequence[str]) -> str:
    """The options as they can be typed again, defaults included; what is None was not given.

    >>> given_options(argparse.Namespace(prompt="One day", top=None, length=[4, 16]), ["prompt", "top", "length"])
    "--prompt 'One day' --length 4 16"
    """
    words = []
    for name in names:
        value = getattr(args, name)
        if value is None:
            continue
        values = value if isinstance(value, list) else [value]
        words += ["--" + name.replace("_", "-"), *(shlex.quote(str(each)) for each in values)]
    return " ".join(words)


# Texts


def text_length(start: Sequence[int], horizon: int) -> int:
    """Tokens of a text that begins with `start`: the horizon, or that many more where the prompt fills it."""
    return horizon if len(start) < horizon else len(start) + horizon


def can_write(oracle: TextOracle, text: str) -> bool:
    """Whether the teacher's tokens can spell the text."""
    try:
        return oracle.decode(oracle.encode(text)).strip() == text
    except ArgumentError:  # a token outside of the alphabet, or no tokenizer
        return False


def stories(oracle: TextOracle, model: ISANModel, horizon: int, n: int, seed: int, prompt: str) -> dict[str, list[str]]:
    """Texts of the teacher and of the learned model that begin with `prompt`."""
    start = oracle.encode(prompt)
    length = text_length(start, horizon)
    if oracle.longest:  # what the teacher can read
        length = min(length, oracle.longest)
    start = start[:length]
    theirs = sample(oracle, n, length, prompt=start, rng=stream(seed, "stories"))
    ours = model.with_horizon(length).sample(n, seed=seed, prompt=start)
    return {"teacher": [oracle.decode(row) for row in theirs], "learned": [oracle.decode(row) for row in ours]}
