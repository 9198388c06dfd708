"""`lowlogit completion`: what a shell needs to complete commands, options and files at the Tab key."""

import argparse
from pathlib import Path
from typing import Any

from lowlogit_edu.cli.common import say

HELP = "Print what makes a shell complete commands and options at the Tab key."
EPILOG = """\
Once, for bash:

  lowlogit completion bash > ~/.local/share/bash-completion/completions/lowlogit

For zsh, write `lowlogit completion zsh` to a file _lowlogit in a folder of fpath. It holds in the next shell.
"""
SHELLS = ("bash", "zsh", "tcsh")


def options(command: argparse.ArgumentParser) -> None:
    command.add_argument("shell", choices=SHELLS)


def run(args: argparse.Namespace) -> dict[str, Any]:
    import shtab

    from lowlogit_edu.cli import parser

    top = parser()
    for action in _actions(top):
        if action.type is Path:
            # shtab looks here, and argparse knows nothing of it.
            action.complete = shtab.FILE  # type: ignore[attr-defined]
    script = shtab.complete(top, shell=args.shell)
    if not args.json:
        say(script)
    return {"shell": args.shell, "script": script}


def _actions(parser: argparse.ArgumentParser) -> list[argparse.Action]:
    """All options and arguments, those of the commands too."""
    found = []
    for action in parser._actions:  # argparse has no public way to them
        found.append(action)
        if isinstance(action, argparse._SubParsersAction):
            for command in action.choices.values():
                found += _actions(command)
    return found
