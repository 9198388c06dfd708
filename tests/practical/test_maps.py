"""Coefficients carried from token to token, in any terms."""

import numpy as np

from lowlogit_edu.practical.maps import CoefficientMaps

RNG = np.random.default_rng(0)
STEP = np.linalg.qr(RNG.normal(size=(3, 4, 4)))[0].astype(np.float32)
MAPS = CoefficientMaps(
    RNG.normal(size=4).astype(np.float32),
    RNG.normal(size=2).astype(np.float32),
    STEP,
    RNG.normal(size=(3, 4, 2)).astype(np.float32),
)
TOKENS = RNG.integers(3, size=(40, 6))


def test_coefficients_and_rows_are_products_along_the_text():
    carried = MAPS.carry(TOKENS)
    rows = MAPS.rows(TOKENS)
    for text, coefficients, read in zip(TOKENS, carried, rows, strict=True):
        state = MAPS.first
        np.testing.assert_array_equal(read[0], MAPS.root)
        for t, token in enumerate(text[:-1]):
            np.testing.assert_allclose(coefficients[t], state, atol=1e-5)
            np.testing.assert_allclose(read[t + 1], state @ MAPS.read[token], atol=1e-5)
            state = state @ STEP[token]


def test_other_terms_give_the_same_rows():
    spanner = MAPS.carry(TOKENS)[[3, 7, 20, 31], [1, 2, 4, 5]]
    changed = MAPS.in_terms_of(spanner)
    np.testing.assert_allclose(changed.rows(TOKENS), MAPS.rows(TOKENS), atol=1e-3)
    # Each history of the spanner is itself, once.
    np.testing.assert_allclose(changed.carry(TOKENS)[[3, 7, 20, 31], [1, 2, 4, 5]], np.eye(4), atol=1e-4)


def test_standardized_coefficients_are_uncorrelated_and_end_with_one():
    # The fourth coefficient is 1 all along, and nothing else is constant.
    step = np.zeros((3, 4, 4), dtype=np.float32)
    step[:, :3, :3] = STEP[:, :3, :3]
    step[:, 3] = RNG.normal(size=(3, 4))
    step[:, 3, 3] = 1.0
    maps = CoefficientMaps(np.array([0, 0, 0, 1], dtype=np.float32), MAPS.root, step, MAPS.read)
    mixed = maps.in_terms_of(RNG.normal(size=(4, 4)).astype(np.float32))
    found = mixed.standardized(TOKENS)
    carried = found.carry(TOKENS).reshape(-1, 4)
    np.testing.assert_allclose(carried[:, 3], 1.0, atol=1e-2)
    np.testing.assert_allclose(np.cov(carried[:, :3].T), np.eye(3), atol=0.02)
    np.testing.assert_allclose(carried[:, :3].mean(axis=0), 0.0, atol=0.02)
    np.testing.assert_allclose(found.rows(TOKENS), maps.rows(TOKENS), rtol=1e-2, atol=1e-2)
