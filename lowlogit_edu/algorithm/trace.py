"""What the faithful learner did, epoch by epoch, to be looked at again.

>>> import lowlogit_edu as ll
>>> oracle = ll.oracles.ExactOracle(ll.models.noisy_parity(bits=3, seed=1))
>>> *_, (state, _) = ll.learn_steps(oracle, horizon=4, seed=0)
>>> for row in trace(state)[:2]:
...     print(row.epoch, [len(words) for words in row.futures], row.witness)
1 [2, 2, 2, 2] (2, (0, 0, 0))
2 [2, 3, 2, 2] (3, (0, 0))
"""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, fields
from typing import Any

from lowlogit_edu.algorithm.learner import FaithfulState
from lowlogit_edu.algorithm.potential import EllipticalPotential
from lowlogit_edu.core.errors import ArgumentError
from lowlogit_edu.matrices.logit_matrix import Word


@dataclass(frozen=True)
class EpochRow:
    """One epoch that reached the test of line 15.

    Attributes
    ----------
    epoch : int
    futures : tuple of tuples of words
        F_s of cuts 1 to horizon, before the witness.
    spanners : tuple of tuples of words
        Spanner histories of cuts 1 to horizon - 1.
    residuals : tuple of float
        Largest at each cut, in nats, over the positions tested.
    infeasible : float
        Largest share of trajectories without a solution.
    witness : (int, word) or None
        Cut and future added at the end of the epoch.
    residual : float or None
        Of the witness, in nats.
    surprise : float or None
        phi^T V^-1 phi of the witness at its cut, before it is added. None also for a witness of
        the last epoch, whose logits on the spanner were not asked any more.
    log_determinants : tuple of float
        log det V at cuts 1 to horizon - 1, before the witness.
    queries : int
        Spent since the epoch before.
    """

    epoch: int
    futures: tuple[tuple[Word, ...], ...]
    spanners: tuple[tuple[Word, ...], ...]
    residuals: tuple[float, ...]
    infeasible: float
    witness: tuple[int, Word] | None
    residual: float | None
    surprise: float | None
    log_determinants: tuple[float, ...]
    queries: int


def trace(state: FaithfulState, regularization: float = 1.0) -> list[EpochRow]:
    """The epochs of a run of the faithful learner, with the potential that bounds their number.

    Paper: Lemma 5.6 (termination), arXiv:2512.09892.

    A future f is the vector phi of its logits on the spanner of the last epoch: these are the
    factors v_f of Equation 20, since every row is a bounded combination of the spanner's. Each
    witness adds log(1 + surprise) to log det V, V = `regularization` * I + sum of phi phi^T.

    Parameters
    ----------
    state : FaithfulState
        Of a run that was begun with no state, or its end.
    regularization : float
        In nats squared.
    """
    if state.model is None:
        raise ArgumentError("the state has no epoch to trace yet; let the learner take more steps.")
    found = [event.data for event in state.history if event.kind == "witness"]
    counts = [sum(data["cut"] == s for data in found) for s in range(1, len(state.futures) + 1)]
    futures = [list(words[: len(words) - count]) for words, count in zip(state.futures, counts, strict=True)]
    factors = [cut.on_futures.T for cut in state.model.cuts]
    potentials = [EllipticalPotential.start(rows.shape[1], regularization) for rows in factors]
    for s, rows in enumerate(factors):
        for phi in rows[: len(futures[s])]:
            potentials[s] = potentials[s].add(phi)
    rows_out: list[EpochRow] = []
    for epoch, events in _epochs(state):
        verify, witness = events["verify"], events.get("witness")
        before = tuple(map(tuple, futures)), tuple(potential.log_determinant for potential in potentials)
        surprise = None
        if witness:
            s, number = witness["cut"] - 1, len(futures[witness["cut"] - 1])
            futures[s].append(tuple(witness["future"]))
            if number < len(factors[s]):
                surprise = potentials[s].surprise(factors[s][number])
                potentials[s] = potentials[s].add(factors[s][number])
        rows_out.append(
            EpochRow(
                epoch,
                before[0],
                _words(events["span"]["spanners"]),
                tuple(verify["residuals"]),
                verify["infeasible"],
                (witness["cut"], tuple(witness["future"])) if witness else None,
                witness["residual"] if witness else None,
                surprise,
                before[1],
                verify["queries"] - sum(row.queries for row in rows_out),
            )
        )
    return rows_out


def _epochs(state: FaithfulState) -> list[tuple[int, dict[str, Any]]]:
    """The data of each tested epoch's events, by kind; of an epoch begun twice, its last."""
    epochs: dict[int, dict[str, Any]] = {}
    for event in state.history:
        if event.kind in ("span", "verify", "witness"):
            epochs.setdefault(event.epoch, {})[event.kind] = event.data
    return [(epoch, events) for epoch, events in epochs.items() if "verify" in events]


def _words(nested: Sequence[Sequence[Sequence[int]]]) -> tuple[tuple[Word, ...], ...]:
    return tuple(tuple(tuple(word) for word in words) for words in nested)


def to_json(rows: Sequence[EpochRow]) -> str:
    """The rows as a JSON array of objects, for other programs and for `from_json`."""
    return json.dumps([asdict(row) for row in rows])


def from_json(text: str) -> list[EpochRow]:
    """The rows that `to_json` wrote.

    Raises
    ------
    ArgumentError
        If the text is something else.
    """
    try:
        return [_row(entry) for entry in json.loads(text)]
    except (TypeError, KeyError, ValueError) as error:
        names = ", ".join(field.name for field in fields(EpochRow))
        raise ArgumentError(f"expected a JSON array of objects with {names}; got {text[:60]!r}.") from error


def _row(entry: dict[str, Any]) -> EpochRow:
    entry = dict(entry)
    for name in ("futures", "spanners"):
        entry[name] = _words(entry[name])
    for name in ("residuals", "log_determinants"):
        entry[name] = tuple(entry[name])
    if entry["witness"]:
        entry["witness"] = (entry["witness"][0], tuple(entry["witness"][1]))
    return EpochRow(**entry)
