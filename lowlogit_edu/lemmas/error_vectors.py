"""Equations 17 to 20: how each witness of a run gives a vector that surprises the elliptical potential.

>>> import lowlogit_edu as ll
>>> oracle = ll.oracles.ExactOracle(ll.models.noisy_parity(bits=3, seed=1))
>>> steps = list(ll.learn_steps(oracle, horizon=4, seed=0))
>>> first, *_ = found_witnesses(oracle, steps, ll.LearnerConfig(), seed=0)
>>> vectors = CutVectors.of(oracle.model, first.cut)
>>> round(first.residual, 3), round(float(error_vector(first, vectors) @ vectors.future(first.future)), 3)
(1.099, 1.099)
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from lowlogit_edu.algorithm.learner import FaithfulState, predictions
from lowlogit_edu.algorithm.lines import trajectory_stream
from lowlogit_edu.algorithm.potential import EllipticalPotential
from lowlogit_edu.algorithm.sampler import ProgramModel
from lowlogit_edu.config import LearnerConfig
from lowlogit_edu.core.errors import ArgumentError
from lowlogit_edu.events import Event
from lowlogit_edu.lemmas.surprises import witness_bound
from lowlogit_edu.matrices.factors import bounded_factors
from lowlogit_edu.matrices.logit_matrix import Word, all_words, cut_matrix, words_up_to
from lowlogit_edu.models.base import LanguageModel
from lowlogit_edu.oracles.base import LogitOracle, sample

Vector = Float[np.ndarray, "rank"]


@dataclass(frozen=True)
class CutVectors:
    """The vectors of all histories and futures of one cut: L(h o f) is the inner product of u_h and phi_f.

    Paper: Definition 4.2 (alpha-bounded of rank d; here of a whole cut, word by word), arXiv:2512.09892.

    Attributes
    ----------
    cut : int
        s; histories have s - 1 tokens.
    of_histories, of_futures : dict of word to array of shape (rank,)
        u and phi (v_f in the paper), in square roots of nats.
    """

    cut: int
    of_histories: dict[Word, Vector]
    of_futures: dict[Word, Vector]

    @classmethod
    def of(cls, model: LanguageModel, cut: int) -> "CutVectors":
        """Those of a model that is small enough to be written out."""
        factors = bounded_factors(cut_matrix(model, cut))
        histories = all_words(model.alphabet_size, cut - 1)
        # Column f * alphabet_size + z of a logit matrix is that of the word f o z.
        futures = [
            (*f, z) for f in words_up_to(model.alphabet_size, model.horizon - cut) for z in range(model.alphabet_size)
        ]
        return cls(
            cut,
            dict(zip(histories, factors.histories, strict=True)),
            dict(zip(futures, factors.futures, strict=True)),
        )

    def history(self, word: Word) -> Vector:
        """u of a history."""
        found = self.of_histories.get(tuple(word))
        if found is None:
            raise ArgumentError(
                f"at cut {self.cut} a history has {self.cut - 1} tokens of the alphabet, got {tuple(word)}."
            )
        return found

    def future(self, word: Word) -> Vector:
        """phi of a future, whose last token is the predicted one."""
        found = self.of_futures.get(tuple(word))
        if found is None:
            raise ArgumentError(f"there is no future {tuple(word)} behind cut {self.cut}: empty, too long, or odd.")
        return found


@dataclass(frozen=True)
class FoundWitness:
    """A witness of a run, with the text that betrayed it and what the program said of this text.

    Attributes
    ----------
    epoch, cut : int
    future : word
        The witness: tokens s to t of the text, and one token more.
    text : word
        y_1 to y_t.
    residual : float
        P_{s-1}(a) - P_s(a), with its sign, in nats.
    coefficients : tuple of arrays
        c_1 to c_t.
    histories : tuple of tuples of words
        The spanners of cuts 1 to t.
    known : tuple of words
        F_s before the witness joined it.
    """

    epoch: int
    cut: int
    future: Word
    text: Word
    residual: float
    coefficients: tuple[Float[np.ndarray, "_"], ...]
    histories: tuple[tuple[Word, ...], ...]
    known: tuple[Word, ...]


def found_witnesses(
    oracle: LogitOracle, steps: Sequence[tuple[FaithfulState, Event]], config: LearnerConfig, seed: int
) -> list[FoundWitness]:
    """The witnesses of a run, in the order in which they were found.

    A run keeps its witnesses, but not the texts that betrayed them: these are drawn again.

    Parameters
    ----------
    oracle : LogitOracle
        The run's oracle.
    steps : sequence of (FaithfulState, Event)
        All that `learn_steps` yielded, from the beginning.
    config : LearnerConfig
    seed : int

    Raises
    ------
    ArgumentError
        If the run is not one with these settings.
    """
    if config.printed:
        raise ArgumentError("as printed, witnesses may end before the text does; run without printed=True.")
    found = []
    model: ProgramModel | None = None
    known: tuple[tuple[Word, ...], ...] = ()
    for state, event in steps:
        if event.kind == "span":
            model = state.model
            known = state.futures
        elif event.kind == "witness" and model is not None:
            rng = trajectory_stream(seed, event.epoch)
            texts = sample(oracle, config.validation_samples, model.horizon, rng=rng)
            for told in (event.data, *event.data["others"]):
                found.append(_found(oracle, model, texts, known, event.epoch, told["cut"], tuple(told["future"])))
    return found


def _found(
    oracle: LogitOracle,
    model: ProgramModel,
    texts: np.ndarray,
    known: tuple[tuple[Word, ...], ...],
    epoch: int,
    cut: int,
    future: Word,
) -> FoundWitness:
    """One witness, with the text among `texts` that has the largest residual about it."""
    t = cut + len(future) - 2  # the future has tokens s to t, and one more
    prefixes = np.unique(texts[:, :t], axis=0)
    prefixes = prefixes[(prefixes[:, cut - 1 :] == np.array(future[:-1], dtype=int)).all(axis=1)]
    if not len(prefixes):
        raise ArgumentError("this run drew other texts: pass the oracle, config and seed that it was run with.")
    path, solved = model.coefficients(prefixes)
    said = predictions(oracle, model, prefixes, end=t)
    residuals = (said[cut - 2] - said[cut - 1])[:, future[-1]]
    best = int(np.where(solved, np.abs(residuals), -1.0).argmax())
    return FoundWitness(
        epoch=epoch,
        cut=cut,
        future=future,
        text=tuple(prefixes[best].tolist()),
        residual=float(residuals[best]),
        coefficients=tuple(c[best] for c in path),
        histories=tuple(tuple(map(tuple, each.histories.tolist())) for each in model.cuts[:t]),
        known=known[cut - 1],
    )


def error_vector(found: FoundWitness, vectors: CutVectors) -> Vector:
    """v with <v, phi_f> = the residual of this text about f, for all futures f of the cut.

    Paper: Lemma 5.6 (termination; here Equations 19 and 20, for a text of a run), arXiv:2512.09892.
    """
    s = found.cut
    before = np.zeros(len(vectors.history(found.text[: s - 1])))
    for c, history in zip(found.coefficients[s - 2], found.histories[s - 2], strict=True):
        before = before + c * vectors.history((*history, found.text[s - 2]))
    here = np.zeros_like(before)
    for c, history in zip(found.coefficients[s - 1], found.histories[s - 1], strict=True):
        here = here + c * vectors.history(history)
    return before - here


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
