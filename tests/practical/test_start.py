"""Where the loop starts: futures asked where a row is short, and directions kept that later rows need."""

import numpy as np
import pytest

from lowlogit_edu.config import LearnerConfig
from lowlogit_edu.core.numerics import mean_center
from lowlogit_edu.models import noisy_parity, steady_isan
from lowlogit_edu.oracles import Counted, ExactOracle
from lowlogit_edu.oracles.base import sample_with_logits
from lowlogit_edu.practical.answers import Answers, Block
from lowlogit_edu.practical.coordinates import Coordinates
from lowlogit_edu.practical.memory import memory_needed
from lowlogit_edu.practical.row_code import RowCode
from lowlogit_edu.practical.start import FUTURES, OwnRows, Start, ask_futures, first_futures, future_count

PARITY = ExactOracle(noisy_parity(bits=3, secret=[1, 0, 1], noise=0.1))


def told(oracle, n, horizon):
    tokens, logits = sample_with_logits(oracle, n, horizon, rng=np.random.default_rng(0))
    code = RowCode.of(logits.reshape(-1, oracle.alphabet_size), oracle.alphabet_size)
    return Answers(code, (Block.whole(tokens, code.compress(logits)),))


def test_coordinates_measure_errors_as_they_matter_and_lead_back():
    rng = np.random.default_rng(0)
    low = mean_center(rng.normal(size=(300, 4, 3)) @ rng.normal(size=(3, 20)))
    code = RowCode.of(low.reshape(-1, 20), columns=20)
    answers = Answers(code, (Block.whole(np.zeros((300, 4), dtype=int), code.compress(low)),))
    coordinates = Coordinates.of(answers, width=8, weighting=0.5)
    assert coordinates.width == 3
    u = answers.blocks[0].kept.astype(np.float32) @ coordinates.of_kept
    np.testing.assert_allclose(u, low @ coordinates.encode, atol=0.02)
    back = u @ coordinates.decode
    gap = back - low
    assert np.abs(gap - gap.mean(axis=-1, keepdims=True)).max() < 0.03
    # The squared length is the weighted mean square: for equal weights, the plain one.
    alike = Coordinates.of(answers, width=8, weighting=0.0)
    lengths = np.square(low @ alike.encode).sum(axis=-1)
    np.testing.assert_allclose(lengths, np.square(low).mean(axis=-1), rtol=0.01)


def test_a_long_row_needs_no_futures_and_a_short_one_the_shortest():
    answers = told(PARITY, 50, 4)
    assert first_futures(answers, width=64, rank=64, horizon=4) == ((),)
    futures = first_futures(answers, width=1, rank=8, horizon=4)
    assert futures[0] == () and list(map(len, futures)) == sorted(map(len, futures))
    assert len(futures) == len(set(futures)) == 1 + 2 + 4 + 8 < FUTURES  # all there are within the horizon


@pytest.mark.parametrize(
    ("width", "rank", "count"), [(160, 64, 1), (160, 192, 3), (63, 64, 4), (20, 64, 12), (1, 8, 64)]
)
def test_futures_are_as_many_as_the_rank_needs_and_no_more_than_a_regression_can_carry(width, rank, count):
    assert future_count(width, rank) == count
    assert count * width >= rank
    # Two matrices of features by features for each token, in double precision, are announced.
    config = LearnerConfig.practical(rank=rank)
    _, solving = memory_needed(512, 32, config)
    assert solving > 16 * 512 * (width * count) ** 2  # shorter rows are counted on as well


def test_rows_after_futures_are_the_teachers_and_asked_once():
    answers = told(PARITY, 40, 4)
    coordinates = Coordinates.of(answers, width=1, weighting=0.5)
    counted = Counted(PARITY)
    futures = ((), (0,), (1, 1))
    found = ask_futures(counted, answers, coordinates, futures)
    assert counted.queries <= 2**4 - 1  # prefixes of at most three bits
    texts = answers.blocks[0].tokens
    for i, t, f in [(0, 1, 2), (3, 2, 1), (5, 3, 0)]:
        prefix = (*texts[i, :t].tolist(), *futures[f])
        np.testing.assert_allclose(found.rows[i, t, f], PARITY.logits([prefix])[0] @ coordinates.encode, atol=1e-5)
    assert np.isnan(found.rows[:, 3, 2]).all()
    _, features = found.part(0.0)
    assert (features[:, 3, 2] == 0).all() and (features[..., -1] == 1).all()


def test_where_one_row_shows_the_state_the_start_alone_tells_what_follows():
    rng = np.random.default_rng(0)
    turns = np.linalg.qr(rng.standard_normal((4, 3, 3)))[0]
    teacher = ExactOracle(steady_isan(np.array([1.0, 0.0, 0.5]), turns, rng.standard_normal((4, 3)), horizon=8))
    answers = told(teacher, 300, 8)
    coordinates = Coordinates.of(answers, width=4, weighting=0.5)
    start = Start(OwnRows(answers, coordinates), coordinates.width)
    exact, smooth = (start.first_maps(4, 3, ridge) for ridge in (1e-6, 1e4))
    fresh, logits = sample_with_logits(teacher, 50, 8, rng=np.random.default_rng(1))
    errors = [np.abs(mean_center(maps.rows(fresh) @ coordinates.decode) - logits).max() for maps in (exact, smooth)]
    assert errors[0] < 0.05 < 0.5 < errors[1]


@pytest.mark.parametrize("rank", [2, 3, 5])
def test_the_start_keeps_at_most_the_rank(rank):
    rng = np.random.default_rng(0)
    code = RowCode.of(rng.normal(size=(100, 6)), columns=6)
    rows = mean_center(rng.normal(size=(60, 5, 6)))
    answers = Answers(code, (Block.whole(rng.integers(6, size=(60, 5)), code.compress(rows)),))
    coordinates = Coordinates.of(answers, width=6, weighting=0.5)
    maps = Start(OwnRows(answers, coordinates), coordinates.width).first_maps(6, rank, 1.0)
    assert maps.rank == rank and maps.step.shape == (6, rank, rank) and maps.read.shape == (6, rank, coordinates.width)


def test_likely_futures_of_a_large_alphabet_are_told_apart_where_tokens_share_a_column():
    rng = np.random.default_rng(0)
    logits = np.log(np.array([0.4, 0.3, 0.1, 0.01, 0.15, 0.04])) + 0.01 * rng.normal(size=(40, 3, 6))
    code = RowCode.of(logits.reshape(-1, 6), columns=2)
    answers = Answers(code, (Block.whole(rng.integers(6, size=(40, 3)), code.compress(logits)),))
    futures = first_futures(answers, width=1, rank=3, horizon=2)
    assert futures == ((), (0,), (1,), (4,), (2,), (5,), (3,))
