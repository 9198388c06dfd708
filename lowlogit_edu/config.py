"""Settings of the two learners, each with its reason."""

from dataclasses import dataclass

from lowlogit_edu.models.base import check_count


@dataclass(frozen=True)
class LearnerConfig:
    """Settings of the faithful learner, `LearnerConfig()`; `LearnerConfig.practical()` is the other.

    The theorem's own parameters (Section 5.2) are too large to run; these are practical presets.

    Attributes
    ----------
    spanner_samples : int
        Histories that DistSpanner draws per cut and epoch (N_sp of Algorithm 3).
    validation_samples : int
        Fresh trajectories per epoch that the learner tests itself on (n of Algorithm 1, line 9).
    threshold : float
        Largest residual, in nats, that passes the test of line 15 (g).
    max_epochs : int
        Epochs before giving up (K).
    coefficient_bound : float
        Largest absolute spanner coefficient (2 in the paper).
    oracle_noise : float
        Sup-norm error of the oracle's logits, in nats; rank decisions and the program's equations
        are held to this tolerance.
    max_infeasible : float
        Share of trajectories whose program may be infeasible in an accepted epoch.
    printed : bool
        Run the algorithm as printed, without the corrections listed in the module `faithful`.
    """

    spanner_samples: int = 200
    validation_samples: int = 40
    threshold: float = 1e-6
    max_epochs: int = 200
    coefficient_bound: float = 2.0
    oracle_noise: float = 0.0
    max_infeasible: float = 0.0
    printed: bool = False

    def __post_init__(self) -> None:
        for name in ("spanner_samples", "validation_samples", "max_epochs"):
            check_count(name, getattr(self, name))

    @staticmethod
    def practical(rank: int = 64, **settings) -> "PracticalConfig":
        """Settings of the practical learner: `PracticalConfig(rank=rank, ...)`."""
        return PracticalConfig(rank=rank, **settings)


@dataclass(frozen=True)
class PracticalConfig:
    """Settings of the practical learner (under construction)."""

    rank: int = 64
