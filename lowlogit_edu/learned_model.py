"""What a learner returns: a language model that needs no oracle any more."""

from abc import abstractmethod
from pathlib import Path

from lowlogit_edu.models.base import LanguageModel


class LearnedModel(LanguageModel):
    """A language model learned from logit queries.

    Attributes
    ----------
    teacher : str
        Fingerprint of the oracle it was learned from.
    """

    teacher: str

    @abstractmethod
    def save(self, folder: str | Path, *, overwrite: bool = False) -> Path:
        """Write the model to `folder`; an existing model there is kept unless `overwrite`."""
