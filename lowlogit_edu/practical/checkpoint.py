"""A practical learner's state on disk: stop at any moment, go on later, lose nothing."""

from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np

from lowlogit_edu.config import PracticalConfig
from lowlogit_edu.core.errors import CheckpointError
from lowlogit_edu.core.storage import load_arrays, save_arrays
from lowlogit_edu.events import Event, Status
from lowlogit_edu.learned.isan_model import ISANModel
from lowlogit_edu.practical.answers import Answers
from lowlogit_edu.practical.learner import PracticalState
from lowlogit_edu.practical.row_code import RowCode

FILE = "checkpoint.safetensors"
KIND = "lowlogit_edu practical checkpoint"
MODELS = ("plain", "model")


def save_checkpoint(
    folder: str | Path, state: PracticalState, config: PracticalConfig, *, horizon: int, seed: int, teacher: str
) -> Path:
    """Write `state` to `folder`, replacing the checkpoint there in one step."""
    answers = state.answers
    path = Path(folder) / FILE
    arrays = {"tokens": answers.tokens, "asked": answers.asked}
    arrays |= {f"block.{i}": block for i, block in enumerate(answers.blocks)}
    arrays |= {f"code.{name}": array for name, array in vars(answers.code).items()}
    arrays |= {f"refinement.{name}": array for name, array in state.refinement.items()}
    headers = {}
    for name in MODELS:
        model = getattr(state, name)
        if model is not None:
            headers[name], contents = model.contents()
            arrays |= {f"{name}.{key}": array for key, array in contents.items()}
    header = {
        "run": {"horizon": horizon, "seed": seed, "teacher": teacher, "config": asdict(config)},
        "progress": {"epoch": state.epoch, "sampled": state.sampled, "passes": state.passes},
        "blocks": len(answers.blocks),
        "futures": state.futures,
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
        If there is no complete, undamaged checkpoint in `folder`.
    """
    path = Path(folder) / FILE
    _, header, arrays = load_arrays(path, KIND)
    try:
        blocks = tuple(arrays[f"block.{i}"] for i in range(header["blocks"]))
        models: dict[str, Any] = {
            name: ISANModel.from_contents(contents, _under(name, arrays)) for name, contents in header["models"].items()
        }
        state = PracticalState(
            answers=Answers(arrays["tokens"], arrays["asked"], RowCode(**_under("code", arrays)), blocks),
            futures=tuple(tuple(tuple(word) for word in words) for words in header["futures"]),
            refinement=_under("refinement", arrays),
            status=Status[header["status"]],
            ledger=header["ledger"],
            history=tuple(Event(**event) for event in header["history"]),
            **header["progress"],
            **models,
        )
        run = {**header["run"], "config": PracticalConfig(**header["run"]["config"])}
    except (KeyError, TypeError, ValueError) as error:
        raise CheckpointError(f"{path} is not a complete checkpoint: {error!r}.") from error
    return state, run


def _under(prefix: str, arrays: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    """The arrays named `prefix.something`, by the something."""
    return {name.partition(".")[2]: array for name, array in arrays.items() if name.startswith(f"{prefix}.")}
