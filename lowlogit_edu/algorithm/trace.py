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
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, fields, replace
from typing import Any

import numpy as np

from lowlogit_edu.algorithm.learner import add_witness
from lowlogit_edu.algorithm.potential import EllipticalPotential
from lowlogit_edu.algorithm.state import FaithfulState
from lowlogit_edu.core.errors import ArgumentError
from lowlogit_edu.matrices.logit_matrix import Word


@dataclass(frozen=True)
class EpochRow:
    """One epoch that reached the test of line 15; with `every_cut`, a row for each witness that it found.

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
        Cut and future added at the end of the epoch, the one with the largest residual first.
    residual : float or None
        Of the witness, in nats.
    surprise : float or None
        phi^T V^-1 phi of the witness at its cut, before it is added. None also for a witness of
        the last epoch, whose logits on the spanner were not asked any more.
    log_determinants : tuple of float
        log det V at cuts 1 to horizon - 1, before the witness.
    queries : int
        Spent since the row before.
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
    factors = [cut.on_futures.T for cut in state.model.cuts]  # of cut s: one phi for each of its futures
    futures = _futures_before_all_witnesses(state)
    potentials = _first_potentials(futures, factors, regularization)
    rows: list[EpochRow] = []
    spent = 0
    for epoch, events, found in _epochs(state):
        row = _row_of(epoch, events, found, futures, potentials, spent)
        if row.witness:
            s = row.witness[0] - 1
            number = len(futures[s])  # of the witness among its cut's futures
            futures = add_witness(futures, *row.witness)
            if number < len(factors[s]):  # else the run ended before the witness was asked about
                phi = factors[s][number]
                row = replace(row, surprise=potentials[s].surprise(phi))
                potentials[s] = potentials[s].add(phi)
        rows.append(row)
        spent += row.queries
    return rows


def _futures_before_all_witnesses(state: FaithfulState) -> tuple[tuple[Word, ...], ...]:
    """F_s of every cut as line 2 left it: a witness joins at the end, so the last ones are taken off."""
    found = [witness for event in state.history if event.kind == "witness" for witness in _witnesses(event.data)]
    cuts = [witness["cut"] for witness in found]
    return tuple(words[: len(words) - cuts.count(s)] for s, words in enumerate(state.futures, start=1))


def _first_potentials(
    futures: Sequence[Sequence[Word]], factors: Sequence[np.ndarray], regularization: float
) -> list[EllipticalPotential]:
    """At cuts 1 to horizon - 1: the potential once all `futures` are seen."""
    potentials = []
    for words, phis in zip(futures, factors, strict=False):  # cut T has futures, but no spanner
        potential = EllipticalPotential.start(phis.shape[1], regularization)
        for phi in phis[: len(words)]:
            potential = potential.add(phi)
        potentials.append(potential)
    return potentials


def _epochs(state: FaithfulState) -> Iterator[tuple[int, dict[str, Any], dict[str, Any] | None]]:
    """The data of each tested epoch's events by kind, with each of its witnesses; of an epoch begun twice, its last."""
    epochs: dict[int, dict[str, Any]] = {}
    for event in state.history:
        if event.kind in ("span", "verify", "witness"):
            epochs.setdefault(event.epoch, {})[event.kind] = event.data
    for epoch, events in epochs.items():
        if "verify" in events:
            for found in _witnesses(events["witness"]) if "witness" in events else [None]:
                yield epoch, events, found


def _witnesses(data: Mapping[str, Any]) -> list[dict[str, Any]]:
    """All of a witness event; there were no others when older runs were saved."""
    return [dict(data), *data.get("others", [])]


def _row_of(
    epoch: int,
    events: Mapping[str, Any],
    found: Mapping[str, Any] | None,
    futures: tuple[tuple[Word, ...], ...],
    potentials: Sequence[EllipticalPotential],
    spent: int,
) -> EpochRow:
    """An epoch's row, given what was known before it; the surprise is left open."""
    test = events["verify"]
    return EpochRow(
        epoch=epoch,
        futures=futures,
        spanners=_words(events["span"]["spanners"]),
        residuals=tuple(test["residuals"]),
        infeasible=test["infeasible"],
        witness=(found["cut"], tuple(found["future"])) if found else None,
        residual=found["residual"] if found else None,
        surprise=None,
        log_determinants=tuple(potential.log_determinant for potential in potentials),
        queries=test["queries"] - spent,  # the event counts from the beginning of the run
    )


def _words(nested: Sequence[Sequence[Sequence[int]]]) -> tuple[tuple[Word, ...], ...]:
    """Lists of lists of words, as JSON has them, in tuples."""
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
        return [_row_from(entry) for entry in json.loads(text)]
    except (TypeError, KeyError, ValueError) as error:
        names = ", ".join(field.name for field in fields(EpochRow))
        raise ArgumentError(f"expected a JSON array of objects with {names}; got {text[:60]!r}.") from error


def _row_from(entry: dict[str, Any]) -> EpochRow:
    """A row from its JSON object, which has lists where the row has tuples."""
    values = dict(entry)
    for name in ("futures", "spanners"):
        values[name] = _words(values[name])
    for name in ("residuals", "log_determinants"):
        values[name] = tuple(values[name])
    if values["witness"]:
        cut, word = values["witness"]
        values["witness"] = (cut, tuple(word))
    return EpochRow(**values)
