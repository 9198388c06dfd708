"""Lemmas 5.2, 5.4, 5.5, 5.7 and 5.8: what a spanner and its programs promise, tried on fresh trajectories.

All take the state of a faithful run and trajectories that the run has not seen.
"""

import numpy as np
from jaxtyping import Bool, Float, Int

from lowlogit_edu.algorithm.learner import FaithfulState, predictions
from lowlogit_edu.algorithm.sampler import CutRows, ProgramModel
from lowlogit_edu.core.errors import ArgumentError
from lowlogit_edu.lemmas.finding import Finding
from lowlogit_edu.matrices.logit_matrix import Told, Word
from lowlogit_edu.matrices.spanner import spanner_coefficients
from lowlogit_edu.oracles.base import LogitOracle, ask

Trajectories = Int[np.ndarray, "trajectory time"]
ROUNDING = 1e-12  # of a rate, whose bound is a product
TELESCOPE_ROUNDING = 1e-9  # of logits, which are sums of many products


def model_of(state: FaithfulState, trajectories: Trajectories) -> ProgramModel:
    """The model of a state that has one, and that the trajectories fit."""
    if state.model is None or not state.model.cuts:
        raise ArgumentError(
            "the state has no program to check; let the learner take more steps, on two tokens or more."
        )
    if trajectories.shape[1] < state.model.horizon - 1:
        raise ArgumentError(
            f"trajectories must have at least {state.model.horizon - 1} tokens, got {trajectories.shape[1]}."
        )
    return state.model


def model_futures(state: FaithfulState, model: ProgramModel) -> list[tuple[Word, ...]]:
    """F_s that the model was made with, cut by cut: a witness of the last epoch came later."""
    futures = []
    for s, cut in enumerate(model.cuts):
        asked = cut.on_futures.shape[1]
        futures.append(state.futures[s][:asked])
    return [*futures, state.futures[-1]]  # the last cut has no spanner, and never a witness


def missed_histories(
    oracle: LogitOracle, state: FaithfulState, trajectories: Trajectories
) -> Bool[np.ndarray, "trajectory cut"]:
    """Which y_{1:s-1} have a row that the spanner of cut s does not carry with coefficients in the bound."""
    model = model_of(state, trajectories)
    futures = model_futures(state, model)
    missed = np.zeros((len(trajectories), len(model.cuts)), dtype=bool)
    for s, cut in enumerate(model.cuts, start=1):
        # Many trajectories begin alike: each history is asked about once.
        histories, which = np.unique(trajectories[:, : s - 1], axis=0, return_inverse=True)
        here = futures[s - 1]
        beyond = futures[s]
        rows = _row_of_cut(CutRows.ask(oracle, Told(histories), here, beyond))
        spanner = _row_of_cut(cut)
        c = spanner_coefficients(rows, spanner)
        # Two rows meet in an equation of the program, so each may take half of its tolerance.
        far = np.abs(rows - c @ spanner).max(axis=1, initial=0.0) > model.tolerance / 2
        outside = np.abs(c).max(axis=1) > model.bound
        missed[:, s - 1] = (far | outside)[which.ravel()]
    return missed


def _row_of_cut(cut: CutRows) -> Float[np.ndarray, "history column"]:
    """The rows that the spanner was chosen on, Alg. 1, line 8: on F_s, and on every token before F_{s+1}."""
    return np.hstack([cut.on_futures, *cut.carried])


def spanners_are_distributional(
    oracle: LogitOracle, state: FaithfulState, trajectories: Trajectories, missed_mass: float
) -> Finding:
    """Whether every cut's spanner carries all but a share of `missed_mass` of fresh histories.

    Paper: Definition 5.3 (distributional spanner), arXiv:2512.09892.
    Paper: Lemma 5.4 (all spanners are good), arXiv:2512.09892.
    """
    shares = missed_histories(oracle, state, trajectories).mean(axis=0)
    worst = float(shares.max(initial=0.0))
    words = (
        f"The worst spanner misses {worst:.2%} of {len(trajectories)} fresh histories; {missed_mass:.2%} is allowed."
    )
    return Finding("Lemma 5.4", worst <= missed_mass, {"missed": worst, "allowed": missed_mass}, words)


