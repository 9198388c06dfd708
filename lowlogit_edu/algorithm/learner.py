"""The faithful learner: Algorithm 1 line by line, one event per stage of every epoch.

Corrections to the printed algorithm, switched off by `LearnerConfig(printed=True)`:

- line 2: every F_s starts with all one-token futures, which Algorithm 2 asks for; as printed it
  starts with the one token of a single sample;
- line 15: the test needs only cuts 2 <= s <= t and futures that end just behind the prefix
  (r = t + 1); as printed it also tries the shorter ones.

In both modes lines 18 and 19 stand outside the loop over t, as the proof requires.

>>> from lowlogit_edu.models import noisy_parity
>>> from lowlogit_edu.oracles.exact import ExactOracle
>>> *_, (state, event) = faithful_steps(ExactOracle(noisy_parity(bits=3, seed=1)), 4, LearnerConfig(), seed=0)
>>> state.result().status.name, state.futures[1]
('VERIFIED', ((0,), (1,), (0, 0, 0)))
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise
from typing import Any

import numpy as np
from jaxtyping import Float, Int

from lowlogit_edu.algorithm.sampler import CutRows, ProgramModel
from lowlogit_edu.config import LearnerConfig
from lowlogit_edu.core.errors import BudgetExhausted, LowLogitError
from lowlogit_edu.core.rng import stream
from lowlogit_edu.events import Event, LearnResult, Status
from lowlogit_edu.matrices.logit_matrix import Word
from lowlogit_edu.matrices.spanner import dist_spanner
from lowlogit_edu.oracles.base import LogitOracle, ask, sample
from lowlogit_edu.oracles.counted import Cached, Counted


@dataclass(frozen=True)
class FaithfulState:
    """Everything Algorithm 1 needs to go on, and what it has found so far.

    Attributes
    ----------
    futures : tuple of tuples of words
        F_s for cuts s = 1 to horizon.
    epoch : int
        Epochs finished; the random numbers of an epoch depend on the seed and its number alone.
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
    """Outcome of line 15."""

    residuals: Float[np.ndarray, "cut"]  # the largest at each cut, in nats
    passed: int  # positions t
    infeasible: float  # largest share of trajectories without a solution at any position tested
    witness: tuple[int, Word] | None = None  # cut and future


def span(
    oracle: LogitOracle, futures: Sequence[Sequence[Word]], config: LearnerConfig, *, seed: int, epoch: int
) -> ProgramModel:
    """Lines 4 to 8: a spanner and its rows at every cut that a program reaches."""
    tokens, cuts = range(oracle.alphabet_size), []
    for s, (here, beyond) in enumerate(pairwise(futures), start=1):
        extended = list(dict.fromkeys([*here, *((z, *f) for z in tokens for f in beyond)]))  # Alg. 1, line 5
        histories, _ = dist_spanner(  # Alg. 1, line 8
            oracle,
            extended,
            s - 1,
            config.spanner_samples,
            bound=config.coefficient_bound,
            tolerance=config.oracle_noise,
            rng=stream(seed, "spanner", epoch, s),
        )
        cuts.append(CutRows.ask(oracle, histories, here, beyond))  # line 18 in advance
    settings = (config.coefficient_bound, config.tolerance, config.oracle_noise)
    return ProgramModel(ask(oracle, [()])[0], cuts, *settings, oracle.fingerprint)


def predictions(
    oracle: LogitOracle, model: ProgramModel, prefixes: Int[np.ndarray, "prefix time"], end: int
) -> list[Float[np.ndarray, "prefix token"]]:
    """What each cut s says about the token after `prefixes[:, :end]`: sum_i c_s(i) L(h_i o y_s..y_end o a).

    Paper: Algorithm 1, lines 13 and 14 (extension to all futures), arXiv:2512.09892.

    Cut 1 says what the oracle says. The residual of cut s is the step from cut s - 1 to cut s.
    """
    path, _ = model.coefficients(prefixes)
    said = []
    for s, c in enumerate(path[: end + 1], start=1):
        histories, words = model.cuts[s - 1].histories.tolist(), prefixes[:, s - 1 : end].tolist()
        answers = ask(oracle, [(*history, *word) for word in words for history in histories])
        said.append(np.einsum("pi,pia->pa", c, answers.reshape(*c.shape, oracle.alphabet_size)))
    return said


def validate(
    oracle: LogitOracle, model: ProgramModel, trajectories: Int[np.ndarray, "trajectory time"], config: LearnerConfig
) -> Validation:
    """Lines 10 to 17: test the model on fresh trajectories; at most one witness."""
    T = model.horizon
    residuals, infeasible = np.zeros(T), 0.0
    for t in range(1, T):  # Alg. 1, line 10
        prefixes, counts = np.unique(trajectories[:, :t], axis=0, return_counts=True)
        _, solved = model.coefficients(prefixes)  # Alg. 1, line 11
        infeasible = max(infeasible, float(counts[~solved].sum() / counts.sum()))
        if infeasible > config.max_infeasible:  # Alg. 1, line 12
            return Validation(residuals, t - 1, infeasible)
        prefixes, largest = prefixes[solved], config.residual_threshold
        witness: tuple[int, Word] | None = None
        for end in range(1 if config.printed else t, t + 1):  # r - 1 in the paper
            said = predictions(oracle, model, prefixes, end)
            for s, (before, here) in enumerate(pairwise(said), start=2):
                gap = np.abs(before - here)
                residuals[s - 1] = max(residuals[s - 1], gap.max(initial=0.0))
                if gap.max(initial=0.0) > largest:  # Alg. 1, line 15: the largest of all
                    largest = float(gap.max())
                    row, token = np.unravel_index(gap.argmax(), gap.shape)
                    witness = s, (*prefixes[row, s - 1 : end].tolist(), int(token))
        if witness is not None:
            return Validation(residuals, t - 1, infeasible, witness)
    return Validation(residuals, T - 1, infeasible)


