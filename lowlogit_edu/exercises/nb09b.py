"""Checks of notebook 09b: the proof of the full learner."""

from typing import Any

import numpy as np

from lowlogit_edu.core.words import counted
from lowlogit_edu.exercises.feedback import Wrong, array, call, exercise, number
from lowlogit_edu.lemmas import CutVectors, FoundWitness, error_vector
from lowlogit_edu.matrices.logit_matrix import Word, all_words


@exercise("Six steps from cut 1, which is always right, to cut 7, which the model uses.")
def nb09b_telescope(answer: Any) -> None:
    """Largest error of a logit after 7 tokens, in nats, if no residual is above 0.01."""
    error = number(answer)
    if np.isclose(error, 0.07):
        raise Wrong("that is one step per token. Which cut has no step before it, because its history is empty?")
    if np.isclose(error, 0.01):
        raise Wrong("that is one step. The cuts hand the prefix on from one to the next, and each may add an error.")
    if np.isclose(error, 0.03):
        raise Wrong("half of it is lost where logits become probabilities (Lemma 5.3). The question is about logits.")
    if not np.isclose(error, 0.06):  # six steps
        raise Wrong(f"{error:g} is not it. Begin small: after 2 tokens there is one step, from cut 1 to cut 2.")


@exercise(
    "At most 4 witnesses at each of 8 cuts, and the epoch that finds none. That is the worst case: where some logit of "
    "one token is not zero, line 2 has found one of the cut's 4 dimensions already."
)
def nb09b_most_epochs(answer: Any) -> None:
    """Epochs at most, for rank 4, 10 tokens, an exact oracle and spanners that miss nothing."""
    epochs = number(answer)
    if epochs == 32:
        raise Wrong("after 32 epochs the last witness has joined, but no model has been returned yet.")
    if epochs in (24, 25):
        raise Wrong(
            "that is so where the futures of one token show one dimension of every cut. In the worst case all logits "
            "of one token are zero there, as in noisy parity."
        )
    if epochs in (40, 41):
        raise Wrong("not all 10 cuts have witnesses: a text of one token, T = 1, has none at all. Where does s begin?")
    if epochs in (36, 37):
        raise Wrong("cuts run from s = 2 to T - 1, since s is at most t and t at most T - 1. How many are that?")
    if epochs != 33:
        raise Wrong(f"{epochs:g} is not it. Count cuts that can have a witness, and witnesses per cut (Lemma 5.6).")


@exercise("Hence n of about log(1/delta) / p: to rule out rarer faults takes more trajectories, in proportion.")
def nb09b_trajectories(answer: Any) -> None:
    """Fresh trajectories, so that faults in 2 % of them are overlooked with probability 5 % at most."""
    n = number(answer)
    if n in (149, 150):  # 150 is what exp(-p n) gives
        return
    if n == 50:
        raise Wrong("with 50 one fault is expected, but all 50 pass with probability 0.98^50 = 0.36.")
    if not float(n).is_integer():
        raise Wrong(f"{n:g} is not a number of trajectories: round up to a whole one.")
    chance = 0.98**n if n >= 0 else 1.0
    more = "more" if chance > 0.05 else "fewer"
    drawn = counted(n, "trajectory", "trajectories")
    raise Wrong(f"with {drawn} the chance that all pass is {chance:.4f}; it takes {more}.")


@exercise("One vector for all that the two cuts disagree about. The cells below use your function now.")
def nb09b_error_vector(answer: Any) -> None:
    """v of a witness: a function of (w, vectors), a FoundWitness and the CutVectors of its cut."""
    rng = np.random.default_rng(7)  # vectors of both signs
    # A text that goes on behind the cut; the first cut that can have a witness; a text that ends at its cut. No token
    # comes twice, so that a wrong one is seen.
    for cut, text in [(3, (3, 1, 4, 0)), (2, (1, 0, 2)), (4, (2, 3, 0, 1)), (3, (0, 4, 1, 2, 3))]:
        w, vectors = _case(cut, text, rng)
        found = array(call(answer, w, vectors), (RANK,))
        if not np.allclose(found, error_vector(w, vectors)):
            raise Wrong(f"for cut {cut}, the text {text} and histories {w.histories}, {_fault(found, w, vectors)}")


RANK = 4
TOKENS = 5


def _case(cut: int, text: Word, rng: np.random.Generator) -> tuple[FoundWitness, CutVectors]:
    """A witness with histories, coefficients and vectors drawn at random; no two spanners are equally large."""
    histories: list[tuple[Word, ...]] = [((),)]
    coefficients = [np.ones(1)]
    for s in range(2, len(text) + 1):
        size = 2 + s % 2
        there_are = all_words(TOKENS, s - 1)
        histories.append(tuple(there_are[i] for i in rng.choice(len(there_are), size, replace=False)))
        coefficients.append(rng.uniform(-2, 2, size=size))
    words = all_words(TOKENS, cut - 1)
    future = (*text[cut - 1 :], 0)
    vectors = CutVectors(
        cut,
        dict(zip(words, rng.normal(size=(len(words), RANK)), strict=True)),
        {future: rng.normal(size=RANK)},
    )
    w = FoundWitness(1, cut, future, text, 0.0, tuple(coefficients), tuple(histories), ())
    return w, vectors


def _halves(w: FoundWitness, vectors: CutVectors, token: int) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """The two sums of v, and what stands in them without coefficients."""
    s = w.cut
    before = np.array([vectors.history((*h, token)) for h in w.histories[s - 2]])
    here = np.array([vectors.history(h) for h in w.histories[s - 1]])
    return w.coefficients[s - 2] @ before, w.coefficients[s - 1] @ here, before.sum(axis=0), here.sum(axis=0)


def _fault(found: np.ndarray, w: FoundWitness, vectors: CutVectors) -> str:
    """What was built in place of v, where it can be told."""
    s = w.cut
    before, here, plain_before, plain_here = _halves(w, vectors, w.text[s - 2])
    told = {
        "v has signs: take no absolute values.": np.abs(before - here),
        "the sign is turned round: what cut s says is subtracted from what cut s - 1 says.": here - before,
        "you added the two sums. v is what the cuts disagree about: their difference.": before + here,
        "that is the first sum alone, what cut s - 1 says. Subtract what cut s says.": before,
        "that is the second sum alone, what cut s says.": here,
        "you left the coefficients out: each history counts c(i) times.": plain_before - plain_here,
        "you left the coefficients of one cut out: each history counts c(i) times.": before - plain_here,
    }
    for words, vector in told.items():
        if np.allclose(found, vector):
            return words
    for place, token in enumerate(w.text):
        other, _, _, _ = _halves(w, vectors, token)
        if place != s - 2 and np.allclose(found, other - here):
            return (
                f"you put y_{place + 1} behind the histories of cut {s - 1}, and y_{s - 1} is meant: w.text[s - 2], "
                "since Python counts from 0."
            )
    gap = float(np.abs(found - (before - here)).max())
    return f"your vector is off by up to {gap:.2g}. Compute the two sums apart, and compare each with a case by hand."
