"""Checks of notebook 13, continued: an epoch, and the whole learner."""

from itertools import pairwise
from typing import Any

import numpy as np

from lowlogit_edu.core.words import counted
from lowlogit_edu.exercises.feedback import Wrong, array, call, exercise, show
from lowlogit_edu.exercises.own_cases import (
    Futures,
    Patient,
    farthest,
    first_futures,
    full_futures,
    independent_tokens,
    list_of_cuts,
)
from lowlogit_edu.exercises.own_learner import Cut
from lowlogit_edu.exercises.parts import Parts, in_parts
from lowlogit_edu.models import noisy_parity, random_isan
from lowlogit_edu.oracles.exact import ExactOracle

THRESHOLD = 1e-5  # nats
ERROR = 1e-3  # nats, of a log-probability; a wrong model is off by far more


@exercise("Span, sample, solve, test: lines 4 to 17. One witness is enough for one epoch.")
@in_parts
def nb13_epoch(answer: Any, part: Parts) -> None:
    """(cuts, residuals, found): a function of (oracle, futures, samples, trials, bound, threshold, rng)."""
    isan = random_isan(alphabet_size=3, dimension=3, horizon=4, seed=0)
    with part("nothing to find"):
        found = _epoch(answer, isan, full_futures(isan, 3), THRESHOLD)[2]
        if found != "verified":
            raise Wrong(f'with all futures in F there is no witness: expected "verified", got {show(found)}.')
    for bits in (3, 4):
        with part(f"a witness among {bits + 1} tokens"):
            teacher = noisy_parity(bits=bits, seed=1)
            _judge_witness(teacher, *_epoch(answer, teacher, first_futures(teacher), THRESHOLD))
    with part("a spanner that is too small"):
        found = _epoch(answer, isan, first_futures(isan), THRESHOLD, samples=1)[2]
        if found != "infeasible":
            raise Wrong(
                'with samples = 1 a spanner has one history, which cannot carry all the others: expected "infeasible" '
                f"(line 12), got {show(found)}."
            )
    with part("above, not at, the threshold"):
        same = independent_tokens(3)
        _, residuals, found = _epoch(answer, same, first_futures(same), 0.0)
        if found != "verified" and not residuals.any():
            raise Wrong(f"all residuals are 0 and the threshold is 0. Line 15 says `>`; you found {show(found)}.")
    with part("a high threshold"):
        teacher = noisy_parity(bits=3, seed=1)
        found = _epoch(answer, teacher, first_futures(teacher), 1e3)[2]
        if found != "verified":
            raise Wrong(f'no residual reaches a threshold of 1000 nats: expected "verified", got {show(found)}.')


def _epoch(
    answer: Any, teacher: Any, futures: Futures, threshold: float, samples: int = 200
) -> tuple[list[Cut], np.ndarray, Any]:
    """The student's epoch, with its form checked."""
    about = f"for {teacher.horizon} tokens of {teacher.alphabet_size}:"
    rng = np.random.default_rng(0)
    reply = call(answer, ExactOracle(teacher), futures, samples, 40, 2.0, threshold, rng)
    if not isinstance(reply, tuple) or len(reply) != 3:
        raise Wrong(f"{about} expected three things, cuts, residuals and found; got {show(reply)}.")
    cuts = list_of_cuts(reply[0], teacher.horizon - 1, about)
    residuals = array(reply[1], (teacher.horizon,))
    found = reply[2]
    is_witness = isinstance(found, tuple) and len(found) == 2 and isinstance(found[1], tuple)
    if found not in ("verified", "infeasible") and not is_witness:
        raise Wrong(f'{about} expected "verified", "infeasible" or a witness (cut, future), got {show(found)}.')
    if residuals[0] > threshold:
        raise Wrong(f"{about} cut 1 has a residual of {residuals[0]:.3g}. It is the first: no step leads to it.")
    if found == "verified" and residuals.max() > threshold:
        raise Wrong(f"{about} you verified, with a residual of {residuals.max():.3g} above {threshold:g}.")
    return cuts, residuals, found


