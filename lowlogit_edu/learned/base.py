"""What a learner returns: a language model that needs no oracle any more."""

from abc import abstractmethod
from collections.abc import Mapping
from pathlib import Path
from typing import Any, ClassVar

import numpy as np

from lowlogit_edu.core.errors import CheckpointError
from lowlogit_edu.core.storage import save_arrays
from lowlogit_edu.models.base import LanguageModel

FILE = "model.safetensors"


class LearnedModel(LanguageModel):
    """A language model learned from logit queries.

    Attributes
    ----------
    teacher : str
        Fingerprint of the oracle it was learned from.
    """

    kind: ClassVar[str]  # names the class in saved files
    teacher: str

    @abstractmethod
    def contents(self) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
        """A JSON-able header and the arrays: all that `from_contents` needs."""

    @classmethod
    @abstractmethod
    def from_contents(cls, header: Mapping[str, Any], arrays: Mapping[str, np.ndarray]) -> "LearnedModel":
        """The model that `contents` describes."""

    def save(self, folder: str | Path, *, overwrite: bool = False) -> Path:
        """Write the model to `folder`, for `load`; a model there already is kept unless `overwrite`."""
        path = Path(folder) / FILE
        if path.exists() and not overwrite:
            raise CheckpointError(f"{path} exists; choose another folder, or pass overwrite=True to replace it.")
        path.parent.mkdir(parents=True, exist_ok=True)
        header, arrays = self.contents()
        save_arrays(path, self.kind, header, arrays)
        return path
