"""The exact learner: seconds and queries against the sizes of what it learns."""

from dataclasses import fields

import numpy as np

import lowlogit_edu as ll
from benchmarks.results import Row
from benchmarks.timing import Effort, Growth, growth, once
from lowlogit_edu.algorithm.state import FaithfulState
from lowlogit_edu.core.numerics import kl_divergence
from lowlogit_edu.lemmas import queries_are_few

TOLERANCE = 1e-3  # nats per token: histories that are too rare to be met may be wrong
FRESH = 200  # texts that the learned model is held to


def settings(effort: Effort) -> ll.LearnerConfig:
    """The learner's settings; `every_cut` where there is one."""
    samples = effort.pick(full=2000, quick=500, tiny=100)
    optional = {}
    if "every_cut" in {field.name for field in fields(ll.LearnerConfig)}:
        optional["every_cut"] = True
    return ll.LearnerConfig(spanner_samples=samples, redraw=False, **optional)


class Run:
    """One run of the learner, timed.

    Attributes
    ----------
    seconds : Seconds
    queries : int
    allowed : int
        Lemma 5.10's bound on the queries, with the sizes that the run had.
    kl : float
        Of the learned model on fresh texts, nats per token.
    verified : bool
    """

    def __init__(self, alphabet_size: int, dimension: int, horizon: int, effort: Effort) -> None:
        oracle = ll.oracles.ExactOracle(ll.models.random_isan(alphabet_size, dimension, horizon, seed=0))
        config = settings(effort)
        ends: list[FaithfulState] = []

        def run() -> None:
            *_, (state, _) = ll.learn_steps(oracle, horizon, config, seed=0)
            ends.append(state)

        self.seconds = once(run)
        (state,) = ends
        result = state.result()
        self.queries = result.queries
        self.verified = result.status is ll.Status.VERIFIED
        finding = queries_are_few(ll.trace.trace(state), state.ledger, config, alphabet_size)
        self.allowed = int(sum(count for line, count in finding.numbers.items() if line.endswith(", allowed")))
        texts = oracle.model.sample(FRESH, seed=1)
        kl = kl_divergence(oracle.model.logits_along(texts), result.model.logits_along(texts))
        self.kl = float(np.mean(kl))


def exact_learner(effort: Effort) -> Row:
    """Learns random ISANs of growing horizon, dimension and alphabet; there is no peer."""
    T, d, V = effort.pick(full=(8, 3, 4), quick=(6, 3, 4), tiny=(3, 2, 2))
    horizons = effort.pick(full=[4, 8, 12, 16], quick=[4, 6, 8], tiny=[3, 4, 5])
    dimensions = effort.pick(full=[2, 3, 4, 6], quick=[2, 3, 4], tiny=[1, 2, 3])
    alphabets = effort.pick(full=[2, 4, 6, 8], quick=[2, 4, 6], tiny=[2, 3, 4])
    Run(2, 1, 3, effort)  # warm-up: what is loaded once
    base = Run(V, d, T, effort)
    series = {
        "horizon": (horizons, [Run(V, d, horizon, effort) for horizon in horizons]),
        "dimension": (dimensions, [Run(V, dimension, T, effort) for dimension in dimensions]),
        "alphabet": (alphabets, [Run(alphabet, d, T, effort) for alphabet in alphabets]),
    }
    growths: list[Growth] = []
    for size, (sizes, runs) in series.items():
        growths.append(growth(size, sizes, [run.seconds.wall for run in runs]))
        growths.append(growth(size, sizes, [run.queries for run in runs], of="queries"))
    everything = [base, *(run for _, runs in series.values() for run in runs)]
    _check(everything)
    ratio = max(run.queries / run.allowed for run in everything)
    verified = sum(run.verified for run in everything)
    return Row(
        "exact-learner",
        f"exact learner on a random ISAN, horizon {T}, dimension {d}, alphabet {V}",
        base.seconds,
        f"mean KL on fresh texts, nats per token: {max(run.kl for run in everything):.1g}, allowed {TOLERANCE:.1g}",
        growths=growths,
        note=(
            f"{base.queries:,} queries, {base.allowed:,} allowed by Lemma 5.10; at most {ratio:.0%} of the allowed in "
            f"any of {len(everything)} runs, of which {verified} were verified. Each was timed once."
        ),
    )


def _check(runs: list[Run]) -> None:
    for run in runs:
        assert run.kl <= TOLERANCE, f"a learned model is off by {run.kl:g} nats per token"
        assert run.queries <= run.allowed, f"{run.queries} queries, {run.allowed} allowed by Lemma 5.10"
