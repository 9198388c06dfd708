"""How long the sections of a notebook take, estimated from its source; no class has been timed.

python notebooks/times.py             every notebook
python notebooks/times.py 00 06       those whose names begin so
python notebooks/times.py 06 --run    run the lesson too, and add the seconds that its cells take on this machine

A section's minutes are the sum of
    its words at 200 a minute, and its lines of code at 20 a minute (read, not typed);
    a minute for each guess that is asked for ("Predict", "guess");
    three minutes for each picture with controls;
    two minutes for a warm-up exercise, five for another one, fifteen for a challenge or an open one.
The rates are the authors' assumptions: change them below, and the plan of docs/instructors/LAB.md with them.
"""

import importlib.util
import re
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import nbformat
from nbclient import NotebookClient

HERE = Path(__file__).resolve().parent
WORDS_A_MINUTE = 200
LINES_A_MINUTE = 20
GUESS = 1.0  # minutes each, here and below
PLAY = 3.0
WARM_UP = 2.0
EXERCISE = 5.0
CHALLENGE = 15.0
LONG = ("challenge", "open", "to explore", "the heart", "longest")
GUESSES = re.compile(r"^> \*\*[^*]*(?:[Pp]redict|[Gg]uess)", re.MULTILINE)
EXERCISES = re.compile(r"^\*\*Exercise \d+\*\*(?: \*\(([^)]*)\)\*)?", re.MULTILINE)


@dataclass
class Section:
    """What a section holds; its minutes follow."""

    title: str
    words: int = 0
    lines: int = 0  # of code
    guesses: int = 0
    pictures: int = 0  # with controls
    exercises: float = 0.0  # minutes
    seconds: float = 0.0  # that its cells ran

    @property
    def minutes(self) -> float:
        """The estimate."""
        read = self.words / WORDS_A_MINUTE + self.lines / LINES_A_MINUTE
        return read + GUESS * self.guesses + PLAY * self.pictures + self.exercises + self.seconds / 60


def exercise_minutes(markdown: str) -> float:
    """Minutes for the exercises that a text sets."""
    total = 0.0
    for kind in EXERCISES.findall(markdown):
        if "warm-up" in kind:
            total += WARM_UP
        elif any(word in kind for word in LONG):
            total += CHALLENGE
        else:
            total += EXERCISE
    return total


def sections(notebook: nbformat.NotebookNode) -> list[Section]:
    """The sections of a notebook, its beginning first; exercises count where they are set."""
    found = [Section("(beginning)")]
    for cell in notebook.cells:
        if cell.cell_type == "markdown":
            for piece in re.split(r"^(?=## )", cell.source, flags=re.MULTILINE):
                heading = re.match(r"## (.*)", piece)
                if heading:
                    found.append(Section(heading[1]))
                now = found[-1]
                now.words += len(piece.split())
                now.guesses += len(GUESSES.findall(piece))
                now.exercises += exercise_minutes(piece)
            continue
        now = found[-1]
        # What shows a picture with controls ends with its name alone.
        now.pictures += re.fullmatch(r"[a-z_]+", cell.source.rstrip().splitlines()[-1]) is not None
        if not now.exercises and "setup" not in cell.metadata.get("tags", []):
            now.lines += len(cell.source.splitlines())
        now.seconds += cell.metadata.get("seconds", 0.0)
    return found


class Timed(NotebookClient):
    """Runs a notebook and writes on each cell how many seconds it took."""

    async def async_execute_cell(self, cell: nbformat.NotebookNode, *args: object, **kwargs: object) -> object:
        """Run one cell."""
        begun = time.perf_counter()
        result = await super().async_execute_cell(cell, *args, **kwargs)
        cell.metadata["seconds"] = time.perf_counter() - begun
        return result


def lesson(source: Path, *, run: bool = False) -> list[Section]:
    """The sections of a lesson as a student gets it."""
    spec = importlib.util.spec_from_file_location("build", HERE / "build.py")
    build = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(build)
    notebook = build.from_source(source)
    if run:
        Timed(notebook, kernel_name="python3", timeout=build.SECONDS).execute(cwd=str(HERE))
    return sections(notebook)


def table(source: Path, parts: Sequence[Section]) -> str:
    """The estimates of a notebook, a line for each section."""
    head = f"{source.stem:50} words  code  guesses  controls  run  minutes"
    lines = [head]
    for part in parts:
        lines.append(
            f"  {part.title[:48]:48} {part.words:5} {part.lines:5} {part.guesses:8} {part.pictures:9} "
            f"{part.seconds:3.0f}s {part.minutes:8.1f}"
        )
    lines.append(f"  {'all':48} {sum(part.words for part in parts):5} {sum(part.minutes for part in parts):37.1f}")
    return "\n".join(lines)


def main(arguments: Sequence[str]) -> int:
    """The command line."""
    names = tuple(argument for argument in arguments if argument != "--run")
    for source in sorted((HERE / "src").glob("*.py")):
        if not names or source.name.startswith(names):
            print(table(source, lesson(source, run="--run" in arguments)))
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
