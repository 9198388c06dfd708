"""`lowlogit lingen`: continue a prompt by combining what a teacher says after unrelated ones."""

import argparse
import shlex
from pathlib import Path
from typing import Any

import numpy as np

from lowlogit_edu.baselines.lingen import BASELINES, cumulative_kl, lingen_baselines, unrelated_words
from lowlogit_edu.cli.common import note, open_teacher, say, teacher_options
from lowlogit_edu.core.errors import ArgumentError
from lowlogit_edu.core.rng import stream
from lowlogit_edu.measure.matrix import check_size, sampled_words
from lowlogit_edu.oracles.base import sample
from lowlogit_edu.oracles.transformer import TransformerOracle

HELP = "Continue a prompt by combining what a teacher says after unrelated ones (LINGEN), beside its baselines."


def options(command: argparse.ArgumentParser) -> None:
    teacher_options(command)
    command.add_argument("--prompt", default="Once upon a time")
    command.add_argument("--basis", type=int, default=300, help="unrelated prompts that are combined")
    command.add_argument("--futures", type=int, default=60, help="futures that the weights are fitted on")
    command.add_argument("--tokens", type=int, default=15, help="tokens to continue by")
    command.add_argument("--samples", type=int, default=20, help="continuations that the KL is averaged over")
    command.add_argument("--kept", type=int, default=5, help="last tokens of the prompt that 'truncated' keeps")
    command.add_argument("--top", type=int, help="most likely next tokens fitted per future (default: all)")
    command.add_argument("--checkpoint", help="another teacher of the same alphabet, as one more baseline")
    command.add_argument("-n", type=int, default=3, help="texts to write")
    command.add_argument("--report", type=Path, help="new HTML file: curves, table, texts and weights")


def run(args: argparse.Namespace) -> dict[str, Any]:
    if args.report is not None:
        from lowlogit_edu.show.html import check_new_file

        check_new_file(args.report)
    oracle = open_teacher(args)
    target = tuple(oracle.encode(args.prompt))
    if len(target) < 2:
        raise ArgumentError(f"the prompt must have at least 2 tokens, got {len(target)}; write a longer --prompt.")
    kept = args.kept if args.kept < len(target) else len(target) // 2  # the whole target would be the teacher itself
    other = TransformerOracle.from_pretrained(args.checkpoint, device=args.device) if args.checkpoint else None
    check_size(oracle, args.basis + 1, args.futures, args.top)
    histories = unrelated_words(oracle, target, args.basis, seed=args.seed)
    futures = sampled_words(oracle, 1, args.futures, seed=args.seed)[1]
    note(f"Fitting weights of {len(histories)} unrelated prompts on {len(futures)} futures ...")
    models = lingen_baselines(
        oracle, target, histories, futures, args.tokens, kept, checkpoint=other, top=args.top, seed=args.seed
    )
    meaning = BASELINES | {"truncated": f"the teacher after the last {kept} of the prompt's {len(target)} tokens"}
    kl = {}
    for name, model in models.items():
        note(f"Measuring {name} ...")
        kl[name] = cumulative_kl(oracle, target, model, args.samples, args.seed)
    found, weights = models["lingen"], models["lingen"].weights
    theirs = sample(oracle, args.n, len(target) + args.tokens, prompt=target, rng=stream(args.seed, "lingen texts"))
    ours = found.sample(args.n, args.seed)
    texts = {
        "teacher": [oracle.decode(row) for row in theirs],
        "lingen": [oracle.decode([*target, *row]) for row in ours.tolist()],
    }
    heaviest = {oracle.decode(histories[i]): float(weights[i]) for i in np.argsort(-np.abs(weights))[:10]}
    size = {"number": len(weights), "sum": float(np.abs(weights).sum()), "largest": float(np.abs(weights).max())}
    answer: dict[str, Any] = {
        "prompt": args.prompt,
        "weights": size,
        "heaviest": heaviest,
        "texts": texts,
        "cumulative_kl": {name: values.tolist() for name, values in kl.items()},
        "meaning": {name: meaning[name] for name in kl},
        "report": None if args.report is None else str(args.report),
    }
    if args.report is not None:
        from lowlogit_edu.show.lingen_page import lingen_report

        lingen_report(args.prompt, kl, meaning, texts, heaviest, _settings(args)).save(args.report)
    if not args.json:
        _show(answer)
    return answer


def _settings(args: argparse.Namespace) -> str:
    names = "teacher", "prompt", "basis", "futures", "tokens", "samples", "kept", "top", "checkpoint", "seed"
    given = [f"--{name} {shlex.quote(str(getattr(args, name)))}" for name in names if getattr(args, name) is not None]
    return f"Repeat with: lowlogit lingen {' '.join(given)} -n {args.n}"


def _show(answer: dict[str, Any]) -> None:
    size, kl = answer["weights"], answer["cumulative_kl"]
    for writer, texts in answer["texts"].items():
        say(f"{writer} says:")
        for text in texts:
            say("  | " + text.replace("\n", "\n  |   "))
    say(f"\n{size['number']} weights; sum of sizes {size['sum']:.2f}, largest {size['largest']:.2f}.")
    say("\nCumulative KL(teacher || model), nats, after so many tokens:")
    say(f"{'':18}" + "".join(f"{t:>7}" for t in range(1, len(kl["lingen"]) + 1)))
    for name, values in kl.items():
        say(f"{name:18}" + "".join(f"{value:>7.2f}" for value in values))
    for name, words in answer["meaning"].items():
        say(f"  {name}: {words}")
    if answer["report"] is not None:
        say(f"Report: {answer['report']}")
