"""One linear map per token, applied to many rows at once.

>>> by_token = ByToken(np.array([1, 0, 1]))
>>> maps = np.array([[[10.0]], [[100.0]]])
>>> by_token.apply(maps, np.array([[1.0], [2.0], [3.0]])).ravel().tolist()
[100.0, 20.0, 300.0]
"""

from collections.abc import Iterator

import numpy as np
from jaxtyping import Float, Int

Maps = Float[np.ndarray, "token input output"]
Norms = Float[np.ndarray, "token input input"]


class ByToken:
    """Rows sorted by the token that each of them reads: one matrix product per token, not per row."""

    def __init__(self, tokens: Int[np.ndarray, "row"]) -> None:
        self._order = np.argsort(tokens, kind="stable")
        self._tokens, starts = np.unique(tokens[self._order], return_index=True)
        self._ends = np.append(starts, len(tokens))[1:]
        self._starts = starts

    def groups(self) -> Iterator[tuple[int, Int[np.ndarray, "_"]]]:
        """Every token that is read, and the rows that read it."""
        for token, start, end in zip(self._tokens.tolist(), self._starts, self._ends, strict=True):
            yield token, self._order[start:end]

    def apply(self, maps: Maps, rows: Float[np.ndarray, "row input"]) -> Float[np.ndarray, "row output"]:
        """Each row times its token's map."""
        # Sorted once: a slice for each token costs less than a selection.
        ordered = rows[self._order]
        products = np.empty((len(rows), maps.shape[2]), dtype=np.result_type(rows, maps))
        for token, start, end in zip(self._tokens.tolist(), self._starts.tolist(), self._ends.tolist(), strict=True):
            np.matmul(ordered[start:end], maps[token], out=products[start:end])
        found = np.empty_like(products)
        found[self._order] = products
        return found

    def apply_transposed(self, maps: Maps, rows: Float[np.ndarray, "row output"]) -> Float[np.ndarray, "row input"]:
        """Each row times its token's map, transposed."""
        return self.apply(maps.transpose(0, 2, 1), rows)
