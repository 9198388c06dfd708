"""Lemma 5.1 on the witnesses of a run: what was unseen, how surprising each witness is, how many there can be.

>>> stream = WitnessStream(np.array([[1.0, 0.0]]), np.array([[0.0, 2.0]]), np.array([[0.0, 0.5]]))
>>> stream.products.tolist(), stream.seen, stream.new
([[0.0, 1.0]], 0.0, 1.0)
"""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from lowlogit_edu.algorithm.potential import EllipticalPotential
from lowlogit_edu.core.errors import ArgumentError
from lowlogit_edu.lemmas.surprises import witness_bound


@dataclass(frozen=True)
class WitnessStream:
    """The witnesses of one cut, as Lemma 5.1 sees them.

    Paper: Definition 5.1 (bounded of rank d along the witnesses; here those of a run), arXiv:2512.09892.

    Attributes
    ----------
    first : array of shape (future, rank)
        phi of the futures that the cut had from the beginning.
    factors : array of shape (witness, rank)
        phi_1, phi_2, ..: of the witnesses, in the order in which they were found.
    vectors : array of shape (witness, rank)
        v_1, v_2, ..: what was wrong when each was found.
    """

    first: Float[np.ndarray, "future rank"]
    factors: Float[np.ndarray, "witness rank"]
    vectors: Float[np.ndarray, "witness rank"]

    def __post_init__(self) -> None:
        ranks = {part.shape[1] for part in (self.first, self.factors, self.vectors)}
        if len(ranks) > 1 or len(self.factors) != len(self.vectors) or not self.vectors.any():
            raise ArgumentError(
                "expected one v for each phi, all of one length and not all zero; got shapes "
                f"{self.first.shape}, {self.factors.shape} and {self.vectors.shape}."
            )

    @property
    def products(self) -> Float[np.ndarray, "witness column"]:
        """<v_j, phi>, a row for each witness j: of the first futures, then of the witnesses."""
        return self.vectors @ np.vstack([self.first, self.factors]).T

    @property
    def seen(self) -> float:
        """Largest residual of a future that the cut had already, in nats."""
        # Witness j stands in column len(first) + j: to the left of it is what was there before.
        return float(np.abs(np.tril(self.products, len(self.first) - 1)).max(initial=0.0))

    @property
    def new(self) -> float:
        """Smallest residual of a witness, in nats."""
        return float(np.abs(np.diag(self.products, len(self.first))).min())

    def error(self, least: float = 1e-4) -> float:
        """e of Lemma 5.1: futures seen before have residuals of at most 2 e. The lemma wants one above zero."""
        return max(self.seen / 2, least)

    def surprises(self) -> Float[np.ndarray, "witness"]:
        """phi_j^T V_{j-1}^-1 phi_j, for V_0 = (e / B)^2 I and B the length of the longest v."""
        known = EllipticalPotential.start(self.vectors.shape[1], (self.error() / _longest(self.vectors)) ** 2)
        found = []
        for phi in self.factors:
            found.append(known.surprise(phi))
            known = known.add(phi)
        return np.array(found)

    def least_surprises(self) -> Float[np.ndarray, "witness"]:
        """What Equation 13 says that they are at least: <v_j, phi_j>^2 / (4 j e^2)."""
        new = np.diag(self.products, len(self.first))
        return new**2 / (4 * np.arange(1, len(new) + 1) * self.error() ** 2)

    def limit(self) -> float:
        """Most witnesses that Equations 12 and 13 allow, for this e and a threshold that all of these pass."""
        radius = _longest(self.factors) * _longest(self.vectors)
        return witness_bound(self.vectors.shape[1], self.error(), self.new, radius)


def _longest(rows: Float[np.ndarray, "row rank"]) -> float:
    return float(np.linalg.norm(rows, axis=1).max())
