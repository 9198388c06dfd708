"""Who takes part in a comparison: learned models, and baselines fitted to the same queries, with what each cost."""

import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from lowlogit_edu.baselines.greedy import greedy_isan
from lowlogit_edu.baselines.ngram import Fold, NGram, fit_ngram, ngram_baselines
from lowlogit_edu.baselines.observed import Metered, Observed, Remembered
from lowlogit_edu.baselines.single_token import single_token_model
from lowlogit_edu.baselines.student import distilled_student, gru_width
from lowlogit_edu.core.errors import ArgumentError
from lowlogit_edu.learned.base import FILE as MODEL
from lowlogit_edu.learned.base import LearnedModel
from lowlogit_edu.loading import load
from lowlogit_edu.models.base import LanguageModel
from lowlogit_edu.oracles.base import LogitOracle, logits_along
from lowlogit_edu.oracles.counted import Counted
from lowlogit_edu.practical.answers import LOGITS
from lowlogit_edu.practical.record import read_record, saved_queries
from lowlogit_edu.practical.run_folder import PLAIN

Fitted = TypeVar("Fitted")

PART = 1000  # texts asked about at once, where so many fit in memory


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


def parameter_count(model: LanguageModel) -> int | None:
    """Numbers that a model stores; for n-grams, the entries of all tables."""
    if isinstance(model, LearnedModel):
        _, arrays = model.contents()
        return sum(array.size for array in arrays.values())
    if isinstance(model, NGram):
        return sum(table.sums.size for table in model.tables)
    return getattr(model, "parameters", None)


def quick_baselines(
    observed: Iterable[Observed], alphabet_size: int, horizon: int, fold: Fold | None = None
) -> dict[str, Contender]:
    """Trigram, bigram, unigram and uniform: read the answers once; `fold` as in `NGram`."""
    told = Metered(observed)
    models, seconds = _timed(lambda: ngram_baselines(told, alphabet_size, horizon, fold))
    found = {name: Contender(model, told.asked) for name, model in models.items()}
    # The shorter n-grams are the trigram's own tables, cut: all the fitting is on its account.
    found["trigram"] = Contender(models["trigram"], told.asked, seconds - told.seconds)
    found["uniform"] = Contender(models["uniform"], queries=0)
    return found


def heavy_baselines(oracle: LogitOracle, observed: Remembered, learned: Contender, seed: int) -> dict[str, Contender]:
    """A 4-gram, a student with as many parameters as the learned model, single-token regression, greedy of its rank.

    LINGEN, which continues one text, and the probability-rank learner, which writes out all texts,
    have no place in the same table.
    """
    V = learned.model.alphabet_size
    horizon = learned.model.horizon
    # The same size for all: as many dimensions for the linear ones, as many parameters for the network.
    rank = getattr(learned.model, "rank", V)
    width = gru_width(V, parameter_count(learned.model) or 1)
    asked = sum(int(seen.sum()) for _, _, seen in observed)
    four, four_seconds = _timed(lambda: fit_ngram(observed, V, 4))
    student, student_seconds = _timed(lambda: distilled_student(observed, V, horizon, width, seed=seed))
    single, single_seconds = _timed(lambda: single_token_model(observed, V, horizon, rank))
    # The greedy update asks for itself: about its own histories, not about the learned model's texts.
    counted = Counted(oracle)
    greedy, greedy_seconds = _timed(lambda: greedy_isan(counted, horizon, rank, seed=seed))
    return {
        "4-gram": Contender(four, asked, four_seconds),
        f"GRU student, width {width}": Contender(student, asked, student_seconds),
        "single token": Contender(single, asked, single_seconds),
        "greedy (Eq. 5)": Contender(greedy, counted.queries, greedy_seconds),
    }


def _timed(fit: Callable[[], Fitted]) -> tuple[Fitted, float]:
    start = time.perf_counter()
    return fit(), time.perf_counter() - start


def asked_again(oracle: LogitOracle, folder: Path) -> Iterator[Observed]:
    """(tokens, logits by column, asked) of the queries that a saved run was fitted to, asked once more."""
    code, blocks = saved_queries(folder)
    for tokens, asked in blocks:
        fitting = LOGITS // (tokens.shape[1] * oracle.alphabet_size)
        size = max(1, min(PART, fitting))
        for start in range(0, len(tokens), size):
            part = slice(start, start + size)
            yield tokens[part], code.lump(logits_along(oracle, tokens[part])), asked[part]


def run_contenders(
    oracle: LogitOracle, folder: Path, observed: Iterable[Observed] | None = None, *, heavy: bool = False, seed: int = 0
) -> dict[str, Contender]:
    """A saved run's models, and baselines fitted to the same queries; `heavy` adds those that take minutes.

    `observed` are those queries' answers, by column; by default they are asked again.
    """
    model = load(folder)
    record = read_record(folder)
    if model.alphabet_size != oracle.alphabet_size:
        raise ArgumentError(
            f"the model in {folder} has an alphabet of {model.alphabet_size} tokens, the teacher one of "
            f"{oracle.alphabet_size}; give the --teacher that it was learned from ({model.teacher})."
        )
    asked = sum(record["queries"].values())
    found = {"learned": Contender(model, asked, record["seconds"])}
    if (folder / PLAIN / MODEL).exists():  # the run was refined; two rows show what that gave
        found["  before refinement"] = Contender(load(folder / PLAIN), asked)
    if observed is None:
        observed = asked_again(oracle, folder)
    code, _ = saved_queries(folder)
    if heavy and len(code.tokens) < oracle.alphabet_size:
        raise ArgumentError(
            f"the run in {folder} followed {len(code.tokens):,} of {oracle.alphabet_size:,} tokens; the baselines "
            "that take minutes need all. Use the quick ones, or learn with a larger columns setting."
        )
    if heavy:
        observed = Remembered(observed)
        found |= heavy_baselines(oracle, observed, found["learned"], seed)
    fold = (code.columns, code.shares)  # tokens that were not followed share one column of the answers
    return found | quick_baselines(observed, model.alphabet_size, model.horizon, fold)
