"""Answers to the exercises of notebook 01."""

import numpy as np
from scipy.special import log_softmax, softmax


def centred(p):
    return np.log(p) - np.log(p).mean()


def terms(model, tokens):
    return [log_softmax(model.next_token_logits(tokens[:t]))[token] for t, token in enumerate(tokens)]


class Stammer:
    """Repeats token `which` of the prefix; `logits` is of probabilities."""

    alphabet_size = 3
    fingerprint = "stammer"

    def __init__(self, which=-1, logits=centred, strict=True):
        self.which = which
        self.of = logits
        self.strict = strict

    def logits(self, prefixes):
        rows = np.full((len(prefixes), 3), 1 / 3)
        for row, prefix in zip(rows, prefixes, strict=True):
            if self.strict and not all(0 <= token < 3 for token in prefix):
                raise ValueError("no such token")
            if len(prefix):
                row[:] = 0.1
                row[prefix[self.which] % 3] = 0.8
        return np.array([self.of(row) for row in rows]).reshape(-1, 3)


class Halfway:
    """No logits."""

    alphabet_size = 3
    fingerprint = "halfway"


def naive(logits):
    with np.errstate(all="ignore"):
        return np.exp(logits) / np.exp(logits).sum()


RIGHT = {
    "nb01_softmax": [softmax, lambda row: softmax(row).tolist()],
    "nb01_centred_logits": [centred],
    "nb01_text_log_probability": [lambda model, tokens: sum(terms(model, tokens))],
    "nb01_counts": [(2, 6), [2, 6]],
    "nb01_stammer": [Stammer()],
    "nb01_tight_pair": [[[0.5, -0.5, -20.0], [-0.5, 0.5, -20.0]], np.array([[7.5, 6.5, -9], [6.5, 7.5, -9]])],
}
WRONG = {
    "nb01_softmax": {
        "sum to": np.exp,
        "log-probabilities": log_softmax,
        "powers of 2": lambda row: softmax(np.log(2) * row),
        "ratio of the first two": lambda row: np.ones(len(row)) / (1 + len(row)),
        "no float": naive,
    },
    "nb01_centred_logits": {
        "not 0": np.log,
        "centred the probabilities": lambda p: p - p.mean(),
        "base 2": lambda p: centred(p) / np.log(2),
        "log of the mean": lambda p: np.log(p) - np.log(p.mean()),
        "First the logs": lambda p: -centred(p),
    },
    "nb01_text_log_probability": {
        "not its log": lambda model, tokens: np.exp(sum(terms(model, tokens))),
        "added logits": lambda model, tokens: sum(
            model.next_token_logits(tokens[:t])[token] for t, token in enumerate(tokens)
        ),
        "last token's": lambda model, tokens: terms(model, tokens)[-1],
        "at most 0": lambda model, tokens: -sum(terms(model, tokens)),
        "only those": lambda model, tokens: sum(log_softmax(model.next_token_logits([]))[token] for token in tokens),
        "raised ArgumentError": lambda model, tokens: model.next_token_logits(tokens + [0] * 4)[0],
    },
    "nb01_counts": {
        "other way round": (6, 2),
        "twice": (3, 6),
        "all of it": (4, 6),
        "new to the cache": (6, 6),
        "before the cache": (2, 3),
        "shape (2,)": 6,
    },
    "nb01_stammer": {
        "brackets": Stammer,
        "lacks logits": Halfway(),
        "with probabilities": Stammer(logits=lambda row: row - row.mean()),
        "last one is repeated": Stammer(which=0),
        "centred": Stammer(logits=np.log),
        "range": Stammer(strict=False),
    },
    "nb01_tight_pair": {
        "more than 1": [[1.0, -1.0, -20.0], [-1.0, 1.0, -20.0]],
        "rise and another": [[0.0, 0.0, 0.0], [0.5, 0.5, 0.5]],
        "third token": [[0.5, -0.5, 0.0], [-0.5, 0.5, 0.0]],
    },
}
