"""A run that is stopped, or killed, at any moment goes on to what it would have been, and asks nothing twice."""

import json
import signal
import threading
import time

import pytest
import torch
from killed_runs import CONFIG, Folder, Kill, Metered, kills, learn_in

from lowlogit_edu.core.errors import ArgumentError, CheckpointError
from lowlogit_edu.events import Status
from lowlogit_edu.practical.checkpoint import load_checkpoint
from lowlogit_edu.practical.journal import SPENT
from lowlogit_edu.practical.place import check_new, goes_on, is_finished, standing
from lowlogit_edu.practical.record import read_record


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory):
    folder = Folder(tmp_path_factory.mktemp("runs") / "undisturbed")
    learn_in(folder.path.with_name("first"), Metered(bytearray(8)))  # children find imported what is imported late
    start = time.monotonic()
    assert folder.learn()
    folder.seconds = time.monotonic() - start
    # The largest question that such a run asks.
    asked = (stopped(folder.path.with_name("stopped")) / SPENT).read_text(encoding="utf-8").splitlines()[1:]
    folder.largest = max(json.loads(line)["queries"] for line in asked)
    return folder


def check_goes_on(folder, moments, undisturbed):
    """Kill a run at each moment, one after the other, and let it end: it is as if nothing had happened."""
    for kill in moments:
        folder.learn(kill)
    assert folder.learn()
    assert folder.saved() == undisturbed.saved()
    assert folder.left() == undisturbed.left()
    lost = read_record(folder.path)["lost"]
    spent = lost + sum(read_record(folder.path)["queries"].values())
    assert folder.queries <= spent
    # Nothing is asked twice but what was under way when the process died, which is all that is lost.
    assert folder.queries - undisturbed.queries <= lost <= len(moments) * undisturbed.largest


def test_a_run_leaves_its_result_alone(undisturbed):
    assert undisturbed.queries == sum(read_record(undisturbed.path)["queries"].values())
    plain = ["plain", "plain/model.safetensors"]
    assert undisturbed.left() == ["model.safetensors", *plain, "queries.safetensors", "run.json", "tokenizer.json"]


@pytest.mark.reliability("R1")
def test_a_run_that_is_killed_goes_on_as_if_nothing_had_happened(undisturbed, tmp_path):
    for number, kill in enumerate(kills(9, undisturbed.seconds, undisturbed.queries, undisturbed.points)):
        check_goes_on(Folder(tmp_path / str(number)), [kill], undisturbed)


@pytest.mark.slow
@pytest.mark.reliability("R1")
def test_a_run_that_is_killed_at_200_moments_goes_on_as_if_nothing_had_happened(undisturbed, tmp_path, record_property):
    moments = kills(200, undisturbed.seconds, undisturbed.queries, undisturbed.points, seed=1)
    for number, kill in enumerate(moments):
        check_goes_on(Folder(tmp_path / str(number)), [kill], undisturbed)
    record_property("figure", "200 of 200 kills")


@pytest.mark.slow
@pytest.mark.reliability("R1")
def test_a_run_that_is_killed_before_every_step_on_disk_goes_on_as_if_nothing_had_happened(
    undisturbed, tmp_path, record_property
):
    for point in range(1, undisturbed.points + 1):
        check_goes_on(Folder(tmp_path / str(point)), [Kill(point=point)], undisturbed)
    record_property("figure", f"before each of {undisturbed.points} steps on disk")


