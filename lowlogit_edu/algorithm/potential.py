"""The elliptical potential: why a learner cannot be surprised often.

>>> potential = EllipticalPotential.start(dimension=2, regularization=1.0)
>>> north = np.array([1.0, 0.0])
>>> potential.surprise(north), potential.add(north).surprise(north)
(1.0, 0.5)
"""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from lowlogit_edu.core.checks import check_count
from lowlogit_edu.core.errors import ArgumentError


@dataclass(frozen=True)
class EllipticalPotential:
    """What was seen so far: V = regularization * I + the sum of phi phi^T over the vectors added.

    Paper: Lemma 5.1 (bound on the number of witnesses), arXiv:2512.09892.

    Attributes
    ----------
    matrix : array of shape (dimension, dimension)
    """

    matrix: Float[np.ndarray, "dimension dimension"]

    @classmethod
    def start(cls, dimension: int, regularization: float) -> "EllipticalPotential":
        """The potential before any vector: a ball."""
        _check_positive("regularization", regularization)
        return cls(regularization * np.eye(check_count("dimension", dimension)))

    def _vector(self, vector: Float[np.ndarray, "dimension"]) -> Float[np.ndarray, "dimension"]:
        """`vector` as float64; ArgumentError if it does not fit."""
        phi = np.asarray(vector, dtype=np.float64)
        if phi.shape != (len(self.matrix),) or not np.isfinite(phi).all():
            raise ArgumentError(f"vector must hold {len(self.matrix)} finite numbers, got {vector!r}.")
        return phi

    def surprise(self, vector: Float[np.ndarray, "dimension"]) -> float:
        """phi^T V^-1 phi: large for a direction that was rarely seen."""
        phi = self._vector(vector)
        return float(phi @ np.linalg.solve(self.matrix, phi))

    def add(self, vector: Float[np.ndarray, "dimension"]) -> "EllipticalPotential":
        """The potential after one more vector."""
        phi = self._vector(vector)
        return EllipticalPotential(self.matrix + np.outer(phi, phi))

    @property
    def log_determinant(self) -> float:
        """log det V; each vector adds log(1 + its surprise)."""
        return float(np.linalg.slogdet(self.matrix).logabsdet)  # the determinant itself may overflow


def _check_positive(name: str, value: float) -> None:
    if not (np.isfinite(value) and value > 0):
        raise ArgumentError(f"{name} must be a finite positive number, got {value!r}.")


def elliptical_bound(dimension: int, count: int, radius: float, regularization: float) -> float:
    """Most that `count` vectors of norm at most `radius` can add up to in min(1, surprise).

    Paper: Equation 12, arXiv:2512.09892.

    >>> round(elliptical_bound(dimension=1, count=3, radius=1.0, regularization=1.0), 3)  # 2 log 4
    2.773
    """
    # By the matrix determinant lemma, and min(1, x) <= 2 log(1 + x), the sum is at most twice what
    # log det V gains; and det V is at most the power d of its mean eigenvalue. d = dimension, m = count
    d = check_count("dimension", dimension)
    m = check_count("count", count, least=0)
    _check_positive("radius", radius)
    _check_positive("regularization", regularization)
    return float(2 * d * np.log1p(m * radius**2 / (d * regularization)))