def programs_are_feasible(oracle: LogitOracle, state: FaithfulState, trajectories: Trajectories) -> Finding:
    """Whether a program has a solution wherever the spanners carry the rows of its prefix.

    Paper: Lemma 5.5 (feasibility; with Equations 15 and 16), arXiv:2512.09892.

    On each trajectory the lemma is no matter of chance: the program of y_{1:t} can fail only where a
    spanner missed some y_{1:s-1}, s <= t; so the rate of failures is at most t times the largest miss.
    """
    model = model_of(state, trajectories)
    missed = missed_histories(oracle, state, trajectories)
    failed = np.zeros_like(missed)  # column t - 1: the program of y_{1:t}, which uses cuts 1 to t
    for t in range(1, model.horizon):
        _, solved = model.coefficients(trajectories[:, :t])
        failed[:, t - 1] = ~solved
    # A failure has a reason if a spanner missed the trajectory at that cut or earlier.
    reason = np.logical_or.accumulate(missed, axis=1)
    broken = int((failed & ~reason).any(axis=1).sum())
    rates = failed.mean(axis=0)
    worst = float(missed.mean(axis=0).max(initial=0.0))
    allowed = worst * np.arange(1, model.horizon)
    holds = broken == 0 and bool((rates <= allowed + ROUNDING).all())
    numbers = {"failed": float(rates.max(initial=0.0)), "missed": worst, "broken": broken}
    numbers["allowed"] = float(allowed.max(initial=0.0))
    words = (
        f"{numbers['failed']:.2%} of programs fail, at most {numbers['allowed']:.2%} may; {broken} without a reason."
    )
    return Finding("Lemma 5.5", holds, numbers, words)


def residual_steps(
    oracle: LogitOracle, model: ProgramModel, prefixes: Trajectories
) -> Float[np.ndarray, "step prefix token"]:
    """The residuals of line 15, P_(s-1) - P_s, for s = 2 to t and all last tokens, asked anew."""
    said = predictions(oracle, model, prefixes, end=prefixes.shape[1])  # by cuts 1 to t, each of the next token
    return -np.diff(np.stack(said), axis=0)


def largest_residuals(
    oracle: LogitOracle, state: FaithfulState, trajectories: Trajectories
) -> Float[np.ndarray, "trajectory position"]:
    """Largest residual of each y_{1:t}, in nats: column t - 1 for t = 1 to T - 1; infinite without a solution."""
    model = model_of(state, trajectories)
    largest = np.zeros((len(trajectories), model.horizon - 1))  # at t = 1 there is no step: cut 1 is alone
    for t in range(1, model.horizon):
        prefixes = trajectories[:, :t]
        _, solved = model.coefficients(prefixes)
        largest[~solved, t - 1] = np.inf
        if t > 1 and solved.any():
            largest[solved, t - 1] = np.abs(residual_steps(oracle, model, prefixes[solved])).max(axis=(0, 2))
    return largest


def validation_generalises(
    oracle: LogitOracle, state: FaithfulState, trajectories: Trajectories, threshold: float
) -> Finding:
    """Whether an accepted epoch's residuals are small on average on fresh trajectories too.

    Paper: Lemma 5.7 (validation; with Equation 21), arXiv:2512.09892.
    Differs from the paper: the average is at most 2 g by the corrected argument, and it is that of
    the given trajectories. It needs n of about log(1 / delta) / g test trajectories, far more
    than the learner's own setting; with fewer a rare residual can break it.
    """
    largest = largest_residuals(oracle, state, trajectories)
    # Z of the proof is min(1, residual), and 0 where no program was solved: the mean is over all.
    z = np.where(np.isfinite(largest), np.minimum(largest, 1.0), 0.0)
    worst = float(z.mean(axis=0).max(initial=0.0))
    words = f"The mean residual is {worst:.2g} nats at the worst position; {2 * threshold:.2g} is allowed."
    return Finding("Lemma 5.7", worst <= 2 * threshold, {"mean": worst, "allowed": 2 * threshold}, words)


def errors_telescope(oracle: LogitOracle, state: FaithfulState, trajectories: Trajectories) -> Finding:
    """Whether a predicted logit's error is the sum of the residuals on the way.

    Paper: Lemma 5.8 (next-token logits; with Equations 25 to 27), arXiv:2512.09892.

    The prediction comes from the stored rows, the residuals from new questions to the oracle.
    """
    model = model_of(state, trajectories)
    worst = 0.0
    largest = 0.0
    for t in range(1, model.horizon):
        _, solved = model.coefficients(trajectories[:, :t])
        prefixes = trajectories[solved, :t]
        if len(prefixes):
            error = ask(oracle, prefixes.tolist()) - model.logits(prefixes.tolist())
            total = residual_steps(oracle, model, prefixes).sum(axis=0)
            worst = max(worst, float(np.abs(error - total).max()))
            largest = max(largest, float(np.abs(error).max()))
    words = f"Errors of up to {largest:.2g} nats differ from the sum of their residuals by {worst:.2g}."
    holds = worst <= TELESCOPE_ROUNDING * (1 + largest)
    return Finding("Lemma 5.8", holds, {"gap": worst, "largest_error": largest}, words)
