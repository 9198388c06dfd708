"""`lowlogit export`: a learned model as a Hugging Face folder."""

import argparse
from pathlib import Path
from typing import Any

from lowlogit_edu.cli.common import say
from lowlogit_edu.learned.export import to_hugging_face
from lowlogit_edu.loading import load

HELP = "Write a learned model as a Hugging Face folder: for pipelines and generate(), and to learn from."
EPILOG = """\
For transformers:

  lowlogit export runs/first --out stories
"""


def options(command: argparse.ArgumentParser) -> None:
    command.add_argument("folder", type=Path, help="where lowlogit learn saved the model")
    command.add_argument("--out", type=Path, required=True, help="folder for the result; must be new or empty")


def run(args: argparse.Namespace) -> dict[str, Any]:
    to_hugging_face(load(args.folder), args.out, tokenizer=args.folder)
    if not args.json:
        say(f"Saved in {args.out}. To use it in Python:\n")
        say("    import lowlogit_edu.hugging_face  # or, where it is not installed, trust_remote_code=True below")
        say("    from transformers import pipeline\n")
        say(f'    pipeline("text-generation", {str(args.out)!r})("Once upon a time")\n')
        say(f"It is a teacher too: lowlogit learn --teacher {args.out} --out FOLDER")
    return {"folder": str(args.out)}
