"""The greedy update is exact where nothing is approximate, and blows up where the program does not."""

import numpy as np
import pytest

from lowlogit_edu.baselines import greedy_model
from lowlogit_edu.config import LearnerConfig
from lowlogit_edu.core.errors import ArgumentError
from lowlogit_edu.events import Status
from lowlogit_edu.learner import learn
from lowlogit_edu.matrices.logit_matrix import cut_ranks
from lowlogit_edu.models import blow_up_isan, random_isan
from lowlogit_edu.oracles.exact import ExactOracle

SCALE = 0.01  # nats


def learned(teacher, **settings):
    return learn(ExactOracle(teacher), teacher.horizon, LearnerConfig(spanner_samples=1000, **settings))


def largest_coefficients(model, tokens):
    """Of each cut, over all prefixes; and whether all programs were solved."""
    path, solved = model.coefficients(tokens)
    return np.array([np.abs(c).max() for c in path]), solved.all()


@pytest.fixture(scope="module")
def blown_up():
    """Learned with a threshold that a rank-0 model meets too: one-token futures are enough."""
    result = learned(blow_up_isan(horizon=32, scale=SCALE), threshold=0.1)
    assert result.status is Status.VERIFIED
    return result.model


def test_without_blow_up_the_greedy_update_agrees_with_the_program():
    teacher = random_isan(alphabet_size=2, dimension=3, horizon=6, seed=2)
    greedy = greedy_model(learned(teacher).model)
    tokens = teacher.sample(50, seed=1)
    assert np.allclose(greedy.logits_along(tokens), teacher.logits_along(tokens), atol=1e-7)
    assert largest_coefficients(greedy, tokens[:, :-1])[0].max() < 3


def test_greedy_coefficients_grow_by_four_thirds_per_token(blown_up):
    sizes, _ = largest_coefficients(greedy_model(blown_up), np.zeros((1, 31), dtype=int))
    assert sizes[-1] > 500
    assert np.allclose(sizes[6:] / sizes[5:-1], 4 / 3, atol=1e-6)


def test_the_programs_coefficients_stay_within_two(blown_up):
    zeros = np.zeros((1, 31), dtype=int)
    typical = np.unique(blow_up_isan(horizon=32).sample(20, seed=1)[:, :-1], axis=0)
    sizes, solved = largest_coefficients(blown_up, np.concatenate([zeros, typical]))
    assert solved and sizes.max() <= 2 * (1 + 1e-6)


def test_the_blow_up_ends_in_wrong_logits_and_the_program_does_not(blown_up):
    zeros = np.zeros((1, 32), dtype=int)
    truth = blow_up_isan(horizon=32, scale=SCALE).logits_along(zeros)
    assert np.abs(blown_up.logits_along(zeros) - truth).max() <= 8 * SCALE
    assert np.abs(greedy_model(blown_up).logits_along(zeros) - truth).max() > 1000 * SCALE


def test_the_model_itself_is_harmless():
    teacher = blow_up_isan(horizon=7, scale=1.0)
    assert np.abs(teacher.logits_along(teacher.sample(100))).max() == 1.0
    assert max(cut_ranks(teacher)) == 5
    for bad in (0.0, float("inf")):
        with pytest.raises(ArgumentError, match="scale must be a finite number"):
            blow_up_isan(3, bad)


def test_a_greedy_model_can_be_saved(tmp_path, blown_up):
    from lowlogit_edu.loading import load

    greedy = greedy_model(blown_up)
    assert load(greedy.save(tmp_path).parent).fingerprint == greedy.fingerprint
