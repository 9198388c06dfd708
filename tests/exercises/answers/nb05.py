"""Answers to the exercises of notebook 05."""

import itertools
from math import log

import numpy as np


def coefficient(values, points, subset):
    return float(np.mean([v * (-1) ** sum(x[i] for i in subset) for v, x in zip(values, points, strict=True)]))


def members(coefficients, part, level):
    return [a for subset, a in coefficients.items() if [i for i in subset if i < level] == list(part)]


def weight(coefficients, part, level):
    return sum(a * a for a in members(coefficients, part, level))


def value(p):
    return max(-1.0, min(1.0, log(p) - log(1 - p)))


PRODUCT = [0.2 ** sum(x) for x in itertools.product([0, 1], repeat=4)]
PARITY = [(-1.0) ** sum(x) for x in itertools.product([0, 1], repeat=4)]
MAJORITY = [-1.0 if sum(x) > 2 else 1.0 for x in itertools.product([0, 1], repeat=4)]

RIGHT = {
    "nb05_and": [-0.5],
    "nb05_coefficient": [coefficient],
    "nb05_weight": [weight],
    "nb05_value": [value, lambda p: np.clip(np.log(p / (1 - p)), -1, 1)],
    "nb05_rank_one": [PRODUCT, -np.array(PRODUCT)],
}
WRONG = {
    "nb05_and": {
        "at 11": 0.5,
        "an average": -2,
        "the square": 0.25,
        "f is 1, 1, 1, -1": 0,
        "expected a number": "none",
    },
    "nb05_coefficient": {
        "not the average": lambda values, points, subset: len(values) * coefficient(values, points, subset),
        "the sign is wrong": lambda values, points, subset: -coefficient(values, points, subset),
        "as 0 and 1": lambda values, points, subset: (values * (points[:, list(subset)].sum(axis=1) % 2)).mean(),
        "and average": lambda values, points, subset: values.mean(),
    },
    "nb05_weight": {
        "their squares": lambda coefficients, part, level: sum(members(coefficients, part, level)),
        "every subset that contains": lambda coefficients, part, level: sum(
            a**2 for subset, a in coefficients.items() if set(part) <= set(subset)
        ),
        "part alone": lambda coefficients, part, level: coefficients[part] ** 2,
        "Which subsets": lambda coefficients, part, level: 7.0,
    },
    "nb05_value": {
        "clip": lambda p: log(p / (1 - p)),
        "the sign is wrong": lambda p: -value(p),
        "linear in p": lambda p: 2 * p - 1,
        "log p - log(1 - p)": log,
        "With p = 0.6": lambda p: 0.7,
    },
    "nb05_rank_one": {
        "the logit ranks at cuts 1 to 5": MAJORITY,
        "rank 1, but the coefficient of": PARITY,
        "within [-1, 1]": [2.0] * 16,
        "of shape (16,)": [1.0] * 4,
        "rank 1, but": [0.0] * 16,
        "which is not larger than 0.01": [0.16] + [0.0] * 15,
    },
}
