"""`lowlogit rank` prints what it measured, writes its report to a new file, and refuses what is too large."""

import json

import numpy as np
import pytest

from lowlogit_edu.cli import main
from lowlogit_edu.cli.rank import SHOWN

SMALL = ["--histories", "64", "--futures", "10", "--length", "4", "8", "--future-length", "1", "3"]


def run(*arguments):
    return main(["rank", *(str(argument) for argument in arguments)])


@pytest.fixture(scope="module")
def written(tmp_path_factory):
    path = tmp_path_factory.mktemp("rank") / "report.html"
    assert run(*SMALL, "--report", path) == 0
    return path


def test_the_numbers_printed_are_those_of_the_json(capsys):
    assert run(*SMALL) == 0
    printed = capsys.readouterr().out
    assert run(*SMALL, "--json") == 0
    answer = json.loads(capsys.readouterr().out)
    assert answer["shape"] == [64, 10, 512] and answer["ranks"] == [1, 2, 4, 8, 16, 32]
    for name in ("errors", *SHOWN):
        assert (np.diff(answer.get(name, answer["errors"])) < 0).all()
    assert f"{answer['errors'][3]:.4f}" in printed and f"{answer['kl'][5]:.4f}" in printed
    law = answer["laws"]["kl"]
    assert law["slope"] < 0 < law["standard_error"]
    assert f"KL, nats ~ rank^({law['slope']:.3f} ± {law['standard_error']:.3f})" in printed


def test_the_report_holds_every_measurement(written):
    page = written.read_text(encoding="utf-8").split("</main>")[0]
    assert page.count('class="picture"') == page.count("Download as CSV") == 11
    for words in ("Sub-sampling", "Logits against probabilities", "untrained", "nonsense futures", "Single-token"):
        assert words in page
    assert "lowlogit rank --teacher embedded --histories 64 --futures 10 --length 4 8 --future-length 1 3" in page


def test_equal_runs_write_equal_reports_and_none_is_overwritten(written, tmp_path, capsys):
    assert run(*SMALL, "--report", tmp_path / "again.html") == 0
    assert (tmp_path / "again.html").read_bytes() == written.read_bytes()
    capsys.readouterr()
    assert run(*SMALL, "--report", written) == 2
    assert "report.html exists; choose another name" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (
            ["--histories", 50_000, "--futures", 50_000],
            "would take 61,440,000,000,000 bytes, more than max_bytes=2,000,0",
        ),
        (["--histories", 64, "--futures", 10, "--max-gb", 0.001], "more than max_bytes=1,000,000; lower histories"),
        (["--length", 8, 4], r"history_lengths[1] must be at least 8, got 4"),
        (["--top", 513], "top must be between 1 and 512, got 513"),
        (["--length", 4, 600], "Lower the horizon"),
    ],
)
def test_bad_arguments_are_named(arguments, message, capsys):
    assert run(*arguments) == 2
    assert message in capsys.readouterr().err
