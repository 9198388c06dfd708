"""Settings of the two learners, each with its reason."""

from dataclasses import dataclass
from typing import Any

from lowlogit_edu.core.checks import check_count, check_number
from lowlogit_edu.core.errors import ArgumentError

SOLVER_ERROR = 1e-7  # nats; what the linear program's solver may leave of an equation
# An equation adds up noisy rows with coefficients of up to `coefficient_bound`; ten times the noise was always enough.
EQUATION_PER_NOISE = 10
# The test of line 15 compares two such sums, and needs room above what noise alone can do.
TEST_PER_NOISE = 20
LEAST_THRESHOLD = 10 * SOLVER_ERROR
LEAST_BOUND = 1.01  # a spanner's swap has to raise the determinant by this factor: at 1 rounding could go on for ever


@dataclass(frozen=True)
class LearnerConfig:
    """Settings of the faithful learner, `LearnerConfig()`; `LearnerConfig.practical()` is the other.

    The theorem's own parameters (Section 5.2) are too large to run; these are practical presets.

    Attributes
    ----------
    spanner_samples : int
        Histories that DistSpanner draws per cut and epoch (N_sp of Algorithm 3). A history that the
        spanner misses is followed by uniform tokens, so this decides how rare those are.
    validation_samples : int
        Fresh trajectories per epoch that the learner tests itself on (n of Algorithm 1, line 9).
    threshold : float, optional
        Largest residual, in nats, that passes the test of line 15 (g). By default 1e-6, or 20 times
        the oracle's noise if that is more.
    max_epochs : int
        Epochs before giving up (K).
    coefficient_bound : float
        Largest absolute coefficient, in the spanner and in the program (2 in the paper).
    oracle_noise : float
        Sup-norm error of the oracle's logits, in nats; rank decisions and the program's equations
        are held to this tolerance.
    max_infeasible : float
        Share of trajectories whose program may be infeasible in an accepted epoch (0 to 0.5). Their
        tokens will be uniform, so the total variation may be larger by this share.
    printed : bool
        Run the algorithm as printed, without the corrections listed in `algorithm.learner`.
    """

    spanner_samples: int = 10_000
    validation_samples: int = 100
    threshold: float | None = None
    max_epochs: int = 200
    coefficient_bound: float = 2.0
    oracle_noise: float = 0.0
    max_infeasible: float = 0.0
    printed: bool = False

    def __post_init__(self) -> None:
        for name in ("spanner_samples", "validation_samples", "max_epochs"):
            check_count(name, getattr(self, name))
        check_number("oracle_noise", self.oracle_noise, least=0)
        check_number("max_infeasible", self.max_infeasible, least=0, most=0.5)
        check_number("coefficient_bound", self.coefficient_bound, least=LEAST_BOUND)
        if not isinstance(self.printed, bool):
            raise ArgumentError(f"printed must be True or False, got {self.printed!r}.")
        # A test finer than what the program leaves of its equations could never pass.
        check_number("threshold", self.residual_threshold, least=0)
        if self.residual_threshold <= self.tolerance:
            raise ArgumentError(
                f"threshold must be above the program's own tolerance of {self.tolerance:g}, got {self.threshold!r}; "
                "raise it, or lower oracle_noise if the oracle is better than that."
            )

    @property
    def tolerance(self) -> float:
        """Largest error of a program's equation, in nats: ten times the noise, plus rounding."""
        return SOLVER_ERROR + EQUATION_PER_NOISE * self.oracle_noise

    @property
    def residual_threshold(self) -> float:
        """The `threshold` in force, in nats."""
        if self.threshold is not None:
            return self.threshold
        return max(LEAST_THRESHOLD, TEST_PER_NOISE * self.oracle_noise)

    @staticmethod
    def practical(rank: int = 64, **settings: Any) -> "PracticalConfig":
        """Settings of the practical learner: `PracticalConfig(rank=rank, ...)`."""
        return PracticalConfig(rank=rank, **settings)


@dataclass(frozen=True)
class PracticalConfig:
    """Settings of the practical learner: Algorithm 1's loop, with approximations a real alphabet needs.

    Attributes
    ----------
    rank : int
        Dimension of the learned state, and so the learned model's logit rank.
    sequences : int
        Trajectories sampled from the teacher in all, shared out over the epochs. Drawing one asks
        `horizon` queries, and the answers are what the model is fitted to.
    columns : int
        Tokens whose logits are followed one by one, the likeliest ones; the others, of a larger
        alphabet, share what probability is left in fixed proportions, and their transition.
    epochs : int
        Rounds of sample, span, solve, verify, add witnesses.
    futures : int
        Most witness futures added in all; each is asked after `witness_histories` histories.
    future_length : int
        Most tokens of a witness future.
    witness_histories : int
        Histories, sampled from the teacher, that each witness future is asked after.
    validation : int
        Fresh trajectories that each epoch is verified on; never fitted to.
    weighting : float
        Power of its probability that a token weighs in the span: 0 treats all tokens alike, 1 is
        what KL does to second order.
    span_tolerance : float
        What the spanner of a cut may leave unexplained, in nats per probability-weighted logit; sets
        how many histories a cut's spanner has, at most `rank`.
    ridge : float
        Pull of each token's transition towards the mean next state, in numbers of observations.
    passes : int
        Refinement: passes of gradient descent over the answers already there (no new query).
        0 leaves the plain learner's model.
    factors : int
        Refinement: every token's transition is a mixture of this many matrices, so that rare tokens
        borrow from frequent ones.
    learning_rate : float
        Refinement: the first, and largest, step size of AdamW.
    batch : int
        Refinement: most trajectories per step; fewer where there are few, so that a pass has 60 steps.
    """

    rank: int = 64
    sequences: int = 24_000
    columns: int = 1000
    epochs: int = 3
    futures: int = 12
    future_length: int = 4
    witness_histories: int = 200
    validation: int = 250
    weighting: float = 0.5
    span_tolerance: float = 0.02
    ridge: float = 10.0
    passes: int = 4
    factors: int = 128
    learning_rate: float = 0.006
    batch: int = 128

    def __post_init__(self) -> None:
        check_count("rank", self.rank, least=2)
        for name in (
            "sequences",
            "columns",
            "epochs",
            "future_length",
            "witness_histories",
            "validation",
            "factors",
            "batch",
        ):
            check_count(name, getattr(self, name))
        for name in ("futures", "passes"):
            check_count(name, getattr(self, name), least=0)
        check_number("weighting", self.weighting, least=0, most=1)
        for name in ("span_tolerance", "ridge", "learning_rate"):
            check_number(name, getattr(self, name), least=1e-9)
        # Sequences are shared out over the epochs, and an epoch without any has nothing to be fitted to.
        if self.sequences < self.epochs:
            raise ArgumentError(
                f"sequences must be at least epochs, so that each epoch samples one, got {self.sequences} "
                f"and {self.epochs}."
            )
