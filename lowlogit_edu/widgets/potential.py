"""The elliptical potential as a picture: vectors arrive, the ellipsoid shrinks, surprises are counted.

>>> explorer = PotentialExplorer()
>>> explorer
PotentialExplorer(stream='random directions', dimension=2, step=8, radius=1.0, regularization=0.1, threshold=0.5, \
seed=0, surprises=4, limit=23)
>>> explorer.close()
"""

import csv
import io
from functools import lru_cache
from math import log1p, sqrt
from typing import Any

import numpy as np
from jaxtyping import Float
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator, NullLocator

from lowlogit_edu.core.rng import stream as random_stream
from lowlogit_edu.experiments.arrivals import (
    Arrivals,
    follow_arrivals,
    random_arrivals,
    surprise_limit,
    thrifty_arrivals,
)
from lowlogit_edu.widgets.explorer import Explorer, choice, slider

COUNT = 60  # vectors of a stream
BLUE, ORANGE, GREEN, GREY = "#0072B2", "#D55E00", "#009E73", "#999999"  # Okabe and Ito
STREAMS = ("random directions", "along the axes, in turn", "least known direction, barely enough", "one, repeated")
PRESETS: dict[str, dict[str, Any]] = {
    "random stream": {"stream": STREAMS[0], "dimension": 2, "step": 8},
    "the axes in turn": {"stream": STREAMS[1], "dimension": 2, "step": 10},
    "the worst adversary": {"stream": STREAMS[2], "dimension": 2, "step": 20},
    "the same again and again": {"stream": STREAMS[3], "dimension": 2, "step": 10},
    "eight dimensions": {"stream": STREAMS[2], "dimension": 8, "step": 60},
}


@lru_cache(maxsize=32)
def arrive(
    stream: str, dimension: int, radius: float, regularization: float, threshold: float, seed: int
) -> tuple[Float[np.ndarray, "vector dimension"], Arrivals]:
    """The vectors of a stream, and what they did to the potential."""
    rng = random_stream(seed, "arriving vectors")
    if stream == STREAMS[0]:
        vectors = random_arrivals(dimension, COUNT, radius, rng=rng)
    elif stream == STREAMS[1]:
        vectors = radius * np.eye(dimension)[np.arange(COUNT) % dimension]
    elif stream == STREAMS[2]:
        vectors = thrifty_arrivals(dimension, COUNT, radius, regularization, threshold, rng=rng)
    else:
        vectors = np.tile(random_arrivals(dimension, 1, radius, rng=rng), (COUNT, 1))
    return vectors, follow_arrivals(vectors, regularization)


def shadow(matrix: Float[np.ndarray, "dimension dimension"]) -> Float[np.ndarray, "point 2"]:
    """Outline of {v : v^T V v <= 1} seen along all axes but the first two."""
    angle = np.linspace(0, 2 * np.pi, 121)
    covariance = np.linalg.inv(matrix)[:2, :2]
    return np.column_stack([np.cos(angle), np.sin(angle)]) @ np.linalg.cholesky(covariance).T


