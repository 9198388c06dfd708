"""A Boolean function behind a counter of its queries, and what learning it gave.

>>> from lowlogit_edu.boolean.functions import parity
>>> oracle = FunctionOracle(parity(bits=2, subset=(0, 1)))
>>> oracle.logits([(0, 1), (0, 1), (1,)]).tolist(), oracle.queries
([[0.5, -0.5], [0.5, -0.5], [0.0, 0.0]], 1)
"""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Int

from lowlogit_edu.boolean.functions import BooleanFunction, point_index
from lowlogit_edu.core.checks import Prefixes, array_fingerprint, by_length, check_prefixes
from lowlogit_edu.events import Status


class FunctionOracle:
    """The logit oracle of `learning.boolean_model`, which costs one query of f per point, the first time it is asked.

    Prefixes of fewer bits cost nothing: the next bit is uniform.

    Attributes
    ----------
    queries : int
        Distinct points that f was asked at.
    """

    alphabet_size = 2

    def __init__(self, function: BooleanFunction) -> None:
        self.function = function
        self._asked = np.zeros(len(function.values), dtype=bool)
        self.fingerprint = array_fingerprint("boolean", function.values)

    def __repr__(self) -> str:
        return f"FunctionOracle({self.function.name}, queries={self.queries})"

    @property
    def queries(self) -> int:
        return int(self._asked.sum())

    def values(self, points: Int[np.ndarray, "point bit"]) -> Float[np.ndarray, "point"]:
        """f at some points."""
        self._asked[point_index(points)] = True
        return self.function(points)

    def logits(self, prefixes: Prefixes) -> Float[np.ndarray, "prefix token"]:
        """Mean-centred logits (nats): zero before the label, -f/2 and f/2 at it."""
        prefixes = check_prefixes(prefixes, 2, self.function.bits + 1)
        answer = np.zeros((len(prefixes), 2))
        for rows, points in by_length(prefixes):
            if points.shape[1] == self.function.bits:
                answer[rows] = self.values(points)[:, None] * np.array([-0.5, 0.5])
        return answer


@dataclass(frozen=True)
class BooleanResult:
    """A learned function, and what it cost.

    Attributes
    ----------
    teacher, method : str
    function : BooleanFunction
    queries : int
        Distinct points that the teacher was asked at.
    error : float
        E (f - learned)^2 over uniform points, exact.
    status : Status or None
        Why Algorithm 1 stopped.
    """

    teacher: str
    method: str
    function: BooleanFunction
    queries: int
    error: float
    status: Status | None = None
