"""The program over whole texts: one correction per step, tied together by the equations between the steps.

For one text with coefficients c_t, rows told u_{t+1} and errors e_t = u_{t+1} - c_t G_t it finds the corrections d_t
that minimise

    sum_t |e_t - d_t G_t|^2 + weight |d_{t+1} - d_t A_t|_W^2        (d_0 = 0)

with the step A_t and the read G_t of the text's token t. The first term holds the coefficients to the rows that were
told, the second to the coefficients before them. Nearly so: going back through a text, what d_t costs the steps after
it is taken to be |d_t|_W^2, its mean over texts, so that one matrix per token is inverted and none per place.

Paper: Eqs. 9 and 10 (one linear program for all coefficients of a trajectory), arXiv:2512.09892.
Differs from the paper: squares with a slack take the place of equations that hold exactly and of bounds; the slack is
measured by what it does to all later rows (W of `gramian`). Where rows are exact and the spanner spans, both have the
same solution (tested).
"""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float, Int

from lowlogit_edu.core.by_token import ByToken, Norms
from lowlogit_edu.practical.gramian import later_rows

LEAST = 1e-6  # share of the mean that is added to a norm, so that a coefficient which nothing reads has one


@dataclass(frozen=True)
class TextProgram:
    """The program of given maps, ready for any text.

    Attributes
    ----------
    step : array of shape (token, rank, rank)
    gain : array of shape (token, rank, rank)
        Correction before token y = (what came over @ weighted + what is pulled from later) @ gain[y].
    weighted : array of shape (rank, rank)
        weight * W.
    """

    step: Norms
    gain: Norms
    weighted: Float[np.ndarray, "rank rank"]

    @classmethod
    def of(cls, step: Norms, read_norms: Norms, shares: Float[np.ndarray, "token"], weight: float) -> "TextProgram":
        """Prepare the program.

        Parameters
        ----------
        step, read_norms, shares
            As in `later_rows`.
        weight : float
            Of the equations between steps: large trusts the maps, small the rows.
        """
        # The least of |d'|_W^2 + weight |d' - d A|_W^2 over the correction d' of the next step is discount |d A|_W^2.
        discount = weight / (1 + weight)
        later = later_rows(step, read_norms, shares, discount)
        later += LEAST * max(np.trace(later) / len(later), LEAST) * np.eye(len(later))
        norm = later.astype(np.float32)
        worth = read_norms + discount * step @ norm @ step.transpose(0, 2, 1)
        gain = np.linalg.inv(worth + weight * norm).astype(np.float32)
        return cls(step, gain, (weight * norm).astype(np.float32))

    def corrections(
        self,
        columns: Int[np.ndarray, "text time"],
        pulls: Float[np.ndarray, "text read rank"],
        known: Bool[np.ndarray, "text time"],
    ) -> Float[np.ndarray, "text read rank"]:
        """What each step should have added to the coefficients, for each text: [:, t] to those before token t + 1.

        Parameters
        ----------
        columns : int array of shape (text, time)
            The map that each token reads.
        pulls : array of shape (text, time - 1, rank)
            e_t G_t': where the error of the row after token t pulls the coefficients before it.
        known : bool array of shape (text, time)
            Rows that were told; the others pull nothing.
        """
        n, reads, rank = pulls.shape
        told = known[:, 1:, None]
        pulls = np.where(told, pulls, np.float32(0))
        by_token = [ByToken(columns[:, t]) for t in range(reads)]
        # Back: what all later rows want of the coefficients before each token.
        wanted = pulls.copy()
        for t in range(reads - 2, -1, -1):
            over = by_token[t + 1].apply(self.gain, wanted[:, t + 1]) @ self.weighted
            wanted[:, t] += by_token[t].apply_transposed(self.step, over)
        # Forth: corrections, of which what the step before does not carry over is new.
        new = np.zeros((n, reads, rank), dtype=np.float32)
        correction = np.zeros((n, rank), dtype=np.float32)
        for t in range(reads - 1):
            carried = by_token[t].apply(self.step, correction)
            pulled = by_token[t + 1].apply(self.gain, carried @ self.weighted + wanted[:, t + 1])
            correction = np.where(told[:, t + 1], pulled, carried)
            new[:, t] = correction - carried
        return new
