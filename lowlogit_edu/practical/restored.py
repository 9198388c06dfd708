"""Whether the parts of a checkpoint are those of a run, and fit each other; a message names what does not."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from jaxtyping import Float, Int

from lowlogit_edu.config import PracticalConfig
from lowlogit_edu.core.checks import array_fingerprint
from lowlogit_edu.core.contents import check_arrays, check_names, check_value
from lowlogit_edu.core.errors import ArgumentError
from lowlogit_edu.practical.answers import Block
from lowlogit_edu.practical.record import check_alphabet, check_code, check_progress
from lowlogit_edu.practical.refine import MOMENTS, NAMES
from lowlogit_edu.practical.row_code import RowCode
from lowlogit_edu.practical.session import DURATIONS
from lowlogit_edu.practical.span import Spanner
from lowlogit_edu.practical.state import PracticalState

FIELDS = {"run": dict, "progress": dict, "blocks": int, "parts": list, "ledger": dict, "history": list, "models": dict}
OTHERS = ("apart_kl", "spanner", "status")
LATER = ("texts",)  # which checkpoints of earlier versions lack
# What the stages of an epoch leave, one after the other; those of later epochs change it.
FOUND = ("answers apart", "coordinates maps spanner", "plain model", "fresh")
ANY = Float[np.ndarray, "..."] | Int[np.ndarray, "..."]


def check_header(header: Mapping[str, Any], parts: Mapping[str, Any], models: tuple[str, ...]) -> None:
    """ArgumentError unless a checkpoint's header has what it needs, each of its type."""
    check_names("the header", header, (*FIELDS, *OTHERS), LATER)
    for name, kind in FIELDS.items():
        check_value(name, header[name], kind)
    check_names("run", header["run"], ("horizon", "seed", "teacher", "config"))
    check_value("horizon of run", header["run"]["horizon"], int, least=1)
    check_value("seed of run", header["run"]["seed"], int, least=0)
    check_value("teacher of run", header["run"]["teacher"], str)
    check_value("config of run", header["run"]["config"], dict)
    check_progress(header["status"], header["ledger"], header["history"])
    check_value("blocks", header["blocks"], int, least=0)
    for name in header["parts"]:
        check_value("a name in parts", name, str)
    check_names("parts", header["parts"], (), parts)
    check_names("models", header["models"], (), models)
    if header["apart_kl"] is not None:
        check_value("apart_kl", header["apart_kl"], float)


def check_stages(progress: Mapping[str, Any], config: PracticalConfig) -> None:
    """ArgumentError unless epochs, stages and passes are as many as a run of these settings may have behind it."""
    most = {"epoch": config.epochs, "stage": len(DURATIONS) - 1, "passes": config.passes}
    check_names("progress", progress, most)
    for name, limit in most.items():
        check_value(name, progress[name], int, least=0, most=limit)


def checked_spanner(saved: Any, alphabet_size: int) -> Spanner:
    """The spanner that a header has."""
    check_value("spanner", saved, dict)
    check_names("spanner", saved, ("histories", "largest"))
    check_value("largest of spanner", saved["largest"], float)
    check_value("histories of spanner", saved["histories"], list)
    for history in saved["histories"]:
        check_value("a history of spanner", history, list)
        for token in history:
            check_value("a token of spanner", token, int, least=0, most=alphabet_size - 1)
    return Spanner(tuple(map(tuple, saved["histories"])), saved["largest"])


def text_hashes(blocks: tuple[Block, ...]) -> list[str]:
    """What tells blocks apart, in their order."""
    return [array_fingerprint("texts", block.tokens, block.asked) for block in blocks]


def check_state(state: PracticalState, horizon: int, texts: list[str] | None) -> None:
    """ArgumentError unless a state holds what its stage needs, of one alphabet, and its parts fit each other."""
    found = [names.split() for names in FOUND]
    present = [name for names in found for name in names if getattr(state, name) is not None]
    needed = found if state.epoch else found[: state.stage]
    check_names("the checkpoint", present, [name for names in needed for name in names], present)
    if state.answers is None or state.apart is None:
        check_names("a checkpoint without answers", [*present, *state.refinement], ())
        return
    code = state.answers.code
    check_code(code)
    blocks = {"apart": state.apart} | {f"block {number}": block for number, block in enumerate(state.answers.blocks)}
    for name, block in blocks.items():
        check_alphabet(f"tokens of {name}", block.tokens, len(code.shares))
        _check_size(f"kept numbers of {name}", block.kept.shape[2], code.width)
    for name in ("apart", "block 0"):
        _check_size(f"tokens of a text of {name}", blocks[name].tokens.shape[1], horizon)
        _check_size(f"places asked of {name}", int(blocks[name].asked.sum()), blocks[name].asked.size)
    if texts is not None and texts != text_hashes(state.answers.blocks):
        raise ArgumentError("the blocks are not those that the header lists, in their order.")
    _check_found(state, code)


def _check_found(state: PracticalState, code: RowCode) -> None:
    """ArgumentError unless what was found from the answers is of their alphabet and columns."""
    columns = len(code.tokens) + (len(code.tokens) < len(code.shares))
    if state.coordinates is not None:
        _check_size("columns of coordinates", len(state.coordinates.encode), columns)
        _check_size("kept numbers of coordinates", len(state.coordinates.of_kept), code.width)
        if state.maps is not None:
            _check_size("tokens of maps", len(state.maps.step), columns)
            _check_size("width of maps", len(state.maps.root), state.coordinates.width)
    if state.spanner is not None and state.maps is not None:
        _check_size("histories of spanner", len(state.spanner.histories), state.maps.rank)
    if state.fresh is not None:
        check_alphabet("tokens of fresh", state.fresh.tokens, len(code.shares))
        _check_size("columns of fresh", state.fresh.logits.shape[2], columns)
    for model in (state.plain, state.model):
        if model is not None:
            _check_size("alphabet of the model", model.alphabet_size, len(code.shares))
    if state.refinement:
        moments = [f"{name}.{moment}" for name in NAMES for moment in MOMENTS]
        check_names("refinement", state.refinement, ("counts", *NAMES), moments)
        check_arrays("refinement", state.refinement, {name: ANY for name in state.refinement})


def _check_size(what: str, found: int, expected: int) -> None:
    if found != expected:
        raise ArgumentError(f"{what}: {found}, expected {expected}.")
