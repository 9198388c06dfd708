"""Known language models to learn from and to compare with."""

from lowlogit_edu.models.base import LanguageModel
from lowlogit_edu.models.isan import TimeVaryingISAN, random_isan
from lowlogit_edu.models.parity import noisy_parity

__all__ = ["LanguageModel", "TimeVaryingISAN", "noisy_parity", "random_isan"]
