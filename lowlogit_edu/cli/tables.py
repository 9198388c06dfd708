"""Tables of numbers for the terminal, and the same rows as JSON.

>>> print(aligned({"learned": {"KL": "0.25", "seconds": "-"}, "uniform": {"KL": "4.00", "seconds": "-"}}))
                           KL
learned                  0.25
uniform                  4.00
"""

from collections.abc import Mapping
from typing import Any

import numpy as np

from lowlogit_edu.baselines.contest import Judged
from lowlogit_edu.evaluation.text_quality import MEASURES, TextQuality

NAME_WIDTH = 22  # of the first column; "  before refinement" and "best rank-64 readout" fit
GAP = 3  # spaces between columns, at least
QUARTERS = 4  # parts of a text that a model's KL is shown for: errors of a learned model grow along it


def table(rows: Mapping[str, Judged]) -> str:
    """The rows as aligned text: what each model cost, and how well it predicts."""
    cells = {}
    for name, row in rows.items():
        positions = len(row.per_position)
        quarters = np.array_split(row.per_position, min(QUARTERS, positions))
        means = [float(quarter.mean()) for quarter in quarters]
        cells[name] = {
            "queries": _number(row.queries),
            "parameters": _number(row.parameters),
            "KL, nats/token": f"{_number(row.mean)} ± {_number(row.standard_error)}",
            "perplexity": _number(row.perplexity, 2),
            "on real text": _number(row.text_perplexity, 2),
            "seconds": _number(row.seconds, 1),
            f"KL in quarters of the {positions} positions": "".join(f"{_number(mean):>8}" for mean in means),
        }
    return aligned(cells)


def quality_rows(found: Mapping[str, TextQuality]) -> dict[str, dict[str, str]]:
    """Quality of texts by model and measure, with standard errors."""
    heads = ("perplexity to the teacher", "distinct words", "2-grams", "3-grams", "known words")
    measures = dict(zip(heads, MEASURES, strict=True))
    rows = {}
    for name, quality in found.items():
        errors = quality.standard_errors
        rows[name] = {head: f"{getattr(quality, key):.3f} ± {errors[key]:.3f}" for head, key in measures.items()}
    return rows


def quality_table(found: Mapping[str, TextQuality]) -> str:
    """`quality_rows` as aligned text."""
    return aligned(quality_rows(found))


def aligned(rows: Mapping[str, Mapping[str, str]]) -> str:
    """Cells by row and column, to the right of each column; a column of dashes alone is left out."""
    first = next(iter(rows.values()))
    heads = [head for head in first if any(row[head] != "-" for row in rows.values())]
    widths = {}
    for head in heads:
        widest = max(len(row[head]) for row in rows.values())
        widths[head] = GAP + max(len(head), widest)
    lines = [" " * NAME_WIDTH + "".join(f"{head:>{widths[head]}}" for head in heads)]
    for name, row in rows.items():
        cells = "".join(f"{row[head]:>{widths[head]}}" for head in heads)
        lines.append(f"{name:{NAME_WIDTH}}{cells}")
    return "\n".join(lines)


def _number(value: float | None, digits: int = 3) -> str:
    if value is None:
        return "-"
    if isinstance(value, int):
        return f"{value:,}"
    # A perplexity can be astronomic where a model rules out what the teacher says; seven characters fit a column.
    return f"{value:.{digits}f}" if value < 10 ** (6 - digits) else f"{value:.0e}"


def as_json(rows: Mapping[str, Judged]) -> dict[str, Any]:
    """The rows for machines: unrounded, all positions."""
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
