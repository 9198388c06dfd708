"""Pictures of a learning run, the same facts in words, and the numbers behind both.

Nothing here touches pyplot, so a picture can be drawn in any thread.

>>> event = Event("verify", 1, 0.5, "Tested.", {"residuals": [0.1, 0.3], "mean_kl": 0.25, "queries": 1200})
>>> describe_learning([event])
'After step 1 (verify, epoch 1): mean residual 0.20 nats, largest 0.30 at cut 2; KL 0.25 nats per token; 1,200 queries.'
"""

import io
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import matplotlib
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from lowlogit_edu.events import Event, is_kept
from lowlogit_edu.show.csv_text import csv_text
from lowlogit_edu.show.palette import BLUE, DARK, ORANGE, PALE

Curve = Sequence[int] | Sequence[float | None]

# Blue and pale grey stay apart in a black-and-white print too.
NOW = BLUE
BEFORE = PALE
FIRST = ORANGE


@dataclass(frozen=True)
class Panel:
    """One of the four curves: the key in `Event.data`, its CSV column and the words on the axes."""

    key: str
    column: str
    title: str
    unit: str
    position: str


PANELS = (
    Panel("coefficients", "coefficient", "Largest coefficient", "on fresh texts", "cut (history length + 1)"),
    Panel("slack", "slack", "Slack of the program", "root mean square", "step from cut to cut"),
    Panel("residuals", "residual_nats", "Error in verification", "nats, mean absolute", "cut (history length + 1)"),
    Panel("kl", "kl_nats_per_token", "KL(teacher || learned)", "nats per token", "position in the text"),
)


def has_curves(event: Event) -> bool:
    """Whether the event brings numbers for the picture or the words below it."""
    return "spanner" in event.data or any(panel.key in event.data for panel in PANELS)


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
        measured = [event for event in history if event.data.get(panel.key) and is_kept(event.data)]
        if panel.key == "slack":  # that of logits and that of probabilities are no one curve
            measured = [event for event in measured if event.data.get("slack_in") == measured[-1].data.get("slack_in")]
        _draw(axes, panel, [event.data[panel.key] for event in measured])
        if measured:
            _compare(axes, panel, measured[-1].data)
    return figure


def _compare(axes: Axes, panel: Panel, newest: Mapping[str, Any]) -> None:
    """What the newest curve is to be held against, where there is something."""
    if panel.key == "coefficients" and "bound" in newest:
        axes.axhline(newest["bound"], color=DARK, ls="--", lw=1)
        axes.set_ylim(0, 1.2 * max(newest["bound"], axes.dataLim.y1))  # of all curves, the earlier ones too
        axes.yaxis.set_major_locator(MaxNLocator("auto"))
        axes.text(0.6, newest["bound"], "bound of the spanner", va="bottom", fontsize=9)
    if panel.key == "slack" and "slack_before" in newest:
        before = newest["slack_before"]
        axes.plot(_positions(before), before, label="first round", color=FIRST, lw=1.5)
        highest = max(axes.dataLim.y1, 1e-9)  # of all curves; the axis was made for those before this one
        axes.set_ylim(0, 1.3 * highest)  # the legend has its row above them
        axes.legend(frameon=False, loc="upper left", ncols=3)


def _draw(axes: Axes, panel: Panel, curves: Sequence[Curve]) -> None:
    for i, curve in enumerate(curves[:-1]):
        label = "before" if i == 0 else None  # one line in the legend stands for all of them
        axes.plot(_positions(curve), _numbers(curve), label=label, color=BEFORE, lw=1)
    for curve in curves[-1:]:
        axes.plot(_positions(curve), _numbers(curve), label="now", color=NOW, marker=".", lw=2, zorder=3)
    axes.set(title=panel.title, xlabel=panel.position, ylabel=panel.unit, ylim=(0, None))
    longest = max(map(len, curves), default=1)
    axes.set_xlim(0.5, longest + 0.5)
    axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    axes.yaxis.set_major_locator(MaxNLocator(integer="nats" not in panel.unit))
    axes.spines[["top", "right"]].set_visible(False)
    axes.grid(axis="y", alpha=0.3)
    if len(curves) > 1:
        axes.legend(frameon=False)
    if not curves:
        axes.set(xticks=[], yticks=[])
        axes.text(0.5, 0.5, "not measured yet", transform=axes.transAxes, ha="center", color=DARK)


