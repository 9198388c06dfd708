"""Answers to the exercises of notebook 00."""

import numpy as np

RIGHT = {
    "nb00_story_queries": [16, np.int64(16)],
    "nb00_ratio": [np.exp(2), 7.39],
    "nb00_likeliest": [np.argmax, lambda row: row.tolist().index(max(row))],
    "nb00_digits": [41],
}
WRONG = {
    "nb00_story_queries": {
        "about one token": 1,
        "empty text": 15,
        "one too many": 17,
        "all 512 tokens": 8192,
        "Begin small": 100,
    },
    "nb00_ratio": {
        "difference of the logits": 2,
        "ratio of the logits": 3,
        "other way round": np.exp(-2),
        "to base 2": 4,
        "equal logits": 5.0,
    },
    "nb00_likeliest": {
        "largest logit itself": max,
        "least likely": np.argmin,
        "count from 0": lambda row: np.argmax(row) + 1,
        "largest size": lambda row: np.argmax(np.abs(row)),
        "Which position": lambda row: np.argmax(row) if len(row) < 10 else 3,
        "expected a number": lambda row: row,
    },
    "nb00_digits": {
        "999^15": 45,
        "exponent of ten": 40,
        "How long": 512**15,
        "6 digits": 5,
    },
}
