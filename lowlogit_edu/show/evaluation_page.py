"""The report of `lowlogit evaluate`: a learned model beside its baselines, how it was learned, what it writes."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from lowlogit_edu.baselines.contest import Judged
from lowlogit_edu.events import is_kept
from lowlogit_edu.show.html import Report
from lowlogit_edu.show.tables import Rows

LEARNERS = {"verify": "plain learner", "refine": "refinement"}  # whose KL an event of this kind brings


def evaluation_report(
    judged: Mapping[str, Judged],
    record: Mapping[str, Any],
    texts: Mapping[str, Mapping[str, Sequence[str]]],
    settings: str,
    tables: Mapping[str, Rows] | None = None,
) -> Report:
    """What a saved run learned, and how well.

    Parameters
    ----------
    judged : mapping of str to Judged
        By model, as `contest.judge` gives them.
    record : mapping
        The run's own, as `practical.record.read_record` gives it.
    texts : mapping of str to mapping of str to texts
        By prompt, then by who wrote them.
    settings : str
        What the numbers can be repeated with.
    tables : mapping of str to rows, optional
        More about the texts, by caption.
    """
    report = Report(f"What was learned of {record['teacher']}", _summary(judged["learned"], record), settings)
    _models(report, judged)
    _history(report, record)
    report.section("Texts", "Drawn one after the other from the seed, none left out.")
    for caption, rows in (tables or {}).items():
        report.table(rows, caption)
    for prompt, written in texts.items():
        after = f"“{prompt}”" if prompt else "nothing"
        for writer, found in written.items():
            report.quotes(f"{writer}, after {after}", found)
    return report


def _summary(learned: Judged, record: Mapping[str, Any]) -> str:
    rank = record["config"].get("rank")
    queries = sum(record["queries"].values())
    return (
        f"A model that carries at most {rank} coefficients, for texts of {record['horizon']} tokens, learned from "
        f"{queries:,} logit queries. On fresh texts of the teacher its KL from it is {learned.mean:.3f} ± "
        f"{learned.standard_error:.3f} nats per "
        "token. The table says how many queries each baseline was fitted to."
    )


def _models(report: Report, judged: Mapping[str, Judged]) -> None:
    """Every model in one table, and its KL position by position in one picture."""
    report.section("Every model beside the teacher")
    rows = {name.strip(): _row(found) for name, found in judged.items()}  # spaces in front indent them on a terminal
    report.table(
        _without_empty_columns(rows),
        "KL(teacher || model) in nats per token, ± standard error over texts; perplexity on the teacher",
    )
    series = {}
    for name, found in judged.items():
        if found.mean > 0:  # zero, as of the teacher itself, has no place on a logarithmic axis
            positions = np.arange(1, len(found.per_position) + 1)
            series[name.strip()] = (positions, found.per_position)
    last = "; ".join(f"{name} {kl[-1]:.3f}" for name, (_, kl) in series.items())
    summary = f"At the last position: {last}."
    report.curves("KL at each position", series, "position in the text", "KL, nats", summary, log="y")


def _row(found: Judged) -> dict[str, Any]:
    return {
        "KL": f"{found.mean:.3f} ± {found.standard_error:.3f}",
        "perplexity": found.perplexity,
        "on real text": found.text_perplexity,
        "queries": found.queries,
        "parameters": found.parameters,
        "seconds": found.seconds,
    }


def _without_empty_columns(rows: Mapping[str, Mapping[str, Any]]) -> Rows:
    """The rows without the columns that are None in each."""
    columns = next(iter(rows.values()))
    used = [column for column in columns if any(row[column] is not None for row in rows.values())]
    return {name: {column: row[column] for column in used} for name, row in rows.items()}


def _history(report: Report, record: Mapping[str, Any]) -> None:
    """The KL that the learner measured on its way, epoch by epoch and pass by pass."""
    measured = [event for event in record["history"] if "mean_kl" in event["data"] and is_kept(event["data"])]
    if not measured:
        return
    report.section("How it was learned", "Measured by the learner itself, on fresh texts that it was never fitted to.")
    numbers = np.arange(1, len(measured) + 1)
    kinds = np.array([event["kind"] for event in measured])
    kl = np.array([event["data"]["mean_kl"] for event in measured])
    series = {}
    for kind, name in LEARNERS.items():
        ours = kinds == kind
        if ours.any():
            series[name] = (numbers[ours], kl[ours])
    summary = f"From {kl[0]:.3f} at the first to {kl[-1]:.3f} nats per token at the last of {len(kl)} measurements."
    report.curves("KL while learning", series, "measurement", "KL, nats per token", summary)
    steps = [_step(event) for event in record["history"]]
    report.table(steps, f"Every step; the run ended with status {record['status']}")


def _step(event: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "epoch": event["epoch"],
        "step": event["kind"],
        "queries so far": event["data"].get("queries"),
        "what": event["message"],
    }
