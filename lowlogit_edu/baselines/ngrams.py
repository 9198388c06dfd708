"""Baselines that any learner has to beat, fitted to the same queries."""

from collections.abc import Iterable

from lowlogit_edu.models.base import LanguageModel
from lowlogit_edu.models.ngram import Fold, NGram, Observed, fit_ngram

NAMES = {3: "trigram", 2: "bigram", 1: "unigram"}


def ngram_baselines(
    observed: Iterable[Observed], alphabet_size: int, horizon: int, fold: Fold | None = None
) -> dict[str, LanguageModel]:
    """Trigram, bigram, unigram with back-off, and uniform, from the distributions observed; `fold` as in `NGram`."""
    trigram = fit_ngram(observed, alphabet_size, order=3, fold=fold)
    models: dict[str, LanguageModel] = {
        name: NGram(trigram.tables[:order], alphabet_size, horizon, trigram.prior, fold)
        for order, name in NAMES.items()
    }
    return models | {"uniform": NGram([], alphabet_size, horizon)}
