"""The rows of docs/RELIABILITY.md: what must hold under faults and bad input, and how the table is written.

A test says which rows it holds by `@pytest.mark.reliability("R1")`, and its figure by
`record_property("figure", "200 of 200 kills")`. `make check-long` writes the table.
"""

import subprocess
from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

ROOT = Path(__file__).parents[1]
MARKER = "reliability"


@dataclass(frozen=True)
class Row:
    """A situation, what is promised there, and where that differs from what was asked for at first, why."""

    situation: str
    promise: str
    remark: str = ""
    not_held: str = ""  # why no test holds it


ROWS = {
    "R1": Row(
        "`kill -9` at any moment of a run",
        "the next start goes on; model, ledger and history equal those of an undisturbed run byte for byte; no "
        "temporary file stays",
    ),
    "R2": Row(
        "damaged checkpoint: cut off anywhere, flipped bits, swapped or missing arrays, another version",
        "no silent difference: what was saved, or `CheckpointError` with file and field",
    ),
    "R3": Row(
        "hostile model file",
        "refused before anything is allocated; no code runs, nothing is written elsewhere; peak memory below 1.2 "
        "times the declared size, which is at most 1 GB by default",
        "Files are safetensors: object arrays, archives, compressed members and member paths do not exist in them. "
        "What is left of these is tried: pickle bytes, a header of terabytes, names twice, deep nesting, links.",
    ),
    "R4": Row(
        "oracle answers NaN, infinity, -9999, another shape or type, a read-only view",
        "`OracleValueError` with prefix and token, before anything is kept",
    ),
    "R5": Row(
        "flaky server: timeouts, 429, 500, resets, cut-off JSON, no log-probabilities, another order",
        "1,000 prefixes and a learned model as from a calm server; attempts and waiting end; 4xx is tried once",
    ),
    "R6": Row(
        "a budget that ends anywhere",
        "never one query more, also with 4 threads; a checkpoint that a larger budget goes on from as one larger run",
    ),
    "R7": Row(
        "another vocabulary or teacher; tokens out of range; too long and empty prefixes",
        "refused by fingerprint or by place; the empty prefix works",
    ),
    "R8": Row(
        "remembered answers",
        "those of the teacher bit for bit, also under 4 threads; one folder, one run; a damaged answer is asked anew; "
        "a full or read-only disk is one sentence",
        "There is no cache file that several processes share: `Cached` is memory, and a run's journal belongs to the "
        "process that holds the folder's lock.",
    ),
    "R9": Row(
        "the same seed in another order, with 1, 2 and 4 threads of BLAS and torch",
        "the same bytes at the same number of threads; across numbers of threads the same decisions, and logits "
        "within 1e-10 (exact learner) or 1e-3 nats (practical learner, single precision)",
        "The practical learner computes in single precision, where another order of sums moves logits by more than "
        "1e-10: its spanner and ledger are compared exactly, its logits to 1e-3 nats.",
    ),
    "R10": Row(
        "transformers asked one by one, in batches, as trees, by their state",
        "at most 1e-4 nats apart; a state that is further off is not used",
    ),
    "R11": Row(
        "linear program infeasible, of any scale, empty, repeated, limited in time",
        "a status, never a silent solution; constraints are checked in their own units; a limit is told apart",
        "It cannot be unbounded: every coefficient is bounded.",
    ),
    "R12": Row(
        "spanner of rows that are double, zero, nearly collinear, fewer than columns, noisy",
        "every row is a combination with coefficients within the bound, up to ten times the noise",
    ),
    "R13": Row("statements of the paper", "hold on random and adversarial cases, with the paper's constants"),
    "R14": Row(
        "ISANs, noisy parity, sparse Fourier models, 20 seeds each",
        "total variation by enumeration at most 1e-6 in 20 of 20, with no more queries than there are prefixes; too "
        "small a rank is told",
    ),
    "R15": Row(
        "oracle noise from 0 to 0.01, samples, temperature, top-k, budget",
        "the error grows about linearly; nothing that calls itself verified is above its certified error, in 200 runs",
    ),
    "R16": Row(
        "properties",
        "softmax and centring ignore constants; the chain rule; permutations of tokens; what is saved comes back; "
        "wrappers change nothing; samples follow the distribution (chi-square)",
    ),
    "R17": Row(
        "fuzz of model, checkpoint, queries, record, journal and servers' answers",
        "success, or an error of this package, in every one of 100,000 cases; each within 1 s of processor time "
        "(ITIMER_VIRTUAL) and all within 200 MB of address space above the process's own (RLIMIT_AS)",
    ),
    "R18": Row(
        "Ctrl-C at any moment; a second run in the same kernel",
        "a consistent checkpoint, a true sentence, settings and threads as before, the same end afterwards",
    ),
    "R19": Row(
        "notebooks",
        "run from a clean kernel to the committed outputs",
        "The run itself is the second command of `make test` and `make check-long`, `pytest --nbval`, and is not "
        "counted here; these tests hold what it runs on. Limits of seconds and runs with other dependencies are left "
        "to whoever runs it: the machine decides them.",
    ),
    "R20": Row(
        "dashboards: every control at its ends and at random; errors in callbacks; closed pages",
        "no exception escapes, messages are on the page, callbacks and threads end",
        "An update's milliseconds are not asserted: that would measure the machine.",
    ),
    "R21": Row(
        "import, and missing extras",
        "no heavy library, no socket, below 0.5 s; a missing extra names the line to install it",
    ),
    "R22": Row(
        "loading transformers",
        "safetensors only, no code of the folder's, complete weights, local where asked; tests need no hub",
        "The revision itself is not in the fingerprint: a hash of all weights, of the config and of the vocabulary is, "
        "which tells revisions apart however they were fetched.",
    ),
    "R23": Row(
        "too large: matrices, alphabets, horizons, samples",
        "refused before a query, with the size and what to lower",
    ),
    "R24": Row("upgrade", "files of earlier versions are read and gone on with; a newer version is refused by number"),
}