@pytest.mark.slow
@pytest.mark.reliability("R1")
def test_a_run_that_is_killed_again_and_again_goes_on_as_if_nothing_had_happened(undisturbed, tmp_path):
    for number in range(10):
        moments = kills(6, undisturbed.seconds, undisturbed.queries // 2, undisturbed.points // 2, seed=number)
        check_goes_on(Folder(tmp_path / str(number)), moments, undisturbed)


def check_budget(folder, moments, undisturbed):
    """With the budget that it needs, and not one query more: never above it, and at the end where nothing was lost."""
    for kill in (*moments, None):
        folder.learn(kill)
    assert folder.queries <= folder.budget
    if goes_on(folder.path):  # something was lost, and is missing at the end
        folder.budget *= 2
        assert folder.learn()
        assert read_record(folder.path)["lost"] > 0
    assert folder.saved() == undisturbed.saved()


@pytest.mark.reliability("R6")
def test_a_budget_holds_whatever_dies_when(undisturbed, tmp_path):
    for number, query in enumerate((5, 50, 100, 150)):
        check_budget(Folder(tmp_path / str(number), undisturbed.queries), [Kill(query=query)], undisturbed)


@pytest.mark.slow
@pytest.mark.reliability("R6")
def test_a_budget_holds_at_100_moments(undisturbed, tmp_path, record_property):
    moments = kills(100, undisturbed.seconds, undisturbed.queries, undisturbed.points, seed=2)
    for number, kill in enumerate(moments):
        check_budget(Folder(tmp_path / str(number), undisturbed.queries), [kill], undisturbed)
    record_property("figure", "budget held at 100 of 100 kills")


@pytest.mark.reliability("R6")
def test_a_larger_budget_goes_on_to_one_larger_run(undisturbed, tmp_path):
    folder = Folder(tmp_path / "run", undisturbed.queries // 2)
    assert folder.learn()
    assert goes_on(folder.path) and folder.queries <= folder.budget
    folder.budget = undisturbed.queries
    assert folder.learn()
    assert folder.saved() == undisturbed.saved()
    assert folder.queries == undisturbed.queries


# Ctrl-C


# The signal may come inside the standard library, between opening a file or folder and entering its `with`:
# nobody can close it then but the collector, which warns.
AT_ANY_MOMENT = pytest.mark.filterwarnings("ignore::ResourceWarning")


def interrupted_after(seconds, path):
    """A run of this process that gets Ctrl-C after so long; None where it was faster."""
    count = bytearray(8)
    timer = threading.Timer(seconds, signal.raise_signal, [signal.SIGINT])
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    timer.start()
    try:
        learn_in(path, Metered(count))
        timer.join()
        time.sleep(0.01)
    except KeyboardInterrupt:
        pass
    finally:
        timer.cancel()
        timer.join()
        signal.signal(signal.SIGINT, before)
    return int.from_bytes(count, "little")


def check_interrupts(number, undisturbed, tmp_path):
    """Interrupt runs at so many moments: settings and threads stay, and each goes on to the same end."""
    settings = (torch.get_num_threads(), torch.is_grad_enabled(), torch.is_inference_mode_enabled())
    threads = threading.active_count()
    for each in range(number):
        path = tmp_path / str(each)
        asked = interrupted_after((each + 0.5) / number * undisturbed.seconds, path)
        assert settings == (torch.get_num_threads(), torch.is_grad_enabled(), torch.is_inference_mode_enabled())
        assert threading.active_count() == threads
        if goes_on(path):
            assert "go on with the same command and --resume" in standing(path)
            count = bytearray(8)
            learn_in(path, Metered(count))
            assert asked + int.from_bytes(count, "little") - undisturbed.queries <= read_record(path)["lost"]
        elif not path.exists() or not any(path.iterdir()):
            assert "Nothing was asked yet" in standing(path)
            continue
        assert "is finished" in standing(path)
        folder = Folder(path)
        assert folder.saved() == undisturbed.saved()


@AT_ANY_MOMENT
@pytest.mark.reliability("R18")
def test_ctrl_c_leaves_a_run_that_goes_on_and_a_process_that_is_as_before(undisturbed, tmp_path):
    check_interrupts(6, undisturbed, tmp_path)


@AT_ANY_MOMENT
@pytest.mark.slow
@pytest.mark.reliability("R18")
def test_ctrl_c_at_100_moments_leaves_a_run_that_goes_on(undisturbed, tmp_path, record_property):
    check_interrupts(100, undisturbed, tmp_path)
    record_property("figure", "100 of 100 interrupts")


@pytest.mark.reliability("R18")
def test_what_a_stage_was_told_before_ctrl_c_is_not_asked_again(undisturbed, tmp_path):
    class Interrupting(Metered):
        def logits(self, prefixes):
            answer = super().logits(prefixes)
            if int.from_bytes(self.count, "little") > 150:
                raise KeyboardInterrupt
            return answer

        sample_with_logits = Metered.sample_with_logits  # which asks by these logits

    path = tmp_path / "run"
    first = bytearray(8)
    ended = learn_in(path, Interrupting(first))
    assert ended.state.status is Status.INTERRUPTED and ended.lost > 0
    count = bytearray(8)
    learn_in(path, Metered(count))
    assert Folder(path).saved() == undisturbed.saved()
    asked = int.from_bytes(first, "little") + int.from_bytes(count, "little")
    assert 0 < asked - undisturbed.queries <= read_record(path)["lost"]


# Going on


def stopped(path):
    """A run with a checkpoint, stopped in its second epoch."""

    def stop(event):
        if (event.kind, event.epoch) == ("span", 2):
            raise KeyboardInterrupt

    learn_in(path, Metered(bytearray(8)), on_event=stop)
    return path


@pytest.mark.reliability("R7")
def test_another_run_is_not_gone_on_with(tmp_path):
    from dataclasses import replace

    from lowlogit_edu.practical.run_folder import Run

    path = stopped(tmp_path / "run")
    run = Run("metered", Metered(bytearray(8)), path, 4, CONFIG, 0)
    for changes, words in (
        ({"horizon": 5}, "horizon 4, this one 5"),
        ({"seed": 3}, "seed 0, this one 3"),
        ({"config": replace(CONFIG, rank=3)}, "rank 2, this one 3"),
    ):
        with pytest.raises(CheckpointError, match=words):
            replace(run, **changes).saved_state()
    (path / "checkpoint.safetensors").unlink()  # a run that has no checkpoint yet is known by its journal
    with pytest.raises(CheckpointError, match="seed 0, this one 3"):
        replace(run, seed=3).saved_state()


def test_what_is_in_a_folder_is_said(tmp_path):
    from lowlogit_edu.practical.run_folder import Run

    run = Run("metered", Metered(bytearray(8)), tmp_path / "run", 4, CONFIG, 0)
    with pytest.raises(CheckpointError, match="no run to resume in .*; leave --resume out to begin one"):
        run.saved_state()
    path = stopped(tmp_path / "run")
    with pytest.raises(ArgumentError, match="is not empty; add --resume to go on with the run in it, or choose"):
        check_new(path)
    learn_in(path, Metered(bytearray(8)))
    assert is_finished(path)
    with pytest.raises(CheckpointError, match="is finished; there is nothing to resume"):
        run.saved_state()
    with pytest.raises(ArgumentError, match="is not empty; choose another --out"):
        check_new(path)


@pytest.mark.reliability("R24")
def test_a_run_of_an_earlier_version_is_gone_on_with(tmp_path, undisturbed):
    path = stopped(tmp_path / "run")
    (path / "spent.jsonl").unlink()
    state, _ = load_checkpoint(path)
    assert state.epoch == 1
    learn_in(path, Metered(bytearray(8)))
    assert Folder(path).saved() == undisturbed.saved()


@pytest.mark.reliability("R8")
def test_a_full_disk_is_told_and_the_checkpoint_before_stays(tmp_path, monkeypatch):
    import os

    path = tmp_path / "run"
    real = os.replace

    def full(source, target):
        if str(target).endswith("checkpoint.safetensors"):
            raise OSError(28, "No space left on device")
        real(source, target)

    monkeypatch.setattr(os, "replace", full)
    with pytest.raises(CheckpointError, match="cannot write .*No space left.*is unchanged"):
        learn_in(path, Metered(bytearray(8)))
    monkeypatch.undo()
    count = bytearray(8)
    assert learn_in(path, Metered(count)).state.status is Status.MEASURED
    assert int.from_bytes(count, "little") > 0
