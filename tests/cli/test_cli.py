"""The command line: the main job, going on after a stop, and errors that say what to do."""

import contextlib
import json
import os
import signal
import subprocess
import sys
import time
from importlib.metadata import PackageNotFoundError

import numpy as np
import pytest

import lowlogit_edu as ll
from lowlogit_edu.cli import common, main, parser
from lowlogit_edu.core.held_folder import LOCK
from lowlogit_edu.practical.run_folder import _until_interrupted

TINY = ["--horizon", "8", "--rank", "8", "--sequences", "90", "--epochs", "2", "--witnesses", "20", "--passes", "1"]


def run(*arguments):
    return main([str(argument) for argument in arguments])


def run_json(capsys, *arguments):
    code = run(*arguments, "--json")
    return code, json.loads(capsys.readouterr().out)


@pytest.fixture(scope="module")
def learned(tmp_path_factory):
    folder = tmp_path_factory.mktemp("runs") / "tiny"
    assert run("learn", "--out", folder, "--samples", "20", *TINY) == 0
    return folder


def test_learn_prints_the_table_and_the_stories(learned, tmp_path, capsys):
    assert run("learn", "--out", tmp_path / "again", "--samples", "20", *TINY) == 0
    printed = capsys.readouterr().out
    for words in ("trigram", "before refinement", "teacher says:", "learned says:", "Queries:", "Saved in", "Time:"):
        assert words in printed


def test_the_saved_model_is_usable_from_python(learned, embedded):
    model = ll.load(learned)
    tokens = model.sample(3, seed=0, prompt=embedded.encode("One day"))
    assert tokens.shape == (3, 8)
    assert model.logits_along(tokens).shape == (3, 8, 512)
    assert model.next_token_logits(tokens[0, :4].tolist()).shape == (512,)
    report = ll.evaluation.mean_kl(embedded, model, n=20)
    assert report.per_position.shape == (8,) and report.mean > 0


def test_evaluate_asks_again_and_prints_the_same_numbers(learned, capsys):
    code, answer = run_json(capsys, "evaluate", learned, "--samples", "20")
    again, repeated = run_json(capsys, "evaluate", learned, "--samples", "20", "--teacher", "embedded")
    assert code == again == 0
    assert answer["evaluation"]["learned"] == repeated["evaluation"]["learned"]
    kls = {name: row["mean_kl"] for name, row in answer["evaluation"].items()}
    assert kls["the teacher itself"] == 0 < kls["trigram"] < kls["unigram"] < kls["uniform"]


def test_the_baselines_see_exactly_the_learners_queries(learned, tmp_path, capsys):
    _, first = run_json(capsys, "learn", "--out", tmp_path / "x", "--samples", "20", *TINY)
    _, later = run_json(capsys, "evaluate", tmp_path / "x", "--samples", "20")
    for name, row in first["evaluation"].items():  # stored answers are half precision, those asked again are not
        assert row["mean_kl"] == pytest.approx(later["evaluation"][name]["mean_kl"], abs=2e-3)


def test_sample_writes_from_a_prompt(learned, capsys):
    code, answer = run_json(capsys, "sample", learned, "--prompt", "Once upon a time", "-n", 2, "--tokens", 20)
    assert code == 0 and len(answer["texts"]) == 2
    assert all(text.startswith("Once upon a time") for text in answer["texts"])


def test_rank_error_falls_with_the_rank(capsys):
    code, answer = run_json(capsys, "rank", "--histories", 60, "--futures", 6, "--length", 6)
    assert code == 0 and answer["ranks"][:3] == [1, 2, 4]
    assert (np.diff(answer["errors"]) < 0).all() and answer["errors"][0] > 0.1


def test_doctor_names_what_is_installed(capsys):
    code, answer = run_json(capsys, "doctor")
    assert code == 0 and answer["torch"][0].isdigit() and "teacher" in answer["embedded teacher"]


# Stopping and going on


def test_every_option_is_explained():
    (commands,) = [action.choices for action in parser()._actions if action.choices and action.dest != "help"]
    for name, command in commands.items():
        for action in command._actions:
            assert action.help or not action.option_strings, (name, action.option_strings)


