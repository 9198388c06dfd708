"""Lemmas 5.2, 5.4, 5.5, 5.7 and 5.8: what a spanner and its programs promise, tried on fresh trajectories.

All take the state of a faithful run and trajectories that the run has not seen.
"""

from itertools import pairwise

import numpy as np
from jaxtyping import Bool, Float, Int

from lowlogit_edu.algorithm.learner import FaithfulState, predictions
from lowlogit_edu.algorithm.sampler import CutRows, ProgramModel
from lowlogit_edu.core.errors import ArgumentError
from lowlogit_edu.lemmas.finding import Finding
from lowlogit_edu.matrices.logit_matrix import Word
from lowlogit_edu.matrices.spanner import spanner_coefficients
from lowlogit_edu.oracles.base import LogitOracle, ask

Trajectories = Int[np.ndarray, "trajectory time"]


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
    spanned = [words[: cut.on_futures.shape[1]] for words, cut in zip(state.futures, model.cuts, strict=False)]
    return [*spanned, state.futures[-1]]


def missed_histories(
    oracle: LogitOracle, state: FaithfulState, trajectories: Trajectories
) -> Bool[np.ndarray, "trajectory cut"]:
    """Which y_{1:s-1} have a row that the spanner of cut s does not carry with coefficients in the bound."""
    model = model_of(state, trajectories)
    futures = model_futures(state, model)
    missed = np.zeros((len(trajectories), len(model.cuts)), dtype=bool)
    for s, (cut, (here, beyond)) in enumerate(zip(model.cuts, pairwise(futures), strict=True), start=1):
        histories, which = np.unique(trajectories[:, : s - 1], axis=0, return_inverse=True)
        fresh = CutRows.ask(oracle, histories, here, beyond)
        rows, spanner = (np.hstack([r.on_futures, *r.carried]) for r in (fresh, cut))
        c = spanner_coefficients(rows, spanner)
        # Two rows meet in an equation of the program, so each may take half of its tolerance.
        far = np.abs(rows - c @ spanner).max(axis=1, initial=0.0) > model.tolerance / 2
        missed[:, s - 1] = (far | (np.abs(c).max(axis=1) > model.bound))[which.ravel()]
    return missed


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
    model, missed = model_of(state, trajectories), missed_histories(oracle, state, trajectories)
    failed = np.stack([~model.coefficients(trajectories[:, :t])[1] for t in range(1, model.horizon)], axis=1)
    broken = int((failed & ~np.logical_or.accumulate(missed, axis=1)).any(axis=1).sum())
    rates, worst = failed.mean(axis=0), float(missed.mean(axis=0).max(initial=0.0))
    allowed = worst * np.arange(1, model.horizon)
    holds = broken == 0 and bool((rates <= allowed + 1e-12).all())
    numbers = {"failed": float(rates.max(initial=0.0)), "missed": worst, "broken": broken}
    numbers["allowed"] = float(allowed.max(initial=0.0))
    words = (
        f"{numbers['failed']:.2%} of programs fail, at most {numbers['allowed']:.2%} may; {broken} without a reason."
    )
    return Finding("Lemma 5.5", holds, numbers, words)


def residual_steps(
    oracle: LogitOracle, model: ProgramModel, prefixes: Trajectories
) -> Float[np.ndarray, "step prefix token"]:
    """The residuals of line 15 for s = 2 to t and all last tokens, asked anew."""
    return np.diff(np.stack(predictions(oracle, model, prefixes, prefixes.shape[1])), axis=0)


def validation_generalises(
    oracle: LogitOracle, state: FaithfulState, trajectories: Trajectories, threshold: float
) -> Finding:
    """Whether an accepted epoch's residuals are small on average on fresh trajectories too.

    Paper: Lemma 5.7 (validation; with Equation 21), arXiv:2512.09892.
    Differs from the paper: the average is at most 2 g by the corrected argument, and it is that of
    the given trajectories. It needs n of about log(1 / delta) / g test trajectories, far more
    than the learner's own setting; with fewer a rare residual can break it.
    """
    model, worst = model_of(state, trajectories), 0.0
    for t in range(2, model.horizon):
        prefixes = trajectories[:, :t]
        _, solved = model.coefficients(prefixes)
        if solved.any():
            steps = np.abs(residual_steps(oracle, model, prefixes[solved])).max(axis=(0, 2))
            worst = max(worst, float(np.minimum(steps, 1.0).sum() / len(prefixes)))
    words = f"The mean residual is {worst:.2g} nats at the worst position; {2 * threshold:.2g} is allowed."
    return Finding("Lemma 5.7", worst <= 2 * threshold, {"mean": worst, "allowed": 2 * threshold}, words)


def errors_telescope(oracle: LogitOracle, state: FaithfulState, trajectories: Trajectories) -> Finding:
    """Whether a predicted logit's error is the sum of the residuals on the way.

    Paper: Lemma 5.8 (next-token logits; with Equations 25 to 27), arXiv:2512.09892.

    The prediction comes from the stored rows, the residuals from new questions to the oracle.
    """
    model, worst, largest = model_of(state, trajectories), 0.0, 0.0
    for t in range(1, model.horizon):
        prefixes = trajectories[model.coefficients(trajectories[:, :t])[1], :t]
        if len(prefixes):
            error = model.logits(prefixes.tolist()) - ask(oracle, prefixes.tolist())
            total = residual_steps(oracle, model, prefixes).sum(axis=0)
            worst, largest = max(worst, float(np.abs(error - total).max())), max(largest, float(np.abs(error).max()))
    words = f"Errors of up to {largest:.2g} nats differ from the sum of their residuals by {worst:.2g}."
    return Finding("Lemma 5.8", worst <= 1e-9 * (1 + largest), {"gap": worst, "largest_error": largest}, words)
