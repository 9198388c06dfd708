"""Saved files: arrays and a JSON header in one safetensors file, hashed and written atomically.

No pickle anywhere. A file is complete or absent: it is written beside its place and then renamed. Equal contents make
equal bytes. Nothing in a file is believed before it is checked, and nothing is read that is larger than it says.
"""

import hashlib
import json
import os
import shutil
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager, suppress
from io import BufferedReader
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np

from lowlogit_edu.core.errors import CheckpointError

FORMAT_VERSION = 1  # goes up when an old package could not read a new file
MAX_BYTES = 1_000_000_000  # a file is read into memory whole, and it may come from anywhere
MAX_HEADER = 20_000_000  # bytes; Python needs many times as much to hold it
SHOWN = 200  # letters of what is wrong; a file may hold anything
TEMPORARY = ".lowlogit.tmp"  # how the name of a file ends that is not complete yet
# What safetensors calls the types that are saved here, by numpy's name.
TYPES = {"<f8": "F64", "<f4": "F32", "<f2": "F16", "<i8": "I64", "<i4": "I32", "<i2": "I16", "|i1": "I8", "|b1": "BOOL"}
TYPES |= {"<u8": "U64", "<u4": "U32", "<u2": "U16", "|u1": "U8"}


# Writing


@contextmanager
def replacing(path: Path, durable: bool = True) -> Iterator[BinaryIO]:
    """A new file that takes the place of `path` in one step, once it is whole; a link there is replaced, not followed.

    Raises
    ------
    CheckpointError
        If it cannot be written; what was there is still there.
    """
    # Beside its place, so that the rename stays on one disk; with the process id, so that two writers do not meet.
    temporary = path.with_name(f".{path.name}.{os.getpid()}{TEMPORARY}")
    try:
        temporary.unlink(missing_ok=True)
        with open(temporary, "xb") as file:  # a new one: it follows no link either
            yield file
            file.flush()
            if durable:  # onto the disk before the rename: a power cut leaves the old file or the new one, never half
                os.fsync(file.fileno())
        os.replace(temporary, path)
    except OSError as error:
        raise CheckpointError(
            f"cannot write {path} ({error}); what was there before is unchanged. Make room or choose another folder."
        ) from error
    finally:
        with suppress(OSError):
            temporary.unlink()


def write_text(path: Path, text: str, durable: bool = True) -> None:
    """Write a text in the place of what is at `path`, in one step; CheckpointError where it cannot be written."""
    with replacing(path, durable) as file:
        file.write(text.encode())


def sweep(folder: Path) -> None:
    """Remove what a process that was killed left half written in `folder`."""
    for path in folder.glob(f".*{TEMPORARY}"):
        if path.is_dir():
            shutil.rmtree(path, ignore_errors=True)
        else:
            path.unlink(missing_ok=True)


def _digest(kind: str, header: str, arrays: Mapping[str, np.ndarray]) -> str:
    """A hash of everything that is saved; names, types and shapes count as much as the numbers."""
    sha = hashlib.sha256(f"{kind}\n{FORMAT_VERSION}\n{header}\n".encode())
    for name in sorted(arrays):
        array = arrays[name]
        sha.update(f"{name} {array.dtype.str} {array.shape}\n".encode())
        sha.update(array.data)
    return sha.hexdigest()


def save_arrays(
    path: Path, kind: str, header: Mapping[str, Any], arrays: Mapping[str, np.ndarray], *, durable: bool = True
) -> None:
    """Write `arrays` and the JSON-able `header` to `path`, replacing it in one step.

    Without `durable` it may be damaged after a power cut, which `load_arrays` notices.
    """
    contiguous = {name: np.ascontiguousarray(array) for name, array in arrays.items()}
    text = json.dumps(header, sort_keys=True)
    metadata = {"kind": kind, "version": str(FORMAT_VERSION), "header": text}
    metadata["sha256"] = _digest(kind, text, contiguous)
    # The format wants wide types first, so that each array begins at a multiple of its type's size.
    order = sorted(contiguous, key=lambda name: (-contiguous[name].itemsize, name))
    table: dict[str, Any] = {"__metadata__": metadata}
    end = 0
    for name in order:
        array = contiguous[name]
        if array.dtype.str not in TYPES:
            raise TypeError(f"{name} has type {array.dtype}; files hold {', '.join(TYPES.values())}.")
        place = [end, end + array.nbytes]
        table[name] = {"dtype": TYPES[array.dtype.str], "shape": list(array.shape), "data_offsets": place}
        end += array.nbytes
    head = json.dumps(table, separators=(",", ":")).encode()
    head += b" " * (-len(head) % 8)
    with replacing(path, durable) as file:
        file.write(len(head).to_bytes(8, "little") + head)
        for name in order:
            file.write(contiguous[name].data)


# Reading


