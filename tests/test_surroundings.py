"""Learning gives the same model whatever torch and numpy were told before, and leaves those settings as they were."""

import contextlib

import numpy as np
import pytest
import torch
from threadpoolctl import threadpool_limits

import lowlogit_edu as ll
from lowlogit_edu.core.errors import OracleError
from lowlogit_edu.models import random_isan
from lowlogit_edu.oracles import ExactOracle, base

SIZES = {"sequences": 40, "epochs": 1, "validation": 8, "witnesses": 6, "passes": 2, "factors": 2, "rounds": 1}
CONFIGS = {
    "faithful": ll.LearnerConfig(spanner_samples=50, validation_samples=20),
    "practical": ll.LearnerConfig.practical(rank=2, **SIZES),
}


class Scaled:
    """A teacher whose logits are so many times those of a random ISAN: probabilities underflow."""

    alphabet_size, fingerprint = 3, "scaled"

    def __init__(self, scale):
        self.scale = scale
        self.teacher = random_isan(3, 2, horizon=6, seed=0)

    def logits(self, prefixes):
        return self.scale * self.teacher.logits(prefixes)


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
    oracle = Scaled(1000.0)
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


@pytest.mark.reliability("R4")
@pytest.mark.parametrize(("scale", "fits"), [(1e4, True), (1e6, False)])
def test_huge_logits_are_learned_or_named_and_never_overflow_silently(scale, fits):
    oracle = Scaled(scale)
    if fits:
        result = ll.learn(oracle, 6, CONFIGS["practical"])
        assert np.isfinite(result.model.logits_along(result.model.sample(20))).all()
    else:
        with pytest.raises(OracleError, match=r"of token \d, do not fit into the half precision"):
            ll.learn(oracle, 6, CONFIGS["practical"])
    # Verified speaks of the texts that come: of others, which have no probability at all here, nothing is known.
    exact = ll.learn(oracle, 6, CONFIGS["faithful"])
    assert exact.status is ll.Status.VERIFIED
    texts = base.sample(oracle, 20, 6, rng=np.random.default_rng(0))
    truth = base.logits_along(oracle, texts)
    assert np.abs(exact.model.logits_along(texts) - truth).max() <= 1e-6 * scale
