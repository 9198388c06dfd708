"""What a learner reports: events on the way, a result at the end."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import Any

from lowlogit_edu.learned.base import LearnedModel


class Status(Enum):
    """Why a learner stopped; the value is a sentence that says what to try."""

    VERIFIED = "Every test on fresh samples passed; histories too rare for them may still be wrong."
    MEASURED = "All rounds are done; no theorem covers this model: look at its measured KL."
    EPOCH_LIMIT = (
        "The last epoch allowed still found a witness: the model may be wrong where the witness "
        "says. Raise max_epochs or threshold; a teacher of high rank needs an epoch for each dimension."
    )
    PROGRAM_INFEASIBLE = (
        "Too many linear programs had no solution: the spanner misses common histories. Raise "
        "spanner_samples, or the tolerance if the oracle is noisy."
    )
    BUDGET_EXHAUSTED = "The query budget ended first; go on with a larger one."
    TIME_LIMIT = "The time limit ended first; what was learned so far is here and can be gone on with."
    INTERRUPTED = "Stopped by hand; what was learned so far is here and can be gone on with."


FINISHED = (Status.MEASURED, Status.VERIFIED)  # nothing is left to go on with


@dataclass(frozen=True)
class Event:
    """One step of a learner, for people, plots and progress bars.

    Attributes
    ----------
    kind : str
        What was just done: "sample", "span", "solve", "verify", "witness", "refine" or "finish".
    epoch : int
        Counted from 1.
    progress : float
        Estimated share of the work done, 0 to 1.
    message : str
        One sentence.
    data : mapping
        The numbers behind the sentence, JSON-able (lists, not arrays).
    """

    kind: str
    epoch: int
    progress: float
    message: str
    data: Mapping[str, Any] = field(default_factory=dict)


def is_kept(data: Mapping[str, Any]) -> bool:
    """Whether the model that an event measured became the learner's; a pass of refinement may make it worse."""
    return bool(data.get("kept", True))


@dataclass(frozen=True)
class LearnResult:
    """What `learn` returns.

    Attributes
    ----------
    model : LearnedModel
    status : Status
        Why the learner stopped; `status.value` is a sentence.
    ledger : mapping of str to int
        Logit queries spent, by purpose; a query is one prefix answered by the oracle.
    history : tuple of Event
    plain : LearnedModel or None
        The practical learner's model before its refinement, to be reported apart.
    """

    model: LearnedModel
    status: Status
    ledger: Mapping[str, int]
    history: tuple[Event, ...]
    plain: LearnedModel | None = None

    @property
    def queries(self) -> int:
        """All logit queries spent."""
        return sum(self.ledger.values())
