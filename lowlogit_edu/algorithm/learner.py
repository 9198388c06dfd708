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

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise

import numpy as np
from jaxtyping import Float, Int

from lowlogit_edu.algorithm import stage_events
from lowlogit_edu.algorithm.lines import LINE_8, LINE_15, SAMPLING, line_2_stream, spanner_stream, trajectory_stream
from lowlogit_edu.algorithm.sampler import CutRows, ProgramModel
from lowlogit_edu.algorithm.state import FaithfulState, Validation
from lowlogit_edu.config import LearnerConfig
from lowlogit_edu.core.errors import BudgetExhausted
from lowlogit_edu.events import Event, Status
from lowlogit_edu.matrices.logit_matrix import Told, Word
from lowlogit_edu.matrices.spanner import barycentric_spanner, draw_histories
from lowlogit_edu.oracles.base import LogitOracle, ask, logits_after, sample
from lowlogit_edu.oracles.cached import Cached
from lowlogit_edu.oracles.counted import Counted


def faithful_steps(
    oracle: LogitOracle, horizon: int, config: LearnerConfig, seed: int, state: FaithfulState | None = None
) -> Iterator[tuple[FaithfulState, Event]]:
    """Run Algorithm 1, yielding the state and an event after each stage.

    Paper: Algorithm 1 (learning algorithm), arXiv:2512.09892.
    Differs from the paper: least squares stands in for a linear program whose constraints it
    meets; the largest residual above the threshold is the witness, or that of each cut (`every_cut`);
    cut T, which no program reaches, has no spanner; see the module for the corrections.

    Given a `state` of an earlier run with the same arguments, the run goes on from there and ends
    in the same model; its cache starts empty, so questions asked again are counted again. A run that
    is over, verified or with no epoch left, only says so once more.
    """
    if state is not None and _over(state, config):
        yield state, stage_events.finished(state, state.epoch)
        return
    begun = replace(state or FaithfulState(()), status=Status.INTERRUPTED)
    counted = Counted(oracle)
    counted.by_purpose.update(begun.ledger)
    history = begun.history
    # What people look at is added here: the algorithm itself reads neither ledger nor history.
    for now, event in _algorithm_1(counted, horizon, config, seed, begun):
        history = (*history, event)
        yield replace(now, ledger=dict(counted.by_purpose), history=history), event


def _over(state: FaithfulState, config: LearnerConfig) -> bool:
    """Whether nothing is left to do; a run that failed may go on where more epochs are allowed than before."""
    failed = state.status in (Status.EPOCH_LIMIT, Status.PROGRAM_INFEASIBLE)
    return state.status is Status.VERIFIED or (failed and state.epoch >= config.max_epochs)


def _algorithm_1(
    counted: Counted, horizon: int, config: LearnerConfig, seed: int, state: FaithfulState
) -> Iterator[tuple[FaithfulState, Event]]:
    """The loop of the paper; `purpose` writes a stage's queries into the ledger, `stage_events` puts it into words."""
    oracle = Cached(counted)
    drawn: Drawn | None = None
    epoch = state.epoch
    failure = Status.EPOCH_LIMIT  # how the run ends if the last epoch allowed is like the one just finished
    try:
        if not state.futures:
            with counted.purpose(SAMPLING):
                state = replace(state, futures=first_futures(oracle, horizon, config, seed))  # Alg. 1, line 2
            yield state, stage_events.sampled(state)
        for epoch in range(state.epoch + 1, config.max_epochs + 1):  # Alg. 1, line 3
            with counted.purpose(LINE_8):
                if config.redraw or config.printed:
                    state = replace(state, drawn=epoch)
                if drawn is None or state.drawn == epoch:
                    drawn = Drawn.of(oracle, horizon - 1, config, seed=seed, epoch=state.drawn)
                model = span(oracle, drawn, state.futures, config)  # Alg. 1, lines 4 to 8
            state = replace(state, model=model)
            yield state, stage_events.spanned(state, epoch, model)
            with counted.purpose(SAMPLING):
                rng = trajectory_stream(seed, epoch)
                trajectories = sample(oracle, config.validation_samples, horizon, rng=rng)  # Alg. 1, line 9
            with counted.purpose(LINE_15):
                validation = validate(oracle, model, trajectories, config)  # Alg. 1, lines 10 to 15
            state = replace(state, passed=max(state.passed, validation.passed))
            yield state, stage_events.validated(state, epoch, model, validation, counted.queries)
            state = replace(state, epoch=epoch)
            if validation.witnesses:  # Alg. 1, lines 16 and 17: the next epoch, with one future more
                failure = Status.EPOCH_LIMIT
                for witness in validation.witnesses:
                    state = replace(state, futures=add_witness(state.futures, *witness))
                yield state, stage_events.witnessed(state, epoch, validation)
            elif validation.passed < horizon - 1:  # Alg. 1, line 12: the next epoch, F unchanged
                failure = Status.PROGRAM_INFEASIBLE
                state = replace(state, drawn=epoch + 1)  # other histories may span what these do not
            else:  # Alg. 1, lines 18 and 19
                state = replace(state, status=Status.VERIFIED)
                yield state, stage_events.finished(state, epoch)
                return
        state = replace(state, status=failure)
    except BudgetExhausted:
        # The epoch is not finished: who goes on from here does it again, with the same random numbers.
        state = replace(state, status=Status.BUDGET_EXHAUSTED)
    yield state, stage_events.finished(state, epoch)


