"""The command `lowlogit`: learn, evaluate, sample, rank, doctor."""

import argparse
import json
import platform
import sys
import time
from collections.abc import Sequence
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import numpy as np

from lowlogit_edu.config import LearnerConfig
from lowlogit_edu.errors import ArgumentError, LowLogitError
from lowlogit_edu.evaluation import KLReport
from lowlogit_edu.events import Event, Status
from lowlogit_edu.isan_model import ISANModel
from lowlogit_edu.loading import load
from lowlogit_edu.logit_matrix import best_rank_errors, logit_matrix
from lowlogit_edu.models.base import LanguageModel
from lowlogit_edu.oracles.base import LogitOracle, sample
from lowlogit_edu.oracles.counted import Budgeted
from lowlogit_edu.oracles.pretrained import EMBEDDED, embedded_folder
from lowlogit_edu.oracles.transformer import TransformerOracle
from lowlogit_edu.rng import stream
from lowlogit_edu.runs import Run, evaluate_run, read_record

VERSION = version("lowlogit_edu")
PROMPT = "Once upon a time"
PACKAGES = "numpy scipy torch transformers safetensors cvxpy matplotlib plotly ipywidgets jupyterlab nbval"


def say(text: str = "") -> None:
    print(text, flush=True)


class ProgressBar:
    """Shows a learner's events on the terminal."""

    def __init__(self) -> None:
        from tqdm import tqdm

        self.bar = tqdm(total=100, bar_format="{percentage:3.0f}% |{bar:24}| {elapsed} {desc}", file=sys.stderr)

    def __call__(self, event: Event) -> None:
        self.bar.set_description_str(f"epoch {event.epoch}: {event.message}")
        self.bar.update(max(0.0, 100 * event.progress - self.bar.n))


