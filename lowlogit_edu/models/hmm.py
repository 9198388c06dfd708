"""Hidden Markov models: low probability rank.

>>> model = hmm(states=2, alphabet_size=3, horizon=4, seed=0)
>>> float(np.exp(model.log_probabilities()).sum().round(12))
1.0
"""

import numpy as np
from jaxtyping import Float

from lowlogit_edu.core.checks import Prefixes, array_fingerprint, by_length, check_count, check_prefixes
from lowlogit_edu.core.errors import ArgumentError
from lowlogit_edu.core.numerics import mean_center
from lowlogit_edu.core.rng import stream
from lowlogit_edu.models.base import LanguageModel


def _distributions(name: str, array: np.ndarray, shape: tuple[int, ...]) -> Float[np.ndarray, "..."]:
    """A read-only copy of `array`, of that shape with rows that are distributions; ArgumentError otherwise."""
    array = np.array(array, dtype=np.float64)
    if array.shape != shape:
        raise ArgumentError(f"{name} must have shape {shape}, got {array.shape}.")
    if not ((array >= 0).all() and np.allclose(array.sum(axis=-1), 1)):
        raise ArgumentError(f"{name} must hold probabilities of at least 0 that sum to 1 along the last axis.")
    array.flags.writeable = False
    return array


class HiddenMarkovModel(LanguageModel):
    """A hidden state that moves at random and emits one token per step.

    Paper: Definition 3.1 (low-rank language model), arXiv:2512.09892.

    Parameters
    ----------
    initial : array of shape (states,)
        Distribution of the first hidden state.
    transition : array of shape (states, states)
        Row i is the distribution of the state after state i.
    emission : array of shape (states, alphabet_size)
        Row i is the distribution of the token emitted in state i; all above 0.
    horizon : int
    """

    def __init__(
        self,
        initial: Float[np.ndarray, "state"],
        transition: Float[np.ndarray, "state state"],
        emission: Float[np.ndarray, "state token"],
        horizon: int,
    ) -> None:
        if np.ndim(emission) != 2:
            raise ArgumentError(f"emission must have shape (states, alphabet_size), got {np.shape(emission)}.")
        k, self.alphabet_size = np.shape(emission)
        self.initial = _distributions("initial", initial, (k,))
        self.transition = _distributions("transition", transition, (k, k))
        self.emission = _distributions("emission", emission, (k, self.alphabet_size))
        if not (self.emission > 0).all():
            raise ArgumentError("emission must be above 0 everywhere: a token of probability 0 has no finite logit.")
        self.horizon = check_count("horizon", horizon)
        # The horizon too: unlike in a time-varying ISAN, no array's shape tells it.
        arrays = (self.initial, self.transition, self.emission, np.array(self.horizon))
        self.fingerprint = array_fingerprint("hmm", *arrays)

    def __repr__(self) -> str:
        sizes = f"states={len(self.initial)}, alphabet_size={self.alphabet_size}, horizon={self.horizon}"
        return f"HiddenMarkovModel({sizes})"

    def logits(self, prefixes: Prefixes) -> Float[np.ndarray, "prefix token"]:
        """Mean-centred logits (nats) of the next token after each prefix, by the forward recursion."""
        prefixes = check_prefixes(prefixes, self.alphabet_size, self.horizon)
        answer = np.zeros((len(prefixes), self.alphabet_size))
        for rows, tokens in by_length(prefixes):
            belief = np.tile(self.initial, (len(rows), 1))  # of the state about to emit
            for column in tokens.T:
                # Bayes: the states that emit this token likely gain; then the state moves.
                belief = (belief * self.emission.T[column]) @ self.transition
                belief /= belief.sum(axis=1, keepdims=True)  # at every step, or long prefixes underflow
            answer[rows] = mean_center(np.log(belief @ self.emission))
        return answer


def hmm(states: int, alphabet_size: int, horizon: int, seed: int = 0) -> HiddenMarkovModel:
    """A random hidden Markov model; all its distributions are drawn uniformly (Dirichlet of ones).

    Parameters
    ----------
    states, alphabet_size, horizon : int
    seed : int
    """
    k = check_count("states", states)
    V = check_count("alphabet_size", alphabet_size, least=2)
    rng = stream(seed, "hmm")
    initial = rng.dirichlet(np.ones(k))
    transition = rng.dirichlet(np.ones(k), size=k)
    return HiddenMarkovModel(initial, transition, rng.dirichlet(np.ones(V), size=k), horizon)
