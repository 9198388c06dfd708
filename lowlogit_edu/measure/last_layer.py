"""A transformer's width, and the image of its last layer, from its answers alone: one token ahead, no futures.

>>> rows = np.random.default_rng(0).normal(size=(9, 3)) @ np.random.default_rng(1).normal(size=(3, 5))
>>> last_layer(rows).width
3
"""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from lowlogit_edu.core.checks import check_number


@dataclass(frozen=True)
class LastLayer:
    """What logit rows after different prefixes say about the layer that they come out of.

    Attributes
    ----------
    values : array of shape (min(query, token),)
        Singular values of the rows, nats, largest first.
    width : int
        How many stand out: the dimension of the last hidden state, if there were more queries than that.
    basis : array of shape (token, width)
        Orthonormal columns that span the (mean-centred) output matrix's.
    """

    values: Float[np.ndarray, "value"]
    width: int
    basis: Float[np.ndarray, "token width"]

    def output_matrix_error(self, matrix: Float[np.ndarray, "token hidden"]) -> float:
        """Share of `matrix`, centred over tokens, that no linear map of `basis` gives: 0 to 1."""
        centred = matrix - matrix.mean(axis=0)  # mean-centred logits do not show the mean over tokens
        rest = centred - self.basis @ (self.basis.T @ centred)
        return float(np.linalg.norm(rest) / np.linalg.norm(centred))


def last_layer(rows: Float[np.ndarray, "query token"], relative: float = 1e-6) -> LastLayer:
    """Width and image of the last layer, after Carlini et al., arXiv:2403.06634.

    Logits are a matrix times the last hidden state, so that all rows lie in a space of its width.

    Parameters
    ----------
    rows : array of shape (query, token)
        Mean-centred logits, nats, after different prefixes.
    relative : float
        Singular values below this share of the first are rounding errors of a float32 teacher.
    """
    check_number("relative", relative, least=0, most=1)
    # Of a matrix of rank `width`, the right singular vectors of its nonzero values span the rows' space.
    _, values, right = np.linalg.svd(np.asarray(rows, dtype=np.float64), full_matrices=False)
    width = int((values > relative * values[0]).sum())
    return LastLayer(values, width, right[:width].T)
