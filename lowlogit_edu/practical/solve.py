"""Solve: rounds that fit reads and steps to all answers, with the program over whole texts in between."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property, partial
from typing import TypeVar

import numpy as np
from jaxtyping import Float, Int

from lowlogit_edu.core.by_token import ByToken
from lowlogit_edu.core.numerics import kl_of_log_probabilities, log_softmax
from lowlogit_edu.core.threads import in_order
from lowlogit_edu.practical.answers import Answers, Block
from lowlogit_edu.practical.coordinates import Coordinates
from lowlogit_edu.practical.maps import CoefficientMaps
from lowlogit_edu.practical.misfit import Misfit
from lowlogit_edu.practical.normal_equations import NormalEquations
from lowlogit_edu.practical.text_program import TextProgram

PLACES = 16_000  # computed at once; bounds memory
APART_PLACES = 4_000  # whose logits are computed at once
# Corrections are found one text at a time, and a map shared by all texts takes over only part of them: a step beyond
# the whole correction is often better. Each size is tried only while it is better than the one before.
SIZES = (1.0, 2.0, 4.0, 8.0)
CAREFUL_SIZES = (0.05, 0.1, 0.2, 0.4, 0.8, 1.6)
NEWTON_SIZES = (0.05, 0.1, 0.2, 0.4, 0.8)  # of a Newton step, which trusts a curvature that changes on the way
STIFFER = 4.0  # times the ridge, tried as well for corrections


@dataclass(frozen=True)
class Round:
    """What a round of solving did.

    Attributes
    ----------
    before, after : float
        KL in nats per token on texts kept apart.
    slack : array of shape (time - 2,)
        Root mean square of the corrections that the program asked for, before the second token to the last but one.
    errors_of : str
        "logits" or "probabilities": what the corrections make right. Only slack of one kind can be compared.
    """

    before: float
    after: float
    slack: Float[np.ndarray, "step"]
    errors_of: str


@dataclass(frozen=True)
class Solver:
    """All answers, to be solved for maps.

    Attributes
    ----------
    answers : Answers
        What is fitted.
    apart : Block
        Whole texts that are not fitted: sizes of steps are chosen by the KL on them.
    coordinates : Coordinates
    ridge : float
        Pull of each token's map to the guess, in numbers of observations.
    equation_weight : float
        Of the equations in `TextProgram`.
    shared_readout : bool
        Whether a row is read from the coefficients after its last token, by one map for all tokens.
    """

    answers: Answers
    apart: Block
    coordinates: Coordinates
    ridge: float
    equation_weight: float
    shared_readout: bool = False

    def round(self, maps: CoefficientMaps, misfit: Misfit) -> tuple[CoefficientMaps, Round]:
        """Read, then program, then step: each with what the one before found."""
        before = self.kl(maps)
        maps, read = self._refit_read(maps, misfit, before)
        maps, after, slack = self._refit_step(maps, misfit, read)
        return maps, Round(before, after, slack, "logits" if misfit.is_square else "probabilities")

    def kl(self, maps: CoefficientMaps) -> float:
        """KL(teacher || maps) by column on the texts kept apart, in nats per token."""

        def total(piece: tuple[Block, np.ndarray]) -> float:
            part, told = piece
            said = maps.rows(self._columns(part))
            if not np.isfinite(said).all():
                return np.inf
            return float(kl_of_log_probabilities(told, log_softmax(said @ self.coordinates.decode)).sum())

        found: list[float] = []
        in_order(total, self._apart_and_told, found.append)
        return sum(found) / self.apart.tokens.size

    @cached_property
    def _apart_and_told(self) -> list[tuple[Block, Float[np.ndarray, "text read column"]]]:
        """Some of the texts kept apart at a time, with the log-probabilities told along them."""
        parts = list(Answers(self.answers.code, (self.apart,)).chunks(APART_PLACES))
        return [(part, log_softmax(self.answers.code.restore(part.kept))) for part in parts]

    def _refit_read(self, maps: CoefficientMaps, misfit: Misfit, before: float) -> tuple[CoefficientMaps, float]:
        """What the row after each spanner history and token must be; or, shared, after each spanner history."""
        if self.shared_readout:
            return self._refit_shared(maps, misfit, before)
        normal = NormalEquations(len(maps.step), maps.rank, len(maps.root))

        def wanted(block: Block) -> tuple[np.ndarray, ...]:
            columns = self._columns(block)
            asked = block.asked[:, 1:]
            carried = maps.carry(columns)[:, :-1][asked]
            token = columns[:, :-1][asked]
            told = self._rows(block.kept[:, 1:])[asked]
            said = ByToken(token).apply(maps.read, carried)
            return token, carried, said + misfit.errors(token, told, said)

        in_order(wanted, self.answers.chunks(PLACES), lambda found: normal.add(*found))
        pull = self._pull(normal, self.ridge)
        change = normal.solve(pull, normal.shared(pull) if misfit.is_square else maps.read)
        change -= maps.read
        del normal  # the largest thing here
        sizes = (1.0,) if misfit.is_square else NEWTON_SIZES
        return _best_size(sizes, partial(_read_after, maps, change), self.kl, (maps, before))

    def _refit_shared(self, maps: CoefficientMaps, misfit: Misfit, before: float) -> tuple[CoefficientMaps, float]:
        """One map that reads the rows after all tokens, and before the first."""
        normal = NormalEquations(1, maps.rank, len(maps.root))

        def wanted(block: Block) -> tuple[np.ndarray, ...]:
            columns = self._columns(block)
            asked = block.asked
            carried = maps.carry(columns)
            said = maps.rows_read(ByToken(columns[:, :-1].ravel()), carried)[asked]
            read = np.concatenate([columns[:, :1], columns[:, :-1]], axis=1)  # before all tokens: as after the first
            error = misfit.errors(read[asked], self._rows(block.kept)[asked], said)
            return np.zeros(len(said), dtype=np.int64), carried[asked], said + error

        in_order(wanted, self.answers.chunks(PLACES), lambda found: normal.add(*found))
        (found,) = normal.solve(self._pull(normal, self.ridge))
        if maps.shared is None:
            maps = maps.with_shared(found)
            return maps, self.kl(maps)
        change = found - maps.shared
        sizes = (1.0,) if misfit.is_square else NEWTON_SIZES
        return _best_size(sizes, partial(_reading, maps, change), self.kl, (maps, before))

    def _refit_step(
        self, maps: CoefficientMaps, misfit: Misfit, before: float
    ) -> tuple[CoefficientMaps, float, Float[np.ndarray, "step"]]:
        """The program for every text, and steps that take over its corrections."""
        program = TextProgram.of(
            maps.step, misfit.read_norms(maps.read), self._shares(len(maps.step)), self.equation_weight
        )
        normal = NormalEquations(len(maps.step), maps.rank, maps.rank)
        longest = max(block.tokens.shape[1] for block in self.answers.blocks)
        squares = np.zeros(max(0, longest - 2))
        texts = np.zeros_like(squares)

        def wanted(block: Block) -> tuple[Block, np.ndarray, np.ndarray]:
            carried = maps.carry(self._columns(block))
            return block, carried, self._corrections(maps, misfit, program, block, carried)

        def count(found: tuple[Block, np.ndarray, np.ndarray]) -> None:
            block, carried, new = found
            # A correction counts where the rows before and after it were told for this text.
            both = block.asked[:, 1:-1] & block.asked[:, 2:]
            normal.add(self._columns(block)[:, :-2][both], carried[:, :-2][both], new[:, :-1][both])
            squares[: both.shape[1]] += (np.square(new[:, :-1]).mean(axis=2) * both).sum(axis=0)
            texts[: both.shape[1]] += both.sum(axis=0)

        in_order(wanted, self.answers.chunks(PLACES), count)
        sizes: Sequence[float] = SIZES if misfit.is_square else NEWTON_SIZES
        if self.shared_readout:  # a step changes what is read after it at once, and may well be too large
            sizes = CAREFUL_SIZES
        chosen = (maps, before)
        for stiffness in (1.0, STIFFER):
            correction = normal.solve(self._pull(normal, stiffness * self.ridge))
            chosen = _best_size(sizes, partial(_stepped, maps, correction), self.kl, chosen)
        return *chosen, np.sqrt(squares / np.maximum(texts, 1))

    def _corrections(
        self, maps: CoefficientMaps, misfit: Misfit, program: TextProgram, block: Block, carried: np.ndarray
    ) -> Float[np.ndarray, "text read rank"]:
        columns = self._columns(block)
        n, T = columns.shape
        token = columns[:, :-1].ravel()
        by_token = ByToken(token)
        said = maps.rows_read(by_token, carried)[:, 1:]
        told = self._rows(block.kept[:, 1:])
        pull = misfit.pulls(told.reshape(-1, told.shape[2]), said.reshape(-1, told.shape[2]))
        pulls = by_token.apply_transposed(maps.read, pull).reshape(n, T - 1, maps.rank)
        return program.corrections(columns, pulls, block.known)

    def _columns(self, block: Block) -> Int[np.ndarray, "text time"]:
        return self.answers.code.columns[block.tokens]

    def _rows(self, kept: Float[np.ndarray, "text read kept"]) -> Float[np.ndarray, "text read width"]:
        return kept.astype(np.float32) @ self.coordinates.of_kept

    def _shares(self, map_count: int) -> Float[np.ndarray, "token"]:
        counts = self.answers.times_read(map_count)
        return counts / max(1.0, counts.sum())

    def _pull(self, normal: NormalEquations, ridge: float) -> Float[np.ndarray, "rank"]:
        """The same pull on all coefficients: in terms of a spanner they are all of a size."""
        gram = normal.gram.sum(axis=0)
        one = normal.one()
        count = max(1.0, float(one @ gram @ one))
        size = float(np.trace(gram)) / len(gram) / count
        return np.full(len(gram), ridge * max(size, 1e-12))


Found = TypeVar("Found")


def _stepped(maps: CoefficientMaps, correction: np.ndarray, size: float) -> CoefficientMaps:
    """The maps with so much of a correction to their steps."""
    return maps.with_step(maps.step + np.float32(size) * correction)


def _read_after(maps: CoefficientMaps, change: np.ndarray, size: float) -> CoefficientMaps:
    """The maps with so much of a change to what reads the rows after each token."""
    return replace(maps, read=maps.read + np.float32(size) * change)


def _reading(maps: CoefficientMaps, change: np.ndarray, size: float) -> CoefficientMaps:
    """The maps with so much of a change to the map that reads all rows."""
    assert maps.shared is not None
    return maps.with_shared(maps.shared + np.float32(size) * change)


def _best_size(
    sizes: Sequence[float],
    changed: Callable[[float], Found],
    kl: Callable[[Found], float],
    chosen: tuple[Found, float],
) -> tuple[Found, float]:
    """The best of some growing steps and of what was chosen before; trying ends when a step is worse than the last."""
    last = np.inf
    for size in sizes:
        tried = changed(size)
        found = kl(tried)
        if found < chosen[1]:
            chosen = (tried, found)
        if found > last:
            break
        last = found
    return chosen
