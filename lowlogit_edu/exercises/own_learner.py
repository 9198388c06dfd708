"""What a student's own learner is given, and a trial of it beside the course's.

>>> texts(ExactOracle(noisy_parity(bits=2)), 3, 0, rng=np.random.default_rng(0))
[(), (), ()]
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np
from jaxtyping import Float

from lowlogit_edu.config import LearnerConfig
from lowlogit_edu.core.checks import Prefixes, check_prefixes
from lowlogit_edu.core.numerics import mean_center
from lowlogit_edu.evaluation.divergence import total_variation
from lowlogit_edu.exercises.source import code_lines, has_dots
from lowlogit_edu.learner import learn as course_learn
from lowlogit_edu.matrices.logit_matrix import Word
from lowlogit_edu.models import copying, fourier_sparse, hmm, noisy_parity, random_isan
from lowlogit_edu.models.base import LanguageModel
from lowlogit_edu.oracles.base import LogitOracle, sample
from lowlogit_edu.oracles.cached import Cached
from lowlogit_edu.oracles.counted import Counted
from lowlogit_edu.oracles.exact import ExactOracle

SAMPLES = 300  # histories per spanner
TRIALS = 60  # fresh texts per epoch
BOUND = 2.0
THRESHOLD = 1e-6  # nats
EPOCHS = 60


class Cut(NamedTuple):
    """What is known of one cut: plain lists, tuples and arrays.

    Attributes
    ----------
    histories : list of tuples of s - 1 tokens
        h_1, h_2, ..: the spanner.
    futures : list of nonempty tuples
        F_s.
    logits : dict of future to array
        L(h_i o f) for all i, for every f in F_s and every token followed by a future in F_{s+1}.
    """

    histories: list[Word]
    futures: list[Word]
    logits: dict[Word, Float[np.ndarray, "row"]]


def texts(oracle: LogitOracle, n: int, length: int, rng: np.random.Generator) -> list[Word]:
    """`n` beginnings of texts of the teacher, `length` tokens each, as tuples."""
    if length == 0:
        return [()] * n
    return [tuple(text) for text in sample(oracle, n, length, rng=rng).tolist()]


def hidden_teacher(number: int) -> LanguageModel:
    """One of the package's small models; of which kind, only questions tell."""
    rng = np.random.default_rng(number)
    seed = int(rng.integers(1000))
    kinds: list[Callable[[], LanguageModel]] = [
        lambda: copying(length=3),
        lambda: noisy_parity(bits=5, seed=seed),
        lambda: fourier_sparse(5, {(0, 1): 1.0, (2, 4): 0.5}),
        lambda: hmm(states=2, alphabet_size=3, horizon=5, seed=seed),
        lambda: random_isan(alphabet_size=2, dimension=3, horizon=6, seed=seed),
    ]
    return kinds[int(rng.integers(len(kinds)))]()


class OwnModel(LanguageModel):
    """A student's cuts, read by her `next_logits(cuts, prefix, alphabet_size, bound)`, as a model of the package."""

    def __init__(self, next_logits: Callable[..., Any], cuts: Sequence[Cut], alphabet_size: int) -> None:
        self._next_logits = next_logits
        self.cuts = list(cuts)
        self.alphabet_size = alphabet_size
        self.horizon = len(self.cuts) + 1
        self.fingerprint = f"a student's own model, number {id(self)}"

    def logits(self, prefixes: Prefixes) -> Float[np.ndarray, "prefix token"]:
        """Mean-centred logits (nats) of the next token after each prefix."""
        words = check_prefixes(prefixes, self.alphabet_size, self.horizon)
        rows = [self._next_logits(self.cuts, word, self.alphabet_size, BOUND) for word in words]
        return mean_center(np.array(rows, dtype=np.float64).reshape(len(words), self.alphabet_size))


def unwritten(**functions: Any) -> list[str]:
    """Names of the functions whose body still has a line of dots."""
    return [name for name, function in functions.items() if has_dots(function)]


class Own(NamedTuple):
    """A student's functions, in the order in which she writes them."""

    told: Any
    spanner: Any
    dist_spanner: Any
    solve: Any
    opinions: Any
    epoch: Any
    learn: Any
    next_logits: Any
    sample: Any

    @property
    def missing(self) -> list[str]:
        """Names of those whose body still has a line of dots."""
        return unwritten(**self._asdict())

    @property
    def lines(self) -> int:
        """Lines of code of them all, without docstrings, comments and empty lines."""
        return sum(map(code_lines, self))


@dataclass(frozen=True)
class Trial:
    """A student's learner on a teacher, beside the course's with the same settings.

    Attributes
    ----------
    missing : list of str
        Functions still to be written; if there are any, nothing was run.
    history : list
        Of her epochs: (futures, cuts, residuals, found).
    distance, queries : float and int
        Total variation from the teacher, and distinct prefixes asked about.
    course_distance, course_queries : float and int
        Of `ll.learn`.
    """

    missing: list[str]
    history: list[Any] = field(default_factory=list)
    distance: float = float("nan")
    queries: int = 0
    course_distance: float = float("nan")
    course_queries: int = 0
    prefixes: int = 0

    def __bool__(self) -> bool:
        return not self.missing

    @property
    def cuts(self) -> list[Cut]:
        """Those of the last epoch: her model."""
        return self.history[-1][1]

    def __repr__(self) -> str:
        if self.missing:
            return f"Not run yet. Still to write: {', '.join(self.missing)}."
        found = self.history[-1][-1]
        ended = found if isinstance(found, str) else f"epoch limit, with a witness at cut {found[0]}"
        return (
            f"yours:    {ended} after {len(self.history)} epochs, TV {_scale(self.distance)}, "
            f"{self.queries} queries of {self.prefixes} prefixes\n"
            f"ll.learn: TV {_scale(self.course_distance)}, {self.course_queries} queries"
        )


def _scale(distance: float) -> str:
    """A distance without digits that rounding makes."""
    return "below 1e-9" if distance < 1e-9 else f"{distance:.2g}"


def trial(teacher: LanguageModel, own: Own, seed: int = 0) -> Trial:
    """Run a student's learner, and `ll.learn` beside it.

    Both have an oracle that remembers its answers, so a question asked again costs nothing.
    """
    if own.missing:
        return Trial(own.missing)
    counted = Counted(ExactOracle(teacher))
    rng = np.random.default_rng(seed)
    cuts, history = own.learn(Cached(counted), teacher.horizon, SAMPLES, TRIALS, BOUND, THRESHOLD, EPOCHS, rng)
    queries = counted.queries
    config = LearnerConfig(spanner_samples=SAMPLES, validation_samples=TRIALS, threshold=THRESHOLD, max_epochs=EPOCHS)
    course = course_learn(ExactOracle(teacher), teacher.horizon, config, seed)
    return Trial(
        missing=[],
        history=history,
        distance=total_variation(teacher, OwnModel(own.next_logits, cuts, teacher.alphabet_size)),
        queries=queries,
        course_distance=total_variation(teacher, course.model),
        course_queries=course.queries,
        prefixes=sum(teacher.alphabet_size**length for length in range(teacher.horizon)),
    )
