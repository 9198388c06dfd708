"""What a run's folder says of it: a record for people and machines, and the texts that were asked about."""

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, get_type_hints

import numpy as np

from lowlogit_edu.core.contents import check_arrays, check_names, check_value
from lowlogit_edu.core.errors import ArgumentError, CheckpointError
from lowlogit_edu.core.storage import load_arrays, read_json, replacing, save_arrays
from lowlogit_edu.events import Status
from lowlogit_edu.practical.answers import Answers, Block
from lowlogit_edu.practical.row_code import RowCode

RECORD = "run.json"
QUERIES = "queries.safetensors"
QUERIES_KIND = "lowlogit_edu queries"
MOST_BYTES = 100_000_000  # of a record
FIELDS = {"teacher": str, "fingerprint": str, "horizon": int, "seed": int, "config": dict, "status": str}
FIELDS |= {"queries": dict, "seconds": float, "history": list}
LATER = {"lost": int, "sha256": str}  # which records of earlier versions lack


def save_record(folder: Path, record: Mapping[str, Any]) -> None:
    """Write the record of a run, with a hash of it, in one step."""
    with replacing(folder / RECORD) as file:
        file.write(json.dumps({**record, "sha256": _hash(record)}, indent=1).encode())


def _hash(record: Mapping[str, Any]) -> str:
    return hashlib.sha256(json.dumps(record, sort_keys=True).encode()).hexdigest()


def read_record(folder: Path) -> dict[str, Any]:
    """The record of the run in `folder`.

    Raises
    ------
    CheckpointError
        If there is none, or it is not as it was written.
    """
    path = folder / RECORD
    try:
        if path.stat().st_size > MOST_BYTES:
            raise ArgumentError(f"it has more than {MOST_BYTES:,} bytes")
        record = read_json(path.read_text(encoding="utf-8"), path)
        check_value("the record", record, dict)
        check_names("the record", record, FIELDS, LATER)
        for name, value in record.items():
            check_value(name, value, (FIELDS | LATER)[name])
        if "sha256" in record and record.pop("sha256") != _hash(record):
            raise ArgumentError("its content does not match its sha256")
        check_value("rank of config", record["config"].get("rank"), int, least=1)
        check_progress(record["status"], record["queries"], record["history"])
    except (OSError, ValueError, CheckpointError) as error:
        raise CheckpointError(
            f"{path} cannot be read ({error}); expected a folder made by lowlogit learn. The model beside it loads "
            "without it; to evaluate it, learn anew in another folder."
        ) from error
    return record


def check_progress(status: Any, ledger: Any, history: Any) -> None:
    """ArgumentError unless these are a learner's status, ledger and history, as JSON has them."""
    if not isinstance(status, str) or status not in Status.__members__:
        raise ArgumentError(f"status is {status!r}, expected one of {', '.join(Status.__members__)}.")
    check_value("the ledger", ledger, dict)
    for purpose, count in ledger.items():
        check_value(f"{purpose} of the ledger, which counts queries,", count, int, least=0)
    check_value("history", history, list)
    kinds = {"kind": str, "epoch": int, "progress": float, "message": str, "data": dict}
    for number, event in enumerate(history):
        check_value(f"event {number}", event, dict)
        check_names(f"event {number}", event, kinds)
        for name, kind in kinds.items():
            check_value(f"{name} of event {number}", event[name], kind)


def save_queries(folder: Path, teacher: str, told: Answers) -> None:
    """The texts asked about, block by block; their answers can be asked again."""
    arrays = {f"code.{name}": array for name, array in vars(told.code).items()}
    for number, block in enumerate(told.blocks):
        arrays |= {f"tokens.{number}": block.tokens.astype(np.int32), f"asked.{number}": block.asked}
    save_arrays(folder / QUERIES, QUERIES_KIND, {"teacher": teacher, "blocks": len(told.blocks)}, arrays)


def saved_queries(folder: Path) -> tuple[RowCode, list[tuple[np.ndarray, np.ndarray]]]:
    """How the answers of a saved run were kept, and the `tokens` and `asked` places of each block of texts."""
    path = folder / QUERIES
    _, header, arrays = load_arrays(path, QUERIES_KIND)
    try:
        check_names("the header", header, ["teacher"], ["blocks"])
        ends = [""]  # as written before texts could be of several lengths
        if "blocks" in header:
            check_value("blocks", header["blocks"], int, least=0, most=len(arrays))
            ends = [f".{number}" for number in range(header["blocks"])]
        parts = {name: [f"{name}{end}" for end in ends] for name in ("tokens", "asked")}
        codes = {name: f"code.{name}" for name in get_type_hints(RowCode)}
        check_names("the file", arrays, [*codes.values(), *parts["tokens"], *parts["asked"]])
        code = RowCode(**{name: arrays[key] for name, key in codes.items()})
        check_code(code)
        hints = {name: get_type_hints(Block)[name] for name in parts}
        found = []
        for number in range(len(ends)):
            block = {name: arrays[keys[number]] for name, keys in parts.items()}
            check_arrays(f"block {number}", block, hints)
            check_alphabet(f"tokens of block {number}", block["tokens"], len(code.shares))
            found.append((block["tokens"].astype(np.int64), block["asked"]))
    except ValueError as error:
        raise CheckpointError(f"{path} is incomplete ({error}); learn the model again.") from error
    return code, found


def check_code(code: RowCode) -> None:
    """ArgumentError unless a saved code says how rows of its alphabet are kept."""
    check_arrays("code", vars(code), get_type_hints(RowCode))
    check_alphabet("tokens of code", code.tokens, len(code.shares))
    if not len(code.tokens) or (np.diff(code.tokens) <= 0).any():
        raise ArgumentError("tokens of code are not ascending; expected each token followed once.")


def check_alphabet(what: str, tokens: np.ndarray, alphabet_size: int) -> None:
    """ArgumentError where a token is none of the alphabet's."""
    for token in (tokens.min(initial=0), tokens.max(initial=0)):
        if not 0 <= token < alphabet_size:
            raise ArgumentError(f"{what} hold {token}, expected 0 to {alphabet_size - 1}.")
