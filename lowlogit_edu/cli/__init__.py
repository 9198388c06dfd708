"""The command `lowlogit`: one module per command, each with HELP, EPILOG (an example), options and run."""

import argparse
import json
import sys
from collections.abc import Sequence

from lowlogit_edu.cli import assignment, completion, doctor, evaluate, export, grade, learn, lingen, rank, sample, web
from lowlogit_edu.cli.common import any_letter, as_meant, own_version, say
from lowlogit_edu.core.errors import EXTRAS, LowLogitError, missing_extra
from lowlogit_edu.events import Status

# In the order of `lowlogit --help`: the main job first.
COMMANDS = {
    "learn": learn,
    "evaluate": evaluate,
    "sample": sample,
    "export": export,
    "web": web,
    "rank": rank,
    "lingen": lingen,
    "doctor": doctor,
    "grade": grade,
    "assignment": assignment,
    "completion": completion,
}


def parser() -> argparse.ArgumentParser:
    """The parser of every command's arguments."""
    top = argparse.ArgumentParser(
        prog="lowlogit", description="Learn low logit rank language models from logit queries (arXiv:2512.09892)."
    )
    top.add_argument("--version", action="version", version=f"lowlogit_edu {own_version()}")
    commands = top.add_subparsers(required=True, metavar="COMMAND")
    for name, module in COMMANDS.items():
        command = commands.add_parser(
            name,
            help=module.HELP,
            description=module.HELP,
            epilog=module.EPILOG,
            formatter_class=argparse.RawDescriptionHelpFormatter,
        )
        command.set_defaults(run=module.run)
        module.options(command)
        command.add_argument("--json", action="store_true", help="print one JSON object instead of text")
    return top


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; 0 when it worked, 2 on a bad argument, 130 after Ctrl-C."""
    any_letter()
    args = parser().parse_args(arguments)
    try:
        as_meant(args)
        answer = args.run(args)
        if args.json:
            say(json.dumps(answer))
    except LowLogitError as error:  # a sentence for people; any other error is a bug and keeps its traceback
        print(f"lowlogit: {error}", file=sys.stderr)
        return 2
    except ModuleNotFoundError as error:
        package = str(error.name).partition(".")[0]
        if package not in EXTRAS:
            raise
        print(f"lowlogit: {missing_extra('This', package)}", file=sys.stderr)
        return 2
    except KeyboardInterrupt as stop:
        print(f"lowlogit: stopped by hand. {stop}".rstrip(), file=sys.stderr)
        return 130
    # Stopped by hand with a model saved: the answer is whole, but a script must not take the run for finished.
    return 130 if answer.get("status") == Status.INTERRUPTED.name else 0
