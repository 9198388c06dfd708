"""Who takes part in a comparison: learned models, and baselines fitted to the same queries, with what each cost."""

import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import numpy as np

from lowlogit_edu.baselines.greedy import greedy_isan
from lowlogit_edu.baselines.ngram import Fold, NGram, Observed, ngram_baselines
from lowlogit_edu.baselines.single_token import single_token_model
from lowlogit_edu.baselines.student import distilled_student, gru_width
from lowlogit_edu.core.errors import ArgumentError, TooLarge
from lowlogit_edu.learned.base import FILE as MODEL
from lowlogit_edu.learned.base import LearnedModel
from lowlogit_edu.loading import load
from lowlogit_edu.models.base import LanguageModel
from lowlogit_edu.oracles.base import LogitOracle, logits_along
from lowlogit_edu.oracles.counted import Counted
from lowlogit_edu.practical.answers import LOGITS
from lowlogit_edu.practical.run_folder import PLAIN, read_record, saved_queries

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


def asked_again(oracle: LogitOracle, folder: Path) -> Iterator[Observed]:
    """(tokens, logits by column, asked) of the queries that a saved run was fitted to, asked once more."""
    code, arrays = saved_queries(folder)
    tokens, asked = arrays["tokens"].astype(np.int64), arrays["asked"]
    size = max(1, min(1000, LOGITS // (tokens.shape[1] * oracle.alphabet_size)))
    for start in range(0, len(tokens), size):
        part = slice(start, start + size)
        yield tokens[part], code.lump(logits_along(oracle, tokens[part])), asked[part]


def run_contenders(
    oracle: LogitOracle, folder: Path, observed: Iterable[Observed] | None = None, *, heavy: bool = False, seed: int = 0
) -> dict[str, Contender]:
    """A saved run's models, and baselines fitted to the same queries; `heavy` adds those that take minutes.

    `observed` are those queries' answers, by column; by default they are asked again.
    """
    model, record = load(folder), read_record(folder)
    if model.alphabet_size != oracle.alphabet_size:
        raise ArgumentError(
            f"the model in {folder} has an alphabet of {model.alphabet_size} tokens, the teacher one of "
            f"{oracle.alphabet_size}; give the --teacher that it was learned from ({model.teacher})."
        )
    asked = sum(record["queries"].values())
    found = {"learned": Contender(model, asked, record["seconds"])}
    if (folder / PLAIN / MODEL).exists():
        found["  before refinement"] = Contender(load(folder / PLAIN), asked)
    observed = asked_again(oracle, folder) if observed is None else observed
    code, _ = saved_queries(folder)
    if heavy:
        if len(code.tokens) < oracle.alphabet_size:
            raise ArgumentError(
                f"the run in {folder} followed {len(code.tokens):,} of {oracle.alphabet_size:,} tokens; the baselines "
                "that take minutes need all. Use the quick ones, or learn with a larger columns setting."
            )
        observed = Remembered(observed)
        found |= heavy_baselines(oracle, observed, found["learned"], seed)
    fold = (code.columns, code.shares)
    return found | quick_baselines(observed, model.alphabet_size, model.horizon, fold)
