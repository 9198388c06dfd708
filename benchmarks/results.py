"""What a benchmark found, as a file of JSON and as Markdown."""

import json
import os
import platform
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from datetime import date
from importlib.metadata import version
from pathlib import Path
from typing import Any

from benchmarks.limits import Limit, limits
from benchmarks.timing import Compared, Growth, Seconds
from lowlogit_edu.core.threads import processors

LIBRARIES = ("numpy", "scipy", "torch", "transformers", "cvxpy")
HEADER = ("work", "ours, s", "peer", "peer, s", "peer / ours", "limit", "ours grows as")
TITLE = "# How fast it is"
EXPLANATION = """\
Each line is one run's comparison: ours and the peer did the same work in turns, their answers were compared first
(below), and of several repeats after a warm-up the best counts. *Peer* is what one would write from public libraries;
*peer / ours* above 1 means that ours is faster. *Limit* is the least time that the machine's measured rate of matrix
products or memory allows for the work, as a share of ours: at 100 % it could not be faster. *Ours grows as* is the
exponent in a size, with its standard error, of a straight line through the logarithms of three sizes or more. Seconds
of different runs are not to be compared."""


@dataclass(frozen=True)
class Row:
    """One benchmark's result.

    Attributes
    ----------
    name : str
        For `--only`.
    work : str
        What was done, with its sizes.
    ours : Seconds
    agreement : str
        What was compared, how far apart it was and how far it may be.
    peers : dict of str to Seconds
    limit : Limit or None
    growths : list of Growth
    note : str
    """

    name: str
    work: str
    ours: Seconds
    agreement: str
    peers: dict[str, Seconds] = field(default_factory=dict)
    limit: Limit | None = None
    growths: list[Growth] = field(default_factory=list)
    note: str = ""


def row(name: str, work: str, what: str, compared: Compared, **others: Any) -> Row:
    """A row about a comparison; `what` says which answers were compared."""
    agreement = f"{what}: {compared.difference:.1g}, allowed {compared.tolerance:.1g}"
    return Row(name, work, compared.ours, agreement, compared.peers, **others)


def machine() -> dict[str, Any]:
    """What the numbers depend on; neither a name of the machine nor a path."""
    found = limits()
    return {
        "day": date.today().isoformat(),
        "processor": _processor(),
        "processors used": processors(),
        "processors": os.cpu_count(),
        "python": platform.python_version(),
        **{name: version(name) for name in LIBRARIES},
        "float32 products, GFlop/s": round(found.float32 / 1e9, 1),
        "float64 products, GFlop/s": round(found.float64 / 1e9, 1),
        "memory, GB/s": round(found.memory / 1e9, 1),
    }


def _processor() -> str:
    """The processor's name, where the system tells."""
    described = Path("/proc/cpuinfo")
    if described.is_file():
        for line in described.read_text(encoding="utf-8").splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()


def to_json(rows: Sequence[Row], described: dict[str, Any], effort: str) -> str:
    """The rows, the machine and the effort for `from_json`."""
    return json.dumps({"machine": described, "effort": effort, "rows": [asdict(row) for row in rows]}, indent=1) + "\n"


def from_json(text: str) -> tuple[list[Row], dict[str, Any], str]:
    """What `to_json` wrote."""
    found = json.loads(text)
    return [_row_from(entry) for entry in found["rows"]], found["machine"], found["effort"]


def _row_from(entry: dict[str, Any]) -> Row:
    values = dict(entry)
    values["ours"] = Seconds(**entry["ours"])
    values["peers"] = {name: Seconds(**seconds) for name, seconds in entry["peers"].items()}
    values["limit"] = Limit(**entry["limit"]) if entry["limit"] else None
    values["growths"] = [Growth(**growth) for growth in entry["growths"]]
    return Row(**values)


def table(rows: Sequence[Row]) -> str:
    """A Markdown table, one line per peer."""
    lines = [HEADER, ("---",) * len(HEADER)]
    for found in rows:
        lines += _lines_of(found)
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines)


def _lines_of(found: Row) -> list[tuple[str, ...]]:
    """The cells of a row's lines: what is ours stands in the first one."""
    limit = ""
    if found.limit:
        limit = f"{found.limit.what}: {100 * found.limit.seconds / found.ours.wall:.2g} %"
    front = (found.work, _seconds(found.ours.wall))
    back = (limit, "; ".join(map(_growth, found.growths)))
    cells = []
    for name, seconds in (found.peers or {"": None}).items():
        peer = ("", "", "") if seconds is None else _peer(name, seconds, found.ours)
        cells.append((*front, *peer, *back))
        front = ("", "")
        back = ("", "")
    return cells


def _peer(name: str, seconds: Seconds, ours: Seconds) -> tuple[str, str, str]:
    ratio = seconds.wall / ours.wall
    return name, _seconds(seconds.wall), f"{ratio:,.0f}" if ratio >= 10 else f"{ratio:.2g}"


def _seconds(value: float) -> str:
    return f"{value:.3g}" if value >= 0.001 else f"{value:.1e}"


def _growth(found: Growth) -> str:
    what = "" if found.of == "seconds" else f"{found.of}: "
    # Three sizes are few: where the line fits badly, the exponent says little, and the error shows it.
    return f"{what}{found.size}^{found.exponent:.2f}±{found.error:.2f}"


def page(rows: Sequence[Row], described: dict[str, Any], effort: str) -> str:
    """The text of docs/BENCHMARKS.md."""
    made = "`make bench` measures this anew" if effort == "full" else f"made with the {effort} sizes"
    about = ", ".join(f"{name} {value}" for name, value in described.items())
    compared = [f"- *{found.work}*: {found.agreement}. {found.note}".rstrip() for found in rows]
    processor_time = [f"| {found.name} | {found.ours.wall:.3g} | {found.ours.process:.3g} |" for found in rows]
    parts = [
        TITLE,
        f"{EXPLANATION} {made[0].upper()}{made[1:]}.",
        table(rows),
        "## What was compared",
        "\n".join(compared),
        "## The machine",
        f"{about}.",
        "Processor time of ours, all threads together, in the best repeat:",
        "\n".join(["| name | wall, s | processor, s |", "|---|---|---|", *processor_time]),
    ]
    return "\n\n".join(parts) + "\n"
