"""A teacher whose tokens are text, as the command line and measures of texts need it."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Protocol, runtime_checkable

import numpy as np

from lowlogit_edu.oracles.base import LogitOracle


@runtime_checkable
class TextOracle(LogitOracle, Protocol):
    """A teacher whose tokens are text: a transformer at hand, or one on a server."""

    tokenizer: Any  # of transformers; None where tokens are numbers only
    longest: int | None  # tokens that it reads; None for no limit

    @property
    def name(self) -> str:
        """Shown in messages."""
        ...

    def encode(self, text: str) -> list[int]:
        """The tokens of `text`."""
        ...

    def decode(self, tokens: Sequence[int] | np.ndarray) -> str:
        """The text of `tokens`, up to the first end-of-text."""
        ...

    def save_tokenizer(self, folder: str | Path) -> None:
        """Write what `decode` needs to `folder`."""
        ...
