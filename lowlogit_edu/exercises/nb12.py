"""Checks of notebook 12, LINGEN, the last layer, and the open problems."""

from typing import Any

import numpy as np

from lowlogit_edu.core.numerics import softmax
from lowlogit_edu.core.words import counted
from lowlogit_edu.exercises.feedback import Wrong, array, call, exercise, number, show


@exercise(
    "128 rows always have rank 128 or less; the 129th shows more, unless the width is 128. "
    "(Or it happens to lie in their span: that is why the prefixes must be generic.)"
)
def nb12_queries(answer: Any) -> None:
    """Fewest queries, after generic prefixes, that show that a model's width is 128, and not more."""
    queries = number(answer)
    if queries == 128:
        raise Wrong("128 rows have at most rank 128, whatever the width is. How would a width of 500 look different?")
    if queries == 512:
        raise Wrong("512 is the number of tokens. One answer shows all of them; fewer queries are enough.")
    if queries < 128:
        raise Wrong(
            f"{counted(queries, 'row')} can have rank {queries:g} at most: a width of 128 cannot be seen there."
        )
    if queries != 129:
        raise Wrong(f"{queries:g} queries do show it, but fewer do as well. What is the first sign of a knee?")


@exercise("The gap is wide: any share between 1e-7 and 1e-4 finds the same width for the embedded teacher.")
def nb12_width(answer: Any) -> None:
    """How many singular values are above a share of the largest: a function of (values, relative)."""
    cases: list[tuple[list[float], float]] = [
        ([100.0, 10.0, 1.0, 1e-6], 1e-3),
        ([1000.0, 500.0, 1e-2, 1e-3], 1e-3),
        ([5.0, 4.0], 1e-3),
        ([1e-3, 1e-4, 1e-9], 1e-3),
        ([8.0, 4.0, 2.0, 1.0], 0.25),  # powers of two: 2 is exactly the share
    ]
    for values, relative in cases:
        v = np.array(values)
        found = number(call(answer, v, relative))
        wanted = int((v > relative * v[0]).sum())
        case = f"for values {values} and a share of {relative:g}"
        if found == wanted:
            continue
        if found == int((v > relative).sum()):
            raise Wrong(f"{case} you found {found:g}: compare with a share of the largest value, not with the share.")
        if found == int((v >= relative * v[0]).sum()):
            raise Wrong(f"{case} you found {found:g}: a value of exactly the share is not larger than it.")
        if found == wanted - 1:
            raise Wrong(f"{case} you found {found:g}, one too few. Do you count from 0?")
        raise Wrong(f"{case} you found {found:g}. How many of them are larger than {relative * v[0]:g}?")


@exercise("Least squares with the smallest norm. On a model of low rank it is exact for every future, asked or not.")
def nb12_weights(answer: Any) -> None:
    """Weights whose combination of the rows is closest to the wanted row: a function of (rows, wanted)."""
    rng = np.random.default_rng(5)
    for histories, futures in [(2, 5), (3, 3), (4, 9)]:
        rows = rng.normal(size=(histories, futures))
        wanted = rng.normal(size=futures)
        best = np.linalg.lstsq(rows.T, wanted, rcond=None)[0]
        found = array(call(answer, rows, wanted), (histories,))
        case = f"for {histories} histories and {futures} columns"
        if np.allclose(found, best, atol=1e-6):
            continue
        if np.allclose(found, rows @ wanted):
            raise Wrong(f"{case} you gave inner products. They are weights only if the rows are orthonormal.")
        if np.isclose(np.abs(found).sum(), 1) and (found >= 0).all():
            raise Wrong(f"{case} your weights are probabilities. LINGEN's may be negative and need not sum to 1.")
        off = float(np.linalg.norm(found @ rows - wanted))
        least = float(np.linalg.norm(best @ rows - wanted))
        raise Wrong(f"{case} your combination is {off:.2f} nats from the wanted row (norm); {least:.2f} is possible.")


@exercise("Logits are combined and then normalised. Probabilities cannot be: weights may be negative.")
def nb12_next_token(answer: Any) -> None:
    """Next-token probabilities of LINGEN: a function of (weights, logits), logits of shape (history, token)."""
    rng = np.random.default_rng(6)
    for histories, tokens in [(2, 3), (3, 4)]:
        weights = rng.normal(size=histories)
        logits = rng.normal(size=(histories, tokens))
        weights[0] = -0.7  # with a negative weight a mixture of probabilities is surely no distribution
        found = array(call(answer, weights, logits), (tokens,))
        wanted = softmax(weights @ logits)
        case = f"for {histories} histories and {tokens} tokens"
        if np.allclose(found, wanted):
            continue
        mixed = weights @ softmax(logits)
        if np.allclose(found, mixed) or np.allclose(found, mixed / mixed.sum()):
            raise Wrong(f"{case} you mixed probabilities, one of them with weight -0.7. Mix logits, then normalise.")
        if np.allclose(found, weights @ logits):
            raise Wrong(f"{case} you gave logits, summing to {found.sum():.2f}. Turn them into probabilities.")
        raise Wrong(f"{case} you gave {show(found)}. One row of logits comes out of the combination; then softmax.")


@exercise("Six million times closer, while the teacher's measured error falls to about half. That is Problem 6.1.")
def nb12_closer(answer: Any) -> None:
    """By which factor the allowed error shrinks from rank 16 to rank 128, if it goes like d^-7.5."""
    # 128 / 16 = 8
    factor = number(answer)
    if np.isclose(factor, 8**-7.5, rtol=0.01):
        raise Wrong("that is the error allowed, relative to before. The question is how many times smaller it is.")
    if np.isclose(factor, 60):
        raise Wrong("that is 8 times 7.5. A power law multiplies by 8 for every unit of the exponent.")
    if np.isclose(factor, 2**7.5, rtol=0.01):
        raise Wrong("that is for one doubling of the rank. From 16 to 128 there are three.")
    if not np.isclose(factor, 8**7.5, rtol=0.05):  # two digits are enough: 6e6
        raise Wrong(f"{factor:g} is not it. The rank grows 8 times; what does a power of 7.5 make of 8?")
