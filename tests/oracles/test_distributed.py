"""Workers answer as the teacher does: threads, processes, those of a dask cluster, one of which is killed."""

import os
import signal
from concurrent.futures import Executor, Future, ProcessPoolExecutor, ThreadPoolExecutor
from functools import partial
from multiprocessing import get_context

import numpy as np
import pytest

import lowlogit_edu as ll
from lowlogit_edu.core.errors import ArgumentError, OracleError
from lowlogit_edu.models import random_isan
from lowlogit_edu.oracles import Distributed, ExactOracle, TransformerOracle, base, broken_promises

TEACHER = partial(TransformerOracle.from_pretrained, "embedded")


def exact(seed=0):
    return ExactOracle(random_isan(alphabet_size=3, dimension=2, horizon=8, seed=seed))


class OneAfterTheOther(Executor):
    """An executor that works here and at once."""

    def submit(self, work, *given):
        done = Future()
        done.set_result(work(*given))
        return done


@pytest.fixture(scope="module")
def processes():
    with ProcessPoolExecutor(2, mp_context=get_context("spawn")) as pool:
        yield pool


@pytest.fixture(scope="module")
def cluster():
    distributed = pytest.importorskip("distributed", reason="pip install distributed")
    with (
        distributed.LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=None) as machines,
        distributed.Client(machines) as client,
    ):
        yield client


def assert_equal_answers(one, other):
    rng = np.random.default_rng(0)
    texts = rng.integers(one.alphabet_size, size=(7, 6))
    prefixes = [tuple(row[: rng.integers(6)].tolist()) for row in texts]
    np.testing.assert_array_equal(one.logits(prefixes), other.logits(prefixes))
    np.testing.assert_array_equal(base.logits_along(one, texts), base.logits_along(other, texts))
    drawn = [base.sample_with_logits(oracle, 9, 5, rng=np.random.default_rng(1)) for oracle in (one, other)]
    for ours, theirs in zip(*drawn, strict=True):
        np.testing.assert_array_equal(ours, theirs)


def test_processes_answer_as_one_would(processes):
    assert_equal_answers(Distributed(TEACHER, processes, texts=4), Distributed(TEACHER, OneAfterTheOther(), texts=4))


def test_it_is_the_teacher_itself_where_the_parts_are_the_same(embedded, processes):
    spread = Distributed(TEACHER, processes)
    assert base.reads_texts_of(spread, 512)
    assert spread.fingerprint == embedded.fingerprint
    ours, theirs = (
        base.sample_with_logits(oracle, 300, 5, rng=np.random.default_rng(0)) for oracle in (spread, embedded)
    )
    np.testing.assert_array_equal(ours[0], theirs[0])
    np.testing.assert_array_equal(ours[1], theirs[1])


def test_a_model_is_learned_to_the_byte(processes):
    config = ll.LearnerConfig.practical(rank=8, sequences=900, epochs=2, witnesses=90, validation=20, passes=1)
    oracles = [Distributed(TEACHER, executor) for executor in (processes, OneAfterTheOther())]
    models = [ll.learn(oracle, 6, config, seed=0).model for oracle in oracles]
    assert models[0].fingerprint == models[1].fingerprint


def test_every_promise_is_kept():
    with ThreadPoolExecutor(3) as threads:
        broken = broken_promises(Distributed(exact, threads, texts=2))
    assert set(broken) <= {"copy"}  # a pool of threads cannot be copied


def test_a_dask_cluster_answers_and_outlives_a_worker(cluster):
    config = ll.LearnerConfig(spanner_samples=60, max_epochs=2)
    executor = cluster.get_executor()
    oracle = Distributed(exact, executor, texts=8)
    here = Distributed(exact, OneAfterTheOther(), texts=8)
    assert_equal_answers(oracle, here)
    (worker, *_) = cluster.run(os.getpid).values()
    os.kill(worker, signal.SIGKILL)  # what it was at is done again by another
    assert_equal_answers(oracle, here)
    learned = [ll.learn(teacher, 5, config, seed=0) for teacher in (oracle, here)]
    assert learned[0].model.fingerprint == learned[1].model.fingerprint
    assert learned[0].ledger == learned[1].ledger


def dying():
    """A teacher that takes its process with it."""
    teacher = exact()
    if os.getpid() != int(os.environ["HERE"]):
        os.kill(os.getpid(), signal.SIGKILL)
    return teacher


def another():
    """Not the same teacher in each process."""
    return exact(seed=0 if os.getpid() == int(os.environ["HERE"]) else 1)


@pytest.mark.parametrize(("make", "told"), [(dying, "a worker of .* died"), (another, "a worker has another teacher")])
def test_a_worker_that_dies_or_has_another_teacher_is_told(make, told, monkeypatch):
    monkeypatch.setenv("HERE", str(os.getpid()))
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool, pytest.raises(OracleError, match=told):
        Distributed(make, pool, texts=1).logits([(0,), (1,)])


def test_what_is_no_oracle_or_no_number_of_texts_is_named():
    with pytest.raises(ArgumentError, match="int is no logit oracle: it lacks alphabet_size, fingerprint, logits"):
        Distributed(lambda: 3, OneAfterTheOther())
    with pytest.raises(ArgumentError, match="texts must be"):
        Distributed(exact, OneAfterTheOther(), texts=0)
    with pytest.raises(ArgumentError, match="object is no logit oracle"):
        base.check_oracle(object())


@pytest.mark.bad_shapes
@pytest.mark.parametrize(
    ("make", "told"),
    [
        (lambda: exact(), "make cannot be sent to processes"),
        (exact(), "make must be a function that makes the teacher"),
        (None, "make must be a function that makes the teacher"),
    ],
)
def test_what_no_worker_could_make_a_teacher_of_is_named(make, told, processes):
    with pytest.raises(ArgumentError, match=told):
        Distributed(make, processes)


@pytest.mark.bad_shapes
def test_an_executor_that_is_none_or_is_closed_is_named():
    with pytest.raises(ArgumentError, match="executor must have a method submit"):
        Distributed(exact, None)
    with ThreadPoolExecutor(1) as pool:
        oracle = Distributed(lambda: exact(), pool, texts=1)
        assert oracle.logits([(0,), (1,)]).shape == (2, 3)
    with pytest.raises(OracleError, match="is closed"):
        oracle.logits([(0,), (1,)])


def test_errors_of_the_teacher_itself_are_not_taken_for_the_executors():
    class Failing(ExactOracle):
        def logits(self, prefixes):
            raise RuntimeError("out of paper")

    oracle = Distributed(lambda: Failing(exact(seed=7).model), OneAfterTheOther(), texts=1)
    with pytest.raises(RuntimeError, match="out of paper"):
        oracle.logits([(0,), (1,)])
