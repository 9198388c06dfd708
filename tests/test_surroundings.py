"""Learning gives the same model whatever torch and numpy were told before, and leaves those settings as they were."""

import contextlib

import numpy as np
import pytest
import torch

import lowlogit_edu as ll
from lowlogit_edu.models import random_isan
from lowlogit_edu.oracles import ExactOracle

SIZES = {"sequences": 40, "epochs": 1, "validation": 8, "witnesses": 6, "passes": 2, "factors": 2, "rounds": 1}
CONFIGS = {
    "faithful": ll.LearnerConfig(spanner_samples=50, validation_samples=20),
    "practical": ll.LearnerConfig.practical(rank=2, **SIZES),
}


class Sharp(ExactOracle):
    """Logits so large that probabilities underflow."""

    def logits(self, prefixes):
        return 1000 * super().logits(prefixes)


@contextlib.contextmanager
def double_by_default():
    before = torch.get_default_dtype()
    torch.set_default_dtype(torch.float64)
    try:
        yield
    finally:
        torch.set_default_dtype(before)


SURROUNDINGS = {
    "no_grad": torch.no_grad,
    "inference_mode": torch.inference_mode,
    "errors of numpy": lambda: np.errstate(all="raise"),
    "double by default": double_by_default,
}


@pytest.mark.parametrize("config", CONFIGS.values(), ids=CONFIGS)
@pytest.mark.parametrize("surroundings", SURROUNDINGS.values(), ids=SURROUNDINGS)
def test_learning_does_not_depend_on_settings_of_torch_and_numpy(surroundings, config):
    oracle = Sharp(random_isan(3, 2, horizon=6, seed=0))
    plain = ll.learn(oracle, 6, config)
    with surroundings():
        before = settings()
        inside = ll.learn(oracle, 6, config)
        assert settings() == before
    assert inside.model.fingerprint == plain.model.fingerprint and inside.status is plain.status


def settings():
    return torch.is_grad_enabled(), torch.is_inference_mode_enabled(), torch.get_num_threads(), np.geterr()
