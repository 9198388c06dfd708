"""The record of a run is as it was written, or it is refused."""

import json
import random
import shutil

import pytest
from hostile_files import SAVED

from lowlogit_edu.core.errors import CheckpointError
from lowlogit_edu.practical.record import RECORD, read_record, save_record

RIGHT = read_record(SAVED / "finished")


def test_a_record_of_an_earlier_version_has_no_hash_and_is_read():
    assert "sha256" not in json.loads((SAVED / "finished" / RECORD).read_text(encoding="utf-8"))
    assert RIGHT["status"] == "MEASURED" and RIGHT["queries"]["sample"] == 80


@pytest.mark.reliability("R2")
def test_what_is_saved_comes_back_and_no_flipped_bit_goes_unnoticed(tmp_path):
    save_record(tmp_path, RIGHT)
    assert read_record(tmp_path) == RIGHT
    content = (tmp_path / RECORD).read_bytes()
    rng = random.Random(0)
    refused = 0
    for _ in range(1000):
        damaged = bytearray(content)
        damaged[rng.randrange(len(content))] ^= 1 << rng.randrange(8)
        (tmp_path / RECORD).write_bytes(damaged)
        try:
            assert read_record(tmp_path) == RIGHT  # a space may have become another
        except CheckpointError:
            refused += 1
    assert refused > 600


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{}", "the record lacks 'config'"),
        ("[]", "the record is \\[\\], expected a dict"),
        ("", "is damaged"),
        ("[" * 1_000_000, "nested too deeply"),
        ("1" * 10_000, "is damaged"),
        ('{"a": 1, "a": 2}', "a name comes twice"),
    ],
)
@pytest.mark.reliability("R3")
def test_what_is_no_record_is_named(tmp_path, text, message):
    (tmp_path / RECORD).write_text(text, encoding="utf-8")
    with pytest.raises(
        CheckpointError, match=f"run.json cannot be read .*{message}.*expected a folder made by lowlogit"
    ):
        read_record(tmp_path)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"status": "GOOD"}, "status is 'GOOD', expected one of"),
        ({"queries": {"sample": -1}}, "sample of the ledger"),
        ({"config": {}}, "rank of config is None"),
        ({"history": [1]}, "event 0 is 1, expected a dict"),
        ({"seconds": "long"}, "seconds is 'long', expected a float"),
        ({"more": 1}, "the record holds 'more'"),
        ({"sha256": "0"}, "does not match its sha256"),
    ],
)
@pytest.mark.reliability("R2")
def test_a_field_that_is_wrong_is_named(tmp_path, changes, message):
    (tmp_path / RECORD).write_text(json.dumps(RIGHT | changes), encoding="utf-8")
    with pytest.raises(CheckpointError, match=message):
        read_record(tmp_path)


@pytest.mark.reliability("R3")
def test_a_link_in_its_place_is_replaced_and_not_followed(tmp_path):
    shutil.copyfile(SAVED / "finished" / RECORD, tmp_path / "elsewhere")
    (tmp_path / RECORD).symlink_to(tmp_path / "elsewhere")
    before = (tmp_path / "elsewhere").read_bytes()
    save_record(tmp_path, RIGHT | {"seed": 7})
    assert (tmp_path / "elsewhere").read_bytes() == before and read_record(tmp_path)["seed"] == 7