def test_a_stopped_run_resumes_to_the_same_model(learned, tmp_path, capsys):
    folder = tmp_path / "stopped"
    code, answer = run_json(capsys, "learn", "--out", folder, "--samples", 20, "--time-limit", 0, *TINY)
    assert code == 0 and answer["status"] == "TIME_LIMIT"
    code, answer = run_json(capsys, "learn", "--out", folder, "--samples", 20, "--resume", *TINY)
    assert code == 0 and answer["status"] == "MEASURED"
    assert ll.load(folder).fingerprint == ll.load(learned).fingerprint
    assert not (folder / "checkpoint.safetensors").exists()
    assert run("learn", "--out", folder, "--resume", *TINY) == 2
    assert "is finished; there is nothing to resume" in capsys.readouterr().err


def test_resume_refuses_other_settings(tmp_path, capsys):
    folder = tmp_path / "stopped"
    run("learn", "--out", folder, "--samples", 20, "--time-limit", 0, *TINY)
    capsys.readouterr()
    assert run("learn", "--out", folder, "--resume", *TINY, "--seed", 1) == 2
    assert "has seed 0, this one 1; resume it with the settings it was begun with" in capsys.readouterr().err


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_run_that_is_stopped_saves_what_is_there_and_says_how_to_go_on(number, tmp_path):
    folder = tmp_path / "run"
    command = [sys.executable, "-m", "lowlogit_edu", "learn", "--out", str(folder), "--sequences", "400"]
    options = ["--samples", "20", "--horizon", "8", "--rank", "8", "--epochs", "1", "--passes", "5000"]
    process = subprocess.Popen([*command, *options], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    deadline = time.monotonic() + 120
    while not (folder / "checkpoint.safetensors").exists() and time.monotonic() < deadline:
        time.sleep(0.1)
    process.send_signal(number)
    out, err = process.communicate(timeout=60)
    assert process.returncode == 130, err
    assert "--resume" in out and "Stopped by hand" in out
    # A line for each stage where nobody looks at a bar.
    assert [line.split("epoch")[1].split()[1] for line in err.splitlines()[:3]] == ["Sampled", "8", "Solved"], err
    assert not (folder / LOCK).exists()
    assert ll.load(folder).carried == 8
    assert np.isfinite(ll.load(folder).logits([[]])).all()


def test_ctrl_c_after_learning_says_that_the_run_is_saved(tmp_path, capsys, monkeypatch):
    from lowlogit_edu.cli import learn

    def interrupted(*_):
        raise KeyboardInterrupt

    folder = tmp_path / "run"
    monkeypatch.setattr(learn, "evaluate_run", interrupted)
    run("learn", "--out", folder, "--time-limit", 0, *TINY)  # after the first texts, without a model to evaluate
    assert (folder / "spent.jsonl").exists()
    capsys.readouterr()
    assert run("learn", "--out", folder, "--resume", *TINY) == 130
    said = capsys.readouterr().err
    assert f"stopped by hand. The run in {folder} is finished and saved; lowlogit evaluate {folder}" in said
    monkeypatch.setattr(learn, "open_any_teacher", interrupted)
    assert run("learn", "--out", tmp_path / "new", *TINY) == 130
    assert capsys.readouterr().err == "lowlogit: stopped by hand.\n" and not (tmp_path / "new").exists()


@pytest.mark.bad_shapes
def test_ctrl_c_that_library_code_swallows_stops_before_the_next_step():
    seen = []
    before = signal.getsignal(signal.SIGINT)
    with pytest.raises(KeyboardInterrupt):
        for step in _until_interrupted(range(5)):
            seen.append(step)
            with contextlib.suppress(KeyboardInterrupt):
                signal.raise_signal(signal.SIGINT)
    assert seen == [0]
    assert signal.getsignal(signal.SIGINT) is before


def test_a_budget_is_never_passed(tmp_path, capsys):
    code, answer = run_json(capsys, "learn", "--out", tmp_path / "b", "--samples", 20, "--budget", 900, *TINY)
    assert code == 0 and answer["status"] == "BUDGET_EXHAUSTED"
    assert sum(answer["queries"].values()) <= 900


def test_without_samples_nothing_is_asked_but_what_was_learned_from(tmp_path, capsys, monkeypatch):
    from lowlogit_edu.cli import learn

    monkeypatch.delattr(learn, "evaluate_run")  # so it cannot have been called
    monkeypatch.delattr(learn, "stories")
    code, answer = run_json(capsys, "learn", "--out", tmp_path / "b", "--samples", 0, *TINY)
    assert code == 0 and answer["status"] == "MEASURED" and "evaluation" not in answer
    assert run("learn", "--out", tmp_path / "c", "--samples", 0, *TINY) == 0
    assert "Saved in" in capsys.readouterr().out


def test_a_budget_covers_what_was_spent_before_a_resume(tmp_path, capsys):
    tiny = ["--samples", 20, *TINY]
    code, answer = run_json(capsys, "learn", "--out", tmp_path / "b", "--time-limit", 0, *tiny)
    spent = sum(answer["queries"].values())
    code, answer = run_json(capsys, "learn", "--out", tmp_path / "b", "--resume", "--budget", spent + 10, *tiny)
    assert code == 0 and answer["status"] == "BUDGET_EXHAUSTED"
    assert sum(answer["queries"].values()) <= spent + 10


# Bad input


def test_an_existing_folder_is_never_overwritten(tmp_path, capsys):
    (tmp_path / "mine.txt").write_text("precious")
    assert run("learn", "--out", tmp_path, *TINY) == 2
    assert "is not empty" in capsys.readouterr().err
    assert [path.name for path in tmp_path.iterdir()] == ["mine.txt"]


def test_two_runs_cannot_learn_into_one_folder(tmp_path, capsys):
    from filelock import FileLock

    folder = tmp_path / "run"
    folder.mkdir()
    with FileLock(folder / LOCK):
        assert run("learn", "--out", folder, *TINY) == 2
    assert "another run is learning into" in capsys.readouterr().err


def test_a_folder_that_cannot_be_written_to_is_refused_before_the_first_query(tmp_path, capsys):
    (tmp_path / "file").write_text("mine")
    assert run("learn", "--out", tmp_path / "file" / "run", *TINY) == 2
    assert "cannot write to the folder" in capsys.readouterr().err
    assert (tmp_path / "file").read_text() == "mine"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--teacher", "./nowhere"], "nowhere is not a folder"),
        (["--teacher", "nobody/nothing"], "'embedded' \\(comes with this package, needs no network\\)"),
        (["--rank", "1"], "rank must be at least 2"),
        (["--horizon", "0"], "horizon must be at least 1"),
        (["--horizon", "100000"], "Lower the horizon|Lower sequences, validation, horizon, columns, width or rank"),
        (["--seed", "-1"], "seed must be an integer of 0 or more"),
        (["--samples", "-1"], "samples must be at least 0"),
        (["--time-limit", "nan"], "time-limit must be a finite number"),
    ],
)
def test_bad_arguments_are_named_and_leave_nothing(arguments, message, tmp_path, capsys):
    import re

    assert run("learn", "--out", tmp_path / "new", *TINY, *arguments) == 2
    assert re.search(message, capsys.readouterr().err)
    assert not (tmp_path / "new").exists()


