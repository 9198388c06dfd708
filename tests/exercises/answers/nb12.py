"""Answers to the exercises of notebook 12."""

import numpy as np
from scipy.special import softmax


def weights(rows, wanted):
    return np.linalg.lstsq(rows.T, wanted, rcond=None)[0]


def next_token(weights, logits):
    return softmax(weights @ logits)


RIGHT = {
    "nb12_queries": [129, 129.0],
    "nb12_width": [lambda values, relative: (values > relative * values[0]).sum()],
    "nb12_weights": [weights, lambda rows, wanted: wanted @ np.linalg.pinv(rows)],
    "nb12_next_token": [next_token, lambda *given: next_token(*given).tolist()],
    "nb12_closer": [8**7.5, 5.93e6, 6e6],
}
WRONG = {
    "nb12_queries": {
        "width of 500": 128,
        "number of tokens": 512,
        "cannot be seen": 64,
        "400 queries do show it, but fewer do as well": np.int64(400),
        "expected a number": "many",
    },
    "nb12_width": {
        "share of the largest value": lambda values, relative: (values > relative).sum(),
        "not larger than it": lambda values, relative: (values >= relative * values[0]).sum(),
        "one too few": lambda values, relative: (values > relative * values[0]).sum() - 1,
        "larger than": lambda values, relative: len(values),
    },
    "nb12_weights": {
        "inner products": lambda rows, wanted: rows @ wanted,
        "probabilities": lambda rows, wanted: softmax(rows @ wanted),
        "is possible": lambda rows, wanted: np.zeros(len(rows)),
        "of shape (2,)": lambda rows, wanted: wanted,
    },
    "nb12_next_token": {
        "mixed probabilities": lambda weights, logits: weights @ softmax(logits, axis=1),
        "you gave logits": lambda weights, logits: weights @ logits,
        "then softmax": lambda weights, logits: softmax(logits[0]),
    },
    "nb12_closer": {
        "relative to before": 8**-7.5,
        "8 times 7.5": 60,
        "three": 2**7.5,
        "128 is not it": np.float64(128),
        "make of 8": 5e6,
    },
}
