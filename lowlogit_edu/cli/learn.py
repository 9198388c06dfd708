"""`lowlogit learn`: learn a teacher from logit queries, save the model, show what it got."""

import argparse
from dataclasses import replace
from pathlib import Path
from typing import Any

from lowlogit_edu.baselines.contest import Judged, evaluate_run
from lowlogit_edu.cli.common import (
    PROMPT,
    ProgressBar,
    can_write,
    say,
    say_texts,
    stories,
    teacher_options,
)
from lowlogit_edu.cli.served import costs, open_any_teacher, server_options
from lowlogit_edu.cli.tables import as_json, table
from lowlogit_edu.config import READOUTS, LearnerConfig, PracticalConfig
from lowlogit_edu.core.checks import check_count, check_number
from lowlogit_edu.events import FINISHED, Status
from lowlogit_edu.oracles.base import LogitOracle
from lowlogit_edu.oracles.counted import Budgeted
from lowlogit_edu.oracles.server import ServerOracle
from lowlogit_edu.oracles.text_oracle import TextOracle
from lowlogit_edu.practical.memory import memory_needed
from lowlogit_edu.practical.place import check_new, held, standing
from lowlogit_edu.practical.run_folder import Run

HELP = "Learn a teacher from logit queries and save the model."
EPILOG = """\
The embedded teacher, in three minutes, and then what was learned:

  lowlogit learn --rank 64 --out runs/first
  lowlogit sample runs/first -n 3

A run that was stopped goes on with the same line and --resume.
"""
TRY = "One day, a little"
STORIES = 3  # texts shown of each, after the prompt and after nothing


SETTINGS = {  # of LearnerConfig.practical
    "rank": (int, "most coefficients carried along a text"),
    "sequences": (int, "texts sampled from the teacher"),
    "columns": (int, "tokens followed one by one, the likeliest"),
    "witnesses": (int, "rare contexts asked about in all; by default a quarter of the sequences"),
    "epochs": (int, "rounds of sample, span, solve, verify, witness"),
    "epsilon": (float, "nats per token at which the model is verified and learning ends; by default never"),
    "readout": (str, "shared makes a model of logit rank --rank in the strict sense"),
    "passes": (int, "of refinement; 0 leaves the solved model"),
}


def options(command: argparse.ArgumentParser) -> None:
    teacher_options(command)
    server_options(command)
    command.add_argument("--out", type=Path, required=True, help="folder for the result; must be new or empty")
    command.add_argument("--horizon", type=int, default=32, help="tokens per text (%(default)s)")
    for name, (kind, what) in SETTINGS.items():
        default = getattr(LearnerConfig.practical(), name)  # the same as in Python
        shown = "" if default is None else " (%(default)s)"
        choices = READOUTS if name == "readout" else None
        command.add_argument(f"--{name}", type=kind, default=default, choices=choices, help=what + shown)
    command.add_argument("--budget", type=int, help="most logit queries, of the whole run (none)")
    seconds = "seconds, looked at between stages; what is learned by then is saved (none)"
    command.add_argument("--time-limit", type=float, help=seconds)
    command.add_argument("--resume", action="store_true", help="go on with the run in --out")
    fresh = "fresh texts to evaluate on, which the budget does not count; 0 for none (%(default)s)"
    command.add_argument("--samples", type=int, default=500, help=fresh)


def run(args: argparse.Namespace) -> dict[str, Any]:
    config = LearnerConfig.practical(**{name: getattr(args, name) for name in SETTINGS})
    # What is wanted after learning is looked at before it.
    check_count("samples", args.samples, least=0)
    if args.time_limit is not None:
        check_number("time-limit", args.time_limit, least=0)
    oracle = open_any_teacher(args)
    asked: LogitOracle = oracle if args.budget is None else Budgeted(oracle, args.budget)
    job = Run(args.teacher, asked, args.out, args.horizon, config, args.seed, oracle.save_tokenizer)
    with held(args.out):
        try:
            return _learned(args, oracle, job)
        except KeyboardInterrupt:
            raise KeyboardInterrupt(standing(args.out)) from None


