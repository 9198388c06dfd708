"""A run under way: the oracle with its ledger, the settings, and the state that stages report to."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from lowlogit_edu.config import PracticalConfig
from lowlogit_edu.events import FINISHED, Event, Status
from lowlogit_edu.oracles.base import LogitOracle
from lowlogit_edu.oracles.counted import Counted
from lowlogit_edu.practical.answers import Answers, Block
from lowlogit_edu.practical.coordinates import Coordinates
from lowlogit_edu.practical.maps import CoefficientMaps
from lowlogit_edu.practical.memory import give_back
from lowlogit_edu.practical.span import Spanner
from lowlogit_edu.practical.state import PracticalState
from lowlogit_edu.practical.verify import Fresh, Measured

# About how long each of `stages.EPOCH` takes, and a pass of refinement: for progress. A unit is 2 s for the embedded
# teacher on two cores.
DURATIONS = {"sample": 6, "span": 1, "solve": 7, "verify": 1, "witness": 3}
PASS = 12


class Session:
    """One run of the practical learner; `report` is the only place where its state changes.

    Attributes
    ----------
    state : PracticalState
    verified : bool
        Whether the last verification passed.
    """

    def __init__(
        self, oracle: LogitOracle, horizon: int, config: PracticalConfig, seed: int, state: PracticalState
    ) -> None:
        self.horizon = horizon
        self.config = config
        self.seed = seed
        self.state = replace(state, status=Status.INTERRUPTED)
        self.oracle = Counted(oracle)
        self.oracle.by_purpose.update(self.state.ledger)

    @property
    def epoch(self) -> int:
        """The epoch under way, from 1."""
        return min(self.state.epoch + 1, self.config.epochs)

    @property
    def verified(self) -> bool:
        """Whether the last test on fresh texts passed at `epsilon`."""
        tests = [event.data["verified"] for event in self.state.history if "verified" in event.data]
        return bool(tests and tests[-1])

    @property
    def settings(self) -> dict[str, Any]:
        """What saved models remember of how they were learned."""
        return {"seed": self.seed, "sequences": self.config.sequences, "passes": self.state.passes}

    @property
    def answers(self) -> Answers:
        """What has been told; there once the first texts are sampled."""
        assert self.state.answers is not None, "texts are sampled first"
        return self.state.answers

    @property
    def coordinates(self) -> Coordinates:
        """What rows are kept to; there once histories are spanned."""
        assert self.state.coordinates is not None, "histories are spanned first"
        return self.state.coordinates

    @property
    def maps(self) -> CoefficientMaps:
        """The maps; there once histories are spanned."""
        assert self.state.maps is not None, "histories are spanned first"
        return self.state.maps

    @property
    def spanner(self) -> Spanner:
        """The histories that all others are told by; there once they are chosen."""
        assert self.state.spanner is not None, "histories are spanned first"
        return self.state.spanner

    @property
    def apart(self) -> Block:
        """The texts kept apart; there once the first texts are sampled."""
        assert self.state.apart is not None, "texts are sampled first"
        return self.state.apart

    def share(self, total: int, epochs: int) -> int:
        """What falls to this epoch of so many in all, where they are shared out over so many epochs."""
        if self.epoch > epochs:
            return 0
        return total * self.epoch // epochs - total * (self.epoch - 1) // epochs

    @property
    def fresh(self) -> Fresh:
        """The texts that the last verification was on; there once there was one."""
        assert self.state.fresh is not None, "maps are verified first"
        return self.state.fresh

    def test(self, measured: Measured) -> dict[str, Any]:
        """The numbers of a test on fresh texts, and whether it passed."""
        epsilon = self.config.epsilon
        passed = epsilon is not None and measured.is_at_most(epsilon)
        return {
            "kl": measured.along.tolist(),
            "mean_kl": measured.mean,
            "kl_error": measured.error,
            "verified": passed,
        }

    def report(self, kind: str, message: str, data: Mapping[str, Any], **changes: Any) -> tuple[PracticalState, Event]:
        """The state with changes, and the event that says so; a stage of an epoch makes way for the next one."""
        give_back()
        epoch = self.epoch
        if kind in DURATIONS:
            turned, stage = divmod(list(DURATIONS).index(kind) + 1, len(DURATIONS))
            changes |= {"epoch": self.state.epoch + turned, "stage": stage}
        state = replace(self.state, ledger=dict(self.oracle.by_purpose), **changes)
        takes = list(DURATIONS.values())
        total = sum(takes) * self.config.epochs + PASS * self.config.passes
        done = sum(takes) * state.epoch + sum(takes[: state.stage]) + PASS * state.passes
        progress = 1.0 if state.status in FINISHED else done / total
        event = Event(kind, epoch, progress, message, {**data, "queries": self.oracle.queries})
        self.state = replace(state, history=(*state.history, event))
        return self.state, event

    def finish(self, status: Status) -> tuple[PracticalState, Event]:
        """The end, whatever brought it."""
        return self.report("finish", status.value, {"status": status.name}, status=status)
