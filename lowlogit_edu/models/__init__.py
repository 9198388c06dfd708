"""Known language models to learn from and to compare with."""

from importlib import import_module
from typing import Any

from lowlogit_edu.models.base import LanguageModel
from lowlogit_edu.models.blow_up import blow_up_isan
from lowlogit_edu.models.cauchy import cauchy
from lowlogit_edu.models.copying import copying
from lowlogit_edu.models.fourier import fourier_sparse
from lowlogit_edu.models.hmm import HiddenMarkovModel, hmm
from lowlogit_edu.models.isan import TimeVaryingISAN, random_isan, steady_isan
from lowlogit_edu.models.parity import noisy_parity
from lowlogit_edu.models.tabular import TabularModel, random_table

__all__ = [
    "HiddenMarkovModel",
    "LanguageModel",
    "TabularModel",
    "TimeVaryingISAN",
    "blow_up_isan",
    "cauchy",
    "copying",
    "fourier_sparse",
    "hmm",
    "noisy_parity",
    "random_isan",
    "random_table",
    "steady_isan",
]

MOVED = {"NGram", "fit_ngram"}


def __getattr__(name: str) -> Any:
    """What stands in `baselines` now, under its old name: lessons that were handed out ask for it here."""
    if name in MOVED:
        return getattr(import_module("lowlogit_edu.baselines"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