def table(reports: dict[str, KLReport]) -> str:
    """The reports as aligned text: one row per model."""
    lines = [f"{'':22}{'KL, nats/token':>18}{'perplexity':>12}   KL at positions 1-8, 9-16, ... of {_length(reports)}"]
    for name, report in reports.items():
        parts = np.array_split(report.per_position, max(1, len(report.per_position) // 8))
        along = "  ".join(f"{part.mean():.3f}" for part in parts)
        kl = f"{report.mean:.3f} ± {report.standard_error:.3f}"
        lines.append(f"{name:22}{kl:>18}{report.perplexity:>12.2f}   {along}")
    return "\n".join(lines)


def _length(reports: dict[str, KLReport]) -> int:
    return len(next(iter(reports.values())).per_position)


def as_json(reports: dict[str, KLReport]) -> dict[str, Any]:
    return {
        name.strip(): {
            "mean_kl": report.mean,
            "standard_error": report.standard_error,
            "perplexity": report.perplexity,
            "kl_per_position": report.per_position.tolist(),
        }
        for name, report in reports.items()
    }


def open_teacher(args: argparse.Namespace) -> TransformerOracle:
    return TransformerOracle.from_pretrained(args.teacher, device=args.device)


def stories(
    oracle: TransformerOracle, model: LanguageModel, horizon: int, n: int, seed: int, prompt: str
) -> dict[str, list[str]]:
    """Texts of the teacher and of the learned model that begin with `prompt`."""
    start = oracle.encode(prompt)
    if len(start) >= horizon:
        start = []
    theirs = sample(oracle, n, horizon, prompt=start, rng=stream(seed, "stories"))
    ours = model.sample(n, seed=seed, prompt=start)
    return {"teacher": [oracle.decode(row) for row in theirs], "learned": [oracle.decode(row) for row in ours]}


def show_stories(found: dict[str, list[str]]) -> None:
    for name, texts in found.items():
        say(f"\n{name} says:")
        for text in texts:
            say("  | " + text.replace("\n", "\n  |   "))


def learn(args: argparse.Namespace) -> dict[str, Any]:
    settings: dict[str, Any] = {"futures": args.futures, "passes": args.passes, "epochs": args.epochs}
    if args.sequences is not None:
        settings["sequences"] = args.sequences
    config = LearnerConfig.practical(rank=args.rank, **settings)
    oracle = open_teacher(args)
    asked: LogitOracle = oracle if args.budget is None else Budgeted(oracle, args.budget)
    run = Run(args.teacher, asked, args.out, args.horizon, config, args.seed, oracle.save_tokenizer)
    if args.resume:
        state = run.saved_state()
        if isinstance(asked, Budgeted):
            asked.by_purpose.update(state.ledger)  # the budget covers the whole run
    else:
        run.check_folder()
        state = None
    if not args.json:
        say(f"Learning {oracle.name!r} (alphabet {oracle.alphabet_size}) at horizon {args.horizon}, rank {args.rank}.")
    bar, start = ProgressBar(), time.monotonic()
    state = run.learn(state, bar, args.time_limit)
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


def evaluate(args: argparse.Namespace) -> dict[str, Any]:
    if args.teacher is None:
        args.teacher = read_record(args.folder)["teacher"]
    reports = evaluate_run(open_teacher(args), args.folder, args.samples, args.seed)
    if not args.json:
        say(table(reports))
    return {"teacher": str(args.teacher), "samples": args.samples, "evaluation": as_json(reports)}


def sample_texts(args: argparse.Namespace) -> dict[str, Any]:
    from transformers import AutoTokenizer

    model = load(args.folder)
    if args.tokens is not None:
        if not isinstance(model, ISANModel):
            raise ArgumentError(f"{model!r} has its own horizon of {model.horizon}; leave --tokens out.")
        model = model.with_horizon(args.tokens)
    if not (args.folder / "tokenizer.json").is_file():
        raise ArgumentError(f"{args.folder} holds no tokenizer.json, so there is no text; use model.sample in Python.")
    tokenizer = AutoTokenizer.from_pretrained(args.folder, trust_remote_code=False, local_files_only=True)
    start = tokenizer.encode(args.prompt, add_special_tokens=False)
    rows = model.sample(args.n, seed=args.seed, prompt=start).tolist()
    ends = [row.index(tokenizer.eos_token_id) if tokenizer.eos_token_id in row else len(row) for row in rows]
    texts = [str(tokenizer.decode(row[:end])) for row, end in zip(rows, ends, strict=True)]
    if not args.json:
        for text in texts:
            say(text + "\n")
    return {"texts": texts}


def rank(args: argparse.Namespace) -> dict[str, Any]:
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


def doctor(args: argparse.Namespace) -> dict[str, Any]:
    found: dict[str, Any] = {"lowlogit_edu": VERSION, "python": platform.python_version()}
    for name in PACKAGES.split():
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            found[name] = "missing: pip install " + name
    try:
        import torch

        found["device"] = torch.cuda.get_device_name() if torch.cuda.is_available() else "cpu"
        found["threads"] = torch.get_num_threads()
    except ImportError:
        found["device"] = "no torch"
    try:
        found["embedded teacher"] = str(embedded_folder())
    except LowLogitError as error:
        found["embedded teacher"] = str(error)
    found["other teachers"] = "a folder made by save_pretrained, or a Hugging Face id (needs a network; not tried here)"
    if not args.json:
        for name, value in found.items():
            say(f"{name:>18}  {value}")
    return found


def parser() -> argparse.ArgumentParser:
    top = argparse.ArgumentParser(
        prog="lowlogit", description="Learn low logit rank language models from logit queries (arXiv:2512.09892)."
    )
    top.add_argument("--version", action="version", version=f"lowlogit_edu {VERSION}")
    commands = top.add_subparsers(required=True, metavar="COMMAND")

    def command(name: str, run: Any, text: str) -> argparse.ArgumentParser:
        made = commands.add_parser(name, help=text, description=text)
        made.set_defaults(run=run)
        made.add_argument("--json", action="store_true", help="print one JSON object instead of text")
        return made

    def teacher(made: argparse.ArgumentParser, default: str | None = EMBEDDED) -> None:
        made.add_argument("--teacher", default=default, help="embedded, a Hugging Face id, or a folder")
        made.add_argument("--device", default="cpu", help="cpu or cuda")
        made.add_argument("--seed", type=int, default=0)

    made = command("learn", learn, "Learn a teacher from logit queries and save the model.")
    teacher(made)
    made.add_argument("--horizon", type=int, default=32, help="tokens per text")
    made.add_argument("--rank", type=int, default=64, help="dimension of the learned state")
    made.add_argument("--out", type=Path, required=True, help="folder for the result; must be new or empty")
    defaults = LearnerConfig.practical()
    made.add_argument("--sequences", type=int, help=f"texts sampled from the teacher ({defaults.sequences:,})")
    made.add_argument("--futures", type=int, default=defaults.futures, help="witness futures added in all")
    made.add_argument("--epochs", type=int, default=defaults.epochs)
    made.add_argument("--passes", type=int, default=defaults.passes, help="refinement passes; 0 for the plain learner")
    made.add_argument("--budget", type=int, help="most logit queries, of the whole run")
    made.add_argument("--time-limit", type=float, help="seconds; what is learned by then is saved")
    made.add_argument("--resume", action="store_true", help="go on with the run in --out")
    made.add_argument("--samples", type=int, default=500, help="fresh texts to evaluate on")

    made = command("evaluate", evaluate, "KL of a learned model beside baselines fitted to the same queries.")
    made.add_argument("folder", type=Path)
    teacher(made, default=None)
    made.add_argument("--samples", type=int, default=500, help="fresh texts to evaluate on")

    made = command("sample", sample_texts, "Let a learned model write.")
    made.add_argument("folder", type=Path)
    made.add_argument("--prompt", default="")
    made.add_argument("-n", type=int, default=5, help="number of texts")
    made.add_argument("--tokens", type=int, help="length, prompt included (default: the model's horizon)")
    made.add_argument("--seed", type=int, default=0)

    made = command("rank", rank, "Error of the best rank-r approximation of a teacher's logit matrix (Figure 1).")
    teacher(made)
    made.add_argument("--histories", type=int, default=400)
    made.add_argument("--futures", type=int, default=40)
    made.add_argument("--length", type=int, default=16, help="tokens per history")
    made.add_argument("--future-length", type=int, default=4, help="most tokens before a future's last one")

    command("doctor", doctor, "What is installed, which device, which teachers are at hand.")
    return top


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; 0 when it worked, 2 on a bad argument, 130 after Ctrl-C with nothing to save."""
    args = parser().parse_args(arguments)
    try:
        answer = args.run(args)
    except LowLogitError as error:
        print(f"lowlogit: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("lowlogit: stopped before there was anything to save", file=sys.stderr)
        return 130
    if args.json:
        say(json.dumps(answer))
    return 130 if answer.get("status") == Status.INTERRUPTED.name else 0