def test_evaluate_refuses_another_alphabet(learned, tmp_path, capsys):
    import torch
    from transformers import LlamaConfig, LlamaForCausalLM, PreTrainedTokenizerFast

    embedded_tokenizer = PreTrainedTokenizerFast.from_pretrained(learned)
    torch.manual_seed(0)
    other = LlamaForCausalLM(
        LlamaConfig(vocab_size=600, hidden_size=16, intermediate_size=16, num_hidden_layers=1, num_attention_heads=1)
    )
    other.save_pretrained(tmp_path / "other")
    embedded_tokenizer.save_pretrained(tmp_path / "other")
    assert run("evaluate", learned, "--teacher", tmp_path / "other") == 2
    assert "has an alphabet of 512 tokens, the teacher one of 600" in capsys.readouterr().err


def test_evaluate_says_where_the_teacher_is_not_the_one_that_was_learned(learned, tmp_path, capsys):
    teacher = ll.oracles.TransformerOracle.from_pretrained("embedded")  # not the one that tests share
    notes = []
    for name in ("same", "other"):
        teacher.model.save_pretrained(tmp_path / name)
        teacher.save_tokenizer(tmp_path / name)
        assert run("evaluate", learned, "--samples", "20", "--teacher", tmp_path / name) == 0
        notes.append("not the teacher that the run" in capsys.readouterr().err)
        teacher.model.lm_head.weight.data *= 1.1
    assert notes == [False, True]


