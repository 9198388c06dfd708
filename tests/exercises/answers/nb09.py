"""Answers to the exercises of notebook 09."""

import numpy as np
from scipy.optimize import linprog


def opinion(ask, histories, c, text, s):
    return sum(weight * ask(history + text[s - 1 :]) for weight, history in zip(c, histories, strict=True))


def witness(opinions, threshold):
    gaps = np.abs(np.diff(opinions, axis=0))
    step, row, token = np.unravel_index(gaps.argmax(), gaps.shape)
    return (step + 2, row, token) if gaps.max() > threshold else ()


def signed(opinions, threshold):
    gaps = np.diff(opinions, axis=0)
    step, row, token = np.unravel_index(gaps.argmax(), gaps.shape)
    return (step + 2, row, token) if gaps.max() > threshold else ()


def uncounted(opinions, threshold):
    found = witness(opinions, threshold)
    return found and (found[0] - 2, *found[1:])


def says_none(opinions, threshold):
    return witness(opinions, threshold) or None


def forgets_return(opinions, threshold):
    witness(opinions, threshold)


def follow(before, carried, rows):
    return np.linalg.lstsq(rows.T, before @ carried, rcond=None)[0]


def follow_in_the_box(before, carried, rows):
    return linprog(np.zeros(len(rows)), A_eq=rows.T, b_eq=before @ carried, bounds=(-2, 2)).x


RIGHT = {
    "nb09_columns": [17, 5 + 3 * 4],
    "nb09_opinion": [
        opinion,
        lambda ask, histories, c, text, s: c @ np.array([ask([*h, *text[s - 1 :]]) for h in histories]),
        lambda ask, histories, c, text, s: np.tensordot(c, [ask((*h, *text[len(h) :])) for h in histories], 1),
    ],
    "nb09_witness": [witness, lambda *given: list(witness(*given))],
    "nb09_follow": [
        follow,
        follow_in_the_box,
        lambda before, carried, rows: (before @ carried) @ np.linalg.pinv(rows),
    ],
}
WRONG = {
    "nb09_columns": {
        "Between a history of cut 3 and a future of cut 4": 5 + 4,
        "What does cut 3's own test need?": 3 * 4,
        "which words does it ask?": 5,
        "which stand behind one more token?": 4 + 3 * 5,
        "follow their history at once": 3 * (5 + 4),
        "no word holds both": 5 * 4,
        "17.5 is not it": 17.5,
        "65 is not it": 5 + 3 * 4 * 5,
    },
    "nb09_opinion": {
        "you left the coefficients out": lambda ask, histories, c, text, s: opinion(ask, histories, c * 0 + 1, text, s),
        "each history counts c(i) times": lambda ask, histories, c, text, s: opinion(
            ask, histories, c * 0 + 1 / len(c), text, s
        ),
        "you asked about the text itself": lambda ask, histories, c, text, s: ask(text),
        # Python's y_s taken for the paper's: one token is lost.
        "A history stands for y_1 to y_(s-1)": lambda ask, histories, c, text, s: opinion(
            ask, histories, c, text, s + 1
        ),
        "so behind it come y_s to y_t": lambda ask, histories, c, text, s: opinion(ask, histories, c, text[:-1], s),
        "3 tokens in all": lambda ask, histories, c, text, s: opinion(ask, histories, c, (), s),
        "you asked about": lambda ask, histories, c, text, s: opinion(ask, histories, c, text, 1),
        "but your sum is off by": lambda ask, histories, c, text, s: opinion(ask, histories, c[::-1], text, s),
        "c(1) times the first answer": lambda ask, histories, c, text, s: opinion(ask, histories, abs(c), text, s),
        "of shape (3,)": lambda ask, histories, c, text, s: [c[0] * ask(h + text[s - 1 :]) for h in histories],
    },
    "nb09_witness": {
        "no residual is above": lambda opinions, threshold: witness(opinions, -1.0),
        "the empty tuple, (). You returned None": says_none,
        "you returned None, but a residual": forgets_return,
        "absolute values": signed,
        "Cuts are counted from 1": uncounted,
        "elsewhere": lambda opinions, threshold: (2, 0, 0),
        "three whole numbers": lambda opinions, threshold: 1.0,
        "or ()": lambda opinions, threshold: (1, 2),
    },
    "nb09_follow": {
        "combine the carried rows": lambda before, carried, rows: follow(np.ones(len(before)), carried, rows),
        "misses the carried row": lambda before, carried, rows: follow(before, carried, rows) / 2,
        "for 1 row on 3 futures your combination misses": lambda *given: np.clip(follow(*given), -1, 1),  # half the box
        "of shape (1,)": lambda before, carried, rows: before @ carried,
    },
}
