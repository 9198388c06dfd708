"""What the practical learner has found so far."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from lowlogit_edu.core.errors import LowLogitError
from lowlogit_edu.events import Event, LearnResult, Status
from lowlogit_edu.learned.isan_model import ISANModel
from lowlogit_edu.practical.answers import Answers, Block
from lowlogit_edu.practical.coordinates import Coordinates
from lowlogit_edu.practical.maps import CoefficientMaps
from lowlogit_edu.practical.span import Spanner
from lowlogit_edu.practical.verify import Fresh


@dataclass(frozen=True)
class PracticalState:
    """Everything the practical learner needs to go on, and what it has found so far.

    Attributes
    ----------
    epoch, stage, passes : int
        Epochs finished, stages finished in the epoch under way, refinement passes finished.
    answers : Answers or None
        All answers so far that maps are fitted to.
    apart : Block or None
        Texts told about as well, on which sizes of steps are chosen.
    coordinates, spanner, maps
        What rows are kept to, the histories that others are told in terms of, and the maps in those terms.
    plain, model : ISANModel or None
        The solved model, and the best so far (refined, where that is better on the texts kept apart).
    apart_kl : float
        KL of `model` on the texts kept apart.
    fresh : Fresh or None
        The texts that the last verification was on; refinement is measured on them as well.
    refinement : mapping of str to array
        Parameters and optimizer moments of the refinement.
    status, ledger, history
        As in `LearnResult`.
    """

    epoch: int = 0
    stage: int = 0
    passes: int = 0
    answers: Answers | None = None
    apart: Block | None = None
    coordinates: Coordinates | None = None
    spanner: Spanner | None = None
    maps: CoefficientMaps | None = None
    plain: ISANModel | None = None
    model: ISANModel | None = None
    apart_kl: float = np.inf
    fresh: Fresh | None = None
    refinement: Mapping[str, np.ndarray] = field(default_factory=dict)
    status: Status = Status.INTERRUPTED
    ledger: Mapping[str, int] = field(default_factory=dict)
    history: tuple[Event, ...] = ()

    @property
    def told(self) -> Answers:
        """All texts told about: those that maps are fitted to, and those kept apart; what baselines are fitted to."""
        assert self.answers is not None, "texts are sampled first"
        return self.answers if self.apart is None else self.answers.add(self.apart)

    def result(self) -> LearnResult:
        """What has been learned so far.

        Raises
        ------
        LowLogitError
            Before the first maps are solved: nothing has been learned yet.
        """
        if self.model is None or self.plain is None:
            raise LowLogitError(
                "there is no model yet: the learner stopped in its first epoch. "
                "Let it take more steps, or give it a larger query budget."
            )
        return LearnResult(self.model, self.status, self.ledger, self.history, self.plain)
