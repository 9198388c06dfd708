"""The elliptical potential as a picture: vectors arrive, the ellipsoid shrinks, surprises are counted.

The three panels are drawn by `potential_panels`.

>>> explorer = PotentialExplorer()
>>> explorer
PotentialExplorer(stream='random directions', dimension=2, step=8, radius=1.0, regularization=0.1, threshold=0.5, \
seed=0, surprises=4, limit=23)
>>> explorer.close()
"""

from functools import lru_cache
from typing import Any

import numpy as np
from jaxtyping import Float
from matplotlib.figure import Figure

from lowlogit_edu.core.rng import stream as random_stream
from lowlogit_edu.core.words import counted
from lowlogit_edu.experiments.arrivals import (
    Arrivals,
    follow_arrivals,
    random_arrivals,
    surprise_limit,
    thrifty_arrivals,
)
from lowlogit_edu.show.csv_text import csv_text
from lowlogit_edu.widgets.explorer import Explorer, choice, slider
from lowlogit_edu.widgets.potential_panels import Scene, potential_ceiling, potential_figure

COUNT = 60  # vectors of a stream
STREAMS = ("random directions", "along the axes, in turn", "least known direction, barely enough", "one, repeated")
PRESETS: dict[str, dict[str, Any]] = {
    "random stream": {"stream": STREAMS[0], "dimension": 2, "step": 8},
    "the axes in turn": {"stream": STREAMS[1], "dimension": 2, "step": 10},
    "the worst adversary": {"stream": STREAMS[2], "dimension": 2, "step": 20},
    "the same again and again": {"stream": STREAMS[3], "dimension": 2, "step": 10},
    "five dimensions": {"stream": STREAMS[2], "dimension": 5, "step": 60},
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
        super().__init__(controls, "potential", presets=PRESETS, animated="step", values=values)

    def _now(self) -> Scene:
        """All that the picture shows; made for each who asks, from arrivals that `arrive` remembers."""
        chosen = self.values
        problem = {name: chosen[name] for name in ("dimension", "radius", "regularization", "threshold")}
        vectors, arrivals = arrive(stream=chosen["stream"], seed=chosen["seed"], **problem)
        return Scene(
            step=chosen["step"],
            **problem,
            vectors=vectors,
            arrivals=arrivals,
            ceiling=potential_ceiling(chosen["dimension"], chosen["radius"], chosen["regularization"], COUNT),
            limit=surprise_limit(**problem),
        )

    def facts(self) -> dict[str, Any]:
        """The controls, the surprises so far and the most that any stream can bring."""
        scene = self._now()
        return self.values | {"surprises": scene.surprises, "limit": scene.limit}

    def figure(self) -> Figure:
        """Left the plane of the first two axes; right the surprises, and their number below its bounds."""
        return potential_figure(self._now())

    def summary(self) -> str:
        """The picture in words."""
        scene = self._now()
        t = scene.step
        shortest, longest = 1 / np.sqrt(np.linalg.eigvalsh(scene.matrix(t))[[-1, 0]])  # of {v : v^T V v <= 1}
        last = f" The last vector surprises by {scene.arrivals.surprises[t - 1]:.3g}." if t else ""
        return (
            f"{t} of {COUNT} vectors in {scene.dimension} dimensions, {self.values['stream']}: "
            f"{counted(scene.surprises, 'surprise')} of at least {scene.threshold:g}.{last} The potential has paid "
            f"for at most {scene.arrivals.gains[t] / scene.price:.1f}, its ceiling is "
            f"{scene.ceiling[t] / scene.price:.1f}; no stream of any length has more than {scene.limit}. "
            f"Half-axes of the ellipsoid: {shortest:.3g} to {longest:.3g}."
        )

    def data(self) -> str:
        """One line per vector so far."""
        scene = self._now()
        names = [f"coordinate_{i + 1}" for i in range(scene.dimension)]
        header = ["vector", *names, "surprise", "surprising", "log_det_gain", "ceiling_of_gain"]
        arrivals = scene.arrivals
        rows = [
            [
                j + 1,
                *scene.vectors[j],
                arrivals.surprises[j],
                float(scene.surprising[j]),  # 1.0 or 0.0
                arrivals.gains[j + 1],
                scene.ceiling[j + 1],
            ]
            for j in range(scene.step)
        ]
        return csv_text(header, rows)
