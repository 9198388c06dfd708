"""Errors vanish at the rank, power laws are recovered, angles tell equal from orthogonal spaces."""

from dataclasses import replace

import numpy as np
import pytest
from numpy.testing import assert_allclose

from lowlogit_edu import measure
from lowlogit_edu.core.errors import ArgumentError, TooLarge
from lowlogit_edu.core.numerics import softmax
from lowlogit_edu.matrices.logit_matrix import best_rank_errors, singular_values
from lowlogit_edu.measure import suite
from lowlogit_edu.models import random_isan
from lowlogit_edu.oracles.base import ask
from lowlogit_edu.oracles.counted import Counted
from lowlogit_edu.oracles.exact import ExactOracle

ISAN = ExactOracle(random_isan(alphabet_size=3, dimension=3, horizon=8, seed=0))


@pytest.fixture(scope="module")
def exact():
    return measure.sampled_matrix(ISAN, 60, 12, (4, 4), (0, 3))


@pytest.fixture(scope="module")
def trained(embedded):
    return measure.sampled_matrix(embedded, 60, 6, (4, 8), (0, 4))


def with_logits(logits):
    """A measured matrix of given logits; its words are made up."""
    n, m, k = logits.shape
    return measure.MeasuredMatrix(tuple((i,) for i in range(n)), ((),) * m, np.tile(np.arange(k), (m, 1)), logits)


def test_entries_are_the_oracles_logits(exact):
    assert_allclose(exact.logits[5, 7], ask(ISAN, [(*exact.histories[5], *exact.futures[7])])[0])


def test_words_have_the_lengths_asked_for_and_depend_on_the_seed(exact):
    drawn = measure.sampled_matrix(ISAN, 200, 100, (0, 3), (1, 4), seed=1)
    assert {len(word) for word in drawn.histories} == {0, 1, 2, 3}
    assert {len(word) for word in drawn.futures} == {1, 2, 3, 4}
    assert measure.sampled_matrix(ISAN, 60, 12, (4, 4), (0, 3)).histories == exact.histories
    assert measure.sampled_matrix(ISAN, 60, 12, (4, 4), (0, 3), seed=1).histories != exact.histories


def test_the_last_token_of_a_history_is_uniform_or_the_teachers():
    teacher = ExactOracle(random_isan(alphabet_size=3, dimension=3, horizon=4, scale=6.0, seed=2))
    shares = []
    for uniform_last in (True, False):
        drawn = measure.sampled_matrix(teacher, 3000, 1, (1, 1), (0, 0), uniform_last=uniform_last)
        shares.append(np.bincount([word[-1] for word in drawn.histories], minlength=3) / 3000)
    expected = softmax(teacher.logits([()])[0])
    assert_allclose(shares[0], 1 / 3, atol=0.04)
    assert_allclose(shares[1], expected, atol=0.04)
    assert np.abs(expected - 1 / 3).max() > 0.1


def test_top_tokens_are_the_likeliest_of_each_future(exact):
    top = measure.matrix_on(ISAN, exact.histories, exact.futures, top=2)
    likely = softmax(exact.logits).mean(axis=0)
    for block, (tokens, mass) in enumerate(zip(top.tokens, likely, strict=True)):
        assert set(tokens) == set(range(3)) - {mass.argmin()}
        assert_allclose(top.logits[:, block], exact.logits[:, block, tokens])


def test_a_matrix_too_large_is_refused_before_a_query():
    oracle = Counted(ISAN)
    with pytest.raises(TooLarge, match="1 histories by 1 futures of 3 tokens would take 144 bytes, more than max_"):
        measure.matrix_on(oracle, [()], [()], max_bytes=143)
    with pytest.raises(TooLarge, match="50000 histories by 50000 futures of 3 tokens would take 360,000,000,000 bytes"):
        measure.sampled_matrix(oracle, 50_000, 50_000)
    assert oracle.queries == 0
    assert measure.matrix_on(oracle, [()], [()], max_bytes=144).logits.shape == (1, 1, 3)


