"""Span: a few histories whose coefficients carry those of all others."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Int

from lowlogit_edu.matrices.logit_matrix import Word
from lowlogit_edu.matrices.spanner import barycentric_spanner
from lowlogit_edu.practical.maps import CoefficientMaps

ROUNDING = 1e-5  # share of the largest entry that single precision, over a text, may invent


@dataclass(frozen=True)
class Spanner:
    """Histories in terms of which all others are told.

    Attributes
    ----------
    histories : tuple of words
    largest : float
        Largest absolute coefficient of the histories that they were chosen from.
    """

    histories: tuple[Word, ...]
    largest: float


def span(
    maps: CoefficientMaps, tokens: Int[np.ndarray, "text time"], columns: Int[np.ndarray, "text time"], bound: float
) -> tuple[Spanner, CoefficientMaps]:
    """A barycentric spanner of the coefficients carried along texts, and the maps in its terms.

    Paper: Algorithm 3 (DistSpanner) and Definition 5.2, arXiv:2512.09892.
    Differs from the paper: one spanner serves all cuts; histories are compared by coefficients carried along them,
    which stand for their rows on all futures, instead of by rows on a list of futures.

    Parameters
    ----------
    maps : CoefficientMaps
    tokens, columns : int arrays of shape (text, time)
        Texts that the histories are beginnings of, and the map that each token reads.
    bound : float
        Largest absolute coefficient allowed; above 1.
    """
    carried = maps.carry(columns)
    rows = carried.reshape(-1, maps.rank).astype(np.float64)
    chosen = barycentric_spanner(rows, bound, tolerance=ROUNDING * float(np.abs(rows).max(initial=0.0)))
    T = tokens.shape[1]
    histories = tuple(tuple(tokens[place // T, : place % T].tolist()) for place in chosen)
    changed = maps.in_terms_of(rows[chosen].astype(np.float32))
    return Spanner(histories, float(largest_coefficients(changed, columns).max())), changed


def in_terms_of_histories(
    maps: CoefficientMaps, histories: Sequence[Word], columns: Int[np.ndarray, "token"]
) -> CoefficientMaps:
    """The same maps, told by histories again whose coefficients other steps have moved: each has 1 for itself, 0 else.

    Parameters
    ----------
    maps : CoefficientMaps
    histories : sequence of words
    columns : int array of shape (token,)
        The map that each token reads.
    """
    lengths = list(map(len, histories))
    padded = np.zeros((len(histories), max(lengths) + 1), dtype=np.int64)  # the last token is not read
    for row, history in zip(padded, histories, strict=True):
        row[: len(history)] = columns[list(history)]
    return maps.in_terms_of(maps.carry(padded)[np.arange(len(histories)), lengths])


def largest_coefficients(maps: CoefficientMaps, columns: Int[np.ndarray, "text time"]) -> Float[np.ndarray, "time"]:
    """The largest absolute coefficient before each token, over some texts: at most the bound if the spanner spans."""
    return np.abs(maps.carry(columns)).max(axis=(0, 2))
