"""Learning gives the same model whatever torch and numpy were told before, and leaves those settings as they were."""

import contextlib

import numpy as np
import pytest
import torch
from threadpoolctl import threadpool_limits

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
@pytest.mark.reliability("R18")
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


@pytest.mark.reliability("R9")
@pytest.mark.parametrize(("name", "allowed"), [("faithful", 1e-10), ("practical", 1e-3)])
def test_the_number_of_threads_changes_no_decision(name, allowed, record_property):
    """Sums in another order: continuous numbers move by rounding, what is chosen stays."""
    teacher = random_isan(4, 3, horizon=6, seed=1)
    texts = teacher.sample(50, seed=0)
    runs = {}
    before = torch.get_num_threads()
    try:
        for threads in (1, 2, 4, 1):
            torch.set_num_threads(threads)
            with threadpool_limits(threads, user_api="blas"):
                result = ll.learn(ExactOracle(teacher), 6, CONFIGS[name])
            decided = [event.data.get("spanner") or event.data.get("futures") for event in result.history]
            logits = result.model.logits_along(texts)
            if threads == 1 and runs:
                assert logits.tobytes() == runs[1][2].tobytes()  # the same number again: the same bytes
            runs[threads] = [result.status, result.ledger, logits, decided]
    finally:
        torch.set_num_threads(before)
    for status, ledger, _, decided in runs.values():
        assert (status, ledger, decided) == (runs[1][0], runs[1][1], runs[1][3])
    moved = max(float(np.abs(run[2] - runs[1][2]).max()) for run in runs.values())
    assert moved <= allowed
    record_property("figure", f"{name}: 1, 2 and 4 threads within {allowed:g}")
