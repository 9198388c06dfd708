"""Answers to the exercises of notebook 06."""

import numpy as np


def surprise(seen, phi, weight):
    return float(phi @ np.linalg.inv(weight * np.eye(len(phi)) + seen.T @ seen) @ phi)


def count(rows, weight, threshold):
    return sum(surprise(rows[:j], row, weight) >= threshold for j, row in enumerate(rows))


def only_surprising(rows, weight, threshold):
    kept = np.zeros((0, rows.shape[1]))
    for row in rows:
        if surprise(kept, row, weight) >= threshold:
            kept = np.vstack([kept, row])
    return len(kept)


def sly(ratio=0.5, most=1.0):
    known = np.full(2, 0.01)
    rows = np.zeros((60, 2))
    for row in rows:
        axis = known.argmin()
        row[axis] = min(most, np.sqrt(ratio * known[axis]) * (1 + 1e-6))
        known[axis] += row[axis] ** 2
    return rows


RIGHT = {
    "nb06_third_time": [4 / 9, 0.444],
    "nb06_surprise": [surprise, lambda *given: np.array([[surprise(*given)]])],
    "nb06_count": [count],
    "nb06_constant": [1 / np.log(2), 1.443, 1.4427, np.array([1.4427])],
    "nb06_sly_vectors": [sly, lambda: sly().tolist()],
}
WRONG = {
    "nb06_third_time": {
        "seen twice": 4 / 5,
        "not as zero": 0.5,
        "square of its length": 4 / 3,
        "The surprise divides": 36,
        "first entry": 1.0,
    },
    "nb06_surprise": {
        "invert V": lambda seen, phi, weight: phi @ (weight * np.eye(2) + seen.T @ seen) @ phi,
        "Use the argument": lambda seen, phi, weight: surprise(seen, phi, 1.0),
        "before it was asked": lambda seen, phi, weight: surprise(np.vstack([seen, phi]), phi, weight),
        "its square": lambda *given: surprise(*given) ** 0.5,
        "With nothing seen": lambda seen, phi, weight: 0.0,
    },
    "nb06_count": {
        "do not surprise": lambda rows, *given: len(rows) - count(rows, *given),
        "known from the start": lambda rows, weight, threshold: sum(
            surprise(rows, row, weight) >= threshold for row in rows
        ),
        "ever learned": lambda rows, weight, threshold: len(rows),
        "The first vector": lambda rows, weight, threshold: -1,
        "counts, too": lambda rows, weight, threshold: sum(
            surprise(rows[:j], row, weight) > threshold for j, row in enumerate(rows)
        ),
        "right for regularization 1": lambda rows, weight, threshold: count(rows, 1.0, threshold),
        "taught nothing": only_surprising,
        "by the threshold itself": lambda *given: 2,
    },
    "nb06_constant": {"too small": 1.0, "not the smallest": 2, "expected a number": "2", "is close": 1.441},
    "nb06_sly_vectors": {
        "at most 1": lambda: sly(0.5, 3.0),
        "more than enough": lambda: np.eye(2)[np.arange(60) % 2],
        "of shape (60, 2)": lambda: np.ones((60, 3)),
    },
}