class PotentialExplorer(Explorer):
    """Vectors arriving one by one, the ellipsoid {v : v^T V v <= 1}, and the number of surprises."""

    def __init__(self, **values: Any) -> None:
        controls = {
            "stream": choice("Vectors that arrive", STREAMS),
            "dimension": slider("Dimension", 2, 2, 10),
            "step": slider("Vectors so far", 8, 0, COUNT),
            "radius": slider("Longest vector R", 1.0, 0.1, 3.0, 0.1),
            "regularization": slider("Regularisation lambda", 0.1, 0.05, 2.0, 0.05),
            "threshold": slider("Surprising from", 0.5, 0.1, 2.0, 0.1),
            "seed": slider("Seed", 0, 0, 99),
        }
        super().__init__(controls, "potential", presets=PRESETS, animated="step")
        self.set(**values)

    def facts(self) -> dict[str, Any]:
        """The controls, the surprises so far and the most that any stream can bring."""
        _, arrivals, _ = self._now()
        count = int(arrivals.surprising(self.values["threshold"])[: self.values["step"]].sum())
        return self.values | {"surprises": count, "limit": self._limit()}

    def _limit(self) -> int:
        now = self.values
        return surprise_limit(now["dimension"], now["radius"], now["regularization"], now["threshold"])

    def _now(self) -> tuple[np.ndarray, Arrivals, np.ndarray]:
        """Vectors, what they did, and the ceiling of the potential after 0, 1, 2, ... of them."""
        now = self.values
        d, step = now["dimension"], now["radius"] ** 2 / (now["dimension"] * now["regularization"])
        vectors, arrivals = arrive(*(now[name] for name in now if name != "step"))
        return vectors, arrivals, d * np.log1p(np.arange(COUNT + 1) * step)

    def figure(self) -> Figure:
        """Left the plane of the first two axes; right the surprises, and their number below its bounds."""
        figure = Figure(figsize=(10, 5.4), dpi=90, facecolor="white")
        figure.subplots_adjust(left=0.07, right=0.98, bottom=0.1, top=0.94, hspace=0.4, wspace=0.2)
        axes = figure.subplot_mosaic([["plane", "each"], ["plane", "count"]], width_ratios=[1.0, 1.3])
        self._draw_plane(axes["plane"])
        self._draw_each(axes["each"])
        self._draw_count(axes["count"])
        for panel in ("each", "count"):
            axes[panel].spines[["top", "right"]].set_visible(False)
            axes[panel].set_xlim(0, COUNT + 0.5)
        return figure

    def _draw_plane(self, axes: Axes) -> None:
        now, (vectors, arrivals, _) = self.values, self._now()
        t, d = now["step"], now["dimension"]
        start = now["regularization"] * np.eye(d)
        size = 1.12 * max(1 / sqrt(now["regularization"]), now["radius"])
        axes.plot(*shadow(start).T, color=GREY, lw=1, ls="--", label="at the start")
        before = start + vectors[: max(t - 1, 0)].T @ vectors[: max(t - 1, 0)]
        axes.fill(*shadow(before).T, color=BLUE, alpha=0.15, lw=0)
        axes.plot(*shadow(before).T, color=BLUE, lw=2, label="before the last vector")
        if t:
            phi = vectors[t - 1]
            axes.plot(*shadow(before + np.outer(phi, phi)).T, color=GREEN, lw=2, ls="-.", label="after it")
            colour = ORANGE if arrivals.surprising(now["threshold"])[t - 1] else GREY
            axes.annotate("", phi[:2], (0, 0), arrowprops={"arrowstyle": "-|>", "color": colour, "lw": 2.5})
            if d == 2:
                edge, along = sqrt(now["threshold"]) * phi / (phi @ phi), np.array([-phi[1], phi[0]])
                for side, label in ((edge, "edge of the strip"), (-edge, None)):
                    axes.axline(side, side + along, color="black", lw=1, ls=":", label=label)
        axes.set(xlim=(-size, size), ylim=(-size, size), aspect="equal", xlabel="first axis", ylabel="second axis")
        axes.set_title("What is still unknown" + ("" if d == 2 else f" (shadow of {d} dimensions)"))
        axes.set_anchor("N")
        axes.legend(loc="upper center", bbox_to_anchor=(0.5, -0.13), ncols=2, frameon=False)

    def _draw_each(self, axes: Axes) -> None:
        now, (_, arrivals, _) = self.values, self._now()
        seen = arrivals.surprises[: now["step"]]
        surprising = arrivals.surprising(now["threshold"])[: now["step"]]
        for chosen, colour, marker, label in (
            (surprising, ORANGE, "o", "a surprise"),
            (~surprising, GREY, ".", "none"),
        ):
            numbers = np.flatnonzero(chosen)
            axes.vlines(numbers + 1, 1e-3, seen[chosen], color=colour, lw=1.5)
            axes.plot(numbers + 1, seen[chosen], marker, color=colour, label=label)
        axes.axhline(now["threshold"], color="black", lw=1, ls=":")
        axes.set(yscale="log", ylim=(1e-2, 3 * max(now["radius"] ** 2 / now["regularization"], 1)), ylabel="surprise")
        axes.yaxis.set_minor_locator(NullLocator())
        axes.set_title("Surprise of each vector")
        axes.legend(loc="upper right", ncols=2, frameon=False)

    def _draw_count(self, axes: Axes) -> None:
        now, (_, arrivals, ceiling) = self.values, self._now()
        t, unit = now["step"], log1p(now["threshold"])
        count = np.cumsum([0, *arrivals.surprising(now["threshold"])[:t]])
        moments = np.arange(COUNT + 1)
        axes.plot(moments, ceiling / unit, color="black", lw=1.5, ls="--", label="ceiling for any vectors")
        axes.plot(moments[: t + 1], arrivals.gains[: t + 1] / unit, color=BLUE, lw=2, label="log det potential")
        axes.step(moments[: t + 1], count, color=ORANGE, lw=2.5, where="post", label="surprises so far")
        axes.axhline(self._limit(), color=GREEN, lw=1.5, ls="-.", label="limit, however long")
        axes.set(xlabel="vectors so far", ylabel="number of surprises")
        axes.set_ylim(0, 1.5 * max(ceiling[-1] / unit, self._limit()))
        axes.set_title("Surprises, and what the potential allows")
        axes.yaxis.set_major_locator(MaxNLocator(5, integer=True))
        axes.legend(loc="upper left", ncols=2, frameon=False)

    def summary(self) -> str:
        """The picture in words."""
        now, (vectors, arrivals, ceiling), facts = self.values, self._now(), self.facts()
        t, unit = now["step"], log1p(now["threshold"])
        seen = now["regularization"] * np.eye(now["dimension"]) + vectors[:t].T @ vectors[:t]
        axes = 1 / np.sqrt(np.linalg.eigvalsh(seen)[[-1, 0]])
        last = f" The last vector surprises by {arrivals.surprises[t - 1]:.3g}." if t else ""
        return (
            f"{t} of {COUNT} vectors in {now['dimension']} dimensions, {now['stream']}: {facts['surprises']} surprises "
            f"of at least {now['threshold']:g}.{last} The potential has paid for at most "
            f"{arrivals.gains[t] / unit:.1f}, its ceiling is {ceiling[t] / unit:.1f}; no stream of any length "
            f"has more than {facts['limit']}. Half-axes of the ellipsoid: {axes[0]:.3g} to {axes[1]:.3g}."
        )

    def data(self) -> str:
        """One line per vector so far."""
        now, (vectors, arrivals, ceiling) = self.values, self._now()
        surprising = arrivals.surprising(now["threshold"])
        text = io.StringIO()
        table = csv.writer(text, lineterminator="\n")
        names = [f"coordinate_{i + 1}" for i in range(now["dimension"])]
        table.writerow(["vector", *names, "surprise", "surprising", "log_det_gain", "ceiling_of_gain"])
        for j in range(now["step"]):
            numbers = [*vectors[j], arrivals.surprises[j], int(surprising[j]), arrivals.gains[j + 1], ceiling[j + 1]]
            table.writerow([j + 1, *map(float, numbers)])
        return text.getvalue()
