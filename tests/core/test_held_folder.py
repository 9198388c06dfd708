import os

import pytest

from lowlogit_edu.core.errors import ArgumentError
from lowlogit_edu.core.held_folder import held


@pytest.mark.reliability("R8")
def test_a_folder_is_one_runs_and_goes_again_if_nothing_was_written(tmp_path):
    folder = tmp_path / "deep" / "run"
    another = pytest.raises(ArgumentError, match="another run is learning into")
    with held(folder, "learning"), another, held(folder, "learning"):
        pass
    assert not folder.exists()
    folder.mkdir()
    with held(folder, "learning"):
        pass
    assert folder.exists()  # it was somebody's before
    with held(folder, "learning"):
        (folder / "kept").touch()
    assert [path.name for path in folder.iterdir()] == ["kept"]


@pytest.mark.reliability("R8")
def test_who_holds_a_folder_is_named(tmp_path):
    with held(tmp_path / "run", "learning"):
        for _ in range(2):  # whoever tries leaves the name where it is
            with (
                pytest.raises(ArgumentError, match=f"another run is learning into .* now, process {os.getpid()} on"),
                held(tmp_path / "run", "learning"),
            ):
                pass
