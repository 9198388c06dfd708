"""Checks of notebook 09, the full learner."""

from typing import Any

import numpy as np

from lowlogit_edu.core.words import counted
from lowlogit_edu.exercises.feedback import Wrong, array, call, exercise, number, show, whole_numbers

SOLVED = 1e-6  # nats; solvers of linear programs stop about here


@exercise("Six steps from cut 1, which is always right, to cut 7, which the model uses.")
def nb09_telescope(answer: Any) -> None:
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
def nb09_most_epochs(answer: Any) -> None:
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
def nb09_trajectories(answer: Any) -> None:
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


@exercise("That is line 15: the largest residual names the future that joins its cut.")
def nb09_witness(answer: Any) -> None:
    """(cut, prefix, token) of the largest residual, or (): a function of (opinions, threshold)."""
    rng = np.random.default_rng(2)
    small = rng.normal(size=(2, 1, 2))
    large = rng.normal(size=(4, 3, 2))
    negative = np.zeros((3, 2, 2))
    negative[2, 1, 0] = -5.0
    # A largest residual of either sign, one that is not above the threshold, and no residual at all.
    for opinions, threshold in [(small, 0.1), (negative, 1.0), (large, 0.1), (large, 100.0), (small * 0, 0.0)]:
        gaps = np.abs(np.diff(opinions, axis=0))
        step, row, token = (int(i) for i in np.unravel_index(gaps.argmax(), gaps.shape))
        # Gap 0 is between cuts 1 and 2, and the later cut gets the witness.
        wanted = (step + 2, row, token) if gaps.max() > threshold else ()
        case = f"for opinions of shape {opinions.shape} and threshold {threshold:g}"
        found = _triple(call(answer, opinions, threshold, may_be_none=True), case)
        if found == wanted:
            continue
        if not wanted:
            raise Wrong(
                f"{case} no residual is above the threshold (the largest is {gaps.max():.3g}): return the empty tuple, "
                f"(). You returned {found}."
            )
        if found is None:
            raise Wrong(
                f"{case} you returned None, but a residual has size {gaps.max():.3g}. Does this way through your "
                "function end with a `return`?"
            )
        if not found:
            raise Wrong(
                f"{case} you found none, but a residual has size {gaps.max():.3g}. Did you take absolute values?"
            )
        if found in ((step, row, token), (step + 1, row, token)):
            raise Wrong(
                f"{case} the prefix and the token are right. Cuts are counted from 1, and the later one is meant."
            )
        raise Wrong(f"{case} you returned {found}, but the largest residual is elsewhere: {gaps.max():.3g} nats.")


def _triple(answer: Any, case: str) -> tuple[int, ...] | None:
    """What was returned, in whole numbers; None is no witness to a reader, but is not ()."""
    if answer is None:
        return None
    complaint = f"{case} expected three whole numbers or ()"
    found = tuple(whole_numbers(answer, complaint))
    if len(found) not in (0, 3):
        raise Wrong(f"{complaint}, got {show(answer)}.")
    return found


@exercise(
    "One step of the recursion. Here the rows are independent and their combination is in the box, so that these are "
    "the only coefficients there are; Algorithm 2 solves for all cuts at once."
)
def nb09_follow(answer: Any) -> None:
    """Coefficients of the next cut, where only one choice is right: a function of (before, carried, rows)."""
    rng = np.random.default_rng(3)
    for size, futures in [(1, 3), (2, 2), (3, 6)]:
        rows = rng.normal(size=(size, futures))
        before = rng.uniform(-1, 1, size=2)
        # The next spanner carries what came before, with coefficients of at most 2 * 1 * 0.9: the box does not matter.
        carried = rng.uniform(-0.9, 0.9, size=(2, size)) @ rows
        found = array(call(answer, before, carried, rows), (size,))
        wanted = before @ carried
        if np.allclose(found @ rows, wanted, atol=SOLVED):
            continue
        case = f"for {counted(size, 'row')} on {futures} futures"
        uncombined = (carried.sum(axis=0), carried[0])
        if any(np.allclose(found @ rows, row, atol=SOLVED) for row in uncombined):
            raise Wrong(f"{case} you forgot to combine the carried rows with the coefficients before.")
        gap = np.abs(found @ rows - wanted).max()
        raise Wrong(f"{case} your combination misses the carried row by {gap:.2g} nats: c @ rows should be it.")
