"""One table: a learned model beside baselines fitted to the same queries, with what each cost.

>>> from lowlogit_edu.models import random_isan
>>> from lowlogit_edu.oracles.exact import ExactOracle
>>> teacher = random_isan(alphabet_size=2, dimension=2, horizon=4, seed=0)
>>> judged = judge(ExactOracle(teacher), {"itself": Contender(teacher, queries=0)}, n=10, seed=0)
>>> [row.mean for row in judged.values()]
[0.0, 0.0]
"""

import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

import numpy as np
from jaxtyping import Int

from lowlogit_edu.baselines.floor import best_rank_kl
from lowlogit_edu.baselines.greedy import greedy_isan
from lowlogit_edu.baselines.ngrams import ngram_baselines
from lowlogit_edu.baselines.single_token import single_token_model
from lowlogit_edu.baselines.student import distilled_student, gru_width
from lowlogit_edu.errors import TooLarge
from lowlogit_edu.evaluation import KLReport, compare, fresh_texts, kl_report, surprisals
from lowlogit_edu.learned_model import LearnedModel
from lowlogit_edu.models.base import LanguageModel
from lowlogit_edu.models.ngram import Fold, NGram, Observed
from lowlogit_edu.oracles.base import LogitOracle
from lowlogit_edu.oracles.counted import Counted

FLOOR_STEPS = 40  # of descent; 60 more took a floor of 0.017 nats to 0.010

Fitted = TypeVar("Fitted")


@dataclass(frozen=True)
class Contender:
    """A model to compare.

    Attributes
    ----------
    model : LanguageModel
    queries : int
        Logit queries that it was fitted to.
    seconds : float, optional
        To fit it, without the asking; for the learned model the whole run.
    """

    model: LanguageModel
    queries: int
    seconds: float | None = None


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


class Remembered(Sequence[Observed]):
    """Answers in half precision, to be read more than once; TooLarge where they pass `max_bytes`."""

    def __init__(self, observed: Iterable[Observed], max_bytes: int = 8_000_000_000) -> None:
        self._parts: list[Observed] = []
        size = 0
        for tokens, logits, asked in observed:
            size += 2 * logits.size
            if size > max_bytes:
                raise TooLarge(
                    f"the answers that heavy baselines are fitted to take more than {max_bytes / 1e9:g} GB; "
                    "leave those baselines out, or learn from fewer sequences or a smaller alphabet."
                )
            self._parts.append((tokens, logits.astype(np.float16), asked))

    def __len__(self) -> int:
        return len(self._parts)

    def __getitem__(self, index):
        tokens, logits, asked = self._parts[index]
        return tokens, logits.astype(np.float32), asked


def quick_baselines(
    observed: Iterable[Observed], alphabet_size: int, horizon: int, fold: Fold | None = None
) -> dict[str, Contender]:
    """Trigram, bigram, unigram and uniform: read the answers once; `fold` as in `NGram`."""
    asked, waited = 0, 0.0

    def reading() -> Iterator[Observed]:
        nonlocal asked, waited
        parts, start = iter(observed), time.perf_counter()
        for part in parts:
            waited += time.perf_counter() - start
            asked += int(part[2].sum())
            yield part
            start = time.perf_counter()

    models, seconds = _timed(lambda: ngram_baselines(reading(), alphabet_size, horizon, fold))
    found = {name: Contender(model, asked) for name, model in models.items()}
    trigram, uniform = models["trigram"], models["uniform"]
    return found | {"trigram": Contender(trigram, asked, seconds - waited), "uniform": Contender(uniform, 0)}


def heavy_baselines(oracle: LogitOracle, observed: Remembered, learned: Contender, seed: int) -> dict[str, Contender]:
    """A student with as many parameters as the learned model, single-token regression and greedy of its rank.

    LINGEN, which continues one text, and the probability-rank learner, which writes out all texts,
    have no place in the same table.
    """
    V, horizon = learned.model.alphabet_size, learned.model.horizon
    rank, width = getattr(learned.model, "rank", V), gru_width(V, parameter_count(learned.model) or 1)
    asked = sum(int(seen.sum()) for _, _, seen in observed)
    student, student_seconds = _timed(lambda: distilled_student(observed, V, horizon, width, seed=seed))
    single, single_seconds = _timed(lambda: single_token_model(observed, V, horizon, rank))
    counted = Counted(oracle)
    greedy, greedy_seconds = _timed(lambda: greedy_isan(counted, horizon, rank, seed=seed))
    return {
        f"GRU student, width {width}": Contender(student, asked, student_seconds),
        "single token": Contender(single, asked, single_seconds),
        "greedy (Eq. 5)": Contender(greedy, counted.queries, greedy_seconds),
    }


def _timed(fit: Callable[[], Fitted]) -> tuple[Fitted, float]:
    start = time.perf_counter()
    return fit(), time.perf_counter() - start


def parameter_count(model: LanguageModel) -> int | None:
    """Numbers that a model stores; for n-grams, the entries of all tables."""
    if isinstance(model, LearnedModel):
        return sum(array.size for array in model.contents()[1].values())
    if isinstance(model, NGram):
        return sum(table.sums.size for table in model.tables)
    return getattr(model, "parameters", None)


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
