"""A game with the elliptical potential: drag the next vector, add it, and surprise as often as you can.

The picture moves in the browser (`vector_game.js`); the vectors come back to Python, where the words, the still picture
and the tests read them.

>>> game = VectorGame([(1.0, 0.0), (0.0, 1.0)])
>>> game
VectorGame(vectors=[(1.0, 0.0), (0.0, 1.0)], surprises=2)
>>> game.close()
"""

from collections.abc import Sequence
from math import hypot, isfinite
from typing import Any

import numpy as np
import traitlets
from jaxtyping import Float

from lowlogit_edu.core.checks import check_number
from lowlogit_edu.core.errors import ArgumentError
from lowlogit_edu.core.rng import stream
from lowlogit_edu.core.words import counted
from lowlogit_edu.experiments.arrivals import Arrivals, follow_arrivals, surprise_limit, thrifty_arrivals
from lowlogit_edu.show.palette import ON_ANY_PAGE
from lowlogit_edu.widgets.html_parts import Picture
from lowlogit_edu.widgets.moving import MovingPicture, script
from lowlogit_edu.widgets.potential_panels import Scene, potential_ceiling, potential_figure

COUNT = 60  # vectors that may be added
ROUNDING = 1e-9  # share by which a vector that was dragged to the edge may be longer than R
BLUE, ORANGE, GREEN, *_, GREY = ON_ANY_PAGE
Vectors = Sequence[Sequence[float]]


class VectorGame(MovingPicture):
    """The reader is the adversary of Lemma 5.1: each vector is placed by hand, and counts where it surprises.

    Parameters
    ----------
    vectors : sequence of pairs
        Those that are there already, each of length `radius` at most.
    radius, regularization, threshold : float
        R, lambda, and how much a vector has to surprise to be counted.

    Attributes
    ----------
    vectors : tuple of pairs
        The vectors added so far; the browser changes them.
    next : pair
        The vector that is held.
    """

    _esm = script("vector_game")
    radius = traitlets.Float().tag(sync=True)
    regularization = traitlets.Float().tag(sync=True)
    threshold = traitlets.Float().tag(sync=True)
    most = traitlets.Int(COUNT).tag(sync=True)
    adversary = traitlets.Int().tag(sync=True)
    limit = traitlets.Int().tag(sync=True)
    colours = traitlets.Dict({"blue": BLUE, "orange": ORANGE, "green": GREEN, "grey": GREY}).tag(sync=True)
    vectors: traitlets.Tuple = traitlets.Tuple().tag(sync=True)  # one that is changed in place would not be sent
    next: traitlets.List[float] = traitlets.List().tag(sync=True)

    def __init__(
        self, vectors: Vectors = (), *, radius: float = 1.0, regularization: float = 0.1, threshold: float = 0.5
    ) -> None:
        problem = {"radius": radius, "regularization": regularization, "threshold": threshold}
        for name, value in problem.items():
            check_number(name, value, least=1e-3, most=1e3)
        rows = thrifty_arrivals(2, COUNT, **problem, rng=stream(0, "adversary"))
        super().__init__(
            **problem,
            adversary=int(follow_arrivals(rows, regularization).surprising(threshold).sum()),
            limit=surprise_limit(2, **problem),
            next=[0.6 * radius, 0.4 * radius],
        )
        self.vectors = tuple(list(map(float, vector)) for vector in vectors)

    @traitlets.validate("vectors", "next")
    def _checked(self, proposal: dict[str, Any]) -> Any:
        value = proposal["value"]
        vectors = value if proposal["trait"].name == "vectors" else [value]
        for vector in vectors:
            if len(vector) != 2 or not all(map(isfinite, vector)):
                raise ArgumentError(f"each vector must be two finite numbers, got {vector!r}.")
            if hypot(*vector) > self.radius * (1 + ROUNDING):
                raise ArgumentError(f"each vector must be at most {self.radius:g} long (R), got {vector!r}.")
        if len(vectors) > COUNT:
            raise ArgumentError(f"expected at most {COUNT} vectors, got {len(vectors)}.")
        return value

    def __repr__(self) -> str:
        placed = [tuple(round(x, 3) for x in vector) for vector in self.vectors]
        return f"VectorGame(vectors={placed}, surprises={self.surprises})"

    @property
    def _placed(self) -> Float[np.ndarray, "vector 2"]:
        return np.array(self.vectors, dtype=np.float64).reshape(-1, 2)

    @property
    def _arrivals(self) -> Arrivals:
        return follow_arrivals(self._placed, self.regularization)

    @property
    def surprises(self) -> int:
        """How many of the vectors added so far were surprises."""
        return int(self._arrivals.surprising(self.threshold).sum())

    def picture(self) -> Picture:
        """The vectors added so far and what they did, to stay in the saved notebook."""
        problem = {"radius": self.radius, "regularization": self.regularization}
        scene = Scene(
            step=len(self.vectors),
            dimension=2,
            **problem,
            threshold=self.threshold,
            vectors=self._placed,
            arrivals=self._arrivals,
            ceiling=potential_ceiling(2, **problem, count=COUNT),
            limit=self.limit,
        )
        return Picture(potential_figure(scene), self.summary())

    def summary(self) -> str:
        """The game in words."""
        count = len(self.vectors)
        paid = self._arrivals.gains[-1] / np.log1p(self.threshold)
        return (
            f"{count} of {COUNT} vectors placed by hand, {counted(self.surprises, 'surprise')} of at least "
            f"{self.threshold:g}. The potential has paid for at most {paid:.1f}; no stream brings more than "
            f"{self.limit}."
        )
