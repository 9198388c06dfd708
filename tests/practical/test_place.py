"""The folder of a run: nothing outside it is written to, and what a killed process left is removed."""

import os

import pytest
from killed_runs import Metered, learn_in

from lowlogit_edu.core.errors import ArgumentError
from lowlogit_edu.core.held_folder import HOLDER, LOCK
from lowlogit_edu.core.storage import TEMPORARY
from lowlogit_edu.events import Status
from lowlogit_edu.practical.place import check_new, goes_on, held, is_finished, standing


def stop(event):
    if (event.kind, event.epoch) == ("span", 2):
        raise KeyboardInterrupt


@pytest.mark.parametrize(
    "name", ["run.json", "tokenizer.json", "plain", "plain/model.safetensors", "told", LOCK, "spent.jsonl"]
)
@pytest.mark.reliability("R3")
def test_a_link_in_the_folder_is_refused_and_not_followed(tmp_path, name):
    path = tmp_path / "run"
    learn_in(path, Metered(bytearray(8)), on_event=stop)
    elsewhere = tmp_path / "elsewhere"
    elsewhere.write_text("precious", encoding="utf-8")
    link = path / name
    if link.is_dir():
        link.rename(tmp_path / "moved")
    link.parent.mkdir(exist_ok=True)
    link.unlink(missing_ok=True)
    link.symlink_to(elsewhere)
    with pytest.raises(ArgumentError, match=f"{name} is a link, and a run writes into its own folder alone"):
        learn_in(path, Metered(bytearray(8)))
    assert elsewhere.read_text(encoding="utf-8") == "precious" and link.is_symlink()


def test_the_folder_itself_may_be_a_link_to_another(tmp_path):
    (tmp_path / "disk").mkdir()
    (tmp_path / "run").symlink_to(tmp_path / "disk")
    assert learn_in(tmp_path / "run", Metered(bytearray(8))).state.status is Status.MEASURED
    assert is_finished(tmp_path / "disk")
    (tmp_path / "nowhere").symlink_to(tmp_path / "missing")
    with pytest.raises(ArgumentError, match="cannot write to the folder"), held(tmp_path / "nowhere"):
        pass


@pytest.mark.reliability("R1")
def test_what_a_killed_process_left_half_written_is_removed(tmp_path):
    (tmp_path / "plain").mkdir()
    left = [f".checkpoint.safetensors.1{TEMPORARY}", f"plain/.model.safetensors.1{TEMPORARY}"]
    for name in left:
        (tmp_path / name).write_bytes(b"half")
    (tmp_path / f".tokenizer.1{TEMPORARY}").mkdir()
    (tmp_path / f".tokenizer.1{TEMPORARY}" / "tokenizer.json").write_text("{}", encoding="utf-8")
    with held(tmp_path):
        assert sorted(path.name for path in tmp_path.rglob("*")) == [HOLDER, LOCK, "plain"]


def test_where_nothing_was_asked_nothing_stays(tmp_path):
    with held(tmp_path / "run"):
        check_new(tmp_path / "run")
        assert "Nothing was asked yet" in standing(tmp_path / "run")
    assert not (tmp_path / "run").exists()


def test_temporary_files_alone_are_no_run(tmp_path):
    (tmp_path / f".spent.jsonl.1{TEMPORARY}").write_bytes(b"{")
    assert not goes_on(tmp_path)
    assert learn_in(tmp_path, Metered(bytearray(8))).state.status is Status.MEASURED
    assert os.listdir(tmp_path / "plain") == ["model.safetensors"]
