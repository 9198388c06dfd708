import pytest

from lowlogit_edu.core.errors import ArgumentError
from lowlogit_edu.core.held_folder import held


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
