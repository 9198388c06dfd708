"""Answers to the exercises of notebook 11."""

import numpy as np


def estimate(counts, temperature):
    logits = temperature * np.log(np.maximum(counts, 0.5))
    return logits - logits.mean()


def uncentred(counts, temperature):
    return temperature * np.log(np.maximum(counts, 0.5))


def add_half(counts, temperature):
    logits = temperature * np.log(counts + 0.5)
    return logits - logits.mean()


def add_one(counts, temperature):
    return estimate(counts + 1.0 * (counts == 0), temperature)


RIGHT = {
    "nb11_samples_ratio": [np.exp(6), 403, 403.43],
    "nb11_estimate": [estimate, lambda *given: estimate(*given).tolist()],
    "nb11_oracle_distance": [0.02, 20 * 0.002 / 2],
    "nb11_logit_gap": [lambda token, reference, bias: token - reference - bias],
}
WRONG = {
    "nb11_samples_ratio": {
        "that is exp(3)": np.exp(3),
        "polynomial": 6.25,
        "turn the ratio": np.exp(-6),
        "22026.5 is not it. Divide exp(2 * 5)": np.exp(10),
        "expected a number": "e^6",
    },
    "nb11_estimate": {
        "Scale back": lambda counts, temperature: estimate(counts, 1.0),
        "Take away their mean": uncentred,
        "you gave [ 1.": add_one,
        "added 1/2 to every count": add_half,
        "logarithm of a count": lambda counts, temperature: np.arange(len(counts)) - 1.0,
        "of shape (2,)": lambda counts, temperature: 0.0,
    },
    "nb11_oracle_distance": {
        "twice too much": 0.04,
        "that is one token": 0.001,
        "The first token": 0.019,
        "0.4 is not it": np.float64(0.4),
    },
    "nb11_logit_gap": {
        "wrong sign": lambda token, reference, bias: reference - token + bias,
        "still in it": lambda token, reference, bias: token - reference,
        "take it away": lambda token, reference, bias: token - reference + bias,
        "What cancels it": lambda token, reference, bias: token - bias,
        "minus the reference's is": lambda token, reference, bias: 0.5,
    },
}
