"""Teachers on a completion server, as the command line names them."""

import argparse
from typing import Any

from lowlogit_edu.cli.common import is_address, open_teacher
from lowlogit_edu.core.errors import ArgumentError, OracleError
from lowlogit_edu.core.words import counted
from lowlogit_edu.oracles.pretrained import EMBEDDED, embedded_folder
from lowlogit_edu.oracles.server import ServerOracle
from lowlogit_edu.oracles.text_oracle import TextOracle
from lowlogit_edu.server.alphabet import parse_alphabet
from lowlogit_edu.server.report import STRATEGIES


def server_options(command: argparse.ArgumentParser) -> None:
    """Options of every command whose --teacher may be http://..., a completion server."""
    group = command.add_argument_group("where --teacher is the address of a server (key: LOWLOGIT_SERVER_KEY)")
    group.add_argument("--alphabet", help="token ids to learn, such as 0-511 or 5,7,9-20; or full")
    group.add_argument("--beginning-token", type=int, help="token id that is put before every text")
    group.add_argument("--server-model", help="as the server calls it (the only one that it has)")
    group.add_argument(
        "--strategy", choices=("auto", *STRATEGIES), default="auto", help="how logits are asked for (%(default)s)"
    )
    group.add_argument("--tokenizer", help="folder with the tokenizer of the server's model, for texts (token ids)")
    group.add_argument("--workers", type=int, default=4, help="requests at a time (%(default)s)")


def open_any_teacher(args: argparse.Namespace) -> TextOracle:
    """The teacher that `teacher_options` and `server_options` name."""
    return open_server(args) if is_address(args.teacher) else open_teacher(args)


def open_server(args: argparse.Namespace) -> ServerOracle:
    """The teacher on the server at `args.teacher`."""
    for value, option in ((args.alphabet, "--alphabet 0-511"), (args.beginning_token, "--beginning-token 0")):
        if value is None:
            raise ArgumentError(f"a teacher on a server needs {option}, or what its tokens are.")
    return ServerOracle(
        args.teacher,
        parse_alphabet(args.alphabet),
        beginning_token=args.beginning_token,
        model=args.server_model,
        strategy=args.strategy,
        tokenizer=None if args.tokenizer is None else _tokenizer(args.tokenizer),
        workers=args.workers,
    )


def costs(oracle: ServerOracle, prefixes: int, length: int) -> str:
    """What the server was found to do, how it is asked, and what so many prefixes of so many tokens cost."""
    requests = counted(oracle.strategy.requests, "request")
    together = counted(oracle.batch_size, "prefix", "prefixes")
    return (
        f"{oracle.report!r}\n"
        f"  asked by           {oracle.strategy.name}: {requests} for {together}\n"
        f"{oracle.plan(prefixes, length)!r}"
    )


def _tokenizer(folder: str) -> Any:
    """The tokenizer in a folder; nothing is fetched, and no code of the folder's is run."""
    from transformers import AutoTokenizer

    place = embedded_folder() if folder == EMBEDDED else folder
    try:
        return AutoTokenizer.from_pretrained(place, trust_remote_code=False, local_files_only=True)
    except Exception as error:  # transformers raises many kinds; all mean "not loaded"
        first_line, *_ = str(error).splitlines() or [type(error).__name__]
        raise OracleError(f"no tokenizer can be loaded from {folder}: {first_line}") from error
