"""Whatever a file or a server's answer holds, reading it gives what was saved or an error of this package, soon."""

import hostile_files
import pytest
from hostile_files import READERS, SAVED, check_hostile_files, refused_within_limits

import lowlogit_edu as ll


@pytest.mark.reliability("R24")
@pytest.mark.parametrize("name", READERS)
def test_files_of_an_earlier_version_are_read(name):
    READERS[name]((SAVED / name).parent)
    assert ll.load(SAVED / "finished").fingerprint.startswith("isan:")


@pytest.mark.reliability("R17")
@pytest.mark.bad_shapes
def test_hostile_files_and_answers_are_refused(tmp_path):
    assert check_hostile_files(300, tmp_path / "run") > 200


@pytest.mark.reliability("R17")
def test_limits_of_time_and_memory_are_in_force(tmp_path):
    assert refused_within_limits(100, tmp_path / "run") > 60


@pytest.mark.reliability("R17")
def test_a_reader_that_never_ends_is_found(tmp_path, monkeypatch):
    def endless(folder):
        while True:
            pass

    monkeypatch.setattr(hostile_files, "SECONDS", 0.05)
    monkeypatch.setattr(hostile_files, "samples", lambda: {"x.json": ({"x.json": b"{}"}, endless)})
    with pytest.raises(AssertionError, match="x.json: TooSlow"):
        check_hostile_files(20, tmp_path / "run")


@pytest.mark.reliability("R17")
@pytest.mark.slow
@pytest.mark.parametrize("seed", range(1, 6))
def test_100000_hostile_files_and_answers_are_refused(seed, tmp_path, record_property):
    assert refused_within_limits(20_000, tmp_path / "run", seed) > 13_000
    record_property("figure", f"20,000 cases of seed {seed}")
