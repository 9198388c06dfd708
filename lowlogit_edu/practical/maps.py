"""A learner's maps: how coefficients are carried from token to token, and the rows that they stand for."""

from dataclasses import dataclass, fields, replace

import numpy as np
from jaxtyping import Float, Int

from lowlogit_edu.core.by_token import ByToken

LEAST_VARIANCE = 1e-6  # of a combination of coefficients, as a share of the largest: below it is rounding


@dataclass(frozen=True)
class CoefficientMaps:
    """Coefficients c of a history in the spanner's, carried over one token at a time.

    Paper: the coefficients of Algorithm 2 (Lhat(a) = sum_i c(i) L(h_i o y o a)), arXiv:2512.09892.
    Differs from the paper: the maps are the same at every step, and a map takes the place of the program that finds
    the next coefficients.

    Attributes
    ----------
    first : array of shape (rank,)
        Coefficients of the empty history.
    root : array of shape (width,)
        The row after the empty history, as told.
    step : array of shape (token, rank, rank)
        Coefficients after token y = coefficients before it @ step[y].
    read : array of shape (token, rank, width)
        The row after token y = coefficients before it @ read[y]. Algorithm 2 has the row after spanner history i and y
        in the place of row i of read[y]; here it is fitted to the rows along all texts, and may be another.
    shared : array of shape (rank, width), optional
        Where one map reads the rows after all tokens from the coefficients after them: `read[y]` is step[y] @ shared.
    """

    first: Float[np.ndarray, "rank"]
    root: Float[np.ndarray, "width"]
    step: Float[np.ndarray, "token rank rank"]
    read: Float[np.ndarray, "token rank width"]
    shared: Float[np.ndarray, "rank width"] | None = None

    def __post_init__(self) -> None:
        for field in fields(self):  # one memory layout, so that a loaded state rounds alike
            array = getattr(self, field.name)
            if array is not None:
                object.__setattr__(self, field.name, np.ascontiguousarray(array))

    def with_shared(self, shared: Float[np.ndarray, "rank width"]) -> "CoefficientMaps":
        """The same steps, with one map that reads all rows, the one after the empty history too."""
        return replace(self, root=self.first @ shared, read=self.step @ shared, shared=shared)

    def with_step(self, step: Float[np.ndarray, "token rank rank"]) -> "CoefficientMaps":
        """Other steps, and the reads that follow from them where one map reads all rows."""
        changed = replace(self, step=step)
        return changed if self.shared is None else changed.with_shared(self.shared)

    @property
    def rank(self) -> int:
        """Number of coefficients."""
        return len(self.first)

    def carry(self, columns: Int[np.ndarray, "text time"]) -> Float[np.ndarray, "text time rank"]:
        """The coefficients before each token: [:, t] has read `columns[:, :t]`; the last is not read.

        A token's column (`RowCode`) is the number of its map.
        """
        n, T = columns.shape
        carried = np.empty((n, T, self.rank), dtype=np.float32)
        carried[:, 0] = self.first
        for t in range(T - 1):
            carried[:, t + 1] = ByToken(columns[:, t]).apply(self.step, carried[:, t])
        return carried

    def rows(self, columns: Int[np.ndarray, "text time"]) -> Float[np.ndarray, "text time width"]:
        """The rows along texts, in coordinates: [:, t] is given `columns[:, :t]`."""
        carried = self.carry(columns)
        return self.rows_read(ByToken(columns[:, :-1].ravel()), carried)

    def rows_read(
        self, by_token: ByToken, carried: Float[np.ndarray, "text time rank"]
    ) -> Float[np.ndarray, "text time width"]:
        """`rows`, where the coefficients have been carried already."""
        n, T, _ = carried.shape
        found = np.empty((n, T, len(self.root)), dtype=np.float32)
        found[:, 0] = self.root
        before = carried[:, :-1].reshape(-1, self.rank)
        found[:, 1:] = by_token.apply(self.read, before).reshape(n, T - 1, len(self.root))
        return found

    def standardized(self, columns: Int[np.ndarray, "text time"]) -> "CoefficientMaps":
        """The same maps for combinations of the coefficients that are uncorrelated, of mean 0 and variance 1, and 1.

        Parameters
        ----------
        columns : int array of shape (text, time)
            Texts along which they are. The last combination is 1 there, as nearly as may be.
        """
        carried = self.carry(columns).reshape(-1, self.rank).astype(np.float64)
        one = np.linalg.lstsq(carried, np.ones(len(carried)), rcond=1e-6)[0]
        # The direction of `one` hardly varies: made the largest, it is set apart, and the others are at right angles.
        covariance = np.atleast_2d(np.cov(carried.T, bias=True))
        if not one.any():  # all coefficients are zero, of a teacher that has nothing to tell
            return self
        apart = (1.0 + np.trace(covariance)) * np.outer(one, one) / (one @ one)
        variances, directions = np.linalg.eigh(covariance + apart)
        largest = variances[:-1].max(initial=1e-12)
        deviations = directions[:, :-1] / np.sqrt(np.maximum(variances[:-1], largest * LEAST_VARIANCE))
        deviations -= np.outer(one, carried.mean(axis=0) @ deviations)
        changed = np.concatenate([deviations, one[:, None]], axis=1)
        return self.in_terms_of(np.linalg.inv(changed).astype(np.float32))

    def in_terms_of(self, spanner: Float[np.ndarray, "history rank"]) -> "CoefficientMaps":
        """The same maps for coefficients in terms of other histories, given by their present coefficients."""
        back = np.linalg.pinv(spanner.astype(np.float64)).astype(np.float32)
        first = self.first @ back
        step = spanner @ self.step @ back
        if self.shared is not None:
            return CoefficientMaps(first, self.root, step, spanner @ self.read).with_shared(spanner @ self.shared)
        return CoefficientMaps(first, self.root, step, spanner @ self.read)
