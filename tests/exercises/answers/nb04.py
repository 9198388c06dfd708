"""Answers to the exercises of notebook 04."""

import numpy as np


def correlation(tokens, subset):
    signs = 1 - 2 * tokens
    return float((signs[:, -1] * np.prod(signs[:, list(subset)], axis=1)).mean())


def read_secret(logits, bits):
    answers = logits(np.eye(bits, dtype=int).tolist())
    return [int(answer[1] > 0) for answer in answers]


def read_twice(logits, bits):
    logits([[0] * bits])
    return read_secret(logits, bits)


def vote(labels, bits, count=301, texts=np.eye):
    return [int(np.mean(labels(text, count)) > 0.5) for text in texts(bits, dtype=int)]


RIGHT = {
    "nb04_coin_distance": [0.3, 0.8 - 0.5],
    "nb04_correlation": [correlation],
    "nb04_read_secret": [
        read_secret,
        lambda logits, bits: np.array(read_secret(logits, bits)),
        lambda logits, bits: np.array(read_secret(logits, bits)) > 0,
        lambda logits, bits: [float(bit) for bit in read_secret(logits, bits)],
    ],
    "nb04_trials": [24, 1 / 0.9**30, 23.6],
    "nb04_vote_secret": [vote],
}
WRONG = {
    "nb04_coin_distance": {"half of it": 0.6, "the noise": 0.2, "between 0 and 1": 3, "of (0.9, 0.1)": 0.15},
    "nb04_correlation": {
        "how often label and parity agree": lambda tokens, subset: (1 + correlation(tokens, subset)) / 2,
        "right but for the sign": lambda tokens, subset: -correlation(tokens, subset),
        "that is the sum": lambda tokens, subset: len(tokens) * correlation(tokens, subset),
        "Which sign has": lambda tokens, subset: 1 - 2 * np.mean(tokens[:, -1]) + len(subset),
        "expected a number": lambda tokens, subset: 1 - 2 * tokens[:, -1],
    },
    "nb04_read_secret": {
        "just the other bits": lambda logits, bits: [1 - bit for bit in read_secret(logits, bits)],
        "with 4 queries for 3 bits": read_twice,
        "Which text of 3 bits": lambda logits, bits: [int(row[1] > 0) for row in logits([[0] * bits] * bits)],
        "expected a list of 3 zeros and ones": lambda logits, bits: [0.5, 2, 7],
        "expected a list of 3 zeros and ones, got [1.7, 0.3, 0.3]": lambda logits, bits: [
            bit + (-1) ** bit * 0.3 + bit for bit in read_secret(logits, bits)
        ],
        "expected a list of 5": lambda logits, bits: read_secret(logits, bits)[:3],
    },
    "nb04_trials": {
        "one trial is right": 0.9**30,
        "about one label": 10,
        "to the power 30": 1e30,
        "With 2 bits": 300,
        "22.7 is near": 22.7,
        "round at the end": 1 / 0.042,
    },
    "nb04_vote_secret": {
        "More labels": lambda labels, bits: vote(labels, bits, count=7),
        "one bit alone": lambda labels, bits: vote(labels, bits, texts=lambda n, dtype: np.zeros((n, n), dtype)),
        "labels come after texts of 12 bits": lambda labels, bits: [labels([0], 3).max()] * bits,
        "expected a list of 12": lambda labels, bits: [0, 1],
    },
}
