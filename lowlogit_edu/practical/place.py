"""The folder of a run: whose it is, and what it holds.

At any moment, whatever ended the process, it is one of three things: empty, so that a run may begin in it; a run that
can be gone on with, from its last checkpoint (or its beginning) and its journal; or a finished run.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from lowlogit_edu.core import held_folder
from lowlogit_edu.core.errors import ArgumentError, CheckpointError
from lowlogit_edu.core.held_folder import OWN
from lowlogit_edu.core.storage import sweep
from lowlogit_edu.events import FINISHED, Status
from lowlogit_edu.practical import journal
from lowlogit_edu.practical.checkpoint import FILE as CHECKPOINT
from lowlogit_edu.practical.journal import SPENT, TOLD
from lowlogit_edu.practical.record import read_record

PLAIN = "plain"  # where the model before refinement is


@contextmanager
def held(folder: Path) -> Iterator[None]:
    """Inside, the folder is there, can be written to, and is no other run's; made and left empty, it goes again.

    The folder may be a link to another one. Nothing in it may be a link: what a run writes stays inside. What a process
    that was killed left half written is removed.
    """
    _check_links(folder)
    with held_folder.held(folder, "learning"):
        sweep(folder)
        sweep(folder / PLAIN)
        if is_finished(folder):
            clear(folder)  # the process may have been ended between the last two steps
        yield


def _check_links(folder: Path) -> None:
    for each in (folder, folder / PLAIN, folder / TOLD):
        for path in each.glob("*"):
            if path.is_symlink():
                raise ArgumentError(
                    f"{path} is a link, and a run writes into its own folder alone; remove it or choose another "
                    "--out. Nothing was changed."
                )


def check_new(folder: Path) -> None:
    """Refuse a folder that holds something already."""
    if folder.exists() and any(path.name not in OWN for path in folder.iterdir()):
        hint = "add --resume to go on with the run in it, or " if goes_on(folder) else ""
        raise ArgumentError(f"{folder} is not empty; {hint}choose another --out. Nothing was changed.")


def is_finished(folder: Path) -> bool:
    """Whether the folder holds a run that is at its end: its record is written last."""
    try:
        return Status[read_record(folder)["status"]] in FINISHED
    except CheckpointError:
        return False


def goes_on(folder: Path) -> bool:
    """Whether the folder holds a run that can be gone on with."""
    begun = any((folder / name).exists() for name in (CHECKPOINT, SPENT))
    return begun and not is_finished(folder)


def standing(folder: Path) -> str:
    """A sentence on what the folder holds, true at any moment."""
    if is_finished(folder):
        return f"The run in {folder} is finished and saved; lowlogit evaluate {folder} looks at it."
    if goes_on(folder):
        return f"The run is saved in {folder}; go on with the same command and --resume."
    return "Nothing was asked yet, and nothing is saved."


def clear(folder: Path) -> None:
    """Remove what a finished run needs no more."""
    (folder / CHECKPOINT).unlink(missing_ok=True)
    journal.remove(folder)
