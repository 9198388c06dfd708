"""Saved files: arrays and a JSON header in one safetensors file, hashed and written atomically.

No pickle anywhere. A file is complete or absent: it is written beside its place and then renamed.
"""

import hashlib
import json
import os
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from lowlogit_edu.core.errors import CheckpointError

FORMAT_VERSION = 1  # goes up when an old package could not read a new file
MAX_BYTES = 4_000_000_000  # a file is read into memory whole, and it may come from anywhere


def _digest(kind: str, header: str, arrays: Mapping[str, np.ndarray]) -> str:
    """A hash of everything that is saved; names, types and shapes count as much as the numbers."""
    sha = hashlib.sha256(f"{kind}\n{FORMAT_VERSION}\n{header}\n".encode())
    for name in sorted(arrays):
        array = np.ascontiguousarray(arrays[name])
        sha.update(f"{name} {array.dtype.str} {array.shape}\n".encode())
        sha.update(array.tobytes())
    return sha.hexdigest()


def save_arrays(path: Path, kind: str, header: Mapping[str, Any], arrays: Mapping[str, np.ndarray]) -> None:
    """Write `arrays` and the JSON-able `header` to `path`, replacing it in one step."""
    from safetensors.numpy import save_file

    contiguous = {name: np.ascontiguousarray(array) for name, array in arrays.items()}
    text = json.dumps(header, sort_keys=True)
    metadata = {"kind": kind, "version": str(FORMAT_VERSION), "header": text}
    metadata["sha256"] = _digest(kind, text, contiguous)
    # Beside its place, so that the rename stays on one disk; with the process id, so that two writers do not meet.
    temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        save_file(contiguous, temporary, metadata)
        # Onto the disk before the rename: a power cut may leave the old file or the new one, never half of one.
        with open(temporary, "rb") as file:
            os.fsync(file.fileno())
        os.replace(temporary, path)
    finally:
        temporary.unlink(missing_ok=True)


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
    from safetensors import SafetensorError, safe_open

    kinds = [kind] if isinstance(kind, str) else list(kind)
    wanted = " or ".join(kinds)
    if not path.is_file():
        raise CheckpointError(f"{path} does not exist: expected a saved {wanted} there.")
    if path.stat().st_size > max_bytes:
        raise CheckpointError(
            f"{path} has {path.stat().st_size:,} bytes, more than max_bytes={max_bytes:,}; "
            "raise max_bytes if you trust the file."
        )
    # The header is checked first: it is short, and the arrays of a wrong file are not worth reading.
    try:
        with safe_open(path, framework="np") as file:
            metadata = file.metadata() or {}
            found = _checked_kind(path, metadata, kinds)
            arrays = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
    except (SafetensorError, ValueError, TypeError, KeyError, OSError) as error:
        raise CheckpointError(f"{path} is not a readable {wanted} file: {error}") from error
    # safetensors checks its own header only: a flipped bit among the numbers would go unnoticed.
    if _digest(found, metadata.get("header", ""), arrays) != metadata.get("sha256"):
        raise CheckpointError(f"{path} is damaged: its content does not match its sha256.")
    return found, json.loads(metadata["header"]), arrays


def _checked_kind(path: Path, metadata: Mapping[str, str], kinds: Collection[str]) -> str:
    """The kind that a file says it is; CheckpointError where it, or the version, is not one that can be read."""
    found = metadata.get("kind", "no kind")
    version = metadata.get("version")
    if found not in kinds:
        raise CheckpointError(f"{path} holds {found!r}, expected {' or '.join(kinds)}.")
    if version != str(FORMAT_VERSION):
        raise CheckpointError(
            f"{path} has format version {version}, this package reads {FORMAT_VERSION}; "
            "a newer lowlogit_edu may read it."
        )
    return found
