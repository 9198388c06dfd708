"""Answers to the exercises of notebook 02."""

import numpy as np


def matrix_of(oracle, histories, futures):
    return np.array([np.concatenate([oracle.logits([h + f])[0] for f in futures]) for h in histories])


def gap(matrix, rank):
    left, values, right = np.linalg.svd(matrix)
    size = min(rank, len(values))
    return matrix - left[:, :size] @ np.diag(values[:size]) @ right[:size]


def error(matrix, rank):
    return np.abs(gap(matrix, rank)).mean()


RIGHT = {
    "nb02_shape": [(10, 24, 60), [10, 24, 60]],
    "nb02_logit_matrix": [matrix_of, lambda *given: matrix_of(*given).tolist()],
    "nb02_rank_error": [error],
    "nb02_copying": [(10, 1024)],
    "nb02_factor": [16, 16.0],
    "nb02_width": [160, np.int64(160)],
}
WRONG = {
    "nb02_shape": {
        "one row per history": (6, 24, 60),
        "a future and a next token": (10, 6, 60),
        "how many pairs": (10, 10, 60),
        "number of entries": (10, 24, 240),
        "different prefixes": (10, 24, 16),
    },
    "nb02_logit_matrix": {
        "exchanged": lambda *given: matrix_of(*given).T,
        "history comes first": lambda oracle, histories, futures: np.array(
            [np.concatenate([oracle.logits([f + h])[0] for f in futures]) for h in histories]
        ),
        "grouped by token": lambda *given: matrix_of(*given).reshape(4, 3, 3).transpose(0, 2, 1).reshape(4, 9),
        "row 0, column 0": lambda *given: matrix_of(*given) + 1,
        "of shape (4, 9)": lambda oracle, histories, futures: oracle.logits(histories),
    },
    "nb02_rank_error": {
        "number of entries": lambda matrix, rank: np.abs(gap(matrix, rank)).sum(),
        "averages absolute values": lambda matrix, rank: (gap(matrix, rank) ** 2).mean(),
        "error of rank 0": lambda matrix, rank: error(matrix, rank - 1),
        "error of rank 2": lambda matrix, rank: error(matrix, rank + 1),
        "cancel": lambda matrix, rank: gap(matrix, rank).mean() if len(matrix) == 5 else error(matrix, rank),
        "With rank 0": lambda matrix, rank: 17.0,
    },
    "nb02_copying": {
        "other way round": (1024, 10),
        "upper bound": (11, 1024),
        "2, 3, 4 and 5 bits": (5, 1024),
        "doubles": (10, 20),
        "first halves": (10, 100),
    },
    "nb02_factor": {
        "falls like 1/r": 2,
        "19%": 2**0.25,
        "below 1": 1 / 16,
        "not 0.5": 4,
    },
    "nb02_width": {
        "alphabet": 512,
        "one too few": 159,
        "one too many": 161,
        "rounding": 300,
        "too few": 100,
    },
}
