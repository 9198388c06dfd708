"""Settings of the two learners, each with its reason."""

from dataclasses import dataclass
from typing import Any

from lowlogit_edu.errors import ArgumentError
from lowlogit_edu.models.base import check_count, check_number


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
        Run the algorithm as printed, without the corrections listed in the module `faithful`.
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
        check_number("coefficient_bound", self.coefficient_bound, least=1.01)
        if not isinstance(self.printed, bool):
            raise ArgumentError(f"printed must be True or False, got {self.printed!r}.")
        check_number("threshold", self.residual_threshold, least=0)
        if self.residual_threshold <= self.tolerance:
            raise ArgumentError(
                f"threshold must be above the program's own tolerance of {self.tolerance:g}, got {self.threshold!r}; "
                "raise it, or lower oracle_noise if the oracle is better than that."
            )

    @property
    def tolerance(self) -> float:
        """Largest error of a program's equation, in nats: ten times the noise, plus rounding."""
        return 1e-7 + 10 * self.oracle_noise

    @property
    def residual_threshold(self) -> float:
        """The `threshold` in force, in nats."""
        return max(1e-6, 20 * self.oracle_noise) if self.threshold is None else self.threshold

    @staticmethod
    def practical(rank: int = 64, **settings: Any) -> "PracticalConfig":
        """Settings of the practical learner: `PracticalConfig(rank=rank, ...)`."""
        return PracticalConfig(rank=rank, **settings)


@dataclass(frozen=True)
class PracticalConfig:
    """Settings of the practical learner (under construction)."""

    rank: int = 64
