"""What the theorem would ask for: the parameters of Section 5.2, each with where it comes from.

The printed constants are not known to this project. What stands here is either an explicit
constant of another paper or an order of magnitude worked out again; `Parameter.source` says which.

>>> setting = Setting(horizon=32, dimension=1, alphabet_size=2, epsilon=0.01, delta=0.01, logit_bound=10.0)
>>> for parameter in explicit_parameters(setting)[:2]:
...     print(parameter.symbol, f"{parameter.value:,}", parameter.source.name)
l 87 EXPLICIT
K 1,425,408 EXPLICIT
"""

from dataclasses import dataclass
from enum import Enum
from math import ceil, floor, log, log2, sqrt

from lowlogit_edu.config import LearnerConfig
from lowlogit_edu.core.checks import check_count, check_number
from lowlogit_edu.core.errors import ArgumentError
from lowlogit_edu.matrices.spanner import spanner_sample_size

LEAST_HORIZON = 32  # that the explicit constants are proved for


class Source(Enum):
    """Where a number comes from; the value is a sentence for the reader."""

    EXPLICIT = (
        "Explicit constant of S. Mausberg, Learning Low-Logit-Rank Distributions from Conditional Samples (two tokens, "
        "horizon 32 or more); not the constant printed in arXiv:2512.09892, which is not known here."
    )
    DERIVED = (
        "Order of magnitude, worked out again from the proofs with every absolute constant set to `constant`; the "
        "printed value is not known here."
    )
    INFERRED = (
        "Order of magnitude without its constant, inferred from the total number of queries quoted from "
        "arXiv:2512.09892; the printed value is not known here."
    )
    COUNTED = "Counted: the other parameters multiplied as the algorithm runs, no constant of its own."
    PRACTICAL = "Setting of this package's learner; found by experiment, and no theorem stands behind it."


@dataclass(frozen=True)
class Parameter:
    """One number, what it means and where it comes from."""

    symbol: str
    value: float
    meaning: str
    source: Source


@dataclass(frozen=True)
class Setting:
    """What is to be learned, and how well.

    Attributes
    ----------
    horizon, dimension, alphabet_size : int
        T, d and the number of tokens.
    epsilon : float
        Total variation distance allowed, between 0 and 1.
    delta : float
        Probability of failure allowed, between 0 and 1.
    logit_bound : float
        Largest absolute logit, in nats.
    """

    horizon: int
    dimension: int
    alphabet_size: int
    epsilon: float
    delta: float
    logit_bound: float

    def __post_init__(self) -> None:
        for name, least in (("horizon", 2), ("dimension", 1), ("alphabet_size", 2)):
            check_count(name, getattr(self, name), least=least)
        for name in ("epsilon", "delta"):
            if not 0 < check_number(name, getattr(self, name)) < 1:
                raise ArgumentError(f"{name} must be between 0 and 1, got {getattr(self, name)!r}.")
        check_number("logit_bound", self.logit_bound, least=1e-9)

    @property
    def radius(self) -> float:
        """alpha of Definition 4.2: `dimension * logit_bound + 1` bounds the factors of the logit matrices."""
        return self.dimension * self.logit_bound + 1


@dataclass(frozen=True)
class Core:
    """The parameters that all others follow from."""

    logarithm: float
    epochs: int  # K
    threshold: float  # g
    trajectories: int  # n
    missed: float  # eps_sp
    failure: float  # delta_sp
    error: float  # eps_app


def explicit_parameters(setting: Setting) -> list[Parameter]:
    """Parameters with explicit constants, for two tokens and a horizon of 32 or more.

    Paper: Section 5.2 (parameters; here with explicit constants for two tokens), arXiv:2512.09892.
    """
    # T = horizon, d = rank, J = logarithmic factor, K = epochs, g = threshold, n = trajectories per epoch
    T = setting.horizon
    d = setting.dimension
    epsilon = setting.epsilon
    delta = setting.delta
    if setting.alphabet_size != 2 or T < LEAST_HORIZON:
        raise ArgumentError(
            "explicit constants are known for alphabet_size=2 and a horizon of 32 or more, got "
            f"alphabet_size={setting.alphabet_size} and horizon={T}; scaling_parameters takes any."
        )
    # Every constant is Mausberg's. His bound is 64 d J witnesses per cut; they give a total variation
    # of at most epsilon / 2, and fail with probability at most delta / 4.
    J = ceil(log2(2 * T * d * setting.radius / (epsilon * delta))) + 64
    K = 512 * T * d * J
    g = epsilon / (32 * T**2)
    n = ceil(ceil(log2(32 * K * T / delta)) / g)
    core = Core(
        logarithm=J,
        epochs=K,
        threshold=g,
        trajectories=n,
        missed=epsilon / (3 * T**2 * n),
        failure=delta / (32 * K * T),
        error=2.0 ** floor(log2(g / (1024 * K * sqrt(d * J)))),  # a power of two, the next one below
    )
    return _parameters(setting, core, Source.EXPLICIT)