def _positions(curve: Curve) -> range:
    return range(1, len(curve) + 1)  # cuts are counted from 1, as in the paper


def _numbers(curve: Curve) -> np.ndarray:
    return np.array(curve, dtype=float)  # nan where nothing was measured


def describe_learning(history: Sequence[Event]) -> str:
    """The picture in one sentence, for those who cannot see it."""
    measured = [(step, event) for step, event in enumerate(history, start=1) if has_curves(event)]
    if not measured:
        return "Nothing measured yet."
    step, event = measured[-1]
    newest: dict[str, Any] = {}
    for _, earlier in measured:
        newest |= earlier.data
    of_maps = "; ".join(_of_maps(newest))
    of_model = "; ".join(_of_model(newest))
    when = f"After step {step} ({event.kind}, epoch {event.epoch})"
    if event.kind == "refine":  # it changes what the curves beside the KL were measured on
        return f"{when}: {of_model}. Before refinement: {of_maps}."
    return f"{when}: {'; '.join(filter(None, (of_maps, of_model)))}."


def _of_maps(newest: Mapping[str, Any]) -> Iterator[str]:
    """The newest numbers of the solved maps, in words."""
    if newest.get("spanner"):
        largest = newest["largest_coefficient"]
        bound = f" (bound {newest['bound']:g})" if "bound" in newest else ""
        yield f"{len(newest['spanner'])} histories in the spanner, largest coefficient {largest:.2f}{bound}"
    if newest.get("slack"):
        yield f"the program asks to move coefficients by {np.mean(newest['slack']):.3f} a step (root mean square)"
    if newest.get("residuals"):
        residuals = _numbers(newest["residuals"])
        worst = int(np.nanargmax(residuals))
        yield f"mean residual {np.nanmean(residuals):.2f} nats, largest {residuals[worst]:.2f} at cut {worst + 1}"


def _of_model(newest: Mapping[str, Any]) -> Iterator[str]:
    """The newest numbers of the model, in words."""
    if "mean_kl" in newest:
        rejected = "" if is_kept(newest) else " after this pass, which is not kept"
        yield f"KL {newest['mean_kl']:.2f} nats per token{rejected}"
    if "queries" in newest:
        yield f"{newest['queries']:,} queries"


def learning_csv(history: Sequence[Event]) -> str:
    """The numbers behind the picture, one line per step and cut; what was not measured stays empty."""
    header = ["step", "kind", "epoch", "kept", "cut", *(panel.column for panel in PANELS)]
    lines: list[list[Any]] = []
    for step, event in enumerate(history, start=1):
        curves = [event.data.get(panel.key) or [] for panel in PANELS]
        for cut in range(max(map(len, curves), default=0)):
            values = [curve[cut] if cut < len(curve) else None for curve in curves]
            lines.append([step, event.kind, event.epoch, int(is_kept(event.data)), cut + 1, *values])
    return csv_text(header, lines)


def image(figure: Figure, kind: str = "png") -> bytes:
    """The figure as the bytes of a "png" or "svg" file; equal figures give equal bytes."""
    # An SVG would hold the time, and names of its parts that are random without a salt.
    metadata = {"Date": None} if kind == "svg" else None
    file = io.BytesIO()
    with matplotlib.rc_context({"svg.hashsalt": "lowlogit_edu"}):
        figure.savefig(file, format=kind, metadata=metadata)
    return file.getvalue()
