"""What a checker of a statement returns."""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Finding:
    """Whether a statement held on the case it was tried on. It is an experiment, not a proof.

    Attributes
    ----------
    statement : str
        As the paper numbers it.
    holds : bool
    numbers : mapping of str to float
        What was measured and what it was compared with.
    sentence : str
        The same in words.
    """

    statement: str
    holds: bool
    numbers: Mapping[str, float]
    sentence: str
