"""Checks of notebook 03, ISANs."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from lowlogit_edu.core.words import counted
from lowlogit_edu.exercises.common import isan_logits
from lowlogit_edu.exercises.feedback import Wrong, array, call, exercise, given, number, shape_of, show
from lowlogit_edu.matrices.logit_matrix import all_words
from lowlogit_edu.models import random_isan

Parts = tuple[np.ndarray, np.ndarray, np.ndarray]


def parts(answer: Any, shapes: Sequence[tuple[int, ...]]) -> Parts:
    """State, transitions and readout of the given shapes, or `Wrong` with the name of what does not fit."""
    if not isinstance(answer, tuple | list) or len(answer) != 3:
        raise Wrong(f"expected three arrays (initial_state, transitions, readout), got {show(answer)}.")
    found = []
    for name, part, shape in zip(("initial_state", "transitions", "readout"), answer, shapes, strict=True):
        try:
            found.append(array(given(part), shape))
        except Wrong as fault:
            raise Wrong(f"{name}: {fault}") from None
    return found[0], found[1], found[2]


def words_below(alphabet_size: int, length: int) -> list[tuple[int, ...]]:
    """All words of fewer than `length` tokens, the empty one first: the shortest that fails is the best example."""
    return [word for shorter in range(length) for word in all_words(alphabet_size, shorter)]


@exercise(
    "3 of the state, 144 of the transitions, 60 of the readouts. A table of all next-token logits holds 1364 numbers."
)
def nb03_numbers(answer: Any) -> None:
    """How many numbers describe a time-varying ISAN of dimension 3, alphabet 4 and horizon 5?"""
    # State 3; transitions after 4 of the 5 tokens, 4 * 4 * (3 * 3) = 144; readouts at 5 steps, 5 * (4 * 3) = 60.
    found = number(answer)
    if found == 3 + 5 * 36 + 60:
        raise Wrong("you count a matrix for each of 5 steps. Who reads the state after the last token?")
    if found == 144 + 60:
        raise Wrong("that is the transitions and the readouts. Where does the state begin?")
    if found == 3 + 36 + 12:
        raise Wrong("that is an ISAN that is the same at every step. Here every step has matrices of its own.")
    if found != 3 + 144 + 60:
        raise Wrong(f"{show(answer)} is not it. Begin with one step: 4 tokens, a 3 x 3 matrix for each.")


@exercise("A coordinate that is always 1 turns adding into multiplying: that is the 'affine' in the name.")
def nb03_difference(answer: Any) -> None:
    """An ISAN of dimension 2 whose logit gap is ones minus zeros: (initial_state, transitions, readout)."""
    isan = parts(answer, [(2,), (2, 2, 2), (2, 2)])
    for word in words_below(2, length=5):
        low, high = isan_logits(*isan, word)
        wanted = 2 * sum(word) - len(word)  # ones minus zeros
        if not np.isclose(high - low, wanted):
            hint = " Logit of 1 minus logit of 0, not the other way." if np.isclose(low - high, wanted) else ""
            raise Wrong(f"after {list(word)} the gap should be {wanted}, yours is {high - low:g}.{hint}")


@exercise("Tokens move the new state as they moved the old one, and the readout undoes the change.")
def nb03_other_basis(answer: Any) -> None:
    """The same ISAN with states change @ x: a function of (initial_state, transitions, readout, change)."""
    rng = np.random.default_rng(2)
    isan = (rng.normal(size=3), rng.normal(size=(2, 3, 3)), rng.normal(size=(2, 3)))
    stretch = np.diag([1.0, 2.0, 4.0])
    shear = np.array([[1.0, 2.0, 0.0], [0.0, 1.0, 1.0], [0.0, 0.0, 1.0]])
    # The parts are tried in the order in which they can be right on their own: state, then readout, then transitions.
    for change in (stretch, shear):
        found = parts(call(answer, *isan, change), [(3,), (2, 3, 3), (2, 3)])
        moved = change @ isan[0]
        if not np.allclose(found[0], moved):
            raise Wrong(f"the new initial state is change @ initial_state, {show(moved)}; got {show(found[0])}.")
        for word in ([], [0], [1], [1, 0, 1]):
            wanted = isan_logits(*isan, word)
            logits = isan_logits(*found, word)
            if np.allclose(logits, wanted):
                continue
            gap = f"the logits should stay {show(wanted)}, yours are {show(logits)}"
            if not word:
                raise Wrong(f"with no token read, {gap}. What must the readout do to change @ x?")
            raise Wrong(f"after {word} {gap}. A token's matrix gets a new state: first back, then A, then change.")


@exercise("Only the children of basis histories are looked at; by linearity the matrix is right for all histories.")
def nb03_transition(answer: Any) -> None:
    """A token's matrix from rows: a function of (basis_rows, child_rows)."""
    rng = np.random.default_rng(3)
    for children, columns in ((1, 2), (2, 2), (2, 5), (3, 6)):
        basis_rows = rng.normal(size=(2, columns))
        wanted = rng.integers(-3, 4, size=(2, children)).astype(float)  # whole, so that the reply can quote them
        what = f"for 2 basis rows and {counted(children, 'child row')} of {columns} entries"
        reply = call(answer, basis_rows, wanted.T @ basis_rows)
        if children != 2 and shape_of(reply) == wanted.T.shape:
            raise Wrong(f"{what} your matrix has shape {wanted.T.shape}: one column per child, not one row.")
        found = array(reply, wanted.shape)
        if np.allclose(found, wanted):
            continue
        if np.allclose(found, wanted.T):
            raise Wrong(f"{what} you gave the transposed matrix: the coordinates of child i are column i.")
        raise Wrong(
            f"{what} the first child is {wanted[0, 0]:g} times basis row 0 plus {wanted[1, 0]:g} times basis row 1, "
            f"but your first column is {show(found[:, 0])}."
        )


@exercise("Time is part of the state: which block is not zero. So rows of mixed length have rank T * d at most.")
def nb03_steady_form(answer: Any) -> None:
    """A time-varying ISAN as a steady one: a function of (initial_state, transitions, readouts)."""
    # V = alphabet size, d = dimension, T = horizon
    for V, d, T in ((2, 1, 2), (2, 2, 3), (3, 2, 4)):
        model = random_isan(V, d, T, seed=1)
        reply = call(answer, np.array(model.initial_state), np.array(model.transitions), np.array(model.readouts))
        found = parts(reply, [(T * d,), (V, T * d, T * d), (V, T * d)])
        for word in words_below(V, length=T):
            ours = model.next_token_logits(word)
            theirs = isan_logits(*found, word)
            if not np.allclose(ours, theirs - theirs.mean()):
                raise Wrong(
                    f"for dimension {d} and horizon {T}, the logits after {list(word)} should be {show(ours)} up "
                    f"to a constant, yours are {show(theirs)}. Which block of the state is not zero "
                    f"after {counted(len(word), 'token')}?"
                )
