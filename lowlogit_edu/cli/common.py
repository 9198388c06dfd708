"""What the commands share: options, printing, tables."""

import argparse
import sys
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from lowlogit_edu.baselines.contest import Judged
from lowlogit_edu.evaluation.text_quality import MEASURES, TextQuality
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


def table(rows: Mapping[str, Judged]) -> str:
    """The rows as aligned text: what each model cost, and how well it predicts."""
    cells = {}
    for name, row in rows.items():
        quarters = np.array_split(row.per_position, min(4, len(row.per_position)))
        cells[name] = {
            "queries": _number(row.queries),
            "parameters": _number(row.parameters),
            "KL, nats/token": f"{_number(row.mean)} ± {_number(row.standard_error)}",
            "perplexity": _number(row.perplexity, 2),
            "on real text": _number(row.text_perplexity, 2),
            "seconds": _number(row.seconds, 1),
            f"KL in quarters of the {len(row.per_position)} positions": "".join(
                f"{_number(float(quarter.mean())):>8}" for quarter in quarters
            ),
        }
    return aligned(cells)


def quality_rows(found: Mapping[str, TextQuality]) -> dict[str, dict[str, str]]:
    """Quality of texts by model and measure, with standard errors."""
    heads = ("perplexity to the teacher", "distinct words", "2-grams", "3-grams", "known words")
    measures = dict(zip(heads, MEASURES, strict=True))
    return {
        name: {head: f"{getattr(row, key):.3f} ± {row.standard_errors[key]:.3f}" for head, key in measures.items()}
        for name, row in found.items()
    }


def quality_table(found: Mapping[str, TextQuality]) -> str:
    """`quality_rows` as aligned text."""
    return aligned(quality_rows(found))


def aligned(rows: Mapping[str, Mapping[str, str]]) -> str:
    """Cells by row and column, to the right of each column; a column of dashes alone is left out."""
    heads = [head for head in next(iter(rows.values())) if any(row[head] != "-" for row in rows.values())]
    widths = {head: 3 + max(len(head), *(len(row[head]) for row in rows.values())) for head in heads}
    lines = ["".join(f"{head:>{widths[head]}}" for head in heads)]
    lines += ["".join(f"{row[head]:>{widths[head]}}" for head in heads) for row in rows.values()]
    return "\n".join(f"{name:22}{line}" for name, line in zip(["", *rows], lines, strict=True))


def _number(value: float | None, digits: int = 3) -> str:
    if value is None:
        return "-"
    if isinstance(value, int):
        return f"{value:,}"
    return f"{value:.{digits}f}" if value < 1e4 else f"{value:.0e}"


def as_json(rows: Mapping[str, Judged]) -> dict[str, Any]:
    return {
        name.strip(): {
            "mean_kl": row.mean,
            "standard_error": row.standard_error,
            "perplexity": row.perplexity,
            "kl_per_position": row.per_position.tolist(),
            "queries": row.queries,
            "parameters": row.parameters,
            "seconds": row.seconds,
            "text_perplexity": row.text_perplexity,
        }
        for name, row in rows.items()
    }
