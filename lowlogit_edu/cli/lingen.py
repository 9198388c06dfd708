"""`lowlogit lingen`: continue a prompt by combining what a teacher says after unrelated ones."""

import argparse
from collections.abc import Sequence
from typing import Any

import numpy as np

from lowlogit_edu.baselines.lingen import BASELINES, HistoryMixture, cumulative_kl, lingen_baselines, unrelated_words
from lowlogit_edu.cli.common import (
    PROMPT,
    check_report,
    given_options,
    note,
    open_teacher,
    report_name,
    report_option,
    say,
    say_texts,
    teacher_options,
)
from lowlogit_edu.core.errors import ArgumentError
from lowlogit_edu.core.rng import stream
from lowlogit_edu.matrices.logit_matrix import Word
from lowlogit_edu.measure.matrix import check_size, sampled_words
from lowlogit_edu.oracles.base import sample
from lowlogit_edu.oracles.transformer import TransformerOracle

HELP = "Continue a prompt by combining what a teacher says after unrelated ones (LINGEN), beside its baselines."
EPILOG = """\
The embedded teacher, which never sees the prompt:

  lowlogit lingen --prompt "Once upon a time"
"""
HEAVIEST = 10  # unrelated prompts shown
REPEATED = ("teacher", "prompt", "basis", "futures", "tokens", "samples", "kept", "top", "checkpoint", "seed")


def options(command: argparse.ArgumentParser) -> None:
    teacher_options(command)
    command.add_argument("--prompt", default=PROMPT, help="what to continue (%(default)s)")
    command.add_argument("--basis", type=int, default=300, help="unrelated prompts that are combined")
    command.add_argument("--futures", type=int, default=60, help="futures that the weights are fitted on")
    command.add_argument("--tokens", type=int, default=15, help="tokens to continue by")
    command.add_argument("--samples", type=int, default=20, help="continuations that the KL is averaged over")
    command.add_argument("--kept", type=int, default=5, help="last tokens of the prompt that 'truncated' keeps")
    command.add_argument("--top", type=int, help="most likely next tokens fitted per future (default: all)")
    command.add_argument("--checkpoint", help="another teacher of the same alphabet, as one more baseline")
    command.add_argument("-n", type=int, default=3, help="texts to write")
    report_option(command, "curves, table, texts and weights")


def run(args: argparse.Namespace) -> dict[str, Any]:
    check_report(args)
    oracle = open_teacher(args)
    target = tuple(oracle.encode(args.prompt))
    if len(target) < 2:
        raise ArgumentError(f"the prompt must have at least 2 tokens, got {len(target)}; write a longer --prompt.")
    kept = args.kept if args.kept < len(target) else len(target) // 2  # the whole target would be the teacher itself
    models = _fitted(args, oracle, target, kept)
    kl = {}
    for name, model in models.items():
        note(f"Measuring {name} ...")
        kl[name] = cumulative_kl(oracle, target, model, args.samples, args.seed)
    meaning = {name: BASELINES[name] for name in models}
    meaning["truncated"] = f"the teacher after the last {kept} of the prompt's {len(target)} tokens"
    lingen = models["lingen"]
    sizes = np.abs(lingen.weights)
    heaviest = np.argsort(-sizes)[:HEAVIEST]
    answer: dict[str, Any] = {
        "prompt": args.prompt,
        "weights": {"number": len(sizes), "sum": float(sizes.sum()), "largest": float(sizes.max())},
        "heaviest": {oracle.decode(lingen.histories[i]): float(lingen.weights[i]) for i in heaviest},
        "texts": _texts(args, oracle, target, lingen),
        "cumulative_kl": {name: values.tolist() for name, values in kl.items()},
        "meaning": meaning,
        "report": report_name(args),
    }
    if args.report is not None:
        from lowlogit_edu.show.lingen_page import lingen_report

        settings = f"Repeat with: lowlogit lingen {given_options(args, REPEATED)} -n {args.n}"
        report = lingen_report(args.prompt, kl, meaning, answer["texts"], answer["heaviest"], settings)
        report.save(args.report)
    if not args.json:
        _show(answer)
    return answer


def _fitted(args: argparse.Namespace, oracle: TransformerOracle, target: Word, kept: int) -> dict[str, HistoryMixture]:
    """LINGEN and its baselines, by name."""
    other = TransformerOracle.from_pretrained(args.checkpoint, device=args.device) if args.checkpoint else None
    check_size(oracle, args.basis + 1, args.futures, args.top)  # the target's row is one more
    histories = unrelated_words(oracle, target, args.basis, seed=args.seed)
    _, futures = sampled_words(oracle, 1, args.futures, seed=args.seed)
    note(f"Fitting weights of {len(histories)} unrelated prompts on {len(futures)} futures ...")
    return lingen_baselines(
        oracle, target, histories, futures, args.tokens, kept, checkpoint=other, top=args.top, seed=args.seed
    )


def _texts(
    args: argparse.Namespace, oracle: TransformerOracle, target: Word, lingen: HistoryMixture
) -> dict[str, Sequence[str]]:
    """The prompt continued by the teacher, and by LINGEN."""
    length = len(target) + args.tokens
    theirs = sample(oracle, args.n, length, prompt=target, rng=stream(args.seed, "lingen texts"))
    ours = lingen.sample(args.n, args.seed)  # the continuation alone
    return {
        "teacher": [oracle.decode(row) for row in theirs],
        "lingen": [oracle.decode([*target, *row]) for row in ours.tolist()],
    }


def _show(answer: dict[str, Any]) -> None:
    size = answer["weights"]
    kl = answer["cumulative_kl"]
    for writer, texts in answer["texts"].items():
        say_texts(writer, texts)
    say(f"\n{size['number']} weights; sum of sizes {size['sum']:.2f}, largest {size['largest']:.2f}.")
    say("\nCumulative KL(teacher || model), nats, after so many tokens:")
    say(f"{'':18}" + "".join(f"{t:>7}" for t in range(1, len(kl["lingen"]) + 1)))
    for name, values in kl.items():
        say(f"{name:18}" + "".join(f"{value:>7.2f}" for value in values))
    for name, words in answer["meaning"].items():
        say(f"  {name}: {words}")
    if answer["report"] is not None:
        say(f"Report: {answer['report']}")
