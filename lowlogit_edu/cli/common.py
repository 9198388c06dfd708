"""What the commands share: options, printing, tables."""

import argparse
import sys
from collections.abc import Sequence
from typing import Any

import numpy as np

from lowlogit_edu.evaluation import KLReport
from lowlogit_edu.events import Event
from lowlogit_edu.oracles.pretrained import EMBEDDED
from lowlogit_edu.oracles.transformer import TransformerOracle


def say(text: str = "") -> None:
    print(text, flush=True)


def note(text: str) -> None:
    """What is being done, for those who wait; not part of the answer."""
    print(text, file=sys.stderr, flush=True)


def text_length(start: Sequence[int], horizon: int) -> int:
    """Tokens of a text that begins with `start`: the horizon, or that many more where the prompt fills it."""
    return horizon if len(start) < horizon else len(start) + horizon


def teacher_options(command: argparse.ArgumentParser, default: str | None = EMBEDDED) -> None:
    """Options of every command that asks a teacher."""
    command.add_argument("--teacher", default=default, help="embedded, a Hugging Face id, or a folder")
    command.add_argument("--device", default="cpu", help="cpu or cuda")
    command.add_argument("--seed", type=int, default=0)


def open_teacher(args: argparse.Namespace) -> TransformerOracle:
    return TransformerOracle.from_pretrained(args.teacher, device=args.device)


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
