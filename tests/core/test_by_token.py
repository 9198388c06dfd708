"""One map per token: applied as if row by row."""

import numpy as np

from lowlogit_edu.core.by_token import ByToken

RNG = np.random.default_rng(0)
TOKENS = RNG.integers(4, size=50)
MAPS = RNG.normal(size=(5, 3, 2)).astype(np.float32)


def test_each_row_meets_its_tokens_map():
    rows = RNG.normal(size=(50, 3)).astype(np.float32)
    by_token = ByToken(TOKENS)
    np.testing.assert_allclose(by_token.apply(MAPS, rows), np.einsum("ni,nij->nj", rows, MAPS[TOKENS]), rtol=1e-5)
    back = RNG.normal(size=(50, 2)).astype(np.float32)
    expected = np.einsum("nj,nij->ni", back, MAPS[TOKENS])
    np.testing.assert_allclose(by_token.apply_transposed(MAPS, back), expected, rtol=1e-4, atol=1e-5)


def test_no_rows_give_no_rows():
    assert ByToken(np.zeros(0, dtype=int)).apply(MAPS, np.zeros((0, 3))).shape == (0, 2)
