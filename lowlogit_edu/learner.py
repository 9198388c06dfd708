"""The learner's front door: `learn_steps` yields every step, `learn` runs them all."""

from collections.abc import Callable, Iterator

import numpy as np

from lowlogit_edu.algorithm.learner import FaithfulState, faithful_steps
from lowlogit_edu.algorithm.memory import check_memory
from lowlogit_edu.config import LearnerConfig, PracticalConfig
from lowlogit_edu.core.checks import check_count
from lowlogit_edu.core.rng import stream
from lowlogit_edu.events import Event, LearnResult
from lowlogit_edu.oracles.base import LogitOracle, check_oracle, check_reads
from lowlogit_edu.practical.learner import practical_steps
from lowlogit_edu.practical.state import PracticalState

State = FaithfulState | PracticalState


def learn_steps(
    oracle: LogitOracle, horizon: int, config: LearnerConfig | PracticalConfig | None = None, seed: int = 0
) -> Iterator[tuple[State, Event]]:
    """Learn from logit queries, yielding `(state, event)` after every step.

    Paper: Algorithm 1 (learning algorithm), arXiv:2512.09892.

    Parameters
    ----------
    oracle : LogitOracle
    horizon : int
        Number of tokens T of the learned sequences.
    config : LearnerConfig or PracticalConfig
        `LearnerConfig()` runs Algorithm 1, `LearnerConfig.practical()` its practical relative.
    seed : int

    Yields
    ------
    state : FaithfulState or PracticalState
        Everything needed to go on; `state.result()` is a `LearnResult` of what is there now.
    event : Event

    Raises
    ------
    ArgumentError
        If the horizon is below 1 or beyond what the teacher says that it reads, or `oracle` lacks what an oracle needs.
    TooLarge
        If it would not fit into memory; the message names what to lower.
    """
    # Refused here rather than at the first step: a generator would wait until it is asked.
    check_count("horizon", horizon)
    check_oracle(oracle)
    check_reads(oracle, horizon)
    stream(seed)
    config = config or LearnerConfig()
    if isinstance(config, PracticalConfig):
        return _with_usual_floats(practical_steps(oracle, horizon, config, seed))
    check_memory(oracle.alphabet_size, horizon, config)
    return _with_usual_floats(faithful_steps(oracle, horizon, config, seed))


def _with_usual_floats(steps: Iterator[tuple[State, Event]]) -> Iterator[tuple[State, Event]]:
    """The steps, each with numpy's own settings: probabilities that underflow to 0 are no error, whoever asks."""
    while True:
        with np.errstate(divide="warn", over="warn", under="ignore", invalid="warn"):
            step = next(steps, None)
        if step is None:
            return
        yield step


def learn(
    oracle: LogitOracle,
    horizon: int,
    config: LearnerConfig | PracticalConfig | None = None,
    seed: int = 0,
    on_event: Callable[[Event], object] | None = None,
) -> LearnResult:
    """Learn from logit queries; parameters as in `learn_steps`, `on_event` sees every event.

    Paper: Theorem 1.2 (low logit rank can be learned from logit queries), arXiv:2512.09892.

    Returns
    -------
    LearnResult
        `status` tells whether the model passed its tests.
    """
    result = None
    for state, event in learn_steps(oracle, horizon, config, seed):
        result = state.result  # to be called once, at the end: making a model of a state takes time
        if on_event is not None:
            on_event(event)
    assert result is not None, "a learner yields at least one step"
    return result()
