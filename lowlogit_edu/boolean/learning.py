"""Boolean functions learned by queries: as language models (Corollary 5.15), and by Kushilevitz and Mansour.

>>> from lowlogit_edu.boolean.functions import parity
>>> f = parity(bits=6, subset=(0, 3))
>>> for learned in (learn_boolean(f), kushilevitz_mansour(f)):
...     print(learned.method, round(learned.error, 9))
Algorithm 1 0.0
Kushilevitz-Mansour 0.0
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from math import ceil

import numpy as np
from jaxtyping import Float, Int

from lowlogit_edu.boolean.functions import (
    MAX_BITS,
    BooleanFunction,
    Subset,
    all_points,
    character,
    point_index,
    squared_error,
)
from lowlogit_edu.config import LearnerConfig
from lowlogit_edu.core.checks import Prefixes, array_fingerprint, by_length, check_count, check_number, check_prefixes
from lowlogit_edu.core.errors import ArgumentError
from lowlogit_edu.core.rng import stream
from lowlogit_edu.events import Status
from lowlogit_edu.learner import learn
from lowlogit_edu.models.base import LanguageModel
from lowlogit_edu.models.tabular import TabularModel

# Fewer samples than the learner's default: all histories of a length are equally likely, none is rare.
CONFIG = LearnerConfig(spanner_samples=64, validation_samples=64)
SAMPLES = 32  # times 1 / threshold^4: weights are off by threshold^2 / 6, a third of what a bucket is kept for


def boolean_model(function: BooleanFunction) -> TabularModel:
    """Uniform bits x, then a label that is 1 with probability sigmoid(f(x)), as a table.

    Paper: Equation 36 (Section 5.6; here for any f), arXiv:2512.09892.
    """
    return label_model(function.values, function.name)


def label_model(odds: Float[np.ndarray, "point"], name: str = "") -> TabularModel:
    """Uniform bits x, then a label whose log-odds (logit of 1 minus logit of 0) are `odds` at x."""
    bits = len(odds).bit_length() - 1
    uniform = [np.zeros((2**t, 2)) for t in range(bits)]
    label = np.stack([-odds, odds], axis=1) / 2
    return TabularModel([*uniform, label], name)


def boolean_function(model: LanguageModel, name: str = "learned") -> BooleanFunction:
    """The function back from a model: f(x) = clip(logit of M(1 | x)) to [-1, 1].

    Paper: Corollary 5.15 (last step of the proof), arXiv:2512.09892.
    """
    if model.alphabet_size != 2:
        raise ArgumentError(f"model must have 2 tokens, got {model.alphabet_size}.")
    bits = check_count("the model's horizon", model.horizon, least=2, most=MAX_BITS + 1) - 1
    logits = model.logits(all_points(bits).tolist())
    # f lies within [-1, 1], so that clipping only brings an estimate closer.
    return BooleanFunction(name, np.clip(logits[:, 1] - logits[:, 0], -1, 1))


class FunctionOracle:
    """The logit oracle of `boolean_model`, which costs one query of f per point, the first time it is asked.

    Prefixes of fewer bits cost nothing: the next bit is uniform.

    Attributes
    ----------
    queries : int
        Distinct points that f was asked at.
    """

    alphabet_size = 2

    def __init__(self, function: BooleanFunction) -> None:
        self.function = function
        self._asked = np.zeros(len(function.values), dtype=bool)
        self.fingerprint = array_fingerprint("boolean", function.values)

    def __repr__(self) -> str:
        return f"FunctionOracle({self.function.name}, queries={self.queries})"

    @property
    def queries(self) -> int:
        return int(self._asked.sum())

    def values(self, points: Int[np.ndarray, "point bit"]) -> Float[np.ndarray, "point"]:
        """f at some points."""
        self._asked[point_index(points)] = True
        return self.function(points)

    def logits(self, prefixes: Prefixes) -> Float[np.ndarray, "prefix token"]:
        """Mean-centred logits (nats): zero before the label, -f/2 and f/2 at it."""
        prefixes = check_prefixes(prefixes, 2, self.function.bits + 1)
        answer = np.zeros((len(prefixes), 2))
        for rows, points in by_length(prefixes):
            if points.shape[1] == self.function.bits:
                answer[rows] = self.values(points)[:, None] * np.array([-0.5, 0.5])
        return answer


@dataclass(frozen=True)
class BooleanResult:
    """A learned function, and what it cost.

    Attributes
    ----------
    teacher, method : str
    function : BooleanFunction
    queries : int
        Distinct points that the teacher was asked at.
    error : float
        E (f - learned)^2 over uniform points, exact.
    status : Status or None
        Why Algorithm 1 stopped.
    """

    teacher: str
    method: str
    function: BooleanFunction
    queries: int
    error: float
    status: Status | None = None


def learn_boolean(function: BooleanFunction, config: LearnerConfig | None = None, seed: int = 0) -> BooleanResult:
    """Learn a function by learning its language model with Algorithm 1.

    Paper: Corollary 5.15 (learning Boolean functions with queries), arXiv:2512.09892.

    What must be small is the logit rank of `boolean_model`, at most the number of Fourier
    coefficients and often much less: majority of n bits has rank about n / 2.

    Parameters
    ----------
    function : BooleanFunction
    config : LearnerConfig, optional
        By default 64 samples per spanner and 64 trajectories.
    seed : int
    """
    oracle = FunctionOracle(function)
    # A text is the bits of a point and then the label, whose log-odds are the value: learn the texts, read the labels.
    result = learn(oracle, function.bits + 1, config or CONFIG, seed)
    learned = boolean_function(result.model, f"learned {function.name}")
    error = squared_error(function, learned)
    return BooleanResult(function.name, "Algorithm 1", learned, oracle.queries, error, result.status)


def bucket_levels(
    oracle: FunctionOracle, threshold: float, samples: int, *, rng: np.random.Generator
) -> Iterator[dict[Subset, float]]:
    """The search of Kushilevitz and Mansour: at level k, the buckets looked into and their estimated weights.

    The bucket of `part` holds all subsets that agree with it on the first k positions; its weight is
    the sum of their squared coefficients. That is the average of f(y, x) chi(y) f(y', x) chi(y')
    over x and over independent beginnings y, y' of k bits, with chi the character of `part`. Buckets
    of weight below threshold^2 / 2 are dropped; the others are parted in two at the next level.
    """
    n = oracle.function.bits
    parts: list[Subset] = [()]
    for k in range(1, n + 1):
        # Pairs of points that differ in the first k bits alone: what hangs on the others cancels in the average.
        one, other = rng.integers(2, size=(2, samples, n))
        other[:, k:] = one[:, k:]
        product = oracle.values(one) * oracle.values(other)
        grown = [(*part, *new) for part in parts for new in ((), (k - 1,))]  # without position k - 1, and with it
        weights = {}
        for part in grown:
            signs = character(part, one) * character(part, other)
            weights[part] = float((product * signs).mean())
        yield weights
        parts = kept_buckets(weights, threshold)


def kept_buckets(weights: Mapping[Subset, float], threshold: float) -> list[Subset]:
    """The buckets heavy enough to be looked into: weight at least threshold^2 / 2."""
    # One that holds a coefficient of `threshold` weighs threshold^2 at least; half of it is room for the estimates.
    return [part for part, weight in weights.items() if weight >= threshold**2 / 2]


def bucket_weight(coefficients: Mapping[Subset, float], part: Subset, level: int) -> float:
    """Exact weight of a bucket: the squares of all coefficients whose subset is `part` on the first positions.

    >>> bucket_weight({(0,): 0.5, (0, 2): 0.5, (1,): -0.5}, (0,), level=2)
    0.5
    """
    inside = [a for subset, a in coefficients.items() if tuple(i for i in subset if i < level) == part]
    return sum(a**2 for a in inside)


def heavy_coefficients(
    oracle: FunctionOracle, threshold: float, samples: int, *, rng: np.random.Generator
) -> dict[Subset, float]:
    """Subsets whose Fourier coefficient is about `threshold` or more, with estimates of it."""
    *_, weights = bucket_levels(oracle, threshold, samples, rng=rng)  # of the last level, a bucket per subset
    points = rng.integers(2, size=(samples, oracle.function.bits))
    values = oracle.values(points)
    return {part: float((values * character(part, points)).mean()) for part in kept_buckets(weights, threshold)}


def kushilevitz_mansour(
    function: BooleanFunction, threshold: float = 0.25, samples: int | None = None, seed: int = 0
) -> BooleanResult:
    """Learn a function by finding its large Fourier coefficients; independent of Algorithm 1.

    The algorithm of Kushilevitz and Mansour (1991), which is that of Goldreich and Levin for
    functions with values in [-1, 1].

    Parameters
    ----------
    function : BooleanFunction
    threshold : float
        At least 0.1. Coefficients below it are given up; 1 / threshold^2 of them at most are above.
    samples : int, optional
        Points per estimate, by default 32 / threshold^4: the weights' errors are then about threshold^2 / 6.
    seed : int
    """
    check_number("threshold", threshold, least=0.1, most=1)
    oracle = FunctionOracle(function)
    rng = stream(seed, "kushilevitz_mansour")
    if samples is None:
        samples = ceil(SAMPLES / threshold**4)
    found = heavy_coefficients(oracle, threshold, check_count("samples", samples), rng=rng)
    # f is taken to be the sum of its large terms; clipping brings it no farther from values within [-1, 1].
    points = all_points(function.bits)
    total = np.zeros(len(points))
    for subset, a in found.items():
        total += a * character(subset, points)
    learned = BooleanFunction(f"learned {function.name}", np.clip(total, -1, 1))
    error = squared_error(function, learned)
    return BooleanResult(function.name, "Kushilevitz-Mansour", learned, oracle.queries, error)


def boolean_table(
    functions: Sequence[BooleanFunction], config: LearnerConfig | None = None, threshold: float = 0.25, seed: int = 0
) -> list[BooleanResult]:
    """Both learners on every function: queries and errors, two rows per function."""
    rows = []
    for function in functions:
        rows.append(learn_boolean(function, config, seed))
        rows.append(kushilevitz_mansour(function, threshold, seed=seed))
    return rows
