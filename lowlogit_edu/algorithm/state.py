"""What Algorithm 1 carries from stage to stage: its state, and the outcome of a validation."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from jaxtyping import Float

from lowlogit_edu.algorithm.sampler import ProgramModel
from lowlogit_edu.core.errors import LowLogitError
from lowlogit_edu.events import Event, LearnResult, Status
from lowlogit_edu.matrices.logit_matrix import Word


@dataclass(frozen=True)
class FaithfulState:
    """Everything Algorithm 1 needs to go on, and what it has found so far.

    To go on takes `futures`, `epoch` and `drawn`, and `status` to know that a run is over. `model` and `status`
    are its result; `passed`, `ledger` and `history` are for people, and no step of the algorithm
    depends on them.

    Attributes
    ----------
    futures : tuple of tuples of words
        F_s for cuts s = 1 to horizon.
    epoch : int
        Epochs finished; the random numbers of an epoch depend on the seed and its number alone.
    drawn : int
        Epoch that the histories in use were drawn in.
    model : ProgramModel or None
        The model of the last spanned epoch: it holds the spanner rows.
    status : Status
    passed : int
        Most positions t that passed the test of line 15 in one epoch.
    ledger : mapping of str to int
        Logit queries spent, by line of Algorithm 1.
    history : tuple of Event
    """

    futures: tuple[tuple[Word, ...], ...]
    epoch: int = 0
    drawn: int = 1
    model: ProgramModel | None = None
    status: Status = Status.INTERRUPTED
    passed: int = 0
    ledger: Mapping[str, int] = field(default_factory=dict)
    history: tuple[Event, ...] = ()

    def result(self) -> LearnResult:
        """What has been learned so far.

        Raises
        ------
        LowLogitError
            Before the first spanner is there: nothing has been learned yet.
        """
        if self.model is None:
            raise LowLogitError(
                "there is no model yet: the learner stopped before its first spanner. "
                "Let it take more steps, or give it a larger query budget."
            )
        return LearnResult(self.model, self.status, self.ledger, self.history)


@dataclass(frozen=True)
class Validation:
    """Outcome of lines 10 to 15."""

    residuals: Float[np.ndarray, "cut"]  # the largest at each cut, in nats
    passed: int  # positions t
    infeasible: float  # largest share of trajectories without a solution at any position tested
    witnesses: tuple[tuple[int, Word], ...] = ()  # cuts and futures, the largest residual first

    @property
    def witness(self) -> tuple[int, Word] | None:
        """The one with the largest residual."""
        return self.witnesses[0] if self.witnesses else None
