"""Whatever a file holds, reading it gives what was saved or an error of this package, soon."""

import pytest
from hostile_files import READERS, SAVED, check_hostile_files

import lowlogit_edu as ll


@pytest.mark.parametrize("name", READERS)
def test_files_of_an_earlier_version_are_read(name):
    READERS[name]((SAVED / name).parent)
    assert ll.load(SAVED / "finished").fingerprint.startswith("isan:")


@pytest.mark.bad_shapes
def test_hostile_files_are_refused(tmp_path):
    assert check_hostile_files(300, tmp_path / "run") > 200


@pytest.mark.bad_shapes
@pytest.mark.slow
def test_20000_hostile_files_are_refused(tmp_path):
    assert check_hostile_files(20_000, tmp_path / "run", seed=1) > 15_000
