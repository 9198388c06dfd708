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

FORMAT_VERSION = 1
MAX_BYTES = 4_000_000_000


def _digest(kind: str, header: str, arrays: Mapping[str, np.ndarray]) -> str:
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
    temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        save_file(contiguous, temporary, metadata)
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

    kinds = (kind,) if isinstance(kind, str) else tuple(kind)
    wanted = " or ".join(kinds)
    if not path.is_file():
        raise CheckpointError(f"{path} does not exist: expected a saved {wanted} there.")
    if path.stat().st_size > max_bytes:
        raise CheckpointError(
            f"{path} has {path.stat().st_size:,} bytes, more than max_bytes={max_bytes:,}; "
            "raise max_bytes if you trust the file."
        )
    try:
        with safe_open(path, framework="np") as file:
            metadata = file.metadata() or {}
            found, version = metadata.get("kind", "no kind"), metadata.get("version")
            if found not in kinds:
                raise CheckpointError(f"{path} holds {found!r}, expected {wanted}.")
            if version != str(FORMAT_VERSION):
                raise CheckpointError(
                    f"{path} has format version {version}, this package reads {FORMAT_VERSION}; "
                    "a newer lowlogit_edu may read it."
                )
            arrays = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
    except (SafetensorError, ValueError, TypeError, KeyError, OSError) as error:
        raise CheckpointError(f"{path} is not a readable {wanted} file: {error}") from error
    if _digest(found, metadata.get("header", ""), arrays) != metadata.get("sha256"):
        raise CheckpointError(f"{path} is damaged: its content does not match its sha256.")
    return found, json.loads(metadata["header"]), arrays
