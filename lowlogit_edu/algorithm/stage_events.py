"""What the faithful learner says after each stage: a sentence, and the numbers behind it.

These functions look at what a stage left behind, and change nothing. The kinds of events are shared
with saved runs and with the practical learner: a validation is of kind "verify".
"""

from typing import Any

from lowlogit_edu.algorithm.sampler import ProgramModel
from lowlogit_edu.algorithm.state import FaithfulState, Validation
from lowlogit_edu.core.words import counted
from lowlogit_edu.events import Event


def progress(state: FaithfulState) -> float:
    """Share of the work done: nobody knows the number of epochs, but the positions that pass are counted."""
    return state.passed / len(state.futures)


def spanner_sizes(model: ProgramModel) -> list[int]:
    """Histories in the spanner of each cut."""
    return [len(cut.histories) for cut in model.cuts]


def sampled(state: FaithfulState) -> Event:
    """Line 2: the first futures are there."""
    return Event("sample", state.epoch, progress(state), "Started with one-token futures.")


def spanned(state: FaithfulState, epoch: int, model: ProgramModel) -> Event:
    """Lines 4 to 8: every cut has its spanner."""
    sizes = spanner_sizes(model)
    data = {"spanner_sizes": sizes, "spanners": [cut.histories.tolist() for cut in model.cuts]}
    return Event("span", epoch, progress(state), f"Spanners of {sizes} histories.", data)


def validated(state: FaithfulState, epoch: int, model: ProgramModel, validation: Validation, queries: int) -> Event:
    """Lines 9 to 15: the fresh trajectories were followed as far as they passed."""
    positions = model.horizon - 1
    message = f"{validation.passed} of {positions} positions passed; largest residual {validation.residuals.max():.2g}."
    data = {
        "epoch": epoch,
        "futures_per_cut": [len(words) for words in state.futures],
        "spanner_sizes": spanner_sizes(model),
        "residuals": validation.residuals.tolist(),
        "infeasible": validation.infeasible,
        "queries": queries,
    }
    return Event("verify", epoch, progress(state), message, data)


def disagreement(cut: int, residual: float) -> str:
    """What a residual is: not how wrong a cut is, but the step from the one before it."""
    return f"Cuts {cut - 1} and {cut} disagree by {residual:.2g} nats"


def witnessed(state: FaithfulState, epoch: int, validation: Validation) -> Event:
    """Lines 16 and 17: a future showed that two cuts disagree, and has joined the later one."""
    found: list[dict[str, Any]] = [
        {"cut": cut, "future": list(word), "residual": float(validation.residuals[cut - 1])}
        for cut, word in validation.witnesses
    ]
    first, *others = found
    message = f"{disagreement(first['cut'], first['residual'])} about future {first['future']}."
    if others:
        message += f" So do {counted(len(others), 'other pair')} of neighbours about others."
    return Event("witness", epoch, progress(state), message, {**first, "others": others})


def finished(state: FaithfulState, epoch: int) -> Event:
    """The end, whatever brought it; `state.status` says so in a sentence."""
    return Event("finish", epoch, 1.0, state.status.value, {"status": state.status.name})
