"""Histories that span the others, and what is returned of maps told in their terms."""

from itertools import product

import numpy as np
import pytest

from lowlogit_edu import LearnerConfig, learn_steps
from lowlogit_edu.core.numerics import mean_center
from lowlogit_edu.matrices.logit_matrix import word_logits
from lowlogit_edu.models import noisy_parity
from lowlogit_edu.oracles import ExactOracle
from lowlogit_edu.practical.answers import Answers, Block
from lowlogit_edu.practical.coordinates import Coordinates
from lowlogit_edu.practical.maps import CoefficientMaps
from lowlogit_edu.practical.returned import isan_of_maps
from lowlogit_edu.practical.row_code import RowCode
from lowlogit_edu.practical.span import largest_coefficients, span

RNG = np.random.default_rng(0)
TOKENS = RNG.integers(4, size=(30, 6))
TURNS = np.linalg.qr(RNG.normal(size=(4, 3, 3)))[0].astype(np.float32)
ROWS = RNG.normal(size=(4, 3, 5)).astype(np.float32)
MAPS = CoefficientMaps(RNG.normal(size=3).astype(np.float32), np.zeros(5, dtype=np.float32), TURNS, ROWS)


@pytest.mark.parametrize("bound", [1.05, 2.0, 20.0])
def test_every_history_is_a_bounded_combination_of_the_spanner(bound):
    spanner, changed = span(MAPS, TOKENS, TOKENS, bound)
    assert len(spanner.histories) == 3 and spanner.largest <= bound
    assert spanner.largest == pytest.approx(largest_coefficients(changed, TOKENS).max())
    # In the first terms: coefficients times the spanner's own make up those of the history.
    own = np.stack([MAPS.carry(np.array([[*history, 0]]))[0, -1] for history in spanner.histories])
    np.testing.assert_allclose(changed.carry(TOKENS) @ own, MAPS.carry(TOKENS), atol=1e-4)


def test_a_smaller_space_has_a_smaller_spanner():
    flat = CoefficientMaps(
        np.array([1, 1, 0], dtype=np.float32), MAPS.root, np.tile(np.diag([0.5, -0.9, 0.0]), (4, 1, 1)), ROWS
    )
    spanner, changed = span(flat, TOKENS, TOKENS, 2.0)
    assert len(spanner.histories) == changed.rank == 2
    np.testing.assert_allclose(changed.rows(TOKENS), flat.rows(TOKENS), atol=1e-4)


def coded(columns):
    """A code of seven tokens, of which so many are followed, and coordinates of its rows."""
    rows = mean_center(RNG.normal(size=(200, 5)) @ RNG.normal(size=(5, 7)))
    code = RowCode.of(rows, columns)
    answers = Answers(code, (Block.whole(np.zeros((50, 4), dtype=int), code.compress(rows).reshape(50, 4, -1)),))
    return code, Coordinates.of(answers, width=5, weighting=0.5)


@pytest.mark.parametrize("columns", [7, 4])
@pytest.mark.parametrize("shared", [False, True])
def test_the_isan_carries_and_reads_as_the_maps_do(columns, shared):
    code, coordinates = coded(columns)
    tokens = int(code.columns.max()) + 1
    step = np.linalg.qr(RNG.normal(size=(tokens, 3, 3)))[0].astype(np.float32)
    read = RNG.normal(size=(tokens, 3, coordinates.width)).astype(np.float32)
    root = RNG.normal(size=coordinates.width).astype(np.float32)
    maps = CoefficientMaps(np.ones(3, dtype=np.float32), root, step, read)
    if shared:
        maps = maps.with_shared(RNG.normal(size=(3, coordinates.width)).astype(np.float32))
    model = isan_of_maps(maps, coordinates, code, 6, "teacher", {})
    texts = RNG.integers(7, size=(20, 6))
    expected = maps.rows(code.columns[texts]) @ coordinates.decode
    found = code.lump(model.logits_along(texts))
    np.testing.assert_allclose(mean_center(found), mean_center(expected), atol=1e-3)
    # What can be said of the rank: the coefficients', and that of the row where one is read.
    ones = int(columns < 7)
    assert model.carried == 3 + ones
    assert model.rank == 3 + ones + (0 if shared else coordinates.width)


def test_a_model_that_shares_its_readout_has_the_rank_of_its_coefficients():
    code, coordinates = coded(7)
    maps = MAPS.in_terms_of(np.eye(3, dtype=np.float32))
    step = np.linalg.qr(RNG.normal(size=(7, 3, 3)))[0].astype(np.float32)
    read = RNG.normal(size=(7, 3, coordinates.width)).astype(np.float32)
    maps = CoefficientMaps(maps.first, np.ones(coordinates.width, dtype=np.float32), step, read)
    futures = [(a,) for a in range(7)] + [(a, b) for a in range(7) for b in range(7)]
    histories = [tuple(text[:3]) for text in RNG.integers(7, size=(40, 3)).tolist()]
    ranks = []
    for told in (maps, maps.with_shared(read[0])):
        matrix = word_logits(isan_of_maps(told, coordinates, code, 6, "", {}), histories, futures)
        ranks.append(int(np.linalg.matrix_rank(matrix, tol=1e-3)))
    assert ranks[1] == 3 < ranks[0] <= 3 + coordinates.width


def test_on_noisy_parity_the_teachers_own_rows_after_the_spanners_histories_add_up():
    """What Algorithm 2 asks of a spanner; on a transformer notebook 10 shows that they do not."""
    teacher = noisy_parity(bits=5, secret=[1, 0, 1, 1, 0])
    *_, (state, _) = learn_steps(ExactOracle(teacher), 6, LearnerConfig.practical(sequences=600, epochs=1, passes=0), 0)
    texts = np.array(list(product((0, 1), repeat=5)))
    carried = state.maps.carry(texts)
    for text, coefficients in zip(texts.tolist(), carried, strict=True):
        for t in range(5):
            rows = np.array([teacher.logits([(*history, text[t])])[0] for history in state.spanner.histories])
            np.testing.assert_allclose(coefficients[t] @ rows, teacher.logits([text[: t + 1]])[0], atol=0.1)
