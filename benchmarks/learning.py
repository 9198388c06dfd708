"""The exact learner: seconds and queries against the sizes of what it learns."""

from dataclasses import fields, replace

import numpy as np

import lowlogit_edu as ll
from benchmarks.results import Row
from benchmarks.timing import Effort, Growth, growth, race
from lowlogit_edu.algorithm.state import FaithfulState
from lowlogit_edu.core.numerics import kl_divergence
from lowlogit_edu.lemmas import queries_are_few

Sizes = tuple[int, int, int]  # horizon, dimension, alphabet
NAMES = ("horizon", "dimension", "alphabet")
TOLERANCE = 1e-3  # nats per token: histories that are too rare to be met may be wrong
FRESH = 200  # texts that the learned model is held to
REPEATS = 3  # most; runs are long, and differ by little


def settings(effort: Effort) -> ll.LearnerConfig:
    """The learner's settings; `every_cut` where there is one."""
    samples = effort.pick(full=2000, quick=500, tiny=100)
    optional = {}
    if "every_cut" in {field.name for field in fields(ll.LearnerConfig)}:
        optional["every_cut"] = True
    return ll.LearnerConfig(spanner_samples=samples, redraw=False, **optional)


def oracle_of(sizes: Sizes) -> ll.oracles.ExactOracle:
    """The teacher: a random ISAN."""
    horizon, dimension, alphabet = sizes
    return ll.oracles.ExactOracle(ll.models.random_isan(alphabet, dimension, horizon, seed=0))


def run(sizes: Sizes, config: ll.LearnerConfig) -> FaithfulState:
    """The end of a run."""
    *_, (state, _) = ll.learn_steps(oracle_of(sizes), sizes[0], config, seed=0)
    return state


class Looked:
    """What a run did, and whether it did it well.

    Attributes
    ----------
    queries : int
    allowed : int
        Lemma 5.10's bound on the queries, with the sizes that the run had.
    kl : float
        Of the learned model on fresh texts, nats per token.
    verified : bool
    """

    def __init__(self, sizes: Sizes, config: ll.LearnerConfig) -> None:
        state = run(sizes, config)
        result = state.result()
        self.queries = result.queries
        self.verified = result.status is ll.Status.VERIFIED
        finding = queries_are_few(ll.trace.trace(state), state.ledger, config, sizes[2])
        self.allowed = int(sum(count for line, count in finding.numbers.items() if line.endswith(", allowed")))
        teacher = oracle_of(sizes).model
        texts = teacher.sample(FRESH, seed=1)
        kl = kl_divergence(teacher.logits_along(texts), result.model.logits_along(texts))
        self.kl = float(np.mean(kl))

    def check(self) -> None:
        """AssertionError where the model is not the teacher's or too much was asked."""
        assert self.kl <= TOLERANCE, f"a learned model is off by {self.kl:g} nats per token"
        assert self.queries <= self.allowed, f"{self.queries} queries, {self.allowed} allowed by Lemma 5.10"


def exact_learner(effort: Effort) -> Row:
    """Learns random ISANs of growing horizon, dimension and alphabet; there is no peer."""
    base = effort.pick(full=(12, 3, 4), quick=(8, 3, 4), tiny=(3, 2, 2))
    series = effort.pick(
        full=([8, 12, 16, 24, 32], [2, 3, 4, 6], [2, 4, 6, 8]),
        quick=([6, 8, 12, 16], [2, 3, 4], [2, 4, 6]),
        tiny=([3, 4, 5], [1, 2, 3], [2, 3, 4]),
    )
    config = settings(effort)
    # One size is changed at a time; a model that two series have in common is learned once.
    changed = [[_with(base, place, value) for value in values] for place, values in enumerate(series)]
    everything = dict.fromkeys([base, *(sizes for one in changed for sizes in one)])
    looked = {sizes: Looked(sizes, config) for sizes in everything}  # the warm-up
    for found in looked.values():
        found.check()
    works = {str(sizes): lambda sizes=sizes: run(sizes, config) for sizes in everything}
    seconds = race(works, replace(effort, repeats=min(effort.repeats, REPEATS)))

    growths: list[Growth] = []
    for name, values, one in zip(NAMES, series, changed, strict=True):
        growths.append(growth(name, values, [seconds[str(sizes)].wall for sizes in one]))
        growths.append(growth(name, values, [looked[sizes].queries for sizes in one], of="queries"))
    share = max(found.queries / found.allowed for found in looked.values())
    verified = sum(found.verified for found in looked.values())
    return Row(
        "exact-learner",
        f"exact learner on a random ISAN, horizon {base[0]}, dimension {base[1]}, alphabet {base[2]}",
        seconds[str(base)],
        f"KL on fresh texts, nats per token: {max(one.kl for one in looked.values()):.1g}, allowed {TOLERANCE:.1g}",
        growths=growths,
        note=(
            f"{looked[base].queries:,} queries, {looked[base].allowed:,} allowed by Lemma 5.10; at most {share:.0%} of "
            f"the allowed in any of {len(looked)} runs, of which {verified} were verified."
        ),
    )


def _with(sizes: Sizes, place: int, value: int) -> Sizes:
    """The sizes with another one in that place."""
    return (*sizes[:place], value, *sizes[place + 1 :])
