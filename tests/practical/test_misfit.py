"""Errors in probabilities: the pull is the gradient of the KL, and a Newton step brings it down."""

import numpy as np
import pytest

from lowlogit_edu.core.numerics import kl_divergence
from lowlogit_edu.practical.answers import Answers, Block
from lowlogit_edu.practical.coordinates import Coordinates
from lowlogit_edu.practical.misfit import LogitMisfit, ProbabilityMisfit
from lowlogit_edu.practical.row_code import RowCode

TOKENS = 6


@pytest.fixture(scope="module")
def told():
    """Coordinates of rows of logits, the token before each, and the misfit that was found from them."""
    rng = np.random.default_rng(0)
    logits = 2 * rng.normal(size=(300, 4, TOKENS))
    tokens = rng.integers(TOKENS, size=(300, 4))
    code = RowCode.of(logits.reshape(-1, TOKENS), TOKENS)
    answers = Answers(code, (Block.whole(tokens, code.compress(logits)),))
    coordinates = Coordinates.of(answers, TOKENS, weighting=0.5)
    rows = answers.blocks[0].kept[:, 1:].astype(np.float32) @ coordinates.of_kept
    return (
        rows.reshape(-1, coordinates.width),
        tokens[:, :-1].ravel(),
        ProbabilityMisfit.of(answers, coordinates, TOKENS),
    )


def kl(told, said, decode):
    return kl_divergence(told @ decode.astype(np.float64), said @ decode.astype(np.float64))


def test_the_pull_is_the_negative_gradient_of_the_kl(told):
    rows, _, misfit = told
    said = rows + np.random.default_rng(1).normal(size=rows.shape).astype(np.float32)
    pull = misfit.pulls(rows, said)
    for i in range(rows.shape[1]):
        moved = np.zeros(rows.shape[1])
        moved[i] = 1e-5
        slope = (kl(rows, said + moved, misfit.decode) - kl(rows, said - moved, misfit.decode)) / 2e-5
        np.testing.assert_allclose(pull[:, i], -slope, atol=1e-4)


def test_a_newton_step_from_nearby_brings_the_kl_down_and_from_the_truth_is_none(told):
    rows, tokens, misfit = told
    said = rows + 0.3 * np.random.default_rng(1).normal(size=rows.shape).astype(np.float32)
    step = misfit.errors(tokens, rows, said)
    pull = misfit.pulls(rows, said)
    assert kl(rows, said + step, misfit.decode).mean() < 0.7 * kl(rows, said, misfit.decode).mean()
    # The step is the pull through the token's own curvature.
    np.testing.assert_allclose(np.einsum("ni,nij->nj", step, misfit.curvature[tokens]), pull, atol=1e-4)
    np.testing.assert_array_equal(misfit.errors(tokens, rows, rows.copy()), 0)


def test_errors_of_logits_are_differences_and_weigh_the_same_in_all_directions(told):
    rows, tokens, _ = told
    error = LogitMisfit().errors(tokens, rows, rows - 1)
    pull = LogitMisfit().pulls(rows, rows - 1)
    np.testing.assert_allclose(error, 1, rtol=1e-5)
    np.testing.assert_array_equal(error, pull)
