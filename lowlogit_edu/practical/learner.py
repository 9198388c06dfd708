"""The practical learner: the loop of Algorithm 1 on a real language model.

Each epoch samples trajectories (their logits come with them), spans the logit rows, solves for one
transition per token, verifies on fresh samples, and asks about the futures that betrayed an error.
What it gives up for a real alphabet, and no theorem covers:

- one spanner's space and one transition per token serve all cuts;
- a block of futures is one word with every token after it: one query answers the whole block;
- of a large alphabet the likeliest tokens are followed one by one, all others together;
- rows are kept to `rank` dimensions, weighted by how likely their tokens are;
- least squares, then gradient descent over whole roll-outs, stands in for the linear program.

It measures what it got instead: KL on fresh samples, at every position.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from lowlogit_edu.config import PracticalConfig
from lowlogit_edu.core.errors import BudgetExhausted, LowLogitError
from lowlogit_edu.core.rng import stream
from lowlogit_edu.events import Event, LearnResult, Status
from lowlogit_edu.learned.isan_model import ISANModel
from lowlogit_edu.matrices.logit_matrix import Word
from lowlogit_edu.oracles.base import LogitOracle, sample_with_logits
from lowlogit_edu.oracles.counted import Counted
from lowlogit_edu.practical.answers import LOGITS, Answers
from lowlogit_edu.practical.memory import check_memory
from lowlogit_edu.practical.one_step import Basis, solve_transitions, span_rows, spanner_sizes, states
from lowlogit_edu.practical.refine import Refinement, affine_isan
from lowlogit_edu.practical.row_code import RowCode
from lowlogit_edu.practical.verify import Witness, ask_after_histories, kl_along, verify

BLOCK = 1000  # texts sampled at once; bounds memory


@dataclass(frozen=True)
class PracticalState:
    """Everything the practical learner needs to go on, and what it has found so far.

    Attributes
    ----------
    answers : Answers
        All logits asked so far that the model is fitted to.
    futures : tuple of tuples of words
        Witness futures of cuts 1 to horizon.
    epoch, sampled, passes : int
        Epochs finished, epochs whose trajectories are in `answers`, refinement passes finished.
    plain, model : ISANModel or None
        The plain learner's model, and the model now (refined, once that has begun).
    refinement : mapping of str to array
        Parameters and optimizer moments of the refinement.
    status, ledger, history
        As in `LearnResult`.
    """

    answers: Answers
    futures: tuple[tuple[Word, ...], ...]
    epoch: int = 0
    sampled: int = 0
    passes: int = 0
    plain: ISANModel | None = None
    model: ISANModel | None = None
    refinement: Mapping[str, np.ndarray] = field(default_factory=dict)
    status: Status = Status.INTERRUPTED
    ledger: Mapping[str, int] = field(default_factory=dict)
    history: tuple[Event, ...] = ()

    def result(self) -> LearnResult:
        """What has been learned so far.

        Raises
        ------
        LowLogitError
            Before the first transitions are solved: nothing has been learned yet.
        """
        if self.model is None or self.plain is None:
            raise LowLogitError(
                "there is no model yet: the learner stopped in its first epoch. "
                "Let it take more steps, or give it a larger query budget."
            )
        return LearnResult(self.model, self.status, self.ledger, self.history, self.plain)


class _Run:
    """The oracle with its ledger, the settings, and the state that every stage reports to."""

    def __init__(
        self, oracle: LogitOracle, horizon: int, config: PracticalConfig, seed: int, state: PracticalState | None
    ) -> None:
        self.horizon = horizon
        self.config = config
        self.seed = seed
        empty = PracticalState(Answers.empty(horizon), ((),) * horizon)
        self.state = replace(state or empty, status=Status.INTERRUPTED)
        self.oracle = Counted(oracle)
        self.oracle.by_purpose.update(self.state.ledger)
        self.settings = {"seed": seed, "sequences": config.sequences, "passes": config.passes}

    def report(self, kind: str, message: str, data: Mapping[str, Any], **changes: Any) -> tuple[PracticalState, Event]:
        state = replace(self.state, ledger=dict(self.oracle.by_purpose), **changes)
        stages = 4 * self.config.epochs + 2 * self.config.passes  # a pass takes about as long as two stages
        stage = {"sample": 1, "span": 2, "solve": 3, "verify": 4}.get(kind, 0)
        done = 1.0 if kind == "finish" else min(1.0, (4 * state.epoch + stage + 2 * state.passes) / stages)
        epoch = min(self.state.epoch + 1, self.config.epochs)
        event = Event(kind, epoch, done, message, {**data, "queries": self.oracle.queries})
        self.state = replace(state, history=(*state.history, event))
        return self.state, event

    def sample(self, epoch: int) -> tuple[PracticalState, Event]:
        share = _share(self.config.sequences, epoch, self.config.epochs)
        rng = stream(self.seed, "sample", epoch)
        answers = self.state.answers
        end = 0
        with self.oracle.purpose("sample"):
            while end < share:
                if not answers.blocks:  # whole rows of a few texts show how to keep the others
                    n = min(share, BLOCK, max(8, LOGITS // (self.horizon * self.oracle.alphabet_size)))
                    tokens, logits = sample_with_logits(self.oracle, n, self.horizon, rng=rng)
                    code = RowCode.of(logits.reshape(-1, self.oracle.alphabet_size), self.config.columns)
                    answers = Answers.empty(self.horizon, code)
                    block = code.compress(logits)
                else:
                    n = min(share - end, BLOCK)
                    keep = answers.code.compress
                    tokens, block = sample_with_logits(self.oracle, n, self.horizon, rng=rng, keep=keep)
                answers = answers.add(tokens, block)
                end = end + n
        message = f"Sampled {share:,} texts with the logits of every token."
        return self.report("sample", message, {}, answers=answers, sampled=epoch)

    def verification_set(self, *name: str | int) -> tuple[np.ndarray, np.ndarray]:
        """Fresh texts, and their logits by column."""
        with self.oracle.purpose("verify"):
            rng = stream(self.seed, "verify", *name)
            keep = self.code.lump
            return sample_with_logits(self.oracle, self.config.validation, self.horizon, rng=rng, keep=keep)

    @property
    def code(self) -> RowCode:
        return self.state.answers.code


def practical_steps(
    oracle: LogitOracle, horizon: int, config: PracticalConfig, seed: int, state: PracticalState | None = None
) -> Iterator[tuple[PracticalState, Event]]:
    """Run the practical learner, yielding the state and an event after each stage.

    Given a `state` of an earlier run with the same arguments, the run goes on from there.

    Raises
    ------
    TooLarge
        If the answers would not fit in memory; the message names what to lower.
    """
    check_memory(oracle.alphabet_size, horizon, config)
    run = _Run(oracle, horizon, config, seed, state)
    try:
        for epoch in range(run.state.epoch + 1, config.epochs + 1):
            if run.state.sampled < epoch:
                yield run.sample(epoch)
            answers = run.state.answers
            basis, encoded, sizes = _span(run)
            found = {"spanner_sizes": sizes, "futures_per_cut": [len(words) for words in run.state.futures]}
            yield run.report("span", f"Spanners of up to {max(sizes)} histories span every cut's rows.", found)
            maps = solve_transitions(answers, encoded, config.ridge)
            readout = run.code.unfold(basis.decode, basis.mean)
            settings = {**run.settings, "passes": 0}
            own = None if len(maps) == oracle.alphabet_size else run.code.columns
            plain = affine_isan(encoded[0, 0], maps, *readout, horizon, oracle.fingerprint, settings, own)
            del encoded  # large, and not needed while more is sampled
            yield run.report("solve", f"Solved for {len(maps)} transitions.", found, plain=plain, model=plain)
            fresh = run.verification_set(epoch)
            rng = stream(seed, "witness", epoch)
            with run.oracle.purpose("verify"):
                data, witnesses = verify(run.oracle, plain, run.code, fresh, config, rng=rng)
            witnesses = witnesses[: _share(config.futures, epoch, config.epochs)]
            message = f"KL {data['mean_kl']:.3f} nats per token on fresh samples."
            yield run.report("verify", message, {**found, **data})
            yield _add_witnesses(run, witnesses, epoch)
        if config.passes:
            yield from _refine(run)
        yield run.report("finish", Status.MEASURED.value, {"status": "MEASURED"}, status=Status.MEASURED)
    except BudgetExhausted:
        status = Status.BUDGET_EXHAUSTED
        yield run.report("finish", status.value, {"status": status.name}, status=status)


def _share(total: int, epoch: int, epochs: int) -> int:
    """What falls to one of the epochs, 1 to `epochs`, of so many in all."""
    return total * epoch // epochs - total * (epoch - 1) // epochs


def _span(run: _Run) -> tuple[Basis, np.ndarray, list[int]]:
    answers = run.state.answers
    config = run.config
    basis = span_rows(answers, config.rank, config.weighting, rng=stream(run.seed, "span", run.state.epoch))
    encoded = states(basis, answers)
    return basis, encoded, spanner_sizes(basis, encoded, config.span_tolerance)


def _add_witnesses(run: _Run, witnesses: list[Witness], epoch: int) -> tuple[PracticalState, Event]:
    """Ask about the futures that betrayed an error; ends the epoch."""
    answers = run.state.answers
    futures = list(run.state.futures)
    for cut, word, _ in witnesses:
        rng = stream(run.seed, "witness histories", epoch, cut)
        with run.oracle.purpose("witness"):
            answers = ask_after_histories(run.oracle, answers, cut, word, run.config.witness_histories, rng=rng)
        futures[cut - 1] = tuple(dict.fromkeys((*futures[cut - 1], word)))
    message = "No futures were added."
    data = {}
    if witnesses:
        cut, word, residual = witnesses[0]
        data = {"cut": cut, "future": list(word), "residual": residual, "added": len(witnesses)}
        message = f"Added {len(witnesses)} futures; at cut {cut} the logits were off by {residual:.2f} nats on average."
    return run.report("witness", message, data, answers=answers, futures=tuple(futures), epoch=epoch)


def _refine(run: _Run) -> Iterator[tuple[PracticalState, Event]]:
    config = run.config
    answers = run.state.answers
    state = run.state
    fresh = run.verification_set("refine")
    refinement = Refinement(dict(state.refinement), config, run.seed) if state.refinement else _first_factors(run)
    while refinement.passes < config.passes:
        training = refinement.run_pass(answers)
        model = refinement.model(run.code, run.horizon, run.oracle.fingerprint, run.settings)
        kl = kl_along(model, run.code, fresh)
        data = {"kl": kl.tolist(), "mean_kl": float(kl.mean()), "training_kl": training}
        message = f"Pass {refinement.passes} of {config.passes}: KL {kl.mean():.3f} nats per token on fresh samples."
        yield run.report("refine", message, data, model=model, passes=refinement.passes, refinement=refinement.arrays())


def _first_factors(run: _Run) -> Refinement:
    """Where the refinement begins: spanned and solved once more, with the last witnesses."""
    answers = run.state.answers
    config = run.config
    basis, encoded, _ = _span(run)
    maps = solve_transitions(answers, encoded, config.ridge)
    return Refinement.start(basis, maps, encoded[0, 0], answers, config, run.seed)
