"""Answers to the exercises of notebook 09b."""

from dataclasses import replace

import numpy as np

from lowlogit_edu.lemmas import error_vector


def in_numpy(w, vectors):
    s = w.cut
    before = np.array([vectors.history((*h, w.text[s - 2])) for h in w.histories[s - 2]])
    here = np.array([vectors.history(h) for h in w.histories[s - 1]])
    return w.coefficients[s - 2] @ before - w.coefficients[s - 1] @ here


def first_sum(w, vectors, place=-2):
    s = w.cut
    token = w.text[s + place]
    return sum(c * vectors.history((*h, token)) for c, h in zip(w.coefficients[s - 2], w.histories[s - 2], strict=True))


def second_sum(w, vectors):
    s = w.cut
    return sum(c * vectors.history(h) for c, h in zip(w.coefficients[s - 1], w.histories[s - 1], strict=True))


def without_token(w, vectors):
    return sum(vectors.history(h) for h in w.histories[w.cut - 2])


def plain(w):
    """The witness with coefficients of 1."""
    return replace(w, coefficients=tuple(np.ones_like(c) for c in w.coefficients))


def next_cut(w, vectors):
    """The later cut's coefficients by the earlier one's, as far as they go."""
    rows = np.array([vectors.history(h) for h in w.histories[w.cut - 1]])
    c = w.coefficients[w.cut - 2]
    return first_sum(w, vectors) - c[: len(rows)] @ rows[: len(c)]


def means(w, vectors):
    return first_sum(w, vectors) / len(w.histories[w.cut - 2]) - second_sum(w, vectors) / len(w.histories[w.cut - 1])


def in_front(w, vectors):
    s = w.cut
    rows = np.array([vectors.history((w.text[s - 2], *h)) for h in w.histories[s - 2]])
    return w.coefficients[s - 2] @ rows - second_sum(w, vectors)


def changed_places(w, vectors):
    s = w.cut
    found = 0
    for c, h in zip(w.coefficients[s - 1], w.histories[s - 2], strict=False):
        found = found + c * vectors.history((*h, w.text[s - 2]))
    for c, h in zip(w.coefficients[s - 2], w.histories[s - 1], strict=False):
        found = found - c * vectors.history(h)
    return found


def first_ones(w, vectors):
    s = w.cut
    first = w.coefficients[s - 2][0] * vectors.history((*w.histories[s - 2][0], w.text[s - 2]))
    return first - w.coefficients[s - 1][0] * vectors.history(w.histories[s - 1][0])


RIGHT = {
    "nb09b_telescope": [0.06, 6 * 0.01],
    "nb09b_most_epochs": [33, 33.0],
    "nb09b_trajectories": [149, 150],
    "nb09b_error_vector": [error_vector, in_numpy],
}
WRONG = {
    "nb09b_telescope": {
        "one step per token": 0.07,
        "0.06001 is not it": np.float64(0.06001),
        "that is one step.": 0.01,
        "about logits": 0.03,
        "Begin small": 0.6,
        "expected a number": "six",
    },
    "nb09b_most_epochs": {
        "no model has been returned": 32,
        "not all 10 cuts": 41,
        "How many are that": 37,
        "In the worst case": 25,
        "witnesses per cut": 4,
    },
    "nb09b_trajectories": {
        "0.36": 50,
        "0.98^148 is 0.0503": 148,
        "by a whole number: round up": 148.28,
        "0.98^1000, which is 2 in a thousand million": 1000,
        "with 2 trajectories the chance that all pass is 0.98^2 = 0.96; it takes more": 2,
        "with 200 trajectories the chance that all pass is 0.98^200 = 0.018; it takes fewer": 200,
        "0.05 / 0.02 is no number of trajectories": 2.5,
        "you took 0.95 for one trajectory": 59,
        "you took 0.95 for one": 58.4,
        "0.02 and 0.05 have changed places": 77,
        "all pass with probability 2 %": 194,
        "with probability 95 %, or a little less": 2.539,
        "two faults in ten": 14,
        "cannot be drawn": -149,
        "A number of trajectories is 1, 2, 3 or more": 0,
    },
    "nb09b_error_vector": {
        "no absolute values": lambda w, vectors: abs(error_vector(w, vectors)),
        "the sign is turned round": lambda w, vectors: -error_vector(w, vectors),
        "you added the two sums": lambda w, vectors: first_sum(w, vectors) + second_sum(w, vectors),
        "that is the first sum alone": first_sum,
        "that is the second sum alone": second_sum,
        "you left the coefficients out": lambda w, vectors: error_vector(plain(w), vectors),
        "the coefficients of cut s out": lambda w, vectors: first_sum(w, vectors) - second_sum(plain(w), vectors),
        "the coefficients of cut s - 1 out": lambda w, vectors: first_sum(plain(w), vectors) - second_sum(w, vectors),
        "you took means": means,
        "its direction is right, and its length is not": lambda w, vectors: (
            error_vector(w, vectors) / np.linalg.norm(error_vector(w, vectors))
        ),
        "It was said after them": in_front,
        "the coefficients have changed places": changed_places,
        "that is one history of each cut": first_ones,
        "you put y_3 behind the histories of cut 2, and y_2 is meant": lambda w, vectors: (
            first_sum(w, vectors, place=-1) - second_sum(w, vectors)
        ),
        "you put y_1 behind the histories of cut 2": lambda w, vectors: (
            first_sum(w, vectors, place=-2 if w.cut == 2 else -3) - second_sum(w, vectors)
        ),
        "raised ArgumentError: at cut 3 a history has 2 tokens": without_token,
        "your vector is off by up to": next_cut,
        "of shape (4,)": lambda w, vectors: w.residual,
    },
}
