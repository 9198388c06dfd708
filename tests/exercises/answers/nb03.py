"""Answers to the exercises of notebook 03."""

import numpy as np

START = np.array([1.0, 0.0])
READ = np.array([[0.0, 0.0], [0.0, 1.0]])
LESS, SAME, MORE = (np.array([[1.0, 0.0], [step, 1.0]]) for step in (-1.0, 0.0, 1.0))


def other_basis(start, steps, read, change):
    back = np.linalg.inv(change)
    return change @ start, change @ steps @ back, read @ back


def transition(basis, children):
    return (children @ np.linalg.pinv(basis)).T


def steady(start, steps, reads):
    T, V, d = reads.shape
    moves = np.zeros((V, T, d, T, d))
    for t in range(T - 1):
        moves[:, t + 1, :, t] = steps[t]
    return np.pad(start, (0, (T - 1) * d)), moves.reshape(V, T * d, T * d), np.hstack(reads)


def stuck(start, steps, reads):
    T, V, d = reads.shape
    moves = np.zeros((V, T, d, T, d))
    for t in range(T - 1):
        moves[:, t, :, t] = steps[t]
    return np.pad(start, (0, (T - 1) * d)), moves.reshape(V, T * d, T * d), np.hstack(reads)


RIGHT = {
    "nb03_numbers": [207, 207.0],
    "nb03_difference": [
        (START, np.array([LESS, MORE]), READ),
        (2 * START, np.array([LESS, MORE]), [[0, -0.25], [0, 0.25]]),
    ],
    "nb03_other_basis": [other_basis],
    "nb03_transition": [transition, lambda basis, children: np.linalg.lstsq(basis.T, children.T, rcond=None)[0]],
    "nb03_steady_form": [steady],
}
WRONG = {
    "nb03_numbers": {
        "after the last token": 243,
        "Where does the state begin": 204,
        "the same at every step": 51,
        "Begin with one step": 60,
        "expected a number": "many",
    },
    "nb03_difference": {
        "after [0] the gap should be -1, yours is 0.": (START, np.array([SAME, MORE]), READ),
        "not the other way": (START, np.array([LESS, MORE]), READ[::-1]),
        "expected three arrays": START,
        "transitions: expected an array of shape (2, 2, 2)": (START, MORE, READ),
        "after [] the gap should be 0": (np.ones(2), np.array([LESS, MORE]), READ),
    },
    "nb03_other_basis": {
        "What must the readout do": lambda start, steps, read, change: (
            change @ start,
            change @ steps @ np.linalg.inv(change),
            read,
        ),
        "first back, then A": lambda start, steps, read, change: (
            change @ start,
            np.linalg.inv(change) @ steps @ change,
            read @ np.linalg.inv(change),
        ),
        "the new initial state": lambda start, steps, read, change: other_basis(start, steps, read, change.T),
        "expected three arrays": lambda start, steps, read, change: change @ start,
    },
    "nb03_transition": {
        "not one row": lambda basis, children: transition(basis, children).T,
        "the first child is": lambda basis, children: -transition(basis, children),
        "the transposed matrix": lambda basis, children: (
            transition(basis, children).T if len(basis) == len(children) else transition(basis, children)
        ),
    },
    "nb03_steady_form": {
        "Which block": stuck,
        "expected three arrays": lambda start, steps, reads: None or steps,
        "initial_state: expected an array of shape (2,)": lambda start, steps, reads: (
            start,
            *steady(start, steps, reads)[1:],
        ),
    },
}
