"""`lowlogit learn`: learn a teacher from logit queries, save the model, show what it got."""

import argparse
import sys
import time
from pathlib import Path
from typing import Any

from lowlogit_edu.baselines.contest import evaluate_run
from lowlogit_edu.cli.common import ProgressBar, as_json, open_teacher, say, table, teacher_options, text_length
from lowlogit_edu.config import LearnerConfig
from lowlogit_edu.core.rng import stream
from lowlogit_edu.events import Status
from lowlogit_edu.learned.isan_model import ISANModel
from lowlogit_edu.oracles.base import LogitOracle, sample
from lowlogit_edu.oracles.counted import Budgeted
from lowlogit_edu.oracles.transformer import TransformerOracle
from lowlogit_edu.practical.learner import memory_needed
from lowlogit_edu.practical.run_folder import Run

HELP = "Learn a teacher from logit queries and save the model."
PROMPT = "Once upon a time"


def options(command: argparse.ArgumentParser) -> None:
    teacher_options(command)
    command.add_argument("--horizon", type=int, default=32, help="tokens per text")
    command.add_argument("--rank", type=int, default=64, help="dimension of the learned state")
    command.add_argument("--out", type=Path, required=True, help="folder for the result; must be new or empty")
    defaults = LearnerConfig.practical()
    command.add_argument(
        "--sequences", type=int, default=defaults.sequences, help="texts sampled from the teacher (%(default)s)"
    )
    command.add_argument(
        "--columns", type=int, default=defaults.columns, help="tokens followed one by one, the likeliest (%(default)s)"
    )
    command.add_argument("--futures", type=int, default=defaults.futures, help="witness futures added in all")
    command.add_argument("--epochs", type=int, default=defaults.epochs)
    command.add_argument(
        "--passes", type=int, default=defaults.passes, help="refinement passes; 0 for the plain learner"
    )
    command.add_argument("--budget", type=int, help="most logit queries, of the whole run")
    command.add_argument("--time-limit", type=float, help="seconds; what is learned by then is saved")
    command.add_argument("--resume", action="store_true", help="go on with the run in --out")
    command.add_argument("--samples", type=int, default=500, help="fresh texts to evaluate on")


def run(args: argparse.Namespace) -> dict[str, Any]:
    names = ("rank", "sequences", "columns", "futures", "passes", "epochs")
    config = LearnerConfig.practical(**{name: getattr(args, name) for name in names})
    oracle = open_teacher(args)
    asked: LogitOracle = oracle if args.budget is None else Budgeted(oracle, args.budget)
    job = Run(args.teacher, asked, args.out, args.horizon, config, args.seed, oracle.save_tokenizer)
    if args.resume:
        state = job.saved_state()
        if isinstance(asked, Budgeted):
            asked.by_purpose.update(state.ledger)  # the budget covers the whole run
    else:
        job.check_folder()
        state = None
    if not args.json:
        bytes_needed = sum(memory_needed(oracle.alphabet_size, args.horizon, config))
        say(f"Learning {oracle.name!r} (alphabet {oracle.alphabet_size}) at horizon {args.horizon}, rank {args.rank}.")
        say(f"What is learned from and what is learned take {bytes_needed / 1e9:.1f} GB of memory at most.")
    bar, start = ProgressBar(), time.monotonic()
    state = job.learn(state, bar, args.time_limit)
    bar.bar.close()
    answer: dict[str, Any] = {
        "status": state.status.name,
        "queries": dict(state.ledger),
        "seconds": round(time.monotonic() - start, 1),
        "folder": str(args.out),
    }
    if state.model is not None:
        reports = evaluate_run(oracle, args.out, args.samples, args.seed, state.answers.parts())
        answer |= {"evaluation": as_json(reports)}
        found = stories(oracle, state.model, args.horizon, 3, args.seed, PROMPT)
        found_freely = stories(oracle, state.model, args.horizon, 3, args.seed, "")
        answer |= {"stories": {name: found[name] + found_freely[name] for name in found}}
        if not args.json:
            say("\n" + table(reports))
            say("\nThe same queries went to the learner and to the n-gram tables.")
            show_stories(answer["stories"])
    if not args.json:
        queries = ", ".join(f"{count:,} {purpose}" for purpose, count in state.ledger.items())
        say(f"\n{state.status.value}")
        say(f"Queries: {sum(state.ledger.values()):,} ({queries}). Time: {answer['seconds']:.0f} s.")
        say(f"Saved in {args.out}")
        if state.status is not Status.MEASURED:
            say("Go on with the same command and --resume (and a larger --budget or --time-limit, where there is one).")
        else:
            say(f'Try: lowlogit sample {args.out} --prompt "One day, a little"')
    return answer


def stories(
    oracle: TransformerOracle, model: ISANModel, horizon: int, n: int, seed: int, prompt: str
) -> dict[str, list[str]]:
    """Texts of the teacher and of the learned model that begin with `prompt`."""
    start = oracle.encode(prompt)
    length = min(text_length(start, horizon), oracle.longest or sys.maxsize)  # what the teacher can read
    theirs = sample(oracle, n, length, prompt=start[:length], rng=stream(seed, "stories"))
    ours = model.with_horizon(length).sample(n, seed=seed, prompt=start[:length])
    return {"teacher": [oracle.decode(row) for row in theirs], "learned": [oracle.decode(row) for row in ours]}


def show_stories(found: dict[str, list[str]]) -> None:
    for name, texts in found.items():
        say(f"\n{name} says:")
        for text in texts:
            say("  | " + text.replace("\n", "\n  |   "))
