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
    for value, words in OTHER_QUESTIONS.items():
        if np.isclose(n, value, atol=0.01) or n == np.ceil(value):
            raise Wrong(words)
    if n < 1:
        raise Wrong(f"{n:g} trajectories cannot be drawn. A number of trajectories is 1, 2, 3 or more.")
    chance = 0.98**n
    if 148 <= n < 149:
        raise Wrong(f"0.98^{n:g} is {chance:.4f}. At most 5 % are asked for, by a whole number: round up.")
    more = "more" if chance > 0.05 else "fewer"
    drawn = counted(n, "trajectory", "trajectories")
    raise Wrong(f"with {drawn} the chance that all pass is 0.98^{n:g} = {chance:.2g}; it takes {more}.")


# Answers to other questions than that of `nb09b_trajectories`, rounded up or not.
OTHER_QUESTIONS = {
    50: "with 50 one fault is expected, but all 50 pass with probability 0.98^50 = 0.36.",
    1000: "1 / (0.02 * 0.05) = 1000 is far more than it takes: all of 1000 pass with probability 0.98^1000, which is "
    "2 in a thousand million.",
    0.05 / 0.02: "0.05 / 0.02 is no number of trajectories. Chances multiply: two pass with probability 0.98 * 0.98.",
    np.log(0.05) / np.log(0.95): "you took 0.95 for one trajectory. Two in a hundred fail: one passes with "
    "probability 0.98, and 5 % is the chance that all pass.",
    np.log(0.02) / np.log(0.95): "0.02 and 0.05 have changed places: one trajectory fails with probability 0.02, and "
    "all pass with probability 0.05.",
    np.log(0.02) / np.log(0.98): "that many all pass with probability 2 %. At most 5 % are asked for: it takes fewer.",
    np.log(0.95) / np.log(0.98): "that many all pass with probability 95 %, or a little less: then faults in 2 % are "
    "overlooked nearly always. They may be overlooked with probability 5 %.",
    np.log(0.05) / np.log(0.8): "that is for two faults in ten. There are two in a hundred: one passes with 0.98.",
}


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


def _in_front(w: FoundWitness, vectors: CutVectors) -> np.ndarray:
    """The first sum, with the token put before the histories instead of behind them."""
    s = w.cut
    return w.coefficients[s - 2] @ np.array([vectors.history((w.text[s - 2], *h)) for h in w.histories[s - 2]])


def _changed_places(w: FoundWitness, vectors: CutVectors) -> np.ndarray:
    """v with each cut's coefficients for the other's histories, as far as they go."""
    s = w.cut
    before = [vectors.history((*h, w.text[s - 2])) for h in w.histories[s - 2]]
    here = [vectors.history(h) for h in w.histories[s - 1]]
    first = sum(c * u for c, u in zip(w.coefficients[s - 1], before, strict=False))
    second = sum(c * u for c, u in zip(w.coefficients[s - 2], here, strict=False))
    return np.asarray(first - second)


def _first_ones(w: FoundWitness, vectors: CutVectors) -> np.ndarray:
    """v of the first history of each cut alone."""
    s = w.cut
    before = w.coefficients[s - 2][0] * vectors.history((*w.histories[s - 2][0], w.text[s - 2]))
    return before - w.coefficients[s - 1][0] * vectors.history(w.histories[s - 1][0])


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
        "you left the coefficients of cut s out: each of its histories counts c(i) times.": before - plain_here,
        "you left the coefficients of cut s - 1 out: each of its histories counts c(i) times.": plain_before - here,
        "you took means. The coefficients weigh the histories already: add up, and do not divide.": (
            before / len(w.histories[s - 2]) - here / len(w.histories[s - 1])
        ),
        "its direction is right, and its length is not: v is the difference as it is, not divided by its length.": (
            (before - here) / np.linalg.norm(before - here)
        ),
        "you put y_(s-1) before the histories of cut s - 1. It was said after them: (*h, w.text[s - 2]).": (
            _in_front(w, vectors) - here
        ),
        "the coefficients have changed places: those of cut s - 1 belong to w.histories[s - 2].": (
            _changed_places(w, vectors)
        ),
        "that is one history of each cut. All of a cut's histories count, each c(i) times.": _first_ones(w, vectors),
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
