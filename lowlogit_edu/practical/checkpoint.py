"""A practical learner's state on disk: stop at any moment, go on later from the last whole stage."""

from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np

from lowlogit_edu.config import PracticalConfig
from lowlogit_edu.core.errors import CheckpointError
from lowlogit_edu.core.storage import load_arrays, save_arrays
from lowlogit_edu.events import Event, Status
from lowlogit_edu.learned.isan_model import ISANModel
from lowlogit_edu.practical.answers import Answers, Block
from lowlogit_edu.practical.coordinates import Coordinates
from lowlogit_edu.practical.maps import CoefficientMaps
from lowlogit_edu.practical.memory import MAX_BYTES
from lowlogit_edu.practical.row_code import RowCode
from lowlogit_edu.practical.span import Spanner
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
        If there is no complete, undamaged checkpoint in `folder`, or one of a version before this one.
    """
    path = Path(folder) / FILE
    # It holds what a run may hold (`check_memory`), models twice.
    kind, header, arrays = load_arrays(path, (KIND, *FORMER), max_bytes=2 * MAX_BYTES)
    if kind in FORMER:
        raise CheckpointError(
            f"{path} was written by an earlier version, whose state was another one; its model loads and runs as "
            "before, but the run cannot be gone on with. Learn anew in another folder."
        )
    try:
        parts: dict[str, Any] = {name: PARTS[name](**_under(name, arrays)) for name in header["parts"]}
        for name, saved in header["models"].items():
            parts[name] = ISANModel.from_contents(saved, _under(name, arrays))
        state = PracticalState(
            answers=_answers(header["blocks"], arrays),
            apart=Block(**_under("apart", arrays)) if header["blocks"] else None,
            spanner=_spanner(header["spanner"]),
            apart_kl=np.inf if header["apart_kl"] is None else header["apart_kl"],
            refinement=_under("refinement", arrays),
            status=Status[header["status"]],
            ledger=_ledger(header["ledger"]),
            history=tuple(Event(**event) for event in header["history"]),
            **header["progress"],
            **parts,
        )
        run = {**header["run"], "config": PracticalConfig(**header["run"]["config"])}
    except (KeyError, TypeError, ValueError) as error:
        raise CheckpointError(f"{path} is not a complete checkpoint: {error!r}.") from error
    return state, run


def _answers(blocks: int, arrays: dict[str, np.ndarray]) -> Answers | None:
    if not blocks:
        return None
    code = RowCode(**_under("code", arrays))
    return Answers(code, tuple(Block(**_under(f"block {number}", arrays)) for number in range(blocks)))


def _ledger(saved: dict[str, int]) -> dict[str, int]:
    if not all(isinstance(count, int) and count >= 0 for count in saved.values()):
        raise ValueError(f"the ledger counts queries from 0, got {saved!r}")
    return saved


def _spanner(saved: dict[str, Any] | None) -> Spanner | None:
    if saved is None:
        return None
    return Spanner(tuple(tuple(history) for history in saved["histories"]), saved["largest"])


def _named(prefix: str, part: Any) -> dict[str, np.ndarray]:
    """The arrays of a dataclass, as `prefix.field`."""
    return {f"{prefix}.{name}": array for name, array in vars(part).items() if array is not None}


def _under(prefix: str, arrays: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    """The arrays named `prefix.something`, by the something."""
    return {name.partition(".")[2]: array for name, array in arrays.items() if name.startswith(f"{prefix}.")}
