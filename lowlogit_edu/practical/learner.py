"""The practical learner: the loop of Algorithm 1 on a real language model and its whole vocabulary.

Each epoch samples texts (their logits come with them), spans the histories by a few of them, solves for the maps that
carry coefficients from token to token and read the next row, verifies them on fresh texts, and asks about the contexts
that are likely to betray an error.

Paper: Algorithm 1, with Algorithm 2's readout, arXiv:2512.09892.
Differs from the paper, for a real alphabet, and no theorem covers it:

- one spanner, and one map per token, serve all cuts; the maps are found once, where Algorithm 2 solves a program for
  every text that it reads;
- the program that ties a text's steps together (Eqs. 9 and 10) is solved in squares, with slack, for the texts that
  were told, and the maps are fitted to its solutions;
- the spanner spans the coefficients of the learned maps, and the rows that these read are fitted along whole texts: the
  teacher's own rows after the spanner's histories, added up by the same coefficients, would be far off, since a history
  that spans is unlike all others, and most tokens after it were never written (notebook 10 measures it; on noisy
  parity they add up);
- witnesses are contexts that are rare, not the worst that verification found: those were tried, and were no better
  (`docs/ABLATION.md`);
- of a large alphabet the likeliest tokens are followed one by one, all others together;
- residuals and coefficients are measured on fresh texts and shown, but the KL there alone decides whether the model
  is verified.
"""

from collections.abc import Callable, Iterator
from importlib.util import find_spec

from lowlogit_edu.config import PracticalConfig
from lowlogit_edu.core.errors import BudgetExhausted, missing_extra
from lowlogit_edu.core.threads import one_numpy_thread
from lowlogit_edu.events import Event, Status
from lowlogit_edu.oracles.base import LogitOracle
from lowlogit_edu.practical import stages
from lowlogit_edu.practical.memory import check_memory
from lowlogit_edu.practical.session import Session
from lowlogit_edu.practical.state import PracticalState

Step = tuple[PracticalState, Event]


def practical_steps(
    oracle: LogitOracle, horizon: int, config: PracticalConfig, seed: int, state: PracticalState | None = None
) -> Iterator[Step]:
    """Run the practical learner, yielding the state and an event after each stage.

    Given a `state` of an earlier run with the same arguments, the run goes on from there.

    Raises
    ------
    TooLarge
        If the answers would not fit in memory; the message names what to lower.
    MissingExtra
        If there are passes of refinement, and no torch.
    """
    check_memory(oracle.alphabet_size, horizon, config)
    passes = config.passes if horizon > 1 else 0  # of a single token the row is told, and nothing is carried
    if passes and find_spec("torch") is None:  # said before minutes of work, not after
        raise missing_extra("Refinement", "torch", "or set passes=0")
    run = Session(oracle, horizon, config, seed, state or PracticalState())
    try:
        while run.state.epoch < config.epochs and not run.verified:
            yield _done(stages.EPOCH[run.state.stage], run)
        while run.state.passes < passes and not run.verified:
            yield _done(stages.refine, run)
        yield run.finish(Status.VERIFIED if run.verified else Status.MEASURED)
    except BudgetExhausted:
        yield run.finish(Status.BUDGET_EXHAUSTED)
    except KeyboardInterrupt:
        yield run.finish(Status.INTERRUPTED)  # what the stage under way has asked stays counted
        raise


def _done(stage: Callable[[Session], Step], run: Session) -> Step:
    """A stage's step. With two threads numpy took twice the processor time for the same: they wait for each other."""
    with one_numpy_thread():
        return stage(run)
