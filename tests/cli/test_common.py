"""What commands print can be read, and typed again."""

import shlex

import pytest

from lowlogit_edu.cli import common, lingen, parser, rank
from lowlogit_edu.cli.common import ProgressBar, given_options, say_texts, text_length
from lowlogit_edu.events import Event


@pytest.mark.parametrize(
    ("module", "line"),
    [
        (rank, "rank --length 4 8 --future-length 0 3 --top 40 --seed 7"),
        (lingen, "lingen --prompt 'One day, \"Tom\"' --tokens 3 --checkpoint 'my folder'"),
    ],
)
def test_the_options_that_a_report_names_give_the_same_run(module, line):
    given = parser().parse_args(shlex.split(line))
    command = shlex.split(f"{line.split()[0]} {given_options(given, module.REPEATED)}")
    assert parser().parse_args(command) == given


def test_a_line_break_inside_a_text_is_not_its_end(capsys):
    say_texts("teacher", ["one", "two\nlines"])
    assert capsys.readouterr().out == "teacher says:\n  | one\n  | two\n  |   lines\n"


@pytest.mark.parametrize(("prompt", "length"), [(0, 8), (7, 8), (8, 16), (9, 17)])
def test_a_prompt_that_fills_the_horizon_is_gone_on_from(prompt, length):
    assert text_length([1] * prompt, horizon=8) == length


def test_a_line_of_progress_says_how_long_the_rest_takes(monkeypatch, capsys):
    """A run that is gone on with begins at half: what this process has done tells its pace."""
    clock = iter([0.0, 10.0, 40.0, 350.0, 400.0])
    monkeypatch.setattr(common.time, "monotonic", lambda: next(clock))
    bar = ProgressBar()
    for progress in (0.5, 0.6, 0.95, 1.0):
        bar(Event("solve", 2, progress, "Solved.", {}))
    bar.close()
    lines = capsys.readouterr().err.splitlines()
    assert lines == [
        "   10 s   50%  epoch 2: Solved.",
        "   40 s   60%  epoch 2: Solved. About 2 min left.",
        "  350 s   95%  epoch 2: Solved. About 38 s left.",
        "  400 s  100%  epoch 2: Solved.",
    ]
