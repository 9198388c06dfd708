"""`lowlogit learn`: learn a teacher from logit queries, save the model, show what it got."""

import argparse
import time
from pathlib import Path
from typing import Any

from lowlogit_edu.baselines.contest import Judged, evaluate_run
from lowlogit_edu.cli.common import PROMPT, ProgressBar, open_teacher, say, say_texts, stories, teacher_options
from lowlogit_edu.cli.tables import as_json, table
from lowlogit_edu.config import READOUTS, LearnerConfig, PracticalConfig
from lowlogit_edu.core.checks import check_count, check_number
from lowlogit_edu.events import Status
from lowlogit_edu.oracles.base import LogitOracle
from lowlogit_edu.oracles.counted import Budgeted
from lowlogit_edu.oracles.transformer import TransformerOracle
from lowlogit_edu.practical.memory import memory_needed
from lowlogit_edu.practical.run_folder import FINISHED, Run
from lowlogit_edu.practical.state import PracticalState

HELP = "Learn a teacher from logit queries and save the model."
STORIES = 3  # texts shown of each, after the prompt and after nothing


def options(command: argparse.ArgumentParser) -> None:
    teacher_options(command)
    command.add_argument("--horizon", type=int, default=32, help="tokens per text")
    command.add_argument("--rank", type=int, default=64, help="coefficients carried from token to token")
    command.add_argument("--out", type=Path, required=True, help="folder for the result; must be new or empty")
    defaults = LearnerConfig.practical()  # the same as in Python
    command.add_argument(
        "--sequences", type=int, default=defaults.sequences, help="texts sampled from the teacher (%(default)s)"
    )
    command.add_argument(
        "--columns", type=int, default=defaults.columns, help="tokens followed one by one, the likeliest (%(default)s)"
    )
    command.add_argument(
        "--witnesses",
        type=int,
        default=defaults.witnesses,
        help="rare contexts asked about in all (a quarter of the sequences)",
    )
    command.add_argument(
        "--epsilon", type=float, help="nats per token at which the model counts as verified and learning ends"
    )
    command.add_argument(
        "--readout", choices=READOUTS, default=defaults.readout, help='"shared" for a model of strict logit rank'
    )
    command.add_argument("--epochs", type=int, default=defaults.epochs)
    command.add_argument(
        "--passes", type=int, default=defaults.passes, help="refinement passes; 0 for the plain learner"
    )
    command.add_argument("--budget", type=int, help="most logit queries, of the whole run")
    command.add_argument("--time-limit", type=float, help="seconds; what is learned by then is saved")
    command.add_argument("--resume", action="store_true", help="go on with the run in --out")
    command.add_argument("--samples", type=int, default=500, help="fresh texts to evaluate on")


def run(args: argparse.Namespace) -> dict[str, Any]:
    names = ("rank", "sequences", "columns", "witnesses", "epsilon", "readout", "passes", "epochs")
    config = LearnerConfig.practical(**{name: getattr(args, name) for name in names})
    # What is wanted after learning is looked at before it.
    check_count("samples", args.samples)
    if args.time_limit is not None:
        check_number("time-limit", args.time_limit, least=0)
    oracle = open_teacher(args)
    asked: LogitOracle = oracle if args.budget is None else Budgeted(oracle, args.budget)
    job = Run(args.teacher, asked, args.out, args.horizon, config, args.seed, oracle.save_tokenizer)
    with job.held():
        return _learned(args, oracle, job)


def _learned(args: argparse.Namespace, oracle: TransformerOracle, job: Run) -> dict[str, Any]:
    state = _beginning(args, job)
    if not args.json:
        _announce(args, oracle, job.config)
    # Ctrl-C, the budget and the time limit end this in order: what is there is saved, and is the state returned.
    bar = ProgressBar()
    start = time.monotonic()
    state = job.learn(state, bar, args.time_limit)
    seconds = time.monotonic() - start
    bar.close()
    answer: dict[str, Any] = {
        "status": state.status.name,
        "queries": dict(state.ledger),
        "seconds": round(seconds, 1),
        "folder": str(args.out),
    }
    # Evaluation: it asks the teacher itself, past the budget. A run that was stopped early may have no model.
    judged: dict[str, Judged] = {}
    if state.model is not None and state.answers is not None:
        judged = evaluate_run(oracle, args.out, args.samples, args.seed, state.told.parts())
        answer["evaluation"] = as_json(judged)
        prompted = stories(oracle, state.model, args.horizon, STORIES, args.seed, PROMPT)
        free = stories(oracle, state.model, args.horizon, STORIES, args.seed, "")
        answer["stories"] = {writer: prompted[writer] + free[writer] for writer in prompted}
    if not args.json:
        _show(answer, judged, state.status)
    return answer


def _beginning(args: argparse.Namespace, job: Run) -> PracticalState | None:
    """Where to go on from; None where the run is new, in a folder that is."""
    if not args.resume:
        job.check_folder()
        return None
    state = job.saved_state()
    if isinstance(job.oracle, Budgeted):
        job.oracle.by_purpose.update(state.ledger)  # the budget covers the whole run
    return state


def _announce(args: argparse.Namespace, oracle: TransformerOracle, config: PracticalConfig) -> None:
    bytes_needed = sum(memory_needed(oracle.alphabet_size, args.horizon, config))
    say(f"Learning {oracle.name!r} (alphabet {oracle.alphabet_size}) at horizon {args.horizon}, rank {args.rank}.")
    say(f"What is learned from and what is learned take {bytes_needed / 1e9:.1f} GB of memory at most.")


def _show(answer: dict[str, Any], judged: dict[str, Judged], status: Status) -> None:
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
    say(f"Saved in {answer['folder']}")
    if status in FINISHED:
        say(f'Try: lowlogit sample {answer["folder"]} --prompt "One day, a little"')
    else:
        say("Go on with the same command and --resume (and a larger --budget or --time-limit, where there is one).")
