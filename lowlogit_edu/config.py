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
READOUTS = ("algorithm 2", "shared")
LARGEST_WEIGHT = 1e6  # beside observations in single precision nothing is left of these with a larger one
USUAL_RANK = 64  # up to which refinement takes its usual steps; above it, shorter and more of them
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
    redraw : bool
        Whether every epoch draws the histories of its spanners afresh, as `printed` does always. False draws them once,
        and again only after an epoch whose programs had no solution: an epoch then asks about its new futures alone,
        and long horizons take a small part of the time. What a model is tested on is fresh in either case.
    every_cut : bool
        Whether an epoch tests all positions and gives every cut with a residual above the threshold a witness of its
        own. False, as in the paper, stops at the first position that fails and adds the one witness that is largest
        there: far more epochs where the horizon is long.
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
    redraw: bool = True
    every_cut: bool = False
    printed: bool = False

    def __post_init__(self) -> None:
        for name in ("spanner_samples", "validation_samples", "max_epochs"):
            check_count(name, getattr(self, name))
        check_number("oracle_noise", self.oracle_noise, least=0)
        check_number("max_infeasible", self.max_infeasible, least=0, most=0.5)
        check_number("coefficient_bound", self.coefficient_bound, least=LEAST_BOUND)
        for name in ("redraw", "every_cut", "printed"):
            if not isinstance(getattr(self, name), bool):
                raise ArgumentError(f"{name} must be True or False, got {getattr(self, name)!r}.")
        if self.printed and self.every_cut:
            raise ArgumentError("printed=True adds one witness an epoch: it cannot go with every_cut=True.")
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
        Most histories in the spanner, and so coefficients that the learned model carries.
    sequences : int
        What is spent on sampled texts, in texts of the horizon's length, shared out over the epochs. Drawing a text
        asks as many queries as it has tokens, and the answers are what the model is fitted to.
    longer : float
        Share of that which is spent on texts four times as long, so that the model may be run on beyond the horizon
        (0 to 0.5); 0 where the teacher does not say that it reads them (`oracles.reads_texts_of`).
    columns : int
        Tokens whose logits are followed one by one, the likeliest ones; the others, of a larger
        alphabet, share what probability is left in fixed proportions, and their maps.
    epochs : int
        Rounds of sample, span, solve, verify, add witnesses; after the last no witnesses are asked.
    rounds : int
        Rounds of reading, program and steps in each epoch. In the last epoch errors are measured in probabilities, in
        twice as many rounds on a quarter of the texts each; before it in logits. A single epoch does both.
    bound : float
        Largest absolute coefficient in the spanner (2 in the paper); above 1.
    equation_weight : float
        Weight of the program's equations between one step and the next, beside the rows told. The larger it is, the
        less slack they have; the exact learner's have none.
    width : int
        Coordinates that a row of logits is kept to.
    weighting : float
        Power of its probability that a token weighs in those coordinates: 0 treats all tokens alike, 1 is
        what KL does to second order.
    start_ridge : float, optional
        Pull of each token's maps towards those of all tokens at the start, in numbers of observations. By default 320,
        and 40 where the row after a history is shorter than the rank, as those of small exact models are.
    ridge : float
        The same in the rounds that follow.
    readout : "algorithm 2" or "shared"
        How a row of logits is read: from the coefficients before the last token, by a map of that token, as in the
        paper's Algorithm 2; or from the coefficients after it, by one map for all tokens, which makes a model of logit
        rank `rank` in the strict sense and is less accurate.
    kept_apart : int
        Texts on which the sizes of steps are chosen instead of being fitted; at most a fiftieth of all, or 20.
    witnesses : int, optional
        Rare contexts asked about in all, each with the `witness_length` rows that follow it. By default a quarter as
        many as `sequences`, which costs 2 % more queries at a horizon of 32.
    witness_length : int
        See `witnesses`.
    validation : int
        Fresh trajectories that each epoch is verified on; never fitted to.
    epsilon : float, optional
        KL in nats per token that counts as verified: the run ends where the mean over fresh texts is below it by two
        standard errors. By default it goes through all epochs.
    passes : int
        Refinement (not the paper's): passes of gradient descent over the answers already there, no new query.
        0 leaves the solved model. Steps are large at first and shrink over all passes, so that often only the last
        pass is better than the solved model.
    factors : int
        Refinement: every token's maps are a mixture of this many matrices, so that rare tokens
        borrow from frequent ones.
    decay : float
        Refinement: weight decay of what tokens have of their own.
    learning_rate : float
        Refinement: the first, and largest, step size of AdamW; above rank 64 in inverse proportion to the rank less.
    batch : int, optional
        Refinement: most trajectories per step; fewer where there are few, so that a pass has 60 steps. By default 256,
        and 96 above rank 64, where shorter steps have to be more.
    """

    rank: int = 64
    sequences: int = 24_000
    longer: float = 0.25
    columns: int = 1000
    epochs: int = 3
    rounds: int = 2
    bound: float = 2.0
    equation_weight: float = 3.0
    width: int = 160
    weighting: float = 0.5
    start_ridge: float | None = None
    ridge: float = 60.0
    readout: str = "algorithm 2"
    kept_apart: int = 300
    witnesses: int | None = None
    witness_length: int = 3
    validation: int = 250
    epsilon: float | None = None
    passes: int = 2
    factors: int = 128
    decay: float = 0.3
    learning_rate: float = 0.009
    batch: int | None = None

    def __post_init__(self) -> None:
        check_count("rank", self.rank, least=2)
        check_count("sequences", self.sequences)
        for name in ("columns", "epochs", "rounds", "width", "kept_apart", "witness_length", "factors", "batch"):
            if (name, getattr(self, name)) != ("batch", None):
                check_count(name, getattr(self, name))
        check_count("validation", self.validation, least=2)  # one text has no standard error
        for name in ("most_witnesses", "passes"):
            check_count(name.removeprefix("most_"), getattr(self, name), least=0)
        check_number("weighting", self.weighting, least=0, most=1)
        check_number("longer", self.longer, least=0, most=0.5)
        check_number("bound", self.bound, least=LEAST_BOUND)
        check_number("decay", self.decay, least=0)
        for name in ("equation_weight", "ridge", "learning_rate", "start_ridge"):
            if (name, getattr(self, name)) != ("start_ridge", None):
                check_number(name, getattr(self, name), least=1e-9, most=LARGEST_WEIGHT)
        if self.readout not in READOUTS:
            raise ArgumentError(f"readout must be one of {', '.join(map(repr, READOUTS))}, got {self.readout!r}.")
        if self.epsilon is not None:
            check_number("epsilon", self.epsilon, least=1e-9)
        # Sequences are shared out over the epochs; the first needs one to fit and one to keep apart.
        if self.sequences < 2 * self.epochs:
            raise ArgumentError(
                f"sequences must be at least twice epochs, so that each epoch samples some, got {self.sequences} "
                f"and {self.epochs}."
            )

    @property
    def most_witnesses(self) -> int:
        """The `witnesses` in force."""
        return self.sequences // 4 if self.witnesses is None else self.witnesses

    @property
    def batch_in_force(self) -> int:
        """The `batch` in force."""
        if self.batch is not None:
            return self.batch
        return 256 if self.rank <= USUAL_RANK else 96