def _learned(args: argparse.Namespace, oracle: TextOracle, job: Run) -> dict[str, Any]:
    if not args.resume:
        check_new(args.out)
    state = job.saved_state() if args.resume else None
    if not args.json:
        _announce(args, oracle, job.config)
    # Ctrl-C, the budget and the time limit end this in order: what is there is saved, and is the state returned.
    bar = ProgressBar()
    state, seconds, lost = job.learn(state, bar, args.time_limit)
    bar.close()
    answer: dict[str, Any] = {
        "status": state.status.name,
        "queries": dict(state.ledger),
        "lost": lost,
        "seconds": seconds,
        "folder": str(args.out),
    }
    # Evaluation: it asks the teacher itself, past the budget. A run that was stopped early may have no model.
    judged: dict[str, Judged] = {}
    model = state.model
    if args.samples and model is not None and state.answers is not None:
        # What only a next stage would need is let go: evaluation takes memory as well.
        state = replace(state, coordinates=None, maps=None, fresh=None, refinement={})
        judged = evaluate_run(oracle, args.out, args.samples, args.seed, state.told.parts())
        answer["evaluation"] = as_json(judged)
        prompts = [prompt for prompt in (PROMPT, "") if can_write(oracle, prompt)]
        told = [stories(oracle, model, args.horizon, STORIES, args.seed, prompt) for prompt in prompts]
        answer["stories"] = {writer: [text for part in told for text in part[writer]] for writer in told[0]}
    if isinstance(oracle, ServerOracle):
        answer["requests"] = oracle.requests
    if not args.json:
        _show(answer, judged, state.status, can_write(oracle, TRY))
    return answer


def _announce(args: argparse.Namespace, oracle: TextOracle, config: PracticalConfig) -> None:
    bytes_needed = sum(memory_needed(oracle.alphabet_size, args.horizon, config))
    say(f"Learning {oracle.name!r} (alphabet {oracle.alphabet_size}) at horizon {args.horizon}, rank {args.rank}.")
    say(f"Answers and model take {bytes_needed / 1e9:.1f} GB of memory at most, Python with torch about 0.4 GB.")
    if isinstance(oracle, ServerOracle):
        say("\n" + costs(oracle, config.sequences * args.horizon, args.horizon // 2))
        say("That is to draw the texts, at most; prefixes that verify the model come on top.")


def _show(answer: dict[str, Any], judged: dict[str, Judged], status: Status, english: bool) -> None:
    if judged:
        say("\n" + table(judged))
        say("\nThe n-gram tables are fitted to the answers along the same texts; what only verifies is not theirs.")
        for writer, texts in answer["stories"].items():
            say()
            say_texts(writer, texts)
    total = sum(answer["queries"].values())
    purposes = ", ".join(f"{count:,} {purpose}" for purpose, count in answer["queries"].items())
    say(f"\n{status.value}")
    say(f"Queries: {total:,} ({purposes}). Time: {answer['seconds']:.0f} s.")
    if "requests" in answer:
        say(f"Requests to the server, tries and evaluation included: {answer['requests']:,}.")
    if answer["lost"]:
        say(
            f"Asked as well: {answer['lost']:,} whose answers were lost when the run was ended; the budget counts them."
        )
    say(f"Saved in {answer['folder']}")
    if status in FINISHED and not (Path(answer["folder"]) / "tokenizer.json").is_file():
        say(f"Try in Python: lowlogit_edu.load({answer['folder']!r}).sample(5, seed=0)")
    elif status in FINISHED:
        prompt = f' --prompt "{TRY}"' if english else ""
        say(f"Try: lowlogit sample {answer['folder']}{prompt}")
    else:
        say("Go on with the same command and --resume (and a larger --budget or --time-limit, where there is one).")
