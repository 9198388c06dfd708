"""Curves in one picture for a report, told apart by colour, marker and dash.

>>> figure = curve_figure({"measured": ([1, 2], [1.0, 0.5])}, "rank", "nats", log="x")
>>> figure.data[0].line.dash, figure.layout.xaxis.type, figure.layout.yaxis.rangemode
('solid', 'log', 'tozero')
"""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import plotly.graph_objects as go

from lowlogit_edu.show.palette import ON_ANY_PAGE

Points = tuple[Sequence[float] | np.ndarray, Sequence[float] | np.ndarray]  # x values, y values

# Curves differ in marker and dash too, so that no colour is needed to tell them apart.
MARKERS = ("circle", "square", "diamond", "triangle-up", "x", "star")
DASHES = ("solid", "dash", "dot", "dashdot", "longdash", "longdashdot")
MARKED = 64  # points of a curve up to which each has a marker; more would run into each other


def curve_figure(series: Mapping[str, Points], x: str, y: str, log: str = "") -> go.Figure:
    """The curves of `Report.curves`, each with a colour, a marker and a dash of its own."""
    margin = {"l": 60, "r": 10, "t": 10, "b": 50}
    figure = go.Figure(layout={"template": "none", "dragmode": False, "margin": margin})
    for i, (name, points) in enumerate(series.items()):
        _add_curve(figure, i, name, points)
    figure.update_layout(xaxis=_axis(x, "x" in log), yaxis=_axis(y, "y" in log))
    return figure.update_layout(legend={"orientation": "h", "y": 1.02, "yanchor": "bottom", "x": 0}, showlegend=True)


def _add_curve(figure: go.Figure, i: int, name: str, points: Points) -> None:
    across, up = points
    figure.add_scatter(
        x=[float(value) for value in across],
        y=[float(value) for value in up],
        name=name,
        mode="lines+markers" if len(across) <= MARKED else "lines",
        line={"color": ON_ANY_PAGE[i % len(ON_ANY_PAGE)], "dash": DASHES[i % len(DASHES)]},
        marker={"symbol": MARKERS[i % len(MARKERS)], "size": 8},
    )


def _axis(title: str, logarithmic: bool) -> dict[str, Any]:
    # D2: a logarithmic axis has labels at 1, 2 and 5 of each power of ten.
    kind = {"type": "log", "dtick": "D2"} if logarithmic else {"rangemode": "tozero"}
    return {"title": {"text": title}, "automargin": True, "exponentformat": "power", **kind}
