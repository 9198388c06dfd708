"""`lowlogit sample`: let a learned model write."""

import argparse
from pathlib import Path
from typing import Any

from lowlogit_edu.cli.common import say, text_length
from lowlogit_edu.core.errors import ArgumentError
from lowlogit_edu.learned.isan_model import ISANModel
from lowlogit_edu.loading import load

HELP = "Let a learned model write."
EPILOG = """\
Three stories that begin alike:

  lowlogit sample runs/first --prompt "Once upon a time" -n 3
"""


def options(command: argparse.ArgumentParser) -> None:
    command.add_argument("folder", type=Path, help="of a run of lowlogit learn")
    command.add_argument("--prompt", default="", help="what the texts begin with (nothing)")
    command.add_argument("-n", type=int, default=5, help="number of texts (%(default)s)")
    tokens = "length, prompt included (default: the model's horizon, or that many more after a prompt that fills it)"
    command.add_argument("--tokens", type=int, help=tokens)
    command.add_argument("--seed", type=int, default=0, help="equal seeds give equal texts (%(default)s)")


def run(args: argparse.Namespace) -> dict[str, Any]:
    from transformers import AutoTokenizer

    model = load(args.folder)
    if args.tokens is not None and not isinstance(model, ISANModel):
        raise ArgumentError(f"{model!r} has its own horizon of {model.horizon}; leave --tokens out.")
    if not (args.folder / "tokenizer.json").is_file():
        raise ArgumentError(f"{args.folder} holds no tokenizer.json, so there is no text; use model.sample in Python.")
    # No code of the folder's is run, and no network is asked: it may come from anywhere.
    tokenizer = AutoTokenizer.from_pretrained(args.folder, trust_remote_code=False, local_files_only=True)
    start = tokenizer.encode(args.prompt, add_special_tokens=False)
    if isinstance(model, ISANModel):
        model = model.with_horizon(text_length(start, model.horizon) if args.tokens is None else args.tokens)
    rows = model.sample(args.n, seed=args.seed, prompt=start).tolist()
    texts = [str(tokenizer.decode(_until(tokenizer.eos_token_id, row))) for row in rows]
    if not args.json:
        for text in texts:
            say(text + "\n")
    return {"texts": texts}


def _until(end: int | None, row: list[int]) -> list[int]:
    """The tokens before the first `end`: what a model goes on to say is another text."""
    return row[: row.index(end)] if end in row else row