def first_futures(oracle: LogitOracle, horizon: int, config: LearnerConfig, seed: int) -> tuple[tuple[Word, ...], ...]:
    """Line 2: F_s for every cut."""
    if not config.printed:
        every_token = tuple((z,) for z in range(oracle.alphabet_size))
        return (every_token,) * horizon
    (tokens,) = sample(oracle, 1, horizon, rng=line_2_stream(seed)).tolist()
    return tuple(((token,),) for token in tokens)


def extended_futures(here: Iterable[Word], beyond: Iterable[Word], alphabet_size: int) -> list[Word]:
    """Line 5: F_s = `here`, and every token followed by F_{s+1} = `beyond`; none twice."""
    carried = [(z, *f) for z in range(alphabet_size) for f in beyond]
    return list(dict.fromkeys([*here, *carried]))


@dataclass(frozen=True)
class Drawn:
    """Histories that the spanners of cuts 1, 2, .. are chosen from, and what has been made of them."""

    histories: tuple[Told, ...]
    spanned: dict[tuple[int, Sequence[Word], Sequence[Word]], CutRows] = field(default_factory=dict)

    @classmethod
    def of(cls, oracle: LogitOracle, cuts: int, config: LearnerConfig, *, seed: int, epoch: int) -> "Drawn":
        """Fresh ones: Alg. 3, line 2."""
        streams = ((s, spanner_stream(seed, epoch, s)) for s in range(1, cuts + 1))
        return cls(tuple(Told(draw_histories(oracle, s - 1, config.spanner_samples, rng=rng)) for s, rng in streams))


def span(oracle: LogitOracle, drawn: Drawn, futures: Sequence[tuple[Word, ...]], config: LearnerConfig) -> ProgramModel:
    """Lines 4 to 8: a spanner and its rows at every cut that a program reaches."""
    cuts = []
    for told, (s, (here, beyond)) in zip(drawn.histories, enumerate(pairwise(futures)), strict=True):  # Alg. 1, line 4
        if (s, here, beyond) not in drawn.spanned:
            rows = told.rows(oracle, extended_futures(here, beyond, oracle.alphabet_size))  # Alg. 1, line 5
            spanner = barycentric_spanner(rows, config.coefficient_bound, config.oracle_noise)  # Alg. 1, line 8
            chosen = CutRows.ask(oracle, told.part(spanner), here, beyond)  # line 18 in advance
            drawn.spanned[s, here, beyond] = chosen
        cuts.append(drawn.spanned[s, here, beyond])
    return ProgramModel(
        first_logits=ask(oracle, [()])[0],
        cuts=cuts,
        bound=config.coefficient_bound,
        tolerance=config.tolerance,
        noise=config.oracle_noise,
        teacher=oracle.fingerprint,
    )


