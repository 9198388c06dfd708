"""A folder that one run at a time works in."""

import os
import platform
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from lowlogit_edu.core.errors import ArgumentError

LOCK = ".lock"
HOLDER = ".holder"  # who holds it: the lock's own file is emptied by whoever tries to get it
OWN = {LOCK, HOLDER}  # what is of no run in the folder
SHOWN = 200  # letters of what another process wrote


@contextmanager
def held(folder: Path, doing: str) -> Iterator[None]:
    """Inside, the folder is there, can be written to, and is no other run's; made and left empty, it goes again.

    Parameters
    ----------
    folder : Path
    doing : str
        What a run does into it, for the message: "learning".

    Raises
    ------
    ArgumentError
        If another run works in it, or nothing can be written there.
    """
    from filelock import FileLock, Timeout

    lock = FileLock(folder / LOCK, timeout=0)
    made = not folder.exists()
    holder = folder / HOLDER
    try:
        folder.mkdir(parents=True, exist_ok=True)
        lock.acquire()
        holder.unlink(missing_ok=True)  # of a process that was killed
        holder.write_text(f"process {os.getpid()} on {platform.node()}", encoding="utf-8")
    except Timeout as error:
        raise ArgumentError(
            f"another run is {doing} into {folder} now, {_holder(holder)}; choose another --out."
        ) from error
    except OSError as error:
        raise ArgumentError(f"cannot write to the folder {folder} ({error}); choose another --out.") from error
    try:
        yield
    finally:
        with suppress(OSError):  # Windows removes no open file; and a folder with a run in it stays
            holder.unlink(missing_ok=True)
            (folder / LOCK).unlink()
            if made:
                folder.rmdir()
        lock.release()


def _holder(path: Path) -> str:
    """Who wrote that it holds the folder."""
    try:
        return path.read_text(encoding="utf-8", errors="replace")[:SHOWN]
    except OSError:
        return "which did not say who it is"
