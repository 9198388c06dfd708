"""A saved file is complete and unchanged, or it is refused."""

import json
import tracemalloc

import numpy as np
import pytest

from lowlogit_edu.core import storage
from lowlogit_edu.core.errors import CheckpointError
from lowlogit_edu.core.storage import load_arrays, replacing, save_arrays, write_text

ARRAYS = {"a": np.arange(6.0).reshape(2, 3), "empty": np.zeros((0, 4)), "tokens": np.array([[1, 2]])}


def write_table(path, table, content=b""):
    """A file as another hand may make it: this header, then these bytes."""
    head = table if isinstance(table, bytes) else json.dumps(table).encode()
    path.write_bytes(len(head).to_bytes(8, "little") + head + content)


@pytest.fixture
def saved(tmp_path):
    path = tmp_path / "file.safetensors"
    save_arrays(path, "thing", {"n": 1, "name": "x"}, ARRAYS)
    return path


@pytest.mark.reliability("R16")
def test_what_is_saved_comes_back(saved):
    _, header, arrays = load_arrays(saved, "thing")
    assert header == {"n": 1, "name": "x"} and set(arrays) == set(ARRAYS)
    for name, array in ARRAYS.items():
        assert arrays[name].dtype == array.dtype and np.array_equal(arrays[name], array)


def test_no_temporary_file_stays(saved):
    assert [path.name for path in saved.parent.iterdir()] == [saved.name]


@pytest.mark.reliability("R2")
def test_every_truncation_is_noticed(saved):
    content = saved.read_bytes()
    for length in range(0, len(content), 7):
        saved.write_bytes(content[:length])
        with pytest.raises(CheckpointError):
            load_arrays(saved, "thing")


@pytest.mark.reliability("R2")
def test_no_flipped_bit_goes_unnoticed(saved):
    content, rng = saved.read_bytes(), np.random.default_rng(0)
    refused = 0
    for _ in range(300):
        damaged = bytearray(content)
        damaged[rng.integers(len(content))] ^= 1 << rng.integers(8)
        saved.write_bytes(damaged)
        try:
            _, header, arrays = load_arrays(saved, "thing")
        except CheckpointError:
            refused += 1
            continue
        assert header == {"n": 1, "name": "x"}
        assert all(np.array_equal(arrays[name], array) for name, array in ARRAYS.items())
    assert refused > 250


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(CheckpointError, match="does not exist: expected a saved thing there"):
        load_arrays(tmp_path / "nothing", "thing")


def test_another_kind_is_refused(saved):
    with pytest.raises(CheckpointError, match="holds 'thing', expected other"):
        load_arrays(saved, "other")


@pytest.mark.reliability("R3")
def test_a_file_above_the_limit_is_refused_unread(saved):
    with pytest.raises(CheckpointError, match="raise max_bytes if you trust the file"):
        load_arrays(saved, "thing", max_bytes=10)


@pytest.mark.reliability("R24")
def test_a_newer_format_is_refused_by_its_number(saved, monkeypatch):
    monkeypatch.setattr(storage, "FORMAT_VERSION", 2)
    save_arrays(saved, "thing", {}, ARRAYS)
    monkeypatch.undo()
    with pytest.raises(CheckpointError, match="format version 2, this package reads 1"):
        load_arrays(saved, "thing")


@pytest.mark.reliability("R3")
def test_pickle_bytes_are_refused(tmp_path):
    path = tmp_path / "evil"
    path.write_bytes(b"cos\nsystem\n(S'echo no'\ntR.")
    with pytest.raises(CheckpointError, match="not a readable thing file"):
        load_arrays(path, "thing")


@pytest.mark.reliability("R3")
def test_a_header_that_claims_terabytes_is_refused(tmp_path):
    entry = {"dtype": "F64", "shape": [1 << 40], "data_offsets": [0, 1 << 43]}
    path = tmp_path / "huge"
    write_table(path, {"__metadata__": {"kind": "thing", "version": "1", "header": "{}", "sha256": ""}, "a": entry})
    with pytest.raises(CheckpointError, match="not a readable thing file"):
        load_arrays(path, "thing")


def test_a_failed_write_keeps_the_old_file(saved):
    before = saved.read_bytes()
    with (
        pytest.raises(CheckpointError, match="cannot write .*No space left.*; what was there before is unchanged"),
        replacing(saved) as file,
    ):
        file.write(before[:9])
        raise OSError(28, "No space left on device")
    assert saved.read_bytes() == before and len(list(saved.parent.iterdir())) == 1
    write_text(saved, "new")
    assert saved.read_text() == "new" and len(list(saved.parent.iterdir())) == 1


@pytest.mark.reliability("R3")
@pytest.mark.parametrize("whole", [True, False])
def test_reading_takes_little_more_memory_than_the_file_declares(tmp_path, whole):
    """numpy's memory is counted by tracemalloc. A sparse file declares as much as it likes, and has no right hash."""
    path = tmp_path / "file"
    save_arrays(path, "thing", {}, {"a": np.zeros(4_000_000)})
    if not whole:
        with open(path, "r+b") as file:
            file.seek(-1, 2)
            file.write(b"x")
    size = path.stat().st_size
    tracemalloc.start()
    try:
        if whole:
            load_arrays(path, "thing")
        else:
            with pytest.raises(CheckpointError, match="does not match its sha256"):
                load_arrays(path, "thing")
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert size <= peak < 1.2 * size


@pytest.mark.reliability("R3")
def test_more_than_1_gb_is_refused_unread_by_default(tmp_path):
    path = tmp_path / "file"
    with open(path, "wb") as file:
        file.truncate(1_000_000_001)  # sparse: it takes no room
    with pytest.raises(CheckpointError, match="has 1,000,000,001 bytes, more than max_bytes=1,000,000,000"):
        load_arrays(path, "thing")


@pytest.mark.reliability("R3")
@pytest.mark.parametrize(
    ("table", "message"),
    [
        (b"[" * 1_000_000, "nested too deeply"),
        (b"no JSON", "not a readable thing file"),
        (b'{"__metadata__": ' + b"1" * 10_000 + b"}", "not a readable thing file"),
        (b'{"a": 1, "a": 1}', "a name comes twice"),
        ({"__metadata__": "text"}, "its metadata is no JSON object"),
        ({"a": {"dtype": "C64", "shape": [1], "data_offsets": [0, 8]}}, "holds 'no kind'"),
    ],
)
def test_a_header_that_is_none_is_refused(tmp_path, table, message):
    write_table(tmp_path / "file", table)
    with pytest.raises(CheckpointError, match=message):
        load_arrays(tmp_path / "file", "thing")
