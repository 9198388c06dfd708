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
from jaxtyping import Int

from lowlogit_edu.baselines.contenders import Contender, parameter_count, run_contenders
from lowlogit_edu.baselines.floor import best_rank_kl
from lowlogit_edu.baselines.ngram import Observed
from lowlogit_edu.evaluation.divergence import KLReport, compare, fresh_texts, kl_report, surprisals
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
    horizon = min(contender.model.horizon for contender in contenders.values())
    reports = compare(oracle, {name: contender.model for name, contender in contenders.items()}, n, seed, horizon)
    entropy = max(float(np.log(report.perplexity)) - report.mean for report in reports.values())  # the same for all

    def on_text(model: LogitOracle) -> float | None:
        return None if text is None else float(np.exp(min(surprisals(model, text).mean(), 700.0)))

    itself = kl_report(np.zeros((n, horizon)), entropy)
    rows = {"the teacher itself": Judged(**vars(itself), text_perplexity=on_text(oracle))}
    if floor_rank is not None:
        _, logits = next(fresh_texts(oracle, n, horizon, seed))
        for name, shared in ((f"best rank-{floor_rank} readout", True), ("  one per position", False)):
            start = time.perf_counter()
            kl = best_rank_kl(logits, floor_rank, FLOOR_STEPS, shared=shared)
            rows[name] = Judged(**vars(kl_report(kl, entropy)), seconds=time.perf_counter() - start)
    for name, contender in contenders.items():
        rows[name] = Judged(
            **vars(reports[name]),
            queries=contender.queries,
            parameters=parameter_count(contender.model),
            seconds=contender.seconds,
            text_perplexity=on_text(contender.model),
        )
    return rows


def evaluate_run(
    oracle: LogitOracle, folder: Path, n: int, seed: int, observed: Iterable[Observed] | None = None
) -> dict[str, Judged]:
    """KL of a saved run's models beside quick baselines, on fresh sequences; see `run_contenders`."""
    return judge(oracle, run_contenders(oracle, folder, observed), n, seed)
