"""Input-switched affine networks: the models of exactly low logit rank.

>>> model = random_isan(alphabet_size=2, dimension=3, horizon=4, seed=0)
>>> float(abs(model.next_token_logits([0, 1]).sum()).round(12))
0.0
"""

import numpy as np
from jaxtyping import Float, Int

from lowlogit_edu.core.checks import (
    Prefixes,
    array_fingerprint,
    by_length,
    check_count,
    check_number,
    check_prefixes,
    check_rows,
)
from lowlogit_edu.core.errors import ArgumentError
from lowlogit_edu.core.numerics import mean_center
from lowlogit_edu.core.rng import stream
from lowlogit_edu.models.base import LanguageModel


def _finite(name: str, array: np.ndarray, shape: tuple[int, ...]) -> Float[np.ndarray, "..."]:
    """A read-only copy of `array`, of that shape and all finite; ArgumentError otherwise."""
    array = np.array(array, dtype=np.float64)
    if array.shape != shape:
        raise ArgumentError(f"{name} must have shape {shape}, got {array.shape}.")
    if not np.isfinite(array).all():
        raise ArgumentError(f"{name} holds NaN or infinity; every entry must be finite.")
    array.flags.writeable = False
    return array


class TimeVaryingISAN(LanguageModel):
    """A linear state, moved by a matrix that each token chooses and read out as logits.

    Paper: Definition 1.5 (time-varying ISAN), arXiv:2512.09892.

    The state starts as `initial_state`; token z at time t (from 0) multiplies it by
    `transitions[t, z]`, and the logits of the token at time t are `readouts[t] @ state`.

    Parameters
    ----------
    initial_state : array of shape (dimension,)
    transitions : array of shape (horizon - 1, alphabet_size, dimension, dimension)
        None after the last token: nothing reads the state there.
    readouts : array of shape (horizon, alphabet_size, dimension)
        Nats; stored mean-centred over tokens, which changes no probability.
    name : str
        What `repr` shows instead of the class and the sizes.
    """

    def __init__(
        self,
        initial_state: Float[np.ndarray, "state"],
        transitions: Float[np.ndarray, "step token state state"],
        readouts: Float[np.ndarray, "time token state"],
        name: str = "",
    ) -> None:
        if np.ndim(readouts) != 3 or not np.size(readouts):
            raise ArgumentError(
                f"readouts must have shape (horizon, alphabet_size, dimension), got {np.shape(readouts)}."
            )
        T, V, d = np.shape(readouts)
        self.horizon = T
        self.alphabet_size = V
        self.dimension = d
        self.initial_state = _finite("initial_state", initial_state, (d,))
        self.transitions = _finite("transitions", transitions, (T - 1, V, d, d))
        # Centred over tokens once here, so that every logit computed from them is mean-centred.
        centred = mean_center(np.swapaxes(readouts, 1, 2)).swapaxes(1, 2)
        self.readouts = _finite("readouts", centred, (T, V, d))
        self.fingerprint = array_fingerprint("isan", self.initial_state, self.transitions, self.readouts)
        self._name = name or f"TimeVaryingISAN(alphabet_size={V}, dimension={d}, horizon={T})"

    def __repr__(self) -> str:
        return self._name

    def logits(self, prefixes: Prefixes) -> Float[np.ndarray, "prefix token"]:
        """Mean-centred logits (nats) of the next token after each prefix."""
        prefixes = check_prefixes(prefixes, self.alphabet_size, self.horizon)
        answer = np.zeros((len(prefixes), self.alphabet_size))
        for rows, tokens in by_length(prefixes):
            answer[rows] = self.logits_after(tokens)
        return answer

    def logits_after(self, tokens: Int[np.ndarray, "prefix time"]) -> Float[np.ndarray, "prefix token"]:
        """`logits` of prefixes of one length, the rows of a matrix."""
        tokens = check_rows(tokens, self.alphabet_size, self.horizon)
        state = np.tile(self.initial_state, (len(tokens), 1))
        for time, column in enumerate(tokens.T):
            state = self._moved(state, time, column)
        # einsum, not @, whose sums depend on the size of the batch: an answer is the same to the last bit in any.
        return np.einsum("ni,zi->nz", state, self.readouts[tokens.shape[1]])

    def states_along(self, tokens: Int[np.ndarray, "sequence time"]) -> Float[np.ndarray, "sequence state_time state"]:
        """The states x_0, x_1, .. of sequences of at most horizon - 1 tokens: `[:, t]` has read `tokens[:, :t]`."""
        states = [np.tile(self.initial_state, (len(tokens), 1))]
        for time, column in enumerate(tokens.T):
            states.append(self._moved(states[-1], time, column))
        return np.stack(states, axis=1)

    def _moved(
        self, states: Float[np.ndarray, "sequence state"], time: int, column: Int[np.ndarray, "sequence"]
    ) -> Float[np.ndarray, "sequence state"]:
        """The states after each sequence's token at that time."""
        moved = np.empty_like(states)
        for token in np.unique(column):  # one matrix for all that read the token
            here = column == token
            moved[here] = np.einsum("ij,nj->ni", self.transitions[time, token], states[here])
        return moved

    def in_basis(self, change: Float[np.ndarray, "state state"]) -> "TimeVaryingISAN":
        """The same distribution with states `change @ x` in place of x; `change` is invertible.

        >>> model = random_isan(alphabet_size=2, dimension=2, horizon=3, seed=0)
        >>> other = model.in_basis(np.array([[2.0, 1.0], [0.0, 1.0]]))
        >>> float(abs(other.log_probabilities() - model.log_probabilities()).max().round(12))
        0.0
        """
        change = _finite("change", change, (self.dimension, self.dimension))
        if np.linalg.matrix_rank(change) < self.dimension:
            raise ArgumentError("change must be invertible: its columns are linearly dependent.")
        back = np.linalg.inv(change)
        return TimeVaryingISAN(
            change @ self.initial_state,
            change @ self.transitions @ back,
            self.readouts @ back,
            name=f"{self!r} in another basis",
        )


