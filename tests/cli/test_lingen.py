"""`lowlogit lingen` shows text, weights and the cumulative KL of LINGEN and every baseline."""

import json

import numpy as np
import pytest

from lowlogit_edu.cli import main

SMALL = ["--basis", "12", "--futures", "5", "--tokens", "3", "--samples", "4", "-n", "1"]


def run(*arguments):
    return main(["lingen", *(str(argument) for argument in arguments)])


def test_every_model_has_its_kl_at_every_token_and_its_meaning(tmp_path, capsys):
    path = tmp_path / "lingen.html"
    assert run(*SMALL, "--checkpoint", "embedded", "--report", path, "--json") == 0
    answer = json.loads(capsys.readouterr().out)
    kl = answer["cumulative_kl"]
    names = {"lingen", "lingen, nonsense", "single token", "truncated", "nearest", "no history", "checkpoint"}
    assert set(kl) == set(answer["meaning"]) == names
    assert all(len(values) == 3 and (np.diff([0, *values]) >= 0).all() for values in kl.values())
    assert kl["checkpoint"] == pytest.approx([0, 0, 0], abs=1e-6)  # the teacher itself
    assert answer["meaning"]["truncated"] == "the teacher after the last 2 of the prompt's 4 tokens"
    heaviest = np.abs(list(answer["heaviest"].values()))
    assert answer["weights"]["number"] == 12 and answer["weights"]["largest"] == heaviest[0] == heaviest.max()
    assert heaviest.sum() < answer["weights"]["sum"] < heaviest.sum() + 2 * heaviest[-1]  # ten of the twelve
    assert all(text.startswith("Once upon a time") for texts in answer["texts"].values() for text in texts)
    assert len(answer["heaviest"]) == 10 and not any(word.startswith("Once") for word in answer["heaviest"])
    page = path.read_text(encoding="utf-8").split("</main>")[0]
    assert page.count('class="picture"') == 1 and all(f">{name}</th>" in page for name in names)


def test_what_is_printed_is_what_was_measured(capsys):
    assert run(*SMALL) == 0
    printed = capsys.readouterr().out
    assert run(*SMALL, "--json") == 0
    answer = json.loads(capsys.readouterr().out)
    assert f"12 weights; sum of sizes {answer['weights']['sum']:.2f}" in printed
    for name, values in answer["cumulative_kl"].items():
        assert f"{name:18}" + "".join(f"{value:>7.2f}" for value in values) in printed


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--prompt", ""], "the prompt must have at least 2 tokens, got 0"),
        (["--basis", "0"], "count must be at least 1, got 0"),
        (["--top", "513"], "top must be between 1 and 512"),
        (["--basis", "8", "--futures", "100000"], "would take 2"),
        (["--checkpoint", "./nowhere"], "nowhere is not a folder"),
    ],
)
def test_bad_arguments_are_named(arguments, message, capsys):
    assert run(*SMALL, *arguments) == 2
    assert message in capsys.readouterr().err
