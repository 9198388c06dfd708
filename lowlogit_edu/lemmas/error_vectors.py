"""Equations 17 to 20: how each witness of a run gives a vector that surprises the elliptical potential.

>>> import lowlogit_edu as ll
>>> oracle = ll.oracles.ExactOracle(ll.models.noisy_parity(bits=3, seed=1))
>>> steps = list(ll.learn_steps(oracle, horizon=4, seed=0))
>>> first, *_ = found_witnesses(oracle, steps, ll.LearnerConfig(), seed=0)
>>> vectors = CutVectors.of(oracle.model, first.cut)
>>> round(first.residual, 3), round(float(error_vector(first, vectors) @ vectors.future(first.future)), 3)
(1.099, 1.099)
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from jaxtyping import Float

from lowlogit_edu.algorithm.learner import FaithfulState, predictions
from lowlogit_edu.algorithm.lines import trajectory_stream
from lowlogit_edu.algorithm.sampler import ProgramModel
from lowlogit_edu.config import LearnerConfig
from lowlogit_edu.core.errors import ArgumentError
from lowlogit_edu.events import Event
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
                found.append(_found(oracle, model, texts, known, event.epoch, told))
    return found


def _found(
    oracle: LogitOracle,
    model: ProgramModel,
    texts: np.ndarray,
    known: tuple[tuple[Word, ...], ...],
    epoch: int,
    told: Mapping[str, Any],
) -> FoundWitness:
    """One witness as an event told it, with the text among `texts` that has the largest residual about it."""
    cut = told["cut"]
    future = tuple(told["future"])
    other = "this run drew other texts: pass the oracle, config and seed that it was run with."
    t = cut + len(future) - 2  # the future has tokens s to t, and one more
    prefixes = np.unique(texts[:, :t], axis=0)
    prefixes = prefixes[(prefixes[:, cut - 1 :] == np.array(future[:-1], dtype=int)).all(axis=1)]
    if not len(prefixes):
        raise ArgumentError(other)
    path, solved = model.coefficients(prefixes)
    said = predictions(oracle, model, prefixes, end=t)
    residuals = (said[cut - 2] - said[cut - 1])[:, future[-1]]
    best = int(np.where(solved, np.abs(residuals), -1.0).argmax())
    if not np.isclose(abs(residuals[best]), told["residual"]):
        raise ArgumentError(other)
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