def test_logit_errors_vanish_at_the_rank_and_probability_errors_do_not(exact):
    logits, probabilities = (f(exact, [0, 2, 3]) for f in (measure.rank_errors, measure.probability_rank_errors))
    for errors in (logits.mean_absolute, logits.rms, logits.kl, logits.total_variation):
        assert errors[0] > errors[1] > 1e-4 > 1e-10 > errors[2]
    assert probabilities.rms[2] > 1e-3 and probabilities.kl[2] > 1e-6 and probabilities.total_variation[2] > 1e-3
    assert_allclose(measure.probability_rank_errors(exact, [36], floor=1e-12).kl, 0, atol=1e-9)


def test_mean_absolute_error_is_equation_2_and_kl_at_most_a_quarter_of_the_squared_error(exact):
    errors = measure.rank_errors(exact, [0, 1, 2])
    assert_allclose(errors.mean_absolute, best_rank_errors(exact.logits.reshape(60, -1), [0, 1, 2]))
    assert (errors.kl <= 3 * errors.rms**2 / 4).all() and (errors.total_variation**2 <= errors.kl / 2).all()


def test_errors_of_a_matrix_by_hand():
    errors = measure.rank_errors(with_logits(np.array([[[1.0, -1.0]], [[-1.0, 1.0]]])), [0, 1])
    p = 1 / (1 + np.exp(-2))
    assert_allclose(errors.mean_absolute, [1, 0], atol=1e-12)
    assert_allclose(errors.total_variation, [p - 0.5, 0], atol=1e-12)
    assert_allclose(errors.kl, [np.log(2) + p * np.log(p) + (1 - p) * np.log(1 - p), 0], atol=1e-12)


def test_a_part_keeps_entries_in_place(exact):
    part = measure.subsample(exact, 4, seed=0)
    assert part.logits.shape == (15, 3, 3)
    assert_allclose(part.logits[2, 1], ask(ISAN, [(*part.histories[2], *part.futures[1])])[0])
    assert measure.rank_errors(part, [3]).rms[0] < 1e-10


def test_parts_of_a_matrix_have_nothing_in_common(exact):
    numbered = replace(exact, histories=tuple((i,) for i in range(60)), futures=tuple((i,) for i in range(12)))
    parts = [measure.subsample(numbered, 4, seed=1, part=part) for part in range(4)]
    for words in ([part.histories for part in parts], [part.futures for part in parts]):
        everyone = [word for of_part in words for word in of_part]
        assert len(everyone) == len(set(everyone)) == (60 if len(words[0]) == 15 else 12)


def test_row_space_is_that_of_the_singular_value_decomposition():
    entries = np.random.default_rng(0).standard_normal((7, 3, 5)) * np.array([1, 10, 100])[:, None]
    left, values = measure.row_space(entries)
    expected_left, expected, _ = np.linalg.svd(entries.reshape(7, -1), full_matrices=False)
    assert_allclose(values, expected)
    assert_allclose(np.abs(left.T @ expected_left), np.eye(7), atol=1e-10)


def test_a_law_is_fitted_to_ranks_2_to_a_quarter():
    ranks = np.array([1, 2, 4, 8, 16, 32])
    errors = np.array([77.0, 4.0, 2.0, 1.0, 77.0, 77.0])
    assert_allclose(measure.fitted_law(ranks, errors, 32).slope, -1)
    assert measure.fitted_law(ranks, errors, 31) is None


def test_the_suite_holds_what_its_parts_measure(exact):
    steps = []
    found = measure.measure_teacher(
        ISAN, exact, untrained=ExactOracle(random_isan(3, 3, 8, seed=9)), on_step=steps.append
    )
    assert list(found.parts) == [1, 2, 4, 8] and len(found.parts[4].errors) == 4
    assert (found.parts[4].histories, found.parts[4].futures, found.parts[4].full) == (15, 3, 9)
    assert_allclose(found.whole.average("rms"), measure.error_curves(exact).rms)
    assert_allclose(found.singular_values, singular_values(exact.logits.reshape(60, -1)), atol=1e-9)
    halves = found.parts[2]
    assert_allclose(halves.average("kl"), (halves.errors[0].kl + halves.errors[1].kl) / 2)
    assert found.untrained is not None and found.untrained.rms[0] != found.trained.rms[0]
    assert_allclose(found.angles["other real futures"].cosines, 1)
    assert len(found.angles["nonsense futures"].cosines) == 3  # next tokens alone have 3 columns
    assert steps[0] == "errors against the rank" and len(steps) == 6