@dataclass
class Found:
    """What a run told of one row."""

    outcomes: Counter[str] = field(default_factory=Counter)
    figures: list[str] = field(default_factory=list)
    seconds: float = 0.0


class Table:
    """Hears the reports of a run, those of pytest-xdist's workers too, and writes the table at its end."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.found = {row: Found() for row in ROWS}
        self.all: Counter[str] = Counter()

    def pytest_runtest_logreport(self, report) -> None:
        told = [(str(name), str(value)) for name, value in report.user_properties]
        counts = report.when == "call" or report.outcome != "passed"
        if counts:
            self.all[report.outcome] += 1
        for row in {value for name, value in told if name == MARKER}:
            found = self.found[row]
            found.seconds += report.duration
            if counts:
                found.outcomes[report.outcome] += 1
            if report.when == "call":
                figures = [value for name, value in told if name == "figure"]
                found.figures += [figure for figure in figures if figure not in found.figures]

    def pytest_sessionfinish(self) -> None:
        self.path.write_text(page(self.found, self.all, commit(), datetime.now(UTC).date().isoformat()), "utf-8")


def page(found: dict[str, Found], everything: Counter[str], made_at: str, date: str) -> str:
    """The text of docs/RELIABILITY.md."""
    lines = [
        "# Reliability",
        "",
        "What holds under faults and bad input, and the tests that hold it: those marked "
        '`@pytest.mark.reliability("R1")` and so on. `make check-long` writes this page; situations and promises are '
        "in `tests/reliability.py`.",
        "",
        f"Made at commit {made_at} on {date}: {counted(everything)} in the whole run.",
        "",
        "| row | situation | promise | tests | figures | seconds |",
        "|---|---|---|---|---|---|",
    ]
    for name, row in ROWS.items():
        one = found[name]
        promise = " ".join(filter(None, [row.promise, row.remark and f"*{row.remark}*", row.not_held]))
        figures = "; ".join(sorted(one.figures))
        cells = [name, row.situation, promise, counted(one.outcomes), figures, f"{one.seconds:.0f}"]
        lines.append("| " + " | ".join(cells) + " |")
    return "\n".join(lines) + "\n"


def counted(outcomes: Counter[str]) -> str:
    """ "3 passed, 1 skipped"; failures are always told."""
    kinds = [kind for kind in ("passed", "failed", "skipped") if outcomes[kind] or kind == "passed"]
    return ", ".join(f"{outcomes[kind]:,} {kind}" for kind in kinds)


def commit() -> str:
    """Of the working tree; one that was changed since says so."""
    command = ["git", "describe", "--always", "--exclude=*", "--dirty=, changed since"]
    try:
        return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout.strip()
    except (OSError, subprocess.CalledProcessError):
        return "unknown"