def steady_isan(
    initial_state: Float[np.ndarray, "state"],
    transitions: Float[np.ndarray, "token state state"],
    readout: Float[np.ndarray, "token state"],
    horizon: int,
    name: str = "",
) -> TimeVaryingISAN:
    """An ISAN that is the same at every step.

    >>> counter = steady_isan(  # the state (1, number of ones); the logits of 0 and 1 differ by that number
    ...     np.array([1.0, 0.0]), np.array([[[1.0, 0], [0, 1]], [[1, 0], [1, 1]]]), np.array([[0.0, 0], [0, 1]]), 4
    ... )
    >>> counter.next_token_logits([1, 0, 1]).tolist()
    [-1.0, 1.0]
    """
    T = check_count("horizon", horizon)
    steps = np.repeat(transitions[None], T - 1, axis=0)
    reads = np.repeat(readout[None], T, axis=0)
    return TimeVaryingISAN(initial_state, steps, reads, name)


def random_isan(alphabet_size: int, dimension: int, horizon: int, seed: int = 0, scale: float = 1.5) -> TimeVaryingISAN:
    """A random ISAN: unit start, random orthogonal transitions, Gaussian readouts.

    Parameters
    ----------
    alphabet_size, dimension, horizon : int
    seed : int
    scale : float
        Standard deviation of a logit, in nats, before centring.
    """
    V = check_count("alphabet_size", alphabet_size, least=2)
    d = check_count("dimension", dimension)
    T = check_count("horizon", horizon)
    check_number("scale", scale, least=1e-9)
    rng = stream(seed, "random_isan")
    # Orthogonal maps keep the state at length 1, so that logits neither fade nor grow along a text. As LAPACK makes
    # them here, all have the determinant (-1)^(d-1): in dimension 2 each is a mirror, and none turns.
    start = rng.standard_normal(d)
    orthogonal, _ = np.linalg.qr(rng.standard_normal((T - 1, V, d, d)))
    readouts = scale * rng.standard_normal((T, V, d))
    name = f"random_isan(alphabet_size={V}, dimension={d}, horizon={T}, seed={seed}, scale={scale:g})"
    return TimeVaryingISAN(start / np.linalg.norm(start), orthogonal, readouts, name)