def test_all_errors_are_computed_before_the_angles_are_announced(exact, monkeypatch):
    log = []

    def logged_error_curves(matrix):
        log.append("errors")
        return measure.error_curves(matrix)

    monkeypatch.setattr(suite, "error_curves", logged_error_curves)
    measure.measure_teacher(ISAN, exact, untrained=ISAN, on_step=log.append)
    errors_and_steps = ["errors", "nonsense futures", "untrained weights", "errors", "errors", "principal angles"]
    assert log[log.index("single tokens") + 1 :] == errors_and_steps


def test_a_power_law_is_recovered_with_its_uncertainty():
    ranks = 2 ** np.arange(10)
    rng = np.random.default_rng(0)
    exact_law = measure.fit_power_law(ranks, 3 * ranks**-0.4)
    assert_allclose([exact_law.slope, np.exp(exact_law.intercept), exact_law.r_squared], [-0.4, 3, 1])
    assert exact_law.standard_error < 1e-9
    noisy = [measure.fit_power_law(ranks, 3 * ranks**-0.4 * np.exp(0.1 * rng.standard_normal(10))) for _ in range(400)]
    slopes = np.array([law.slope for law in noisy])
    assert abs(slopes.mean() + 0.4) < 0.01
    assert_allclose(np.mean([law.standard_error for law in noisy]), slopes.std(), rtol=0.15)


def test_what_is_no_power_law_has_a_low_r_squared():
    assert measure.fit_power_law([1, 2, 4, 8], [1.0, 3.0, 3.0, 1.0]).r_squared < 0.01


def test_nonsense_keeps_lengths_and_tokens_and_loses_the_order():
    futures = [tuple(range(i, i + i % 4)) for i in range(30)]
    shuffled = measure.nonsense(futures, seed=0)
    assert [len(word) for word in shuffled] == [len(word) for word in futures]
    assert sorted(sum(shuffled, ())) == sorted(sum(futures, ())) and shuffled != futures
    assert shuffled == measure.nonsense(futures, seed=0) != measure.nonsense(futures, seed=1)


def test_angles_of_equal_and_of_orthogonal_spaces():
    basis = np.linalg.qr(np.random.default_rng(0).standard_normal((40, 8)))[0]
    one, same, other = (
        with_logits((basis[:, part] @ np.random.default_rng(seed).standard_normal((4, 12))).reshape(40, 3, 4))
        for part, seed in ((slice(4), 1), (slice(4), 2), (slice(4, 8), 3))
    )
    angles = measure.principal_angles(one, same, 4)
    assert_allclose(angles.cosines, 1)
    assert_allclose(measure.principal_angles(one, other, 4).cosines, 0, atol=1e-12)
    assert 0 < angles.random.max() < 0.9


def test_nonsense_futures_see_the_same_of_an_isans_history(exact):
    other = measure.matrix_on(ISAN, exact.histories, measure.nonsense(exact.futures))
    assert_allclose(measure.principal_angles(exact, other, 3).cosines, 1)


def test_errors_of_the_embedded_teacher_fall_with_the_rank(trained):
    ranks = [0, 2, 4, 8, 16, 32]
    errors = measure.rank_errors(trained, ranks)
    for error in (errors.mean_absolute, errors.rms, errors.kl, errors.total_variation):
        assert (np.diff(error) < 0).all()
    assert errors.rms[1] ** 2 < errors.rms[0] ** 2 / 2  # two directions carry most of the squared size
    assert errors.kl[-1] < measure.probability_rank_errors(trained, [32]).kl[0]
    values = singular_values(trained.logits.reshape(60, -1))
    for law in (
        measure.fit_power_law(ranks[1:5], errors.kl[1:5]),
        measure.fit_power_law(range(2, 33), values[1:32]),
    ):
        assert -1 < law.slope < -0.2 and law.r_squared > 0.8