def _judge_witness(teacher: Any, cuts: list[Cut], residuals: np.ndarray, found: Any) -> None:
    """`Wrong` unless it is a future of the last token: noisy parity has residuals at no other."""
    T = teacher.horizon
    if isinstance(found, str):
        raise Wrong(
            f'noisy parity with {T - 1} bits: one-token futures cannot tell the label, but you say "{found}". '
            "Largest absolute value, over all cuts and tokens?"
        )
    cut, future = found
    if not 2 <= cut < T:
        raise Wrong(
            f"your witness belongs to cut {cut}; with {T} tokens cuts 2 to {T - 1} can have one. Counted from 1?"
        )
    if len(future) != T - cut + 1:
        raise Wrong(
            f"noisy parity is wrong about the label alone, token {T}. From cut {cut} its future has {T - cut + 1} "
            f"tokens, y_{cut} .. y_{T - 1} and a; yours is {future}."
        )
    if residuals[cut - 1] <= THRESHOLD:
        raise Wrong(f"you found a witness at cut {cut}, but its residual in your list is {residuals[cut - 1]:.3g}.")


@exercise("That is Algorithm 1. Nothing in it knows what kind of model it asks.")
@in_parts
def nb13_learn(answer: Any, part: Parts) -> None:
    """(cuts, history): a function of (oracle, horizon, samples, trials, bound, threshold, epochs, rng)."""
    parity = noisy_parity(bits=3, seed=1)
    isan = random_isan(alphabet_size=3, dimension=3, horizon=4, seed=0)
    for name, teacher in (("noisy parity", parity), ("a random ISAN", isan)):
        with part(name):
            cuts, history = _learn(answer, teacher, epochs=12)
            _judge_history(history, teacher)
            if history[-1][-1] != "verified":
                last = show(history[-1][-1])
                raise Wrong(f"after {counted(len(history), 'epoch')} the last one found {last}: go on until verified.")
            error = farthest(teacher, cuts, 2.0)
            if error > ERROR:
                raise Wrong(f"verified, but your cuts give a log-probability off by {error:.2g}. The last cuts?")
    with part("one epoch allowed"):
        _, history = _learn(answer, parity, epochs=1)
        if len(history) != 1:
            raise Wrong(f"one epoch is allowed, and your history has {len(history)}.")
    with part("infeasible epochs"):
        _, history = _learn(answer, isan, epochs=4, samples=1)
        if any(futures != history[0][0] for futures, *_ in history) or len(history) != 4:
            raise Wrong(
                f"where every epoch is infeasible, four of them are run with unchanged F (line 12); yours: "
                f"{len(history)}, with {[sum(map(len, futures)) for futures, *_ in history]} futures."
            )


def _learn(answer: Any, teacher: Any, epochs: int, samples: int = 200) -> tuple[list[Cut], list[Any]]:
    """The student's run, with its form checked."""
    rng = np.random.default_rng(0)
    reply = call(answer, Patient(teacher), teacher.horizon, samples, 40, 2.0, THRESHOLD, epochs, rng)
    about = f"for {teacher.horizon} tokens of {teacher.alphabet_size}:"
    if not isinstance(reply, tuple) or len(reply) != 2 or not isinstance(reply[1], list) or not reply[1]:
        raise Wrong(f"{about} expected two things, cuts and a list with an entry per epoch; got {show(reply)}.")
    cuts = list_of_cuts(reply[0], teacher.horizon - 1, about)
    for entry in reply[1]:
        if not isinstance(entry, tuple) or len(entry) != 4:
            raise Wrong(f"{about} an epoch's entry is (futures, cuts, residuals, found), got {show(entry)}.")
    return cuts, reply[1]


def _judge_history(history: list[Any], teacher: Any) -> None:
    """`Wrong` unless F begins with the tokens, and each witness joins its own cut alone."""
    before = [list(map(tuple, of_cut)) for of_cut in history[0][0]]
    if before != first_futures(teacher):
        raise Wrong(
            f"epoch 1 should have all one-token futures at each of {teacher.horizon} cuts (line 2); your history says "
            f"{show(before)}. Was a list changed after it was kept?"
        )
    for number, (entry, (futures, *_)) in enumerate(pairwise(history), start=1):
        found = entry[-1]
        wanted = [list(of_cut) for of_cut in before]
        if not isinstance(found, str):
            wanted[found[0] - 1].append(found[1])
        before = [list(map(tuple, of_cut)) for of_cut in futures]
        if before != wanted:
            grown = [s for s, (old, new) in enumerate(zip(entry[0], before, strict=False), start=1) if old != new]
            raise Wrong(
                f"epoch {number} found {show(found)}, and afterwards the futures of cuts {grown} were changed. Line "
                "16: the witness joins its own cut."
            )
