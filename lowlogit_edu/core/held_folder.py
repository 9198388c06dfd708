"""A folder that one run at a time works in."""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from lowlogit_edu.core.errors import ArgumentError

LOCK = ".lock"


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
    try:
        folder.mkdir(parents=True, exist_ok=True)
        lock.acquire()
    except Timeout as error:
        raise ArgumentError(f"another run is {doing} into {folder} now; choose another --out.") from error
    except OSError as error:
        raise ArgumentError(f"cannot write to the folder {folder} ({error}); choose another --out.") from error
    try:
        yield
    finally:
        with suppress(OSError):  # Windows removes no open file; and a folder with a run in it stays
            (folder / LOCK).unlink()
            if made:
                folder.rmdir()
        lock.release()
