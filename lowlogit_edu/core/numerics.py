"""Small numerical vocabulary: centring, softmax, divergences.

>>> import numpy as np
>>> mean_center(np.array([1.0, 2.0, 6.0]))
array([-2., -1.,  3.])
>>> softmax(np.log([1.0, 1.0, 2.0])).tolist()
[0.25, 0.25, 0.5]
"""

import numpy as np
from jaxtyping import Float, Int

BLOCK = 32  # tokens that are drawn from as one at first, where there are at least two such blocks
FEW = 8  # rows, below which drawing twice takes longer than adding up all tokens


def mean_center(logits: Float[np.ndarray, "*batch token"]) -> Float[np.ndarray, "*batch token"]:
    """Subtract from each row its mean over tokens.

    Paper: Definition 1.2 (mean-centred logits); the projection of Eq. 11, arXiv:2512.09892.
    """
    return logits - logits.mean(axis=-1, keepdims=True)


def log_softmax(logits: Float[np.ndarray, "*batch token"]) -> Float[np.ndarray, "*batch token"]:
    """Log-probabilities (nats) of the distribution that `logits` describe, without overflow."""
    shifted = logits - logits.max(axis=-1, keepdims=True)  # exp() of 0 at most
    return shifted - np.log(np.exp(shifted).sum(axis=-1, keepdims=True))


def softmax(logits: Float[np.ndarray, "*batch token"]) -> Float[np.ndarray, "*batch token"]:
    """Probabilities proportional to `exp(logits)`, without overflow."""
    return np.exp(log_softmax(logits))


def kl_divergence(
    teacher: Float[np.ndarray, "*batch token"], learned: Float[np.ndarray, "*batch token"]
) -> Float[np.ndarray, "*batch"]:
    """KL(softmax(teacher) || softmax(learned)) in nats, row by row; both are logits.

    >>> import numpy as np
    >>> float(kl_divergence(np.array([0.0, 0.0]), np.array([0.0, 0.0])))
    0.0
    """
    return kl_of_log_probabilities(log_softmax(teacher), log_softmax(learned))


def kl_of_log_probabilities(
    log_p: Float[np.ndarray, "*batch token"], log_q: Float[np.ndarray, "*batch token"]
) -> Float[np.ndarray, "*batch"]:
    """KL(p || q) in nats, row by row, given the logarithms of both."""
    divergence = (np.exp(log_p) * (log_p - log_q)).sum(axis=-1)
    return np.asarray(np.maximum(divergence, 0.0))  # rounding leaves about -1e-17 where the two are equal


def half_l1(p: Float[np.ndarray, "*batch token"], q: Float[np.ndarray, "*batch token"]) -> Float[np.ndarray, "*batch"]:
    """Total variation of p and q, 0 to 1, row by row: the largest difference in the probability of any one event.

    >>> float(half_l1(np.array([0.5, 0.5]), np.array([0.25, 0.75])))
    0.25
    """
    return np.asarray(np.abs(p - q).sum(axis=-1) / 2)


def draw_tokens(logits: Float[np.ndarray, "sequence token"], *, rng: np.random.Generator) -> np.ndarray:
    """One token per row, drawn from `softmax(logits)`."""
    return tokens_at(logits, rng.random(len(logits)))


def tokens_at(logits: Float[np.ndarray, "sequence token"], draws: Float[np.ndarray, "sequence"]) -> np.ndarray:
    """The token that each draw from [0, 1) falls on: the distribution function of `softmax(logits)`, inverted."""
    weights = np.exp(logits - logits.max(axis=-1, keepdims=True))
    alphabet_size = logits.shape[1]
    if alphabet_size < 2 * BLOCK or len(logits) < FEW:
        ends = weights.cumsum(axis=-1)
        # A product that rounds up to the sum itself stays on the alphabet.
        return np.minimum((ends <= draws[:, None] * ends[:, -1:]).sum(axis=-1), alphabet_size - 1)
    # Adding up all tokens one by one takes longer than all else: first a block of tokens is drawn, then one of these.
    if alphabet_size % BLOCK:
        weights = np.pad(weights, ((0, 0), (0, -alphabet_size % BLOCK)))
    weights = weights.reshape(len(logits), -1, BLOCK)
    block, rest = _places(weights.sum(axis=-1), draws)
    token, _ = _places(weights[np.arange(len(block)), block], rest)
    return np.minimum(block * BLOCK + token, alphabet_size - 1)


def _places(
    weights: Float[np.ndarray, "sequence place"], draws: Float[np.ndarray, "sequence"]
) -> tuple[Int[np.ndarray, "sequence"], Float[np.ndarray, "sequence"]]:
    """Where draws from [0, 1) fall among weights laid end to end; how far into the weight there, again in [0, 1)."""
    ends = weights.cumsum(axis=-1)
    reached = draws * ends[:, -1]
    # A product that rounds up to the sum itself stays among the weights.
    place = np.minimum((ends <= reached[:, None]).sum(axis=-1), weights.shape[1] - 1)
    rows = np.arange(len(weights))
    end = ends[rows, place].astype(np.float64)
    start = np.where(place > 0, ends[rows, place - 1], 0.0)
    rest = (reached - start) / np.maximum(end - start, np.finfo(np.float64).tiny)
    return place, np.clip(rest, 0.0, np.nextafter(1.0, 0.0))
