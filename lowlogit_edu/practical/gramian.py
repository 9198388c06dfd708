"""How much coefficients matter for the rows that follow: the observability Gramian of a learner's maps."""

import numpy as np
from jaxtyping import Float

from lowlogit_edu.core.by_token import Norms

NO_PART = 1e-8  # of a step so much discounted
RARE = 1e-3  # share of a token, over the most frequent one's, below which it is left out
SETTLED = 1e-4  # relative change at which the sum is complete
DIVERGING = 1e6  # times the first term, at which the sum has no end


def later_rows(
    step: Norms, read_norms: Norms, shares: Float[np.ndarray, "token"], discount: float
) -> Float[np.ndarray, "input input"]:
    """The matrix W for which d W d' is the expected squared length, over all later rows, of what coefficients d add.

    W = sum over tokens of share * (N + discount * A W A'), for the token's step A and the squared lengths
    N = read read' of its row: each step further counts `discount` times as much. Tokens are taken as drawn by their
    shares, whatever was read before.

    Parameters
    ----------
    step : array of shape (token, input, input)
    read_norms : array of shape (token, input, input)
    shares : array of shape (token,)
        How often each token is read; sums to 1.
    discount : float
        Between 0 and 1. Maps that grow faster than it shrinks have no finite sum; it is cut where it is `DIVERGING`.
    """
    used = np.flatnonzero(shares > shares.max(initial=0.0) * RARE)
    share = shares[used] / shares[used].sum()
    next_row = np.tensordot(share, read_norms[used].astype(np.float64), 1)
    scaled = step[used] * np.sqrt(share * discount).astype(np.float32)[:, None, None]
    # All steps side by side, so that a round is two matrix products: (input, token, input).
    rank = step.shape[1]
    beside = np.ascontiguousarray(scaled.transpose(1, 0, 2))
    found = next_row
    rounds = int(np.log(NO_PART) / np.log(discount)) + 1
    for _ in range(rounds):
        carried = beside.reshape(-1, rank) @ found.astype(np.float32)
        after = next_row + carried.reshape(rank, -1) @ beside.reshape(rank, -1).T
        change = np.linalg.norm(after - found)
        found = (after + after.T) / 2
        size = np.linalg.norm(found)
        if change <= SETTLED * size or size > DIVERGING * np.linalg.norm(next_row):
            break
    return found