def test_a_folder_without_a_run_is_named(tmp_path, capsys):
    assert run("evaluate", tmp_path) == 2
    assert "expected a folder made by lowlogit learn" in capsys.readouterr().err
    assert run("sample", tmp_path) == 2
    assert "does not exist: expected a saved" in capsys.readouterr().err


# Surroundings


def piped(code, **options):
    """Python in a process of its own, whose output and errors are bytes."""
    return subprocess.Popen([sys.executable, "-c", code], stderr=subprocess.PIPE, **options)


SAY = "from lowlogit_edu.cli import common, any_letter; any_letter(); common.say('a £ é 字'); common.say('the end');"


@pytest.mark.parametrize("encoding", ["cp1252", "ascii"])
def test_a_letter_that_the_terminal_has_not_is_replaced(encoding):
    done = piped(SAY, stdout=subprocess.PIPE, env={**os.environ, "PYTHONIOENCODING": encoding})
    out, err = done.communicate(timeout=120)
    assert (done.returncode, err) == (0, b"")
    assert out.split(b"\n")[:2] == ["a £ é 字".encode(encoding, "replace"), b"the end"]


def test_where_nobody_reads_any_more_the_work_goes_on_quietly(tmp_path):
    reader, writer = os.pipe()
    os.close(reader)
    done = piped(SAY + f"open({str(tmp_path / 'saved')!r}, 'w')", stdout=writer)
    os.close(writer)
    _, err = done.communicate(timeout=120)
    assert (done.returncode, err) == (0, b"") and (tmp_path / "saved").exists()


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="needs the device /dev/full")
def test_a_full_disk_behind_the_answer_is_one_sentence():
    with open("/dev/full", "wb") as full:
        done = piped("import sys; from lowlogit_edu.cli import main; sys.exit(main(['doctor']))", stdout=full)
        _, err = done.communicate(timeout=120)
    assert done.returncode == 2 and err.count(b"\n") == 1
    assert b"the answer cannot be printed" in err and b"what was saved stays saved" in err


def test_a_prompt_that_is_no_text_is_one_sentence(learned, capsys):
    assert run("sample", learned, "--prompt", os.fsdecode(b"caf\xe9")) == 2
    assert "--prompt is not UTF-8: 'caf\\udce9'" in capsys.readouterr().err


def test_a_tilde_is_the_home_folder(learned, tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("USERPROFILE", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    (tmp_path / "here").symlink_to(learned)
    assert run("export", "~/here", "--out", "~/exported") == 0
    assert ll.load("~/here").fingerprint == ll.load(learned).fingerprint
    teacher = ll.oracles.TransformerOracle.from_pretrained("~/exported")
    assert run("learn", "--out=~/again", "--teacher=~/exported", "--time-limit", 0, *TINY) == 0
    assert teacher.alphabet_size == 512 and (tmp_path / "again" / "spent.jsonl").exists()
    assert not (tmp_path / "~").exists()
    capsys.readouterr()
    assert run("sample", "~nobody-of-this-name/here") == 2
    assert "names no home folder" in capsys.readouterr().err


def test_a_source_tree_that_is_not_installed_has_a_command(monkeypatch, capsys):
    def nothing_written_down(name):
        raise PackageNotFoundError(name)

    monkeypatch.setattr(common, "version", nothing_written_down)
    with pytest.raises(SystemExit, match="0"):
        main(["--version"])
    assert "lowlogit_edu of a source tree, not installed" in capsys.readouterr().out
    code, answer = run_json(capsys, "doctor")
    assert code == 0 and answer["lowlogit_edu"] == "of a source tree, not installed"