class _Run:
    """The oracle with its ledger, and the state with its history: what every stage reports to."""

    def __init__(self, oracle: LogitOracle, state: FaithfulState) -> None:
        self.counted = Counted(oracle)
        self.counted.by_purpose.update(state.ledger)
        self.oracle, self.state, self.epoch = Cached(self.counted), state, state.epoch

    def report(self, kind: str, message: str, data: Mapping[str, Any], **changes: Any) -> tuple[FaithfulState, Event]:
        state = replace(self.state, ledger=dict(self.counted.by_purpose), **changes)
        done = 1.0 if kind == "finish" else state.passed / len(state.futures)
        event = Event(kind, self.epoch, done, message, data)
        self.state = replace(state, history=(*state.history, event))
        return self.state, event

    def finish(self, status: Status, **changes: Any) -> tuple[FaithfulState, Event]:
        return self.report("finish", status.value, {"status": status.name}, status=status, **changes)


def first_futures(oracle: LogitOracle, horizon: int, config: LearnerConfig, seed: int) -> tuple[tuple[Word, ...], ...]:
    """Line 2: F_s for every cut."""
    if not config.printed:
        return (tuple((z,) for z in range(oracle.alphabet_size)),) * horizon
    (tokens,) = sample(oracle, 1, horizon, rng=stream(seed, "line 2")).tolist()
    return tuple(((token,),) for token in tokens)


def faithful_steps(
    oracle: LogitOracle, horizon: int, config: LearnerConfig, seed: int, state: FaithfulState | None = None
) -> Iterator[tuple[FaithfulState, Event]]:
    """Run Algorithm 1, yielding the state and an event after each stage.

    Paper: Algorithm 1 (learning algorithm), arXiv:2512.09892.
    Differs from the paper: least squares stands in for a linear program whose constraints it
    meets; the largest residual above the threshold is the witness; cut T, which no program
    reaches, has no spanner; see the module for the corrections.

    Given a `state` of an earlier run with the same arguments, the run goes on from there and ends
    in the same model; its cache starts empty, so questions asked again are counted again.
    """
    run = _Run(oracle, replace(state or FaithfulState(()), status=Status.INTERRUPTED))
    asking, counted = run.oracle, run.counted
    try:
        if not run.state.futures:
            with counted.purpose("sampling"):
                futures = first_futures(asking, horizon, config, seed)
            yield run.report("sample", "Started with one-token futures.", {}, futures=futures)
        failed = Status.EPOCH_LIMIT
        for epoch in range(run.state.epoch + 1, config.max_epochs + 1):  # Alg. 1, line 3
            run.epoch = epoch
            with counted.purpose("line 8: spanner"):
                model = span(asking, run.state.futures, config, seed=seed, epoch=epoch)
            sizes = [len(cut.histories) for cut in model.cuts]
            message = f"Spanners of {sizes} histories."
            data = {"spanner_sizes": sizes, "spanners": [cut.histories.tolist() for cut in model.cuts]}
            yield run.report("span", message, data, model=model, epoch=epoch - 1)
            with counted.purpose("sampling"):  # Alg. 1, line 9
                rng = stream(seed, "trajectories", epoch)
                trajectories = sample(asking, config.validation_samples, horizon, rng=rng)
            with counted.purpose("line 15: validation"):
                test = validate(asking, model, trajectories, config)
            numbers: dict[str, Any] = {
                "epoch": epoch,
                "futures_per_cut": [len(words) for words in run.state.futures],
                "spanner_sizes": sizes,
                "residuals": test.residuals.tolist(),
                "infeasible": test.infeasible,
                "queries": counted.queries,
            }
            message = f"{test.passed} of {horizon - 1} positions passed; largest residual {test.residuals.max():.2g}."
            yield run.report("verify", message, numbers, passed=max(run.state.passed, test.passed))
            if test.witness is not None:  # Alg. 1, lines 16 and 17
                yield _add_witness(run, test.witness, float(test.residuals[test.witness[0] - 1]))
            elif test.passed == horizon - 1:  # Alg. 1, lines 18 and 19
                yield run.finish(Status.VERIFIED, epoch=epoch)
                return
            failed = Status.EPOCH_LIMIT if test.witness else Status.PROGRAM_INFEASIBLE
        yield run.finish(failed, epoch=run.epoch)
    except BudgetExhausted:
        yield run.finish(Status.BUDGET_EXHAUSTED)


def _add_witness(run: _Run, witness: tuple[int, Word], residual: float) -> tuple[FaithfulState, Event]:
    cut, word = witness
    futures = list(run.state.futures)
    futures[cut - 1] = tuple(dict.fromkeys((*futures[cut - 1], word)))
    data = {"cut": cut, "future": list(word), "residual": residual}
    message = f"Cut {cut} is wrong by {residual:.2g} nats about future {list(word)}."
    return run.report("witness", message, data, futures=tuple(futures), epoch=run.epoch)
