"""`lowlogit rank`: how low a teacher's logit rank is (Figure 1)."""

import argparse
from typing import Any

from lowlogit_edu.cli.common import open_teacher, say, teacher_options
from lowlogit_edu.logit_matrix import best_rank_errors, logit_matrix
from lowlogit_edu.oracles.base import sample
from lowlogit_edu.rng import stream

HELP = "Error of the best rank-r approximation of a teacher's logit matrix (Figure 1)."


def options(command: argparse.ArgumentParser) -> None:
    teacher_options(command)
    command.add_argument("--histories", type=int, default=400)
    command.add_argument("--futures", type=int, default=40)
    command.add_argument("--length", type=int, default=16, help="tokens per history")
    command.add_argument("--future-length", type=int, default=4, help="most tokens before a future's last one")


def run(args: argparse.Namespace) -> dict[str, Any]:
    oracle = open_teacher(args)
    rng = stream(args.seed, "rank")
    length, future_length = args.length, args.future_length
    histories = sample(oracle, args.histories, length, rng=rng)
    tails = sample(oracle, args.futures, length + future_length, rng=rng)[:, length:]
    lengths = rng.integers(0, future_length + 1, len(tails))
    futures = [tuple(tail[:end].tolist()) for tail, end in zip(tails, lengths, strict=True)]
    matrix = logit_matrix(oracle, histories.tolist(), futures)
    limit = min(matrix.shape)
    ranks = [2**k for k in range(limit.bit_length()) if 2**k <= limit]
    errors = best_rank_errors(matrix, ranks)
    if not args.json:
        say(f"Logit matrix: {len(histories)} histories of {length} tokens x {len(futures)} futures x all tokens.")
        say(f"{'rank':>6}  mean absolute error (nats) of the best approximation, Eq. 2")
        for r, error in zip(ranks, errors, strict=True):
            say(f"{r:>6}  {error:.4f}")
    return {"ranks": ranks, "errors": [float(error) for error in errors], "shape": list(matrix.shape)}
