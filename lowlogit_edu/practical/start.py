"""Where the loop starts: maps from what one row shows, cut down to what later tokens need."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import islice, product

import numpy as np
from jaxtyping import Float, Int

from lowlogit_edu.core.numerics import softmax
from lowlogit_edu.matrices.logit_matrix import Word
from lowlogit_edu.oracles.base import LogitOracle, ask_keeping
from lowlogit_edu.practical.answers import Answers
from lowlogit_edu.practical.coordinates import Coordinates
from lowlogit_edu.practical.gramian import later_rows
from lowlogit_edu.practical.maps import CoefficientMaps
from lowlogit_edu.practical.normal_equations import NormalEquations
from lowlogit_edu.practical.row_code import PRECISION

FUTURES = 64  # asked about where rows are short, more only as the rank needs: of three tokens, all of up to three
FEATURES = 256  # numbers that they have together; a regression's sums take its square of them for each token
LIKELY = 500  # texts that likely tokens are found in
FUTURE_ROWS = 50_000  # about so many rows after futures are asked
# Pulls of the start, in numbers of observations (`docs/ABLATION.md`). Where the row after a history is longer than the
# rank the teacher is a real one, of which the rounds mend what was smoothed away, and not what was fitted to chance. A
# small teacher may be exactly of low rank, and its maps are found at once.
SMOOTH = 320.0
SHARP = 40.0
LEAST_SQUARE = 1e-6  # of features in a direction, as a share of the largest; what is kept of rows is no finer
DISCOUNT = 0.75  # of each step further, in what later tokens need
PLACES = 40_000  # computed at once

# (column of each token (n, T), features of each history (n, T, m), the last of them 1); [:, t] is before token t.
Part = tuple[Int[np.ndarray, "text time"], Float[np.ndarray, "text time feature"]]


def future_count(width: int, rank: int) -> int:
    """How many futures' rows are needed, if there are as many: together twice as long as the rank, or longer."""
    if width >= rank:
        return 1
    return max(-(-2 * rank // width), min(FUTURES, FEATURES // width))


def first_futures(answers: Answers, width: int, rank: int, horizon: int) -> tuple[Word, ...]:
    """Futures whose rows together are longer than the rank: the empty one, then the shortest, likeliest tokens first.

    The empty future alone, where a row of logits is long enough.
    """
    count = future_count(width, rank)
    if count == 1:
        return ((),)
    code = answers.code
    rows = code.restore(answers.blocks[0][:LIKELY].kept)
    probabilities = softmax(rows).mean(axis=(0, 1))[code.columns] * np.exp(code.shares)
    likely = np.argsort(-probabilities, kind="stable").tolist()
    words = (word for length in range(horizon) for word in product(likely, repeat=length))
    return tuple(islice(words, count))


@dataclass(frozen=True)
class Start:
    """What is known of histories before there are coefficients: the rows after each of them and each future.

    Attributes
    ----------
    parts : iterable of Part
        May be gone through more than once.
    width : int
        The first so many features are the row after the history itself.
    """

    parts: Iterable[Part]
    width: int

    def first_maps(self, map_count: int, rank: int, ridge: float) -> CoefficientMaps:
        """Regress the features after each token on those before it, keep what matters most, and regress again.

        Paper: the greedy update (Eq. 5) with regression over all histories in place of a spanner, arXiv:2512.09892.
        What matters is the balanced truncation of linear systems: directions by how far histories spread in them,
        times how much they do to later rows.
        """
        normal = self._sums(map_count)
        counts = normal.gram[:, -1, -1]  # the last feature is 1
        rows = max(1.0, counts.sum())
        moments = normal.gram.sum(axis=0) / rows
        differing = _differing(moments)
        maps = self._regressed(normal, differing, ridge)
        needed = later_rows(maps.step, maps.read @ maps.read.transpose(0, 2, 1), counts / rows, DISCOUNT)
        kept = differing @ _balanced(differing.T @ moments @ differing, needed, rank)
        return self._regressed(normal, kept, ridge)

    def _regressed(self, normal: NormalEquations, kept: np.ndarray, ridge: float) -> CoefficientMaps:
        """Maps for features @ kept: regressions from the sums over all features."""
        rows = max(1.0, normal.gram[:, -1, -1].sum())
        row = np.eye(len(kept), self.width)  # the row after a history is the first of its features
        found = []
        for sums in normal.combined(kept, kept, row):
            pull = _pull(sums.gram.sum(axis=0) / rows, ridge)
            found.append(sums.solve(pull, sums.shared(pull)))
        step, read = found
        _, features = next(iter(self.parts))
        empty = features[0, 0]
        return CoefficientMaps((empty @ kept).astype(np.float32), empty[: self.width], step, read)

    def _sums(self, map_count: int) -> NormalEquations:
        normal = None
        for columns, features in self.parts:
            m = features.shape[2]
            normal = normal or NormalEquations(map_count, m, m)
            # A history whose features are not all known, or that is the last, says nothing of a step.
            told = np.all(np.isfinite(features), axis=2)
            both = told[:, :-1] & told[:, 1:]
            normal.add(columns[:, :-1][both], features[:, :-1][both], features[:, 1:][both])
        assert normal is not None, "there is a part at least"
        return normal


def _differing(moments: np.ndarray) -> Float[np.ndarray, "feature kept"]:
    """Orthonormal directions in which features are more than rounding; the last feature, 1, is one of them."""
    squares, directions = np.linalg.eigh(moments[:-1, :-1])
    directions = directions[:, squares > max(squares[-1], 1e-12) * LEAST_SQUARE]
    m, count = directions.shape
    found = np.zeros((m + 1, count + 1))
    found[:m, :count] = directions
    found[m, count] = 1.0
    return found


def _pull(moments: np.ndarray, ridge: float) -> Float[np.ndarray, "feature"]:
    """So many observations' worth of each feature; a feature that is always zero has some of the largest."""
    squares = np.diag(moments)
    return ridge * np.maximum(squares, squares.max() * 1e-9 + 1e-12)


def _balanced(moments: np.ndarray, needed: np.ndarray, rank: int) -> Float[np.ndarray, "feature kept"]:
    """The directions that matter, at most `rank`: those that change later rows by less than rows are known go."""
    values, vectors = np.linalg.eigh(needed)
    root = vectors * np.sqrt(np.maximum(values, 0))
    effects, directions = np.linalg.eigh(root.T @ moments @ root)
    count = max(1, min(rank, int((effects > PRECISION**2).sum())))
    return root @ directions[:, ::-1][:, :count]


@dataclass(frozen=True)
class OwnRows:
    """Parts for `Start` from the rows along the texts: the features of a history are its own row and 1."""

    answers: Answers
    coordinates: Coordinates

    def __iter__(self) -> Iterator[Part]:
        for block in self.answers.chunks(PLACES):
            rows = block.kept.astype(np.float32) @ self.coordinates.of_kept
            rows[~block.asked] = np.nan
            yield self.answers.code.columns[block.tokens], np.pad(rows, ((0, 0), (0, 0), (0, 1)), constant_values=1.0)


@dataclass(frozen=True)
class FutureRows:
    """Rows after histories and futures.

    Attributes
    ----------
    columns : int array of shape (text, time)
    rows : array of shape (text, time, future, width)
        In coordinates; nan where history and future are longer than the text.
    """

    columns: Int[np.ndarray, "text time"]
    rows: Float[np.ndarray, "text time future width"]

    def part(self, beyond: float) -> Part:
        """The features of every history: all its rows and a 1; `beyond` takes the place of what was not asked."""
        n, T, _, _ = self.rows.shape
        flat = np.where(np.isnan(self.rows), np.float32(beyond), self.rows).reshape(n, T, -1)
        return self.columns, np.pad(flat, ((0, 0), (0, 0), (0, 1)), constant_values=1.0)


def ask_futures(
    oracle: LogitOracle, answers: Answers, coordinates: Coordinates, futures: tuple[Word, ...]
) -> FutureRows:
    """The rows after each history and each future, of so many texts that about `FUTURE_ROWS` are asked.

    Equal prefixes are asked once.
    """
    block = answers.blocks[0]
    T = block.tokens.shape[1]
    texts = block[: max(2, FUTURE_ROWS // (T * len(futures)))]
    within = [(t, f) for t in range(T) for f, word in enumerate(futures) if t + len(word) < T]
    places = [(i, t, f) for i in range(len(texts)) for t, f in within]
    prefixes = [(*texts.tokens[i, :t].tolist(), *futures[f]) for i, t, f in places]
    distinct = list(dict.fromkeys(prefixes))
    number = {prefix: k for k, prefix in enumerate(distinct)}
    told = ask_keeping(oracle, distinct, lambda rows: answers.code.lump(rows) @ coordinates.encode)
    rows = np.full((len(texts), T, len(futures), coordinates.width), np.nan, dtype=np.float32)
    rows[tuple(np.array(places).T)] = told[[number[prefix] for prefix in prefixes]]
    return FutureRows(answers.code.columns[texts.tokens], rows)
