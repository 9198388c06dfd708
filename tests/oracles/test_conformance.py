"""The conformance checks pass every oracle of the package, and each fails the oracle that breaks its promise."""

import itertools
import time

import numpy as np
import pytest

from lowlogit_edu.core.errors import OracleError
from lowlogit_edu.models import random_isan
from lowlogit_edu.oracles import (
    Budgeted,
    Cached,
    Counted,
    ExactOracle,
    Noisy,
    Sampled,
    TopK,
    TransformerOracle,
    broken_promises,
    conformance_checks,
)

EXACT = ExactOracle(random_isan(alphabet_size=3, dimension=2, horizon=5, seed=0))
GOOD = [
    EXACT,
    Counted(EXACT),
    Cached(EXACT),
    Budgeted(EXACT, 10_000),
    Noisy(EXACT, 0.1),
    Sampled(EXACT, 100),
    TopK(EXACT, 2),
    Cached(Budgeted(Noisy(EXACT, 0.1), 10_000)),
]


@pytest.mark.parametrize("oracle", GOOD, ids=repr)
def test_every_oracle_of_the_package_keeps_all_promises(oracle):
    assert broken_promises(oracle) == {}


def test_a_transformer_keeps_all_promises():
    import torch
    from transformers import GPT2Config, GPT2LMHeadModel

    torch.manual_seed(0)
    config = GPT2Config(vocab_size=7, n_positions=8, n_embd=8, n_layer=1, n_head=2, bos_token_id=0, eos_token_id=0)
    assert broken_promises(TransformerOracle(GPT2LMHeadModel(config))) == {}


class Wrong:
    """A good oracle but for what a subclass overrides."""

    alphabet_size, fingerprint = 3, "wrong"

    def __init__(self):
        self.calls = itertools.count()

    def logits(self, prefixes):
        return EXACT.logits(prefixes)


class Nameless(Wrong):
    fingerprint = ""


class Flat(Wrong):
    def logits(self, prefixes):
        return EXACT.logits(prefixes).ravel()


class Integer(Wrong):
    def logits(self, prefixes):
        return np.zeros_like(EXACT.logits(prefixes), dtype=np.int64)


class Listing(Wrong):
    def logits(self, prefixes):
        return EXACT.logits(prefixes).tolist() or np.zeros((0, 3))


class Infinite(Wrong):
    def logits(self, prefixes):
        answer = EXACT.logits(prefixes)
        answer[[row for row, prefix in enumerate(prefixes) if len(prefix) == 2], 1] = -np.inf
        return answer


class Uncentred(Wrong):
    def logits(self, prefixes):
        return EXACT.logits(prefixes) + 1.0


class BatchDependent(Wrong):
    def logits(self, prefixes):
        return EXACT.logits(prefixes) * (1 + 1e-6 * len(prefixes))


class Random(Wrong):
    def logits(self, prefixes):
        shift = np.random.default_rng(next(self.calls)).normal(size=(len(prefixes), 1)) * np.array([1.0, -1.0, 0.0])
        return EXACT.logits(prefixes) + shift


class PositionDependent(Wrong):
    """Right only for a question asked alone or in the usual order."""

    def logits(self, prefixes):
        return EXACT.logits(prefixes) * (1 + (len(set(prefixes)) * 2 <= len(prefixes)))


class Consuming(Wrong):
    def logits(self, prefixes):
        answer = EXACT.logits(prefixes)
        for prefix in prefixes:
            if isinstance(prefix, list):
                prefix.clear()
        return answer


class Unchecked(Wrong):
    def logits(self, prefixes):
        return EXACT.logits([[min(max(token, 0), 2) for token in prefix] for prefix in prefixes])


class Sharing(Wrong):
    """Hands out its own memory."""

    def __init__(self):
        super().__init__()
        self.memory = {}

    def logits(self, prefixes):
        key = tuple(map(tuple, prefixes))
        return self.memory.setdefault(key, EXACT.logits(prefixes))


class Renaming(Wrong):
    @property
    def fingerprint(self):
        return f"asked {next(self.calls)} times"


class Uncopyable(Wrong):
    def __deepcopy__(self, memo):
        raise TypeError("cannot be copied")


class Unsafe(Wrong):
    """Keeps the question in an attribute while it answers."""

    def logits(self, prefixes):
        self.question = next(self.calls)
        before = self.question
        time.sleep(0.001)
        return EXACT.logits(prefixes) * (1 if self.question == before else 2)


@pytest.mark.parametrize(
    ("oracle", "name", "message"),
    [
        (Nameless, "attributes", "they are 3 and ''"),
        (Flat, "shape", r"0 prefixes got shape \(0,\), expected \(0, 3\)"),
        (Integer, "dtype", "the dtype is int64"),
        (Listing, "dtype", "the answer is a list, not an array"),
        (Infinite, "finite", r"token 1 after prefix \[\d, \d\] is not"),
        (Uncentred, "centred", "a mean is not; apply numerics.mean_center"),
        (BatchDependent, "batch", r"answers differ by .* after prefix \["),
        (Random, "repeat", "answers differ by"),
        (PositionDependent, "order", "answers differ by"),
        (Consuming, "types", "a prefix was changed"),
        (Unchecked, "range", "token -1 was answered"),
        (Sharing, "ownership", "answers differ by"),
        (Renaming, "fingerprint", r"'asked \d+ times' became 'asked \d+ times'"),
        (Uncopyable, "copy", "it raised TypeError: cannot be copied"),
        (Unsafe, "threads", "answers differ by"),
    ],
)
def test_a_broken_oracle_fails_the_check_of_its_promise(oracle, name, message):
    (check,) = [check for check in conformance_checks(oracle()) if check.name == name]
    with pytest.raises(OracleError, match=f"^{name}: {check.promise}. But .*{message}"):
        check()
    assert name in broken_promises(oracle())


@pytest.mark.parametrize("oracle", [Nameless, Uncentred, Unchecked, Sharing, Uncopyable, Unsafe, Consuming])
def test_an_independent_fault_fails_no_other_check(oracle):
    assert len(broken_promises(oracle())) == 1


def test_checks_come_one_by_one_and_ask_nothing_before_they_are_called():
    counted = Counted(EXACT)
    checks = conformance_checks(counted)
    first, second = next(checks), next(checks)
    assert (first.name, second.name, counted.queries) == ("attributes", "shape", 0)
    second()
    assert counted.queries > 0
