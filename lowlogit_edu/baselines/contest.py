"""One table: a learned model beside baselines fitted to the same queries, with what each cost.

>>> from lowlogit_edu.models import random_isan
>>> from lowlogit_edu.oracles.exact import ExactOracle
>>> teacher = random_isan(alphabet_size=2, dimension=2, horizon=4, seed=0)
>>> judged = judge(ExactOracle(teacher), {"itself": Contender(teacher, queries=0)}, n=10, seed=0)
>>> [row.mean for row in judged.values()]
[0.0, 0.0]
"""

import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from jaxtyping import Float, Int

from lowlogit_edu.baselines.contenders import Contender, parameter_count, run_contenders
from lowlogit_edu.baselines.floor import best_rank_kl
from lowlogit_edu.baselines.observed import Observed
from lowlogit_edu.evaluation.divergence import KLReport, compare, fresh_texts, kl_report, perplexity, surprisals
from lowlogit_edu.oracles.base import LogitOracle

FLOOR_STEPS = 40  # of descent; 60 more took a floor of 0.017 nats to 0.010


@dataclass(frozen=True)
class Judged(KLReport):
    """A report with its costs: a row of the table, where what does not apply is None.

    Attributes
    ----------
    queries, seconds
        As in `Contender`.
    parameters : int
        Numbers stored.
    text_perplexity : float
        On real text: exp of the mean -log probability of its tokens.
    """

    queries: int | None = None
    parameters: int | None = None
    seconds: float | None = None
    text_perplexity: float | None = None


def judge(
    oracle: LogitOracle,
    contenders: Mapping[str, Contender],
    n: int,
    seed: int,
    *,
    text: Int[np.ndarray, "text time"] | None = None,
    floor_rank: int | None = None,
) -> dict[str, Judged]:
    """The teacher itself and all contenders, on the same `n` sequences sampled from the teacher.

    Parameters
    ----------
    text : int array, optional
        Real texts, of no more tokens than the horizons.
    floor_rank : int, optional
        Adds two rows: how close a readout of this rank could come, the same at every position or one
        for each (`best_rank_kl`), on as many of the sequences as fit in memory.
    """
    models = {name: contender.model for name, contender in contenders.items()}
    horizon = min(model.horizon for model in models.values())
    reports = compare(oracle, models, n, seed, horizon)
    # log perplexity = entropy + KL, with one entropy for all; too little comes out where a perplexity was cut off.
    entropy = max(float(np.log(report.perplexity)) - report.mean for report in reports.values())
    itself = kl_report(np.zeros((n, horizon)), entropy)
    rows = {"the teacher itself": Judged(**vars(itself), text_perplexity=_text_perplexity(oracle, text))}
    if floor_rank is not None:
        # The first texts that all are judged on, as many as fit in memory: the floor needs its rows at once.
        _, logits = next(fresh_texts(oracle, n, horizon, seed))
        rows[f"best rank-{floor_rank} readout"] = _floor(logits, floor_rank, entropy, shared=True)
        rows["  one per position"] = _floor(logits, floor_rank, entropy, shared=False)
    for name, contender in contenders.items():
        rows[name] = Judged(
            **vars(reports[name]),
            queries=contender.queries,
            parameters=parameter_count(contender.model),
            seconds=contender.seconds,
            text_perplexity=_text_perplexity(contender.model, text),
        )
    return rows


def _text_perplexity(model: LogitOracle, text: Int[np.ndarray, "text time"] | None) -> float | None:
    return None if text is None else perplexity(surprisals(model, text).mean())


def _floor(logits: Float[np.ndarray, "sequence time token"], rank: int, entropy: float, *, shared: bool) -> Judged:
    """The row of the best readout of a rank: it was fitted to the very texts that it is judged on."""
    start = time.perf_counter()
    kl = best_rank_kl(logits, rank, FLOOR_STEPS, shared=shared)
    return Judged(**vars(kl_report(kl, entropy)), seconds=time.perf_counter() - start)


def evaluate_run(
    oracle: LogitOracle, folder: Path, n: int, seed: int, observed: Iterable[Observed] | None = None
) -> dict[str, Judged]:
    """KL of a saved run's models beside quick baselines, on fresh sequences; see `run_contenders`."""
    return judge(oracle, run_contenders(oracle, folder, observed), n, seed)