def load_arrays(
    path: Path, kind: str | Collection[str], *, max_bytes: int = MAX_BYTES
) -> tuple[str, dict[str, Any], dict[str, np.ndarray]]:
    """The kind, the header and the arrays that `save_arrays` wrote; `kind` names those expected.

    Raises
    ------
    CheckpointError
        If the file is missing, larger than `max_bytes`, of another kind or version, or if a
        single byte of it has changed.
    """
    kinds = [kind] if isinstance(kind, str) else list(kind)
    wanted = " or ".join(kinds)
    if not path.is_file():
        raise CheckpointError(f"{path} does not exist: expected a saved {wanted} there.")
    size = path.stat().st_size
    if size > max_bytes:
        raise CheckpointError(
            f"{path} has {size:,} bytes, more than max_bytes={max_bytes:,}; raise max_bytes if you trust the file."
        )
    try:
        with open(path, "rb") as file:
            table = _table(file, size)
            metadata = table.pop("__metadata__", {})
            if not isinstance(metadata, dict):
                raise ValueError("its metadata is no JSON object")
            # What it says it is comes first: the arrays of a wrong file are not worth reading.
            found = _checked_kind(path, metadata, kinds)
            arrays = _arrays(file, table, size)
        text = metadata["header"]
        whole = _digest(found, text, arrays) == metadata["sha256"]
    except (OSError, KeyError, TypeError, ValueError, OverflowError) as error:
        what = f"{type(error).__name__}: {error}"[:SHOWN]
        raise CheckpointError(f"{path} is not a readable {wanted} file ({what}).") from error
    if not whole:
        raise CheckpointError(f"{path} is damaged: its content does not match its sha256.")
    header = read_json(text, path)
    if not isinstance(header, dict):
        raise CheckpointError(f"{path} has a header that is no JSON object; expected that of a {wanted}.")
    return found, header, arrays


def _table(file: BufferedReader, size: int) -> dict[str, Any]:
    """What stands where in a file: names, types, shapes and places."""
    length = int.from_bytes(file.read(8), "little")
    if not 0 < length <= min(size - 8, MAX_HEADER):
        raise ValueError(f"a header of {length:,} bytes in a file of {size:,}")
    table = _parsed(file.read(length).decode())
    if not isinstance(table, dict):
        raise ValueError("its header is no JSON object")
    return table


def _arrays(file: BufferedReader, table: Mapping[str, Any], size: int) -> dict[str, np.ndarray]:
    """The arrays that follow the header, one behind the other up to the end of the file."""
    begin = file.tell()
    dtypes = {name: np.dtype(code) for code, name in TYPES.items()}
    places = []
    for name, entry in table.items():
        start, stop = entry["data_offsets"]
        shape = tuple(entry["shape"])
        if not all(type(number) is int and number >= 0 for number in (*shape, start, stop)):
            raise ValueError(f"{name} has shape {shape} at {start} to {stop}")
        places.append((start, stop, name, shape, dtypes[entry["dtype"]]))
    places.sort(key=lambda place: place[:2])
    end = 0
    for start, stop, name, shape, dtype in places:
        count = 1
        for length in shape:
            count *= length  # of Python's integers, which do not overflow
        if start != end or stop - start != count * dtype.itemsize:
            raise ValueError(
                f"{name} has {stop - start:,} bytes from {start:,} on, expected {count} numbers from {end:,}"
            )
        end = stop
    if begin + end != size:
        raise ValueError(f"{size:,} bytes, of which its arrays fill {begin + end:,}")
    found = {}
    for _, _, name, shape, dtype in places:  # nothing was allocated before all of it was seen to be there
        array = np.empty(shape, dtype)
        if array.size and file.readinto(array.reshape(-1).view(np.uint8).data) != array.nbytes:
            raise ValueError(f"it ends within {name}")
        found[name] = array
    return found


def _checked_kind(path: Path, metadata: Mapping[str, str], kinds: Collection[str]) -> str:
    """The kind that a file says it is; CheckpointError where it, or the version, is not one that can be read."""
    found = metadata.get("kind", "no kind")
    version = metadata.get("version")
    if found not in kinds:
        raise CheckpointError(f"{path} holds {str(found)[:SHOWN]!r}, expected {' or '.join(kinds)}.")
    if version != str(FORMAT_VERSION):
        raise CheckpointError(
            f"{path} has format version {str(version)[:SHOWN]}, this package reads {FORMAT_VERSION}; "
            "a newer lowlogit_edu may read it."
        )
    return found


def read_json(text: str, path: Path) -> Any:
    """The value of a saved file's JSON; CheckpointError where it is none, or one that no package wrote."""
    try:
        return _parsed(text)
    except ValueError as error:
        raise CheckpointError(f"{path} is damaged: {str(error)[:SHOWN]}") from error


def _parsed(text: str) -> Any:
    """`json.loads`, with ValueError for whatever is wrong, names that come twice included."""
    try:
        return json.loads(text, object_pairs_hook=_once)
    except RecursionError as error:
        raise ValueError("its JSON is nested too deeply") from error


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a name comes twice in its JSON")
    return found