def scaling_parameters(setting: Setting, constant: float = 1.0) -> list[Parameter]:
    """Orders of magnitude for any alphabet and horizon, with `constant` for every absolute constant.

    Paper: Section 5.2 (parameters; here their orders of magnitude), arXiv:2512.09892.
    """
    # T = horizon, d = rank, V = alphabet size, C = constant; K, g and n as above
    T = setting.horizon
    d = setting.dimension
    V = setting.alphabet_size
    epsilon = setting.epsilon
    delta = setting.delta
    C = check_number("constant", constant, least=1)
    logarithm = log(setting.radius * T * d * V / (epsilon * delta))
    K = ceil(C * T * d * logarithm)  # Lemma 5.1: C d log witnesses at each of T cuts
    g = epsilon / (C * T**2)  # T residuals add up to the error of each of T tokens (Lemmas 5.8 and 5.9)
    n = ceil(C * log(T * K / delta) / g)  # Lemma 5.7, over all epochs and positions
    core = Core(
        logarithm=logarithm,
        epochs=K,
        threshold=g,
        trajectories=n,
        missed=epsilon / (C * T**2 * n),  # so that all programs of an epoch are likely to be feasible (Lemma 5.5)
        failure=delta / (C * K * T),  # there are K T spanners (Lemma 5.4)
        error=g / (C * _spanner_size(V, K) * sqrt(d * logarithm)),  # Lemma 5.1 must tell a witness from noise
    )
    return _parameters(setting, core, Source.DERIVED)


def _spanner_size(alphabet_size: int, epochs: int) -> int:
    """Most futures that a spanner's rows can have: one more per epoch, and one token before those of the next cut."""
    return (alphabet_size + 1) * (epochs + alphabet_size)


def _parameters(setting: Setting, core: Core, source: Source) -> list[Parameter]:
    m = _spanner_size(setting.alphabet_size, core.epochs)
    published = ceil((m / core.missed) ** 2)  # the only form that gives the published total, T^13 d^4 / epsilon^4
    compressed = spanner_sample_size(m, core.missed, core.failure)
    return [
        Parameter("l", core.logarithm, "logarithmic factor", source),
        Parameter("K", core.epochs, "epochs", source),
        Parameter("dbar", m, "histories in a spanner, at most", Source.COUNTED),
        Parameter("g", core.threshold, "threshold of the test, nats", source),
        Parameter("n", core.trajectories, "trajectories per epoch", source),
        Parameter("eps_sp", core.missed, "probability mass that a spanner may miss", source),
        Parameter("delta_sp", core.failure, "probability that one spanner fails", source),
        Parameter("eps_app", core.error, "error allowed to the oracle, nats", source),
        *totals(setting, core, "published style", published, Source.INFERRED),
        *totals(setting, core, "sample compression", compressed, Source.EXPLICIT),
    ]


def totals(setting: Setting, core: Core, style: str, size: int, source: Source) -> list[Parameter]:
    """What follows from the number of samples per spanner.

    Paper: Lemma 5.10 (number of queries), arXiv:2512.09892.
    Paper: Lemma 5.12 (number of samples), arXiv:2512.09892.
    Paper: Theorem 5.14 (misspecification allowed), arXiv:2512.09892.
    Paper: Problem 6.1 (open: without a polynomial in the rank; here that polynomial), arXiv:2512.09892.

    Every spanner is counted at its largest size. With sample compression this costs about a factor
    of the horizon, since the witnesses of one cut are none of another's.
    """
    # T = horizon, V = alphabet size, K = epochs, n = trajectories per epoch, m = most rows of a spanner
    T = setting.horizon
    V = setting.alphabet_size
    K = core.epochs
    n = core.trajectories
    m = _spanner_size(V, K)
    line_8 = K * T * size * m  # every sampled history of every spanner, on every future
    line_15 = K * n * T * T**2 * 2 * m  # every trajectory, cut and pair r, t: two neighbouring spanners
    line_18 = T * m * V
    samples = 1 + K * n + K * T * size  # lines 2, 9 and 8
    # Markov's inequality over all pairs of samples, pairs of positions and pairs of tokens.
    average = setting.delta * core.error / (2 * samples**2 * T**2 * V**2)
    return [
        Parameter("N_sp", size, f"samples per spanner, {style}", source),
        Parameter("queries", line_8 + line_15 + line_18, f"logit queries in all, {style}", Source.COUNTED),
        Parameter("N", samples, f"sequences sampled in all, {style}", Source.COUNTED),
        Parameter("eps_avg", average, f"average error of the rank allowed, nats, {style}", Source.DERIVED),
    ]


def practical_parameters(config: LearnerConfig) -> list[Parameter]:
    """The settings of the faithful learner that stand in for the theorem's parameters."""
    own = Source.PRACTICAL
    return [
        Parameter("K", config.max_epochs, "epochs, at most", own),
        Parameter("g", config.residual_threshold, "threshold of the test, nats", own),
        Parameter("n", config.validation_samples, "trajectories per epoch", own),
        Parameter("N_sp", config.spanner_samples, "samples per spanner", own),
        Parameter("eps_app", config.oracle_noise, "error allowed to the oracle, nats", own),
    ]


def side_by_side(setting: Setting, config: LearnerConfig | None = None) -> list[tuple[Parameter, Parameter | None]]:
    """What the theorem would ask for, each next to the learner's setting where there is one.

    Explicit constants where they are known, orders of magnitude elsewhere.
    """
    explicit = setting.alphabet_size == 2 and setting.horizon >= LEAST_HORIZON
    theory = explicit_parameters(setting) if explicit else scaling_parameters(setting)
    practice = {parameter.symbol: parameter for parameter in practical_parameters(config or LearnerConfig())}
    return [(parameter, practice.get(parameter.symbol)) for parameter in theory]
