"""One linear map per token, fitted to many rows."""

from collections.abc import Iterator
from copy import copy

import numpy as np
from jaxtyping import Float, Int

from lowlogit_edu.core.by_token import ByToken, Maps
from lowlogit_edu.core.ridge import CONSTANT_PULL

NONE_OF_THE_LARGEST = 1e-9  # share of the largest sum of squares below which a combination of inputs is always zero
AT_ONCE = 32  # tokens solved for together; a copy of all sums would be the largest thing in memory


class NormalEquations:
    """Sums over rows (x, y), token by token: all that a regression of y on x needs.

    Attributes
    ----------
    gram : array of shape (token, input, input)
        Sums of x' x.
    cross : array of shape (token, input, output)
        Sums of x' y.
    inputs : array of shape (input,)
        Sum of x over all rows.
    """

    def __init__(self, map_count: int, inputs: int, outputs: int) -> None:
        self.gram = np.zeros((map_count, inputs, inputs))
        self.cross = np.zeros((map_count, inputs, outputs))
        self.inputs = np.zeros(inputs)

    def add(
        self,
        tokens: Int[np.ndarray, "row"],
        x: Float[np.ndarray, "row input"],
        y: Float[np.ndarray, "row output"],
    ) -> None:
        """Count some rows in."""
        for token, chosen in ByToken(tokens).groups():
            inputs = x[chosen]
            self.gram[token] += inputs.T @ inputs
            self.cross[token] += inputs.T @ y[chosen]
            self.inputs += inputs.sum(axis=0)

    def combined(
        self, kept: Float[np.ndarray, "input combined"], *outputs: Float[np.ndarray, "output _"]
    ) -> Iterator["NormalEquations"]:
        """The sums of (x @ kept, y @ each of the outputs), one after the other: all of them together are large."""
        found = copy(self)
        found.gram = _between(kept, self.gram, kept)
        found.inputs = self.inputs @ kept
        for wanted in outputs:
            found.cross = _between(kept, self.cross, wanted)
            yield found

    def one(self) -> Float[np.ndarray, "input"]:
        """The combination of inputs that is nearest to 1 in every row."""
        return np.linalg.lstsq(self.gram.sum(axis=0), self.inputs, rcond=NONE_OF_THE_LARGEST)[0]

    def shared(self, pull: Float[np.ndarray, "input"]) -> Maps:
        """One map for all tokens plus, for each, an output of its own wherever `x @ one()` is 1: a guess to pull to.

        `pull` is the ridge of the common map.
        """
        one = self.one()
        # What a token's own output takes care of is left out of the common map: sums around each token's mean.
        count = np.einsum("i,tij,j->t", one, self.gram, one)
        mean_input = (self.gram @ one) / (count + CONSTANT_PULL)[:, None]
        sum_output = np.einsum("tij,i->tj", self.cross, one)
        gram = self.gram.sum(axis=0) - np.einsum("ti,tj->ij", mean_input, self.gram @ one)
        cross = self.cross.sum(axis=0) - mean_input.T @ sum_output
        common = np.linalg.solve(gram + np.diag(pull), cross)
        left = sum_output - (self.gram @ one) @ common
        overall = left.sum(axis=0) / max(count.sum(), 1.0)
        own = (left + CONSTANT_PULL * overall) / (count + CONSTANT_PULL)[:, None]
        common, one, own = (part.astype(np.float32) for part in (common, one, own))  # one such map for each token
        return common + one[None, :, None] * own[:, None, :]

    def solve(self, pull: Float[np.ndarray, "input"], guess: Maps | None = None) -> Maps:
        """For each token the map W with the least |x W - y|^2 + sum_i pull_i |W_i - guess_i|^2 (no guess: zero)."""
        solved = np.empty(self.cross.shape, dtype=np.float32)
        for start in range(0, len(solved), AT_ONCE):
            part = slice(start, start + AT_ONCE)
            cross = self.cross[part] if guess is None else self.cross[part] + pull[:, None] * guess[part]
            solved[part] = np.linalg.solve(self.gram[part] + np.diag(pull), cross)
        return solved


def _between(left: np.ndarray, sums: Float[np.ndarray, "token _ _"], right: np.ndarray) -> np.ndarray:
    """left' S right for each S, a few at a time: half done, all of them would take as much room again."""
    found = np.empty((len(sums), left.shape[1], right.shape[1]))
    for start in range(0, len(sums), AT_ONCE):
        part = slice(start, start + AT_ONCE)
        found[part] = left.T @ sums[part] @ right
    return found
