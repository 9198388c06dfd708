"""The report of `lowlogit evaluate`: a learned model beside its baselines, how it was learned, what it writes."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from lowlogit_edu.baselines.contest import Judged
from lowlogit_edu.show.html import Report, Rows

HOW = {"verify": "plain learner", "refine": "refinement"}  # the events that bring a KL


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
        By model, as `comparison.judge` gives them.
    record : mapping
        The run's own, as `runs.read_record` gives it.
    texts : mapping of str to mapping of str to texts
        By prompt, then by who wrote them.
    settings : str
        What the numbers can be repeated with.
    tables : mapping of str to rows, optional
        More about the texts, by caption.
    """
    learned, rank = judged["learned"], record["config"].get("rank")
    queries = sum(record["queries"].values())
    report = Report(
        f"What was learned of {record['teacher']}",
        f"A model of rank {rank} for texts of {record['horizon']} tokens, learned from {queries:,} logit queries. On "
        f"fresh texts of the teacher its KL from it is {learned.mean:.3f} ± {learned.standard_error:.3f} nats per "
        "token. The table says how many queries each baseline was fitted to.",
        settings,
    )
    report.section("Every model beside the teacher")
    rows = {name.strip(): _row(found) for name, found in judged.items()}
    shown = [column for column in rows["learned"] if any(row[column] is not None for row in rows.values())]
    rows = {name: {column: row[column] for column in shown} for name, row in rows.items()}
    report.table(rows, "KL(teacher || model) in nats per token, ± standard error over texts; perplexity on the teacher")
    series = {
        name.strip(): (np.arange(1, len(found.per_position) + 1), found.per_position)
        for name, found in judged.items()
        if found.mean > 0
    }
    end = "; ".join(f"{name} {values[-1]:.3f}" for name, (_, values) in series.items())
    axis = "KL, nats"
    report.curves("KL at each position", series, "position in the text", axis, f"At the last position: {end}.", log="y")
    _history(report, record)
    report.section("Texts", "Drawn one after the other from the seed, none left out.")
    for caption, more in (tables or {}).items():
        report.table(more, caption)
    for prompt, written in texts.items():
        for writer, found_texts in written.items():
            report.quotes(f"{writer}, after “{prompt}”" if prompt else f"{writer}, after nothing", found_texts)
    return report


def _row(found: Judged) -> dict[str, Any]:
    return {
        "KL": f"{found.mean:.3f} ± {found.standard_error:.3f}",
        "perplexity": found.perplexity,
        "on real text": found.text_perplexity,
        "queries": found.queries,
        "parameters": found.parameters,
        "seconds": found.seconds,
    }


def _history(report: Report, record: Mapping[str, Any]) -> None:
    """The KL that the learner measured on its way, epoch by epoch and pass by pass."""
    measured = [event for event in record["history"] if "mean_kl" in event["data"]]
    if not measured:
        return
    report.section("How it was learned", "Measured by the learner itself, on fresh texts that it was never fitted to.")
    series = {}
    for kind, name in HOW.items():
        found = [(i, event["data"]["mean_kl"]) for i, event in enumerate(measured, start=1) if event["kind"] == kind]
        if found:
            series[name] = tuple(np.array(found).T)
    first, last = (measured[i]["data"]["mean_kl"] for i in (0, -1))
    summary = f"From {first:.3f} at the first to {last:.3f} nats per token at the last of {len(measured)} measurements."
    report.curves("KL while learning", series, "measurement", "KL, nats per token", summary)
    report.table(
        [
            {"epoch": e["epoch"], "step": e["kind"], "queries so far": e["data"].get("queries"), "what": e["message"]}
            for e in record["history"]
        ],
        f"Every step; the run ended with status {record['status']}",
    )
