"""A checkpoint holds what a run of its settings may hold, or is refused, and the message names what is wrong."""

import shutil

import numpy as np
import pytest
from hostile_files import SAVED, contents

from lowlogit_edu.core.errors import CheckpointError
from lowlogit_edu.core.storage import save_arrays
from lowlogit_edu.practical.checkpoint import FILE, load_checkpoint

PROGRESS = {"epoch": 0, "stage": 4, "passes": 0}


@pytest.fixture
def folder(tmp_path):
    shutil.copytree(SAVED / "stopped", tmp_path / "run")
    return tmp_path / "run"


def refused(folder, message, **changes):
    """A checkpoint with changes of its arrays, or under `header` of its header, is refused with this message."""
    kind, header, arrays = contents(folder / FILE)
    header |= changes.pop("header", {})
    arrays |= {name.replace("__", "."): array for name, array in changes.items()}
    arrays = {name: array for name, array in arrays.items() if array is not None}
    save_arrays(folder / FILE, kind, header, arrays)
    with pytest.raises(CheckpointError, match=f"checkpoint.safetensors is not a complete checkpoint: .*{message}"):
        load_checkpoint(folder)


@pytest.mark.parametrize(
    ("header", "message"),
    [
        ({"ledger": []}, "ledger is \\[\\], expected a dict"),
        ({"ledger": {"sample": -5}}, "sample of the ledger, which counts queries, is -5"),
        ({"progress": PROGRESS | {"epoch": -1}}, "epoch is -1, expected an int of at least 0 and at most 2"),
        ({"progress": PROGRESS | {"stage": -1}}, "stage is -1"),
        ({"progress": PROGRESS | {"stage": 5}}, "stage is 5, expected an int of at least 0 and at most 4"),
        ({"progress": PROGRESS | {"passes": 9}}, "passes is 9, expected an int of at least 0 and at most 1"),
        ({"status": "DONE"}, "status is 'DONE', expected one of VERIFIED"),
        ({"history": [{"kind": "sample"}]}, "event 0 lacks 'data'"),
        ({"spanner": {"histories": [[7]], "largest": 1.0}}, "a token of spanner is 7, expected an int of at least 0"),
        ({"spanner": {"histories": [[1]], "largest": 1.0}}, "histories of spanner: 1, expected 2"),
        ({"apart_kl": float("nan")}, "apart_kl is nan, expected a float"),
        ({"more": 1}, "the header holds 'more', which nothing reads"),
        ({"texts": ["texts:0"]}, "the blocks are not those that the header lists, in their order"),
        ({"models": {}}, "holds 'model.initial_state', which nothing reads"),
    ],
)
@pytest.mark.reliability("R2")
def test_a_header_that_is_no_runs_is_refused(folder, header, message):
    refused(folder, message, header=header)


@pytest.mark.reliability("R2")
def test_arrays_that_are_no_runs_are_refused(folder):
    _, _, arrays = contents(folder / FILE)
    tokens = arrays["block 0.tokens"]
    for name, array, message in (
        ("block 0__tokens", np.where(tokens == tokens[0, 0], -1, tokens), "tokens of block 0 hold -1, expected 0 to 2"),
        ("block 0__tokens", np.where(tokens == tokens[0, 0], 3, tokens), "tokens of block 0 hold 3, expected 0 to 2"),
        ("block 0__tokens", tokens[:, :3], "asked of block 0 has type bool and shape|kept of block 0 has type"),
        ("block 0__asked", ~arrays["block 0.asked"], "places asked of block 0: 0, expected"),
        ("apart__kept", arrays["apart.kept"][..., :1], "kept numbers of apart: 1, expected 3"),
        ("maps__step", arrays["maps.step"] * np.float32(np.nan), "step of maps holds NaN or infinity"),
        ("maps__root", None, "maps lacks 'root'"),
        (
            "coordinates__encode",
            arrays["coordinates.encode"].astype(complex).real.astype("i8"),
            "encode of coordinates",
        ),
        ("fresh__tokens", arrays["fresh.tokens"] - 5, "tokens of fresh hold -"),
        ("more__x", np.zeros(1), "the file holds 'more.x', which nothing reads"),
    ):
        shutil.copyfile(SAVED / "stopped" / FILE, folder / FILE)
        refused(folder, message, **{name: array})


@pytest.mark.reliability("R2")
def test_blocks_in_another_order_are_refused(tmp_path):
    from killed_runs import Metered, learn_in

    def stop(event):
        if (event.kind, event.epoch) == ("sample", 2):
            raise KeyboardInterrupt

    path = tmp_path / "run"
    learn_in(path, Metered(bytearray(8)), on_event=stop)
    _, header, arrays = contents(path / FILE)
    assert header["blocks"] == 3
    swapped = {}
    for part in ("tokens", "asked", "kept"):
        swapped |= {f"block 0__{part}": arrays[f"block 2.{part}"], f"block 2__{part}": arrays[f"block 0.{part}"]}
    refused(path, "the blocks are not those that the header lists, in their order", **swapped)


def loaded(folder):
    """What a checkpoint holds, to be compared; None where it is refused."""
    try:
        load_checkpoint(folder)
    except CheckpointError as error:
        assert "checkpoint.safetensors" in str(error)
        return None
    _, header, arrays = contents(folder / FILE)
    return header, {name: (array.dtype.str, array.shape, array.tobytes()) for name, array in arrays.items()}


@pytest.mark.reliability("R2")
@pytest.mark.slow
def test_every_truncation_and_3000_flipped_bits_are_refused_or_change_nothing(folder, record_property):
    whole = (folder / FILE).read_bytes()
    right = loaded(folder)
    for length in range(len(whole)):
        (folder / FILE).write_bytes(whole[:length])
        assert loaded(folder) is None, length
    rng = np.random.default_rng(0)
    refused = 0
    for _ in range(3000):
        damaged = bytearray(whole)
        damaged[rng.integers(len(whole))] ^= 1 << rng.integers(8)
        (folder / FILE).write_bytes(damaged)
        found = loaded(folder)
        refused += found is None
        assert found in (None, right)  # a space of the header may have become another
    assert refused > 2500
    record_property("figure", f"{len(whole):,} of {len(whole):,} truncations refused")
    record_property("figure", f"{refused:,} of 3,000 flipped bits refused, the others changed nothing")
