"""Pictures of a learning run, the same facts in words, and the numbers behind both.

Nothing here touches pyplot, so a picture can be drawn in any thread.

>>> event = Event("verify", 1, 0.5, "Tested.", {"residuals": [0.1, 0.3], "mean_kl": 0.25, "queries": 1200})
>>> describe_learning([event])
'After step 1 (verify, epoch 1): mean residual 0.20 nats, largest 0.30 at cut 2; KL 0.25 nats per token; 1,200 queries.'
"""

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import matplotlib
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from lowlogit_edu.events import Event

Curve = Sequence[int] | Sequence[float]

# Okabe and Ito's palette: these two stay apart for every kind of colour vision, and in grey.
NOW, BEFORE = "#0072B2", "#BBBBBB"


@dataclass(frozen=True)
class Panel:
    """One of the four curves: the key in `Event.data`, its CSV column and the words on the axes."""

    key: str
    column: str
    title: str
    unit: str
    position: str


PANELS = (
    Panel("futures_per_cut", "futures", "Futures per cut", "futures", "cut (history length + 1)"),
    Panel("spanner_sizes", "spanner_size", "Spanner size", "histories", "cut (history length + 1)"),
    Panel("residuals", "residual_nats", "Error in verification", "nats, mean absolute", "cut (history length + 1)"),
    Panel("kl", "kl_nats_per_token", "KL(teacher || learned)", "nats per token", "position in the text"),
)


def has_curves(event: Event) -> bool:
    """Whether the event brings numbers for any of the four curves."""
    return any(panel.key in event.data for panel in PANELS)


def learning_figure(history: Sequence[Event]) -> Figure:
    """The four curves of a run: the newest in blue, those before it in grey.

    Parameters
    ----------
    history : sequence of Event
        As in `LearnResult.history`; events without numbers are passed over.

    Returns
    -------
    matplotlib.figure.Figure
    """
    figure = Figure(figsize=(10, 5.6), dpi=90, facecolor="white")
    figure.subplots_adjust(left=0.07, right=0.98, bottom=0.09, top=0.94, hspace=0.5, wspace=0.2)
    for axes, panel in zip(figure.subplots(2, 2).flat, PANELS, strict=True):
        curves = [event.data[panel.key] for event in history if event.data.get(panel.key)]
        _draw(axes, panel, curves)
    return figure


def _draw(axes: Axes, panel: Panel, curves: Sequence[Curve]) -> None:
    for i, curve in enumerate(curves, start=1):
        newest = i == len(curves)
        label = "now" if newest else "before" if i == 1 else None
        style: dict[str, Any] = (
            {"color": NOW, "marker": ".", "lw": 2, "zorder": 3} if newest else {"color": BEFORE, "lw": 1}
        )
        axes.plot(range(1, len(curve) + 1), curve, label=label, **style)
    axes.set(title=panel.title, xlabel=panel.position, ylabel=panel.unit, ylim=(0, None))
    axes.set_xlim(0.5, max(map(len, curves), default=1) + 0.5)
    axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    axes.yaxis.set_major_locator(MaxNLocator(integer="nats" not in panel.unit))
    axes.spines[["top", "right"]].set_visible(False)
    axes.grid(axis="y", alpha=0.3)
    if len(curves) > 1:
        axes.legend(frameon=False)
    if not curves:
        axes.text(0.5, 0.5, "not measured yet", transform=axes.transAxes, ha="center", color="#555555")


def describe_learning(history: Sequence[Event]) -> str:
    """The picture in one sentence, for those who cannot see it."""
    measured = [(step, event) for step, event in enumerate(history, start=1) if has_curves(event)]
    if not measured:
        return "Nothing measured yet."
    step, event = measured[-1]
    newest = {key: value for _, earlier in measured for key, value in earlier.data.items()}
    facts = [
        f"{_spread(newest[key])} {words}"
        for key, words in (("futures_per_cut", "futures per cut"), ("spanner_sizes", "histories per spanner"))
        if newest.get(key)
    ]
    if residuals := newest.get("residuals"):
        worst = int(np.argmax(residuals))
        facts.append(f"mean residual {np.mean(residuals):.2f} nats, largest {residuals[worst]:.2f} at cut {worst + 1}")
    if "mean_kl" in newest:
        facts.append(f"KL {newest['mean_kl']:.2f} nats per token")
    if "queries" in newest:
        facts.append(f"{newest['queries']:,} queries")
    return f"After step {step} ({event.kind}, epoch {event.epoch}): {'; '.join(facts)}."


def _spread(values: Sequence[int]) -> str:
    least, most = min(values), max(values)
    return f"{least}" if least == most else f"{least} to {most}"


def learning_csv(history: Sequence[Event]) -> str:
    """The numbers behind the picture, one line per step and cut; what was not measured stays empty."""
    text = io.StringIO()
    table = csv.writer(text, lineterminator="\n")
    table.writerow(["step", "kind", "epoch", "cut", *(panel.column for panel in PANELS)])
    for step, event in enumerate(history, start=1):
        curves = [event.data.get(panel.key) or [] for panel in PANELS]
        for cut in range(max(map(len, curves))):
            values = [curve[cut] if cut < len(curve) else "" for curve in curves]
            table.writerow([step, event.kind, event.epoch, cut + 1, *values])
    return text.getvalue()


def image(figure: Figure, kind: str = "png") -> bytes:
    """The figure as the bytes of a "png" or "svg" file; equal figures give equal bytes."""
    file = io.BytesIO()
    with matplotlib.rc_context({"svg.hashsalt": "lowlogit_edu"}):
        figure.savefig(file, format=kind, metadata={"Date": None} if kind == "svg" else None)
    return file.getvalue()