def test_single_tokens_of_the_embedded_teacher_have_the_rank_of_its_width(embedded):
    width = embedded.model.config.hidden_size
    single = measure.sampled_matrix(embedded, width + 40, 1, (1, 6), (0, 0))
    below, at = measure.rank_errors(single, [width - 10, width]).rms
    assert at < 1e-4 < 1e-2 < below


def test_nonsense_futures_of_the_embedded_teacher_see_more_than_chance(embedded, trained):
    other = measure.matrix_on(embedded, trained.histories, measure.nonsense(trained.futures))
    angles = measure.principal_angles(trained, other, 5)
    assert angles.cosines[2] > 0.9 > 0.7 > angles.random[0]


def test_untrained_weights_are_a_function_of_the_seed_and_leave_torch_alone(embedded):
    import torch

    before = torch.random.get_rng_state()
    first, again, other = (measure.untrained_like(embedded, seed) for seed in (0, 0, 1))
    assert torch.equal(before, torch.random.get_rng_state())
    assert first.fingerprint == again.fingerprint != other.fingerprint
    assert len({embedded.fingerprint, first.fingerprint, other.fingerprint}) == 3
    sizes = [sum(weight.numel() for weight in oracle.model.parameters()) for oracle in (embedded, first)]
    assert sizes[0] == sizes[1] and first.beginning_token == embedded.beginning_token


def test_an_untrained_teacher_says_little_and_of_other_directions(embedded, trained):
    fresh = measure.matrix_on(measure.untrained_like(embedded), trained.histories, trained.futures)
    size, rest = measure.rank_errors(fresh, [0, 32]).rms
    assert rest < size < measure.rank_errors(trained, [0]).rms[0] / 5
    real = measure.matrix_on(embedded, trained.histories, measure.nonsense(trained.futures))
    cosines = [measure.principal_angles(trained, matrix, 10).cosines.mean() for matrix in (real, fresh)]
    assert cosines[0] > cosines[1] + 0.1


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda m: measure.rank_errors(m, [37]), "rank must be between 0 and 36, got 37"),
        (lambda m: measure.probability_rank_errors(m, [1], floor=0), "floor must be between 0 and 1, got 0"),
        (lambda m: measure.subsample(m, 13), "factor must be between 1 and 12, got 13"),
        (lambda m: measure.subsample(m, 4, part=4), "part must be between 0 and 3, got 4"),
        (
            lambda m: measure.measure_teacher(ISAN, measure.matrix_on(ISAN, [()], [()] * 9)),
            "at least 4 futures that are",
        ),
        (lambda m: measure.matrix_on(ISAN, [], [()]), "at least one history and one future are needed"),
        (lambda m: measure.matrix_on(ISAN, [()], [()], top=4), "top must be between 1 and 3, got 4"),
        (lambda m: measure.sampled_matrix(ISAN, history_lengths=(4, 2)), r"history_lengths\[1\] must be at least 4"),
        (lambda m: measure.fit_power_law([0, 1, 2], [3, 2, 1]), "at least 3 points, all positive and finite"),
        (lambda m: measure.fit_power_law([1, 2], [2, 1]), "at least 3 points"),
        (lambda m: measure.fit_power_law([2, 2, 2], [3, 2, 1]), "at least two different ranks"),
        (lambda m: measure.principal_angles(m, m, 37), "rank must be between 1 and 36, got 37"),
        (lambda m: measure.principal_angles(m, replace(m, histories=m.histories[::-1]), 1), "on the same histories"),
    ],
)
def test_bad_arguments_are_named(call, message, exact):
    with pytest.raises(ArgumentError, match=message):
        call(exact)
