"""Parts of pictures that explorers share: a blank figure, arrows, and a scale that keeps far points on paper.

>>> squeezed(np.array([-2.0, 0.5, 2.0, 2 * np.e**2]), bound=2.0).round(6).tolist()
[-2.0, 0.5, 2.0, 4.0]
"""

from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.axis import Axis
from matplotlib.figure import Figure

from lowlogit_edu.show.palette import ORANGE

# Around the point that the controls choose.
RING: dict[str, Any] = {"color": ORANGE, "ms": 12, "mfc": "none", "mew": 2.5}
DPI = 90  # ten inches fill the width of a notebook's page


def blank_figure(width: float, height: float) -> Figure:
    """A figure of so many inches; white, since its black letters must be read on a dark page, too."""
    return Figure(figsize=(width, height), dpi=DPI, facecolor="white")


def hide_frame(axes: Axes) -> None:
    """Leave the two sides that carry numbers."""
    axes.spines[["top", "right"]].set_visible(False)


def arrow(axes: Axes, start: Any, end: Any, colour: str, width: float = 2.5) -> None:
    """An arrow between two points of the plane."""
    axes.annotate("", end, start, arrowprops={"arrowstyle": "-|>", "color": colour, "lw": width})


def squeezed(value: Any, bound: float) -> Any:
    """Coordinates on paper: true inside the box, logarithmic outside."""
    size = np.maximum(np.abs(value) / bound, 1.0)
    return np.where(size > 1, np.sign(value) * bound * (1 + np.log(size) / 2), value)


def mark_squeezed(axis: Axis, bound: float, end: float) -> None:
    """Ticks at zero, at the box's edges and at powers of ten, on an axis whose ends are +-`end` on paper."""
    places = []
    labels = []
    for tick in (-1000, -100, -10, -bound, 0, bound, 10, 100, 1000):
        place = float(squeezed(tick, bound))
        # Just outside the box the scale is narrow: a label there would be written over that of the edge.
        free = abs(tick) <= bound or abs(tick) > 2 * bound
        if free and abs(place) < end:
            places.append(place)
            labels.append(f"{tick:g}")
    axis.set_ticks(places, labels)
