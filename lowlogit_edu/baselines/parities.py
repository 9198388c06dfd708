"""Noisy parity: what statistics of samples see, what elimination does with them, and what a few queries tell.

>>> tokens = parity_samples([1, 0, 1], noise=0.0, samples=400, rng=np.random.default_rng(0))
>>> found = label_correlations(tokens)
>>> found[(0, 2)], max(abs(a) for subset, a in found.items() if subset != (0, 2)) < 0.2
(1.0, True)
"""

from collections.abc import Sequence

import numpy as np
from jaxtyping import Int

from lowlogit_edu.boolean.functions import BooleanFunction, Subset, all_points, character, point_index
from lowlogit_edu.boolean.learning import label_model
from lowlogit_edu.core.checks import check_count, check_number, check_tokens
from lowlogit_edu.core.errors import ArgumentError
from lowlogit_edu.models.tabular import TabularModel
from lowlogit_edu.oracles.base import LogitOracle, ask

CERTAIN = 0.98  # a mean sign: noise of 1%; estimates pass 1, where logits are infinite


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
    # All subsets at once: the Fourier coefficients of the table of mean signs, which average over the 2^n points.
    signs = 1.0 - 2.0 * tokens[:, n]
    table = np.bincount(point_index(tokens[:, :n]), signs, minlength=2**n) / len(tokens)
    coefficients = BooleanFunction("labels", table).fourier()
    return {subset: 2**n * a for subset, a in coefficients.items()}


def low_degree_model(tokens: Int[np.ndarray, "sample time"], degree: int) -> TabularModel:
    """The model that sees correlations of the label with at most `degree` bits, and nothing else.

    The expectation of (-1)^label is taken to be the sum of the estimated correlations times their
    characters, kept within [-CERTAIN, CERTAIN]; the bits are uniform.
    """
    n = np.shape(tokens)[1] - 1
    points = all_points(n)
    mean = np.zeros(2**n)
    for subset, a in label_correlations(tokens).items():
        if len(subset) <= degree:
            mean += a * character(subset, points)
    odds = -2 * np.arctanh(np.clip(mean, -CERTAIN, CERTAIN))  # a label of log-odds a has a mean sign of -tanh(a / 2)
    return label_model(odds, f"correlations of degree {degree}")


def eliminate(tokens: Int[np.ndarray, "sample time"]) -> list[int]:
    """The secret that solves the first independent equations x . secret = label (mod 2).

    Right where there is no noise. With noise it is right if no label that it used was flipped.

    Raises
    ------
    ArgumentError
        If fewer samples are independent than there are bits.
    """
    n = np.shape(tokens)[1] - 1
    # Gauss and Jordan: an equation in reduced form has a leading bit that no other one holds.
    solved: dict[int, np.ndarray] = {}  # by leading bit
    for row in check_tokens(tokens, 2):
        for bit, other in solved.items():
            row = (row + row[bit] * other) % 2
        if row[:n].any():
            leading = int(np.flatnonzero(row)[0])
            solved = {bit: (other + other[leading] * row) % 2 for bit, other in solved.items()}
            solved[leading] = row
        if len(solved) == n:
            return [int(solved[bit][n]) for bit in range(n)]
    raise ArgumentError(f"{n} independent samples are needed, these hold {len(solved)}; draw more.")


def secret_from_queries(oracle: LogitOracle, bits: int) -> list[int]:
    """The secret, read off the label's logits after the texts that hold a single one: `bits` queries."""
    logits = ask(oracle, np.eye(bits, dtype=int).tolist())
    return [int(one > zero) for zero, one in logits]
