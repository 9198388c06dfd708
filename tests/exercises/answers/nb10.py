"""Answers to the exercises of notebook 10."""

from functools import reduce

import numpy as np
from scipy.special import log_softmax, softmax


def kl(p, q):
    return float(softmax(p) @ (log_softmax(p) - log_softmax(q)))


def read(state, transitions, readout, tokens):
    return readout @ reduce(lambda state, token: transitions[token] @ state, tokens, state)


RIGHT = {
    "nb10_sampling_queries": [200_000, 200_000.0],
    "nb10_kl": [kl],
    "nb10_read": [read, lambda *given: read(*given).tolist(), lambda *given: read(*given) - read(*given).mean()],
}
WRONG = {
    "nb10_sampling_queries": {
        "How many tokens": 5_000,
        "Which prefix": 195_000,
        "Begin small": 40,
        "expected a number": "many",
    },
    "nb10_kl": {
        "the weights": lambda p, q: kl(q, p),
        "bits": lambda p, q: kl(p, q) / np.log(2),
        "never negative": lambda p, q: -kl(p, q),
        "normalised": lambda p, q: softmax(p) @ (p - q),
        "Weights p": lambda p, q: kl(p, q) + 1,
        "cross entropy": lambda p, q: -softmax(p) @ np.log(softmax(q)),
        "sum over the tokens": lambda p, q: kl(p, q) / len(p),
        "some terms are negative": lambda p, q: softmax(p) @ np.abs(np.log(softmax(p) / softmax(q))),
        "not the model's": lambda p, q: softmax(q) @ np.log(softmax(p) / softmax(q)),
        "expected a number": lambda p, q: np.ones(2),
    },
    "nb10_read": {
        "backwards": lambda state, A, B, tokens: read(state, A, B, tokens[::-1]),
        "transposed": lambda state, A, B, tokens: read(state, A.transpose(0, 2, 1), B, tokens),
        "the first one too": lambda state, A, B, tokens: read(state, A, B, tokens[1:]),
        "the initial one": lambda state, A, B, tokens: np.zeros(3),
        "of shape (2,)": lambda state, A, B, tokens: state,
    },
}
