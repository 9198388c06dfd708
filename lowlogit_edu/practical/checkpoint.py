"""A practical learner's state on disk: stop at any moment, go on later from the last whole stage."""

from dataclasses import asdict
from pathlib import Path
from typing import Any, get_type_hints

import numpy as np

from lowlogit_edu.config import PracticalConfig
from lowlogit_edu.core.checks import MOST_BYTES
from lowlogit_edu.core.contents import check_arrays, check_names, check_value
from lowlogit_edu.core.errors import CheckpointError
from lowlogit_edu.core.storage import load_arrays, save_arrays
from lowlogit_edu.events import Event, Status
from lowlogit_edu.learned.isan_model import ISANModel
from lowlogit_edu.practical.answers import Answers, Block
from lowlogit_edu.practical.coordinates import Coordinates
from lowlogit_edu.practical.maps import CoefficientMaps
from lowlogit_edu.practical.restored import check_header, check_stages, check_state, checked_spanner, text_hashes
from lowlogit_edu.practical.row_code import RowCode
from lowlogit_edu.practical.state import PracticalState
from lowlogit_edu.practical.verify import Fresh

FILE = "checkpoint.safetensors"
KIND = "lowlogit_edu practical checkpoint 3"
FORMER = ("lowlogit_edu practical checkpoint", "lowlogit_edu practical checkpoint 2")
MODELS = ("plain", "model")
PARTS = {"coordinates": Coordinates, "maps": CoefficientMaps, "fresh": Fresh}


def save_checkpoint(
    folder: str | Path, state: PracticalState, config: PracticalConfig, *, horizon: int, seed: int, teacher: str
) -> Path:
    """Write `state` to `folder`, replacing the checkpoint there in one step."""
    path = Path(folder) / FILE
    arrays = {f"refinement.{name}": array for name, array in state.refinement.items()}
    blocks = 0
    if state.answers is not None and state.apart is not None:
        blocks = len(state.answers.blocks)
        arrays |= _named("code", state.answers.code) | _named("apart", state.apart)
        for number, block in enumerate(state.answers.blocks):
            arrays |= _named(f"block {number}", block)
    present = [name for name in PARTS if getattr(state, name) is not None]
    for name in present:
        arrays |= _named(name, getattr(state, name))
    headers = {}
    for name in MODELS:
        model = getattr(state, name)
        if model is not None:
            headers[name], contents = model.contents()
            arrays |= {f"{name}.{key}": array for key, array in contents.items()}
    header = {
        "run": {"horizon": horizon, "seed": seed, "teacher": teacher, "config": asdict(config)},
        "progress": {name: getattr(state, name) for name in ("epoch", "stage", "passes")},
        "apart_kl": None if np.isinf(state.apart_kl) else state.apart_kl,
        "blocks": blocks,
        "texts": text_hashes(state.answers.blocks if blocks and state.answers else ()),
        "parts": present,
        "spanner": None if state.spanner is None else asdict(state.spanner),
        "status": state.status.name,
        "ledger": dict(state.ledger),
        "history": [asdict(event) for event in state.history],
        "models": headers,
    }
    path.parent.mkdir(parents=True, exist_ok=True)
    save_arrays(path, KIND, header, arrays)
    return path


def load_checkpoint(folder: str | Path) -> tuple[PracticalState, dict[str, Any]]:
    """The state, and the run it belongs to: its horizon, seed, teacher's fingerprint and config.

    Raises
    ------
    CheckpointError
        If there is no complete, undamaged checkpoint in `folder`, or one of a version before this one; the message
        names what is wrong in it.
    """
    path = Path(folder) / FILE
    # It holds what a run may hold (`check_memory`), models twice.
    kind, header, arrays = load_arrays(path, (KIND, *FORMER), max_bytes=2 * MOST_BYTES)
    if kind in FORMER:
        raise CheckpointError(
            f"{path} was written by an earlier version, whose state was another one; its model loads and runs as "
            "before, but the run cannot be gone on with. Learn anew in another folder."
        )
    try:
        return _state(header, arrays)
    except (KeyError, TypeError, ValueError) as error:
        raise CheckpointError(f"{path} is not a complete checkpoint: {error} Learn anew in another folder.") from error


def _state(header: dict[str, Any], arrays: dict[str, np.ndarray]) -> tuple[PracticalState, dict[str, Any]]:
    """What a file holds, looked at part by part; ArgumentError names what is not a run's."""
    check_header(header, PARTS, MODELS)
    run = {**header["run"], "config": PracticalConfig(**header["run"]["config"])}
    check_stages(header["progress"], run["config"])
    parts: dict[str, Any] = {name: _part(PARTS[name], name, arrays) for name in header["parts"]}
    for name, saved in header["models"].items():
        check_value(f"models {name}", saved, dict)
        parts[name] = ISANModel.from_contents(saved, _taken(name, arrays))
    if header["blocks"]:
        code = _part(RowCode, "code", arrays)
        blocks = (_part(Block, f"block {number}", arrays) for number in range(header["blocks"]))
        parts |= {"answers": Answers(code, tuple(blocks)), "apart": _part(Block, "apart", arrays)}
        if header["spanner"] is not None:
            parts["spanner"] = checked_spanner(header["spanner"], len(code.shares))
    state = PracticalState(
        apart_kl=np.inf if header["apart_kl"] is None else header["apart_kl"],
        refinement=_taken("refinement", arrays),
        status=Status[header["status"]],
        ledger=header["ledger"],
        history=tuple(Event(**event) for event in header["history"]),
        **header["progress"],
        **parts,
    )
    check_names("the file", arrays, ())  # all that it holds was taken
    check_state(state, run["horizon"], header.get("texts"))
    return state, run


def _part(kind: type, name: str, arrays: dict[str, np.ndarray]) -> Any:
    """A part of the state, of arrays of the types and shapes that it is annotated with."""
    taken = _taken(name, arrays)
    check_arrays(name, taken, get_type_hints(kind))
    return kind(**taken)


def _named(prefix: str, part: Any) -> dict[str, np.ndarray]:
    """The arrays of a dataclass, as `prefix.field`."""
    return {f"{prefix}.{name}": array for name, array in vars(part).items() if array is not None}


def _taken(prefix: str, arrays: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    """The arrays named `prefix.something`, by the something, taken out of `arrays`."""
    names = [name for name in arrays if name.startswith(f"{prefix}.")]
    return {name.removeprefix(f"{prefix}."): arrays.pop(name) for name in names}
