"""Noisy parity: what statistics of samples see, what elimination does with them, and what a few queries tell.

>>> tokens = parity_samples([1, 0, 1], noise=0.0, samples=400, rng=np.random.default_rng(0))
>>> found = label_correlations(tokens)
>>> found[(0, 2)], max(abs(a) for subset, a in found.items() if subset != (0, 2)) < 0.2
(1.0, True)
"""

from collections.abc import Sequence

import numpy as np
from jaxtyping import Int

from lowlogit_edu.boolean.functions import BooleanFunction, Subset, all_points, character
from lowlogit_edu.core.checks import check_count, check_number, check_tokens
from lowlogit_edu.core.errors import ArgumentError
from lowlogit_edu.models.tabular import TabularModel
from lowlogit_edu.oracles.base import LogitOracle, ask


def parity_samples(
    secret: Sequence[int], noise: float, samples: int, *, rng: np.random.Generator
) -> Int[np.ndarray, "sample time"]:
    """Samples of `models.noisy_parity`: uniform bits, then their parity, flipped with probability `noise`."""
    check_number("noise", noise, least=0, most=0.5)
    points = rng.integers(2, size=(check_count("samples", samples), len(secret)))
    flips = rng.random(samples) < noise
    return np.column_stack([points, (points @ np.array(secret) + flips) % 2])


def label_correlations(tokens: Int[np.ndarray, "sample time"]) -> dict[Subset, float]:
    """For every subset of the bits, the average of (-1)^label times the subset's character.

    Paper: Section 1.2 (noisy parity: what samples show), arXiv:2512.09892.

    In the limit of many samples it is 1 - 2 noise for the secret and 0 for every other subset.
    """
    tokens = check_tokens(tokens, 2)
    n = tokens.shape[1] - 1
    place = tokens[:, :n] @ (1 << np.arange(n)[::-1])
    sums = np.bincount(place, 1.0 - 2.0 * tokens[:, n], minlength=2**n) / len(tokens)
    return {subset: 2**n * a for subset, a in BooleanFunction("labels", sums).fourier().items()}


def low_degree_model(tokens: Int[np.ndarray, "sample time"], degree: int) -> TabularModel:
    """The model that sees correlations of the label with at most `degree` bits, and nothing else.

    The expectation of (-1)^label is taken to be the sum of the estimated correlations times their
    characters, kept within [-0.98, 0.98]; the bits are uniform.
    """
    n = np.shape(tokens)[1] - 1
    points, mean = all_points(n), np.zeros(2**n)
    for subset, a in label_correlations(tokens).items():
        if len(subset) <= degree:
            mean += a * character(subset, points)
    gap = -2 * np.arctanh(np.clip(mean, -0.98, 0.98))  # the logit of 1 minus that of 0
    blank = [np.zeros((2**t, 2)) for t in range(n)]
    return TabularModel([*blank, np.stack([-gap, gap], axis=1) / 2], f"correlations of degree {degree}")


def eliminate(tokens: Int[np.ndarray, "sample time"]) -> list[int]:
    """The secret that solves the first independent equations x . secret = label (mod 2).

    Right where there is no noise. With noise it is right if no label that it used was flipped.

    Raises
    ------
    ArgumentError
        If fewer samples are independent than there are bits.
    """
    n = np.shape(tokens)[1] - 1
    solved: list[np.ndarray] = []  # equations in reduced form, each with its leading bit
    for row in check_tokens(tokens, 2):
        for other in solved:
            row = (row + row[np.flatnonzero(other)[0]] * other) % 2
        if row[:n].any():
            leading = np.flatnonzero(row)[0]
            solved = [(other + other[leading] * row) % 2 for other in solved] + [row]
        if len(solved) == n:
            return [int(row[n]) for row in sorted(solved, key=lambda row: int(np.flatnonzero(row)[0]))]
    raise ArgumentError(f"{n} independent samples are needed, these hold {len(solved)}; draw more.")


def secret_from_queries(oracle: LogitOracle, bits: int) -> list[int]:
    """The secret, read off the label's logits after the texts that hold a single one: `bits` queries."""
    logits = ask(oracle, np.eye(bits, dtype=int).tolist())
    return [int(one > zero) for zero, one in logits]
