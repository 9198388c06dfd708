"""Completion of the shell, and the example under each command's help."""

import re
import shlex
import subprocess

import pytest

from lowlogit_edu.cli import COMMANDS, main, parser


def completed(script, *words):
    """What bash offers after these words."""
    lines = f"""
        source {script}
        COMP_WORDS=({" ".join(words)})
        COMP_CWORD={len(words) - 1}
        $(complete -p lowlogit | sed 's/.*-F \\([^ ]*\\).*/\\1/')
        printf '%s\\n' "${{COMPREPLY[@]}}"
    """
    done = subprocess.run(["bash", "-c", lines], capture_output=True, text=True, check=True)
    return done.stdout.split()


def test_bash_completes_commands_and_options(tmp_path, capsys):
    assert main(["completion", "bash"]) == 0
    script = tmp_path / "lowlogit.bash"
    script.write_text(capsys.readouterr().out)
    assert completed(script, "lowlogit", "le") == ["learn"]
    assert completed(script, "lowlogit", "learn", "--hor") == ["--horizon"]
    assert completed(script, "lowlogit", "learn", "--readout", "sh") == ["shared"]
    assert completed(script, "lowlogit", "grade", "--roster", str(tmp_path / "lowl")) == [str(script)]
    assert completed(script, "lowlogit", "sample", str(tmp_path / "lowl")) == [str(script)]


@pytest.mark.parametrize("name", COMMANDS)
def test_the_help_of_a_command_ends_with_an_example_that_can_be_typed(name):
    examples = re.findall(r"^  lowlogit (.*)$", COMMANDS[name].EPILOG, re.MULTILINE)
    assert examples[0].startswith(name)
    for example in examples:
        parser().parse_args(shlex.split(example.partition(" > ")[0]))
