"""Notebook 13, the harder track: what a student is given on TinyStories, and the checks of her three functions.

>>> coordinates(np.array([[2.0, 4.0]]), inverse=np.linalg.pinv(np.array([[1.0, 2.0]]))).round(9).tolist()
[[2.0, 1.0]]
"""

from typing import Any

import numpy as np
from jaxtyping import Float

from lowlogit_edu.core.numerics import kl_divergence
from lowlogit_edu.exercises.feedback import Wrong, array, call, exercise, shape_of, whole_numbers
from lowlogit_edu.exercises.parts import Parts, in_parts


def coordinates(
    rows: Float[np.ndarray, "*batch column"], inverse: Float[np.ndarray, "column spanner"]
) -> Float[np.ndarray, "*batch coordinate"]:
    """Least-squares coefficients of rows in those of a spanner, whose pseudo-inverse is given, and a 1 behind them."""
    coefficients = rows @ inverse
    return np.concatenate([coefficients, np.ones((*coefficients.shape[:-1], 1))], axis=-1)


def kl_along(
    truth: Float[np.ndarray, "text time token"], said: Float[np.ndarray, "text time token"]
) -> Float[np.ndarray, "text time"]:
    """KL(truth || said) at every position of every text, in nats, of logits."""
    return kl_divergence(truth.astype(np.float64), said.astype(np.float64))


@exercise("The rank of the rows is 128; the k directions in which they are longest carry most of them.")
@in_parts
def nb13_few_rows(answer: Any, part: Parts) -> None:
    """Indices of k rows, a spanner of the main directions: a function of (rows, k, bound)."""
    rng = np.random.default_rng(0)
    tall = rng.normal(size=(120, 20)) * 0.8 ** np.arange(20) @ rng.normal(size=(20, 20))
    wide = (rng.normal(size=(60, 30)) * 0.7 ** np.arange(30)).astype(np.float32)
    for name, rows, k, bound in (
        ("4 of 120 rows", tall, 4, 2.0),
        ("C = 1.05", tall, 6, 1.05),
        ("one row", tall, 1, 2.0),
        ("float32, more columns", wide, 9, 1.1),
    ):
        with part(name):
            about = f"for {len(rows)} rows of {rows.shape[1]} columns, k = {k} and C = {bound:g}:"
            found = whole_numbers(call(answer, rows, k, bound), f"{about} expected a list of indices")
            if len(found) != k or len(set(found)) < k or not all(0 <= index < len(rows) for index in found):
                raise Wrong(f"{about} expected {k} different indices, got {len(found)}: {found[:8]}.")
            _, _, directions = np.linalg.svd(rows.astype(float), full_matrices=False)
            seen = rows @ directions[:k].T
            largest = float(np.abs(np.linalg.lstsq(seen[found].T, seen.T, rcond=None)[0]).max())
            if largest > bound * (1 + 1e-4):
                raise Wrong(
                    f"{about} in the {k} main directions a row needs a coefficient of {largest:.3g}. Rotate the rows "
                    "to these directions, keep k columns, and take a spanner of what is left."
                )


@exercise("One matrix per token: an ISAN whose state is the row of the next token.")
@in_parts
def nb13_token_maps(answer: Any, part: Parts) -> None:
    """One map per token, by ridge regression: a function of (before, tokens, after, alphabet_size, strength)."""
    rng = np.random.default_rng(1)
    for name, n, k, m, alphabet_size, strength in (
        ("three tokens", 90, 4, 5, 3, 0.5),
        ("a rare token", 30, 6, 2, 7, 2.0),
        ("a token that never came", 20, 3, 4, 30, 0.1),
    ):
        with part(name):
            before = rng.normal(size=(n, k))
            tokens = rng.integers(0, alphabet_size, size=n)
            after = before @ rng.normal(size=(k, m)) + tokens[:, None] * before[:, :1]
            about = f"for {n} examples of {alphabet_size} tokens, {k} coordinates and {m} columns:"
            reply = call(answer, before, tokens, after, alphabet_size, strength)
            if shape_of(reply) == (alphabet_size, m, k):
                raise Wrong(f"{about} your maps are transposed: coordinates @ map should be the next row.")
            found = array(reply, (alphabet_size, k, m))
            _judge_maps(found, (before, tokens, after), strength, about)


def _ridge(before: np.ndarray, after: np.ndarray, strength: float) -> np.ndarray:
    return np.linalg.solve(before.T @ before + strength * np.eye(before.shape[1]), before.T @ after)


def _judge_maps(
    found: np.ndarray, data: tuple[np.ndarray, np.ndarray, np.ndarray], strength: float, about: str
) -> None:
    """`Wrong` unless every map is the shared one and a ridge regression of what it leaves."""
    before, tokens, after = data
    shared = _ridge(before, after, strength)
    for token in range(len(found)):
        here = tokens == token
        wanted = shared + _ridge(before[here], after[here] - before[here] @ shared, strength)
        if np.allclose(found[token], wanted, atol=1e-6):
            continue
        about = f"{about} the map of token {token}, which came {here.sum()} times,"
        if np.allclose(found[token], shared, atol=1e-6):
            raise Wrong(f"{about} is the one that all tokens share. Add what this token's examples say beyond it.")
        if np.allclose(found[token], _ridge(before[here], after[here], strength), atol=1e-6):
            raise Wrong(f"{about} shrinks towards zero. Regress what the shared map leaves, and add the two.")
        if np.allclose(found[token], wanted - shared, atol=1e-6):
            raise Wrong(f"{about} is the difference from the shared one: add the shared one.")
        raise Wrong(f"{about} is off by {np.abs(found[token] - wanted).max():.2g}. The strength, in both regressions?")


@exercise("Teacher and model part at the first token: from then on the rows are the model's own.")
@in_parts
def nb13_follow(answer: Any, part: Parts) -> None:
    """Rows along a text: a function of (first, inverse, maps, text)."""
    rng = np.random.default_rng(2)
    for name, k, m, alphabet_size, length in (
        ("one token", 2, 3, 2, 1),
        ("five tokens", 3, 5, 4, 5),
        ("as many columns as rows", 4, 4, 3, 6),
    ):
        with part(name):
            first = rng.normal(size=m)
            inverse = np.linalg.pinv(rng.normal(size=(k, m)))
            maps = rng.normal(size=(alphabet_size, k + 1, m)) / 2
            text = rng.integers(0, alphabet_size, size=length)
            about = f"for a text of {length} tokens and {k} spanner rows:"
            wanted = _rows_along(first, inverse, maps, text)
            found = array(call(answer, first, inverse, maps, text), (length, m))
            if np.allclose(found, wanted, atol=1e-6):
                continue
            if not np.allclose(found[0], first, atol=1e-6):
                raise Wrong(f"{about} row 0 is about the first token, before anything was said: it is `first`.")
            place = int((np.abs(found - wanted).max(axis=1) > 1e-6).argmax())
            raise Wrong(
                f"{about} row {place} is off by {np.abs(found[place] - wanted[place]).max():.2g}. It is made of row "
                f"{place - 1}, of its coordinates and the map of token number {place - 1} of the text."
            )


def _rows_along(first: np.ndarray, inverse: np.ndarray, maps: np.ndarray, text: np.ndarray) -> np.ndarray:
    rows = [first]
    for token in text[:-1]:
        rows.append(coordinates(rows[-1], inverse) @ maps[token])
    return np.array(rows)
