"""Lemma 5.9, Theorem 5.11 and what a passed test certifies.

>>> from lowlogit_edu.config import LearnerConfig
>>> round(certified_error(LearnerConfig(validation_samples=1000), horizon=6, epochs=1), 4)  # log(2 / 0.05) / 1000
0.0037
"""

from collections.abc import Mapping, Sequence
from itertools import product
from math import log, sqrt

import numpy as np

from lowlogit_edu.config import LearnerConfig
from lowlogit_edu.core.checks import check_count, check_number
from lowlogit_edu.core.numerics import half_l1, log_softmax, softmax
from lowlogit_edu.evaluation.divergence import total_variation
from lowlogit_edu.events import LearnResult, Status
from lowlogit_edu.learner import learn
from lowlogit_edu.lemmas.finding import Finding
from lowlogit_edu.matrices.logit_matrix import all_words
from lowlogit_edu.models.base import LanguageModel
from lowlogit_edu.oracles.base import LogitOracle
from lowlogit_edu.oracles.exact import ExactOracle
from lowlogit_edu.oracles.noisy import Noisy

ROUNDING = 1e-12  # what summing probabilities in another order may change
SMALLEST_DELTA = 1e-300  # the logarithm of 1 / delta must be finite


def variation_per_position(teacher: LanguageModel, model: LanguageModel) -> list[float]:
    """Expected total variation of the next token at each position, prefixes drawn from the teacher."""
    steps = []
    reach = np.ones(1)  # the teacher's probability of each word, in the order of `all_words`
    for length in range(teacher.horizon):
        words = all_words(teacher.alphabet_size, length)
        logits = teacher.logits(words)
        p = softmax(logits)
        q = softmax(model.logits(words))
        steps.append(float(reach @ half_l1(p, q)))
        reach = (reach[:, None] * np.exp(log_softmax(logits))).ravel()
    return steps


def variation_adds_up(teacher: LanguageModel, model: LanguageModel) -> Finding:
    """Whether two models are no farther apart than their next tokens, summed over positions.

    Paper: Lemma 5.9 (total variation position by position), arXiv:2512.09892.

    By enumeration, for models that are small enough.
    """
    whole = total_variation(teacher, model)
    parts = sum(variation_per_position(teacher, model))
    words = f"Total variation {whole:.3g}, and {parts:.3g} summed over positions."
    return Finding("Lemma 5.9", whole <= parts + ROUNDING, {"whole": whole, "sum": parts}, words)


def certified_error(config: LearnerConfig, horizon: int, epochs: int, delta: float = 0.05) -> float:
    """Total variation that a VERIFIED run of the faithful learner may have, but for a chance of `delta`.

    Paper: Theorem 5.11 (learning guarantee; here with what n passed tests say), arXiv:2512.09892.
    Differs from the paper: the theorem's n is about log(1 / delta) / threshold, and its other
    parameters are as large; this holds for any setting, and is weak where n is small.

    Let p be the chance that a new trajectory has a residual above the threshold or no solution. An
    epoch of n trajectories passes with chance at most exp(-p n), so p <= log(k (k + 1) / delta) / n
    for the accepted epoch k. Elsewhere a logit is off by the residuals before it and the oracle's
    error, and Lemmas 5.3 and 5.9 add these up: TV <= p + T (T - 1) g / 4 + T noise / 2.
    """
    # n, T, g, k, p as in the docstring
    n = config.validation_samples
    T = check_count("horizon", horizon)
    g = config.residual_threshold
    k = check_count("epochs", epochs)
    delta = check_number("delta", delta, least=SMALLEST_DELTA, most=1)
    # Epoch k may go wrong with chance delta / (k (k + 1)); over all k these add up to delta.
    chances = log(k * (k + 1) / delta)
    p = chances / n
    if config.max_infeasible:  # some failures are let pass, so that the rate is only known as in Hoeffding's inequality
        p = config.max_infeasible + sqrt(chances / (2 * n))
    return min(1.0, p + T * (T - 1) * g / 4 + T * config.oracle_noise / 2)


def verified_means_close(
    teacher: LanguageModel, config: LearnerConfig, seeds: Sequence[int], target: float | None = None
) -> Finding:
    """Whether runs that end as VERIFIED are within `target`, by default within `certified_error`.

    Paper: Theorem 5.11 (learning guarantee; here tried on many runs), arXiv:2512.09892.

    Below what n passed tests can certify, a target may be missed: the tests do not meet histories
    that are rarer than about 1 / n. `numbers` has the largest error among the verified runs.
    """
    broken = 0
    verified = 0
    largest = 0.0
    for seed in seeds:
        result = _learned(teacher, config, seed)
        if result.status is not Status.VERIFIED:
            continue  # nothing was promised
        verified = verified + 1
        error = total_variation(teacher, result.model)
        allowed = target
        if allowed is None:
            allowed = certified_error(config, teacher.horizon, epochs=result.history[-1].epoch)
        if error > allowed:
            broken = broken + 1
        largest = max(largest, error)
    words = (
        f"{verified} of {len(seeds)} runs verified; {broken} of them too far off, the largest error is {largest:.2g}."
    )
    numbers = {"runs": len(seeds), "verified": verified, "broken": broken, "largest": largest}
    return Finding("Theorem 5.11", broken == 0, numbers, words)


def _learned(teacher: LanguageModel, config: LearnerConfig, seed: int) -> LearnResult:
    """One run of the faithful learner, on an oracle that is as noisy as `config` says."""
    oracle: LogitOracle = ExactOracle(teacher)
    if config.oracle_noise:
        oracle = Noisy(oracle, config.oracle_noise, seed)
    return learn(oracle, teacher.horizon, config, seed)


def error_follows_noise(
    teacher: LanguageModel,
    noises: Sequence[float],
    seeds: Sequence[int],
    *,
    spanner_samples: int = 1000,
    steepest: float = 1.5,
) -> Finding:
    """Whether the error grows about linearly with the oracle's: slope at most `steepest`, at least 1 / `steepest`.

    Paper: Remark 5.7 (approximate oracle; here measured), arXiv:2512.09892.

    The slope is that of log error against log noise, fitted to the mean error of the verified runs.
    """
    errors: dict[float, list[float]] = {noise: [] for noise in noises}
    for noise, seed in product(noises, seeds):
        config = LearnerConfig(oracle_noise=noise, spanner_samples=spanner_samples)
        result = _learned(teacher, config, seed)
        if result.status is Status.VERIFIED:
            errors[noise].append(total_variation(teacher, result.model))
    means = {noise: float(np.mean(found)) for noise, found in errors.items() if found}
    slope = _log_log_slope(means)  # nan compares as False: too few runs verified, and nothing holds
    holds = 1 / steepest <= slope <= steepest
    runs = len(noises) * len(seeds)
    verified = sum(len(found) for found in errors.values())
    numbers = {"slope": slope, "verified": verified}
    for noise, mean in means.items():
        numbers[f"error at {noise:g}"] = mean
    words = f"Slope {slope:.3f} of log error over log noise; {verified} of {runs} runs verified."
    return Finding("Remark 5.7", holds, numbers, words)


def _log_log_slope(points: Mapping[float, float]) -> float:
    """Slope of the line through (log x, log y) of the points; nan of a single one."""
    if len(points) < 2:
        return float("nan")
    slope, _ = np.polyfit(np.log(list(points)), np.log(list(points.values())), deg=1)
    return float(slope)