def predictions(
    oracle: LogitOracle, model: ProgramModel, prefixes: Int[np.ndarray, "prefix time"], end: int
) -> list[Float[np.ndarray, "prefix token"]]:
    """What each cut s says about the token after `prefixes[:, :end]`: sum_i c_s(i) L(h_i o y_s..y_end o a).

    Paper: Algorithm 1, lines 13 and 14 (extension to all futures), arXiv:2512.09892.

    Cut 1 says what the oracle says. The residual of cut s is the step from cut s - 1 to cut s.
    """
    path, _ = model.coefficients(prefixes)
    # The future y_s .. y_end o a need not be in F_s, so the oracle is asked: after every history, for every prefix.
    path = path[: end + 1]
    continued = []
    for s, cut in enumerate(model.cuts[: len(path)], start=1):
        histories = np.tile(cut.histories, (len(prefixes), 1))
        continued.append(
            np.concatenate([histories, prefixes[:, s - 1 : end].repeat(len(cut.histories), axis=0)], axis=1)
        )
    answers = logits_after(oracle, np.concatenate(continued))
    ends = np.cumsum(list(map(len, continued)))[:-1]
    return [
        np.einsum("pi,pia->pa", c, of_cut.reshape(*c.shape, oracle.alphabet_size))
        for c, of_cut in zip(path, np.split(answers, ends), strict=True)
    ]


def residuals_by_cut(
    oracle: LogitOracle, model: ProgramModel, prefixes: Int[np.ndarray, "prefix time"], ends: Iterable[int]
) -> Iterator[tuple[int, int, Float[np.ndarray, "prefix token"]]]:
    """(s, end, |residuals| of cut s about the token behind `end` tokens), cut by cut; r = end + 1 in the paper."""
    for end in ends:
        said = predictions(oracle, model, prefixes, end)
        for s, (before, here) in enumerate(pairwise(said), start=2):
            yield s, end, np.abs(before - here)


def validate(
    oracle: LogitOracle, model: ProgramModel, trajectories: Int[np.ndarray, "trajectory time"], config: LearnerConfig
) -> Validation:
    """Lines 10 to 15: test the model on fresh trajectories; at most one witness, or one for each cut (`every_cut`)."""
    T = model.horizon
    residuals = np.zeros(T)
    infeasible = 0.0
    passed = T - 1
    worst: dict[int, tuple[float, Word]] = {}  # of each cut above the threshold: its residual and the future
    # Equal prefixes have equal programs: each is followed once, and counted for the share of failures.
    for t in range(1, T):  # Alg. 1, line 10
        prefixes, counts = np.unique(trajectories[:, :t], axis=0, return_counts=True)
        _, solved = model.coefficients(prefixes)  # Alg. 1, line 11
        infeasible = max(infeasible, float(counts[~solved].sum() / counts.sum()))
        if infeasible > config.max_infeasible:  # Alg. 1, line 12
            passed = min(passed, t - 1)
            break
        ends = range(1, t + 1) if config.printed else [t]  # r - 1; only r = t + 1 is used by Lemma 5.8
        for s, end, gap in residuals_by_cut(oracle, model, prefixes[solved], ends):
            height = float(gap.max(initial=0.0))
            residuals[s - 1] = max(residuals[s - 1], height)
            if height > max(config.residual_threshold, worst.get(s, (0.0,))[0]):  # Alg. 1, line 15
                row, token = np.unravel_index(gap.argmax(), gap.shape)
                worst[s] = height, (*prefixes[solved][row, s - 1 : end].tolist(), int(token))
        if worst:
            passed = min(passed, t - 1)
            if not config.every_cut:
                break
    largest_first = sorted(worst.items(), key=lambda item: -item[1][0])
    witnesses = tuple((s, word) for s, (_, word) in largest_first)
    return Validation(residuals, passed, infeasible, witnesses if config.every_cut else witnesses[:1])


def add_witness(futures: Sequence[tuple[Word, ...]], cut: int, word: Word) -> tuple[tuple[Word, ...], ...]:
    """Line 16: the futures of every cut, with `word` among those of `cut`."""
    grown = list(futures)
    grown[cut - 1] = tuple(dict.fromkeys((*grown[cut - 1], word)))
    return tuple(grown)
