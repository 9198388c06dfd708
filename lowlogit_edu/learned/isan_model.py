"""The practical learner's model: one state, one matrix per token, one readout.

>>> model = ISANModel(np.ones(1), np.array([[[2.0]], [[0.5]]]), np.array([[-1.0], [1.0]]), horizon=3)
>>> model.logits([[], [0], [0, 1]]).tolist()
[[-1.0, 1.0], [-2.0, 2.0], [-1.0, 1.0]]
"""

from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import Any, get_type_hints

import numpy as np
from jaxtyping import Float, Int

from lowlogit_edu.core.by_token import ByToken
from lowlogit_edu.core.checks import (
    Prefixes,
    array_fingerprint,
    by_length,
    check_count,
    check_prefixes,
    check_texts,
    check_tokens,
)
from lowlogit_edu.core.contents import check_arrays, check_names, check_value
from lowlogit_edu.core.errors import ArgumentError
from lowlogit_edu.core.numerics import draw_tokens, mean_center
from lowlogit_edu.core.rng import stream
from lowlogit_edu.learned.base import LearnedModel

ARRAYS = ("initial_state", "transitions", "readout", "mixture")
MOST_MIXED = 200_000_000  # bytes of all tokens' matrices, up to which they are written out for sampling


class ISANModel(LearnedModel):
    """An input-switched affine network that is the same at every step.

    Paper: Definition 1.5 (ISAN), arXiv:2512.09892; `x_t = A_{y_t} x_{t-1}`, logits `B x_t`.
    Differs from the paper: A and B do not depend on time.

    Its logit matrices have rank at most `rank` at every cut (Fact 1.1), whatever the teacher's.

    Parameters
    ----------
    initial_state : array of shape (rank,)
    transitions : array of shape (alphabet_size, rank, carried), or (factors, rank, carried) with a `mixture`
        `carried` is `rank`, or less: then the next state depends on the first `carried` entries of a state alone. The
        others are a row that a token writes and `readout` reads once (Algorithm 2's readout); columns of zeros need
        no room.
    readout : array of shape (alphabet_size, rank)
        Logits (nats) as a linear function of the state, up to a constant.
    horizon : int
    teacher : str
        Fingerprint of the oracle it was learned from.
    settings : mapping
        How it was learned (JSON-able); kept with the saved model.
    mixture : float array of shape (alphabet_size, factors) or int array of shape (alphabet_size,), optional
        Given weights, the matrix of token z is `sum_k mixture[z, k] transitions[k]`; given numbers,
        it is `transitions[mixture[z]]`.

    Attributes
    ----------
    rank : int
        Length of the state.
    carried : int
        First so many entries of the state that the next one depends on.
    """

    kind = "lowlogit_edu isan model"

    def __init__(
        self,
        initial_state: Float[np.ndarray, "rank"],
        transitions: Float[np.ndarray, "factor rank carried"],
        readout: Float[np.ndarray, "token rank"],
        horizon: int,
        teacher: str = "",
        settings: Mapping[str, Any] | None = None,
        mixture: Float[np.ndarray, "token factor"] | Int[np.ndarray, "token"] | None = None,
    ) -> None:
        V, d = readout.shape
        count = _matrices_expected(V, len(transitions), mixture)
        carried = transitions.shape[-1]
        check_count("alphabet_size", V)
        if initial_state.shape != (d,) or transitions.shape != (count, d, carried) or not 0 < carried <= d:
            raise ArgumentError(
                f"with readout of shape {(V, d)}, initial_state must have shape {(d,)} and transitions "
                f"({count}, {d}, 1 to {d}), got {initial_state.shape} and {transitions.shape}."
            )
        if mixture is not None and len(mixture) != V:
            raise ArgumentError(f"mixture must have one row for each of the {V} tokens, got {len(mixture)}.")
        if mixture is not None and mixture.ndim == 1:
            check_tokens(mixture[None], count)  # numbers of matrices have the limits that tokens have
        self.initial_state = initial_state
        self.transitions = transitions
        self.mixture = mixture
        self.readout = readout
        self.alphabet_size = V
        self.rank = d
        self.carried = carried
        self.horizon = check_count("horizon", horizon)
        self.teacher = teacher
        self.settings = dict(settings or {})
        arrays = [initial_state, transitions, readout]
        if mixture is not None:
            arrays.append(mixture)
        self.fingerprint = array_fingerprint("isan", *arrays)

    def __repr__(self) -> str:
        sizes = f"alphabet_size={self.alphabet_size}, carried={self.carried}, rank={self.rank}, horizon={self.horizon}"
        return f"ISANModel({sizes})"

    def transitions_of(self, tokens: Int[np.ndarray, "token"]) -> Float[np.ndarray, "token rank carried"]:
        """The matrices of some tokens."""
        if self.mixture is None:
            return self.transitions[tokens]
        if self.mixture.ndim == 1:
            return self.transitions[self.mixture[tokens]]
        # A mixture of matrices is one product of flat rows.
        flat = self.transitions.reshape(len(self.transitions), -1)
        mixed = self.mixture[tokens] @ flat
        return mixed.reshape(-1, self.rank, self.carried)

    def states_along(self, tokens: Int[np.ndarray, "sequence time"]) -> Float[np.ndarray, "sequence time rank"]:
        """The state before each token: `[:, t]` has read `tokens[:, :t]`."""
        tokens = check_tokens(tokens, self.alphabet_size)
        # Only the matrices that the texts use are written out; tokens are renumbered to fit.
        used = np.unique(tokens)
        transitions = self.transitions_of(used)
        tokens = np.searchsorted(used, tokens)
        states = np.empty((*tokens.shape, self.rank), dtype=self.transitions.dtype)
        state = np.tile(self.initial_state, (len(tokens), 1))
        for t in range(tokens.shape[1]):
            states[:, t] = state
            state = self._moved(state, tokens[:, t], transitions)
        return states

    def logits_along(self, tokens: Int[np.ndarray, "sequence time"]) -> Float[np.ndarray, "sequence time token"]:
        """Mean-centred logits at every position: `[:, t]` is given `tokens[:, :t]`."""
        tokens = check_tokens(tokens, self.alphabet_size)
        return mean_center(self.states_along(tokens) @ self.readout.T)

    def logits(self, prefixes: Prefixes) -> Float[np.ndarray, "prefix token"]:
        """Mean-centred logits (nats) of the next token after each prefix."""
        prefixes = check_prefixes(prefixes, self.alphabet_size, self.horizon)
        answer = np.empty((len(prefixes), self.alphabet_size), dtype=self.readout.dtype)
        for rows, tokens in by_length(prefixes):
            # One more column, never read, so that the last state is the one after the whole prefix.
            extended = np.concatenate([tokens, np.zeros((len(rows), 1), dtype=np.int64)], axis=1)
            answer[rows] = self.states_along(extended)[:, -1] @ self.readout.T
        return mean_center(answer)

    def sample(self, n: int, seed: int = 0, prompt: Sequence[int] = ()) -> Int[np.ndarray, "sequence time"]:
        """`n` sequences of `horizon` tokens that begin with `prompt`; the state is carried from token to token."""
        n = check_texts(n, self.horizon, self.alphabet_size)
        (start,) = check_prefixes([prompt], self.alphabet_size, self.horizon + 1)
        rng = stream(seed, "model sample")
        tokens = np.empty((n, self.horizon), dtype=np.int64)
        tokens[:, : len(start)] = start
        # The last token of a text is not read.
        begun = np.array([[*start, 0]], dtype=np.int64)
        state = np.tile(self.states_along(begun)[:, -1], (n, 1))
        readout = np.ascontiguousarray(self.readout.T)
        for t in range(len(start), self.horizon):
            tokens[:, t] = draw_tokens(state @ readout, rng=rng)
            state = self._moved(state, tokens[:, t], self._matrices)
        return tokens

    def _moved(
        self,
        states: Float[np.ndarray, "sequence rank"],
        column: Int[np.ndarray, "sequence"],
        transitions: Float[np.ndarray, "token rank carried"] | None,
    ) -> Float[np.ndarray, "sequence rank"]:
        """The states after each sequence's token; without `transitions` each matrix is mixed when it is needed."""
        read = states[:, : self.carried]
        if transitions is not None and len(column) < len(transitions):
            # Most texts read a token that no other reads: sorting them by token would take longer than it saves.
            after = np.empty_like(states)
            for token, before, row in zip(column.tolist(), read, after, strict=True):
                np.dot(transitions[token], before, out=row)
            return after
        by_token = ByToken(column)
        if transitions is not None:
            return by_token.apply_transposed(transitions, read)
        after = np.empty_like(states)
        for token, rows in by_token.groups():
            after[rows] = read[rows] @ self.transitions_of(np.array([token]))[0].T
        return after

    @cached_property
    def _matrices(self) -> Float[np.ndarray, "token rank carried"] | None:
        """The matrices of all tokens, mixed once, where they are few."""
        numbers = self.alphabet_size * self.rank * self.carried
        if numbers * self.transitions.itemsize > MOST_MIXED:
            return None
        return self.transitions_of(np.arange(self.alphabet_size))

    def with_horizon(self, horizon: int) -> "ISANModel":
        """The same matrices, run for another number of tokens."""
        header, arrays = self.contents()
        return self.from_contents(header | {"horizon": horizon}, arrays)

    def contents(self) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
        """A JSON-able header and the arrays: all that `from_contents` needs."""
        header = {"horizon": self.horizon, "teacher": self.teacher, "settings": self.settings}
        arrays = {"initial_state": self.initial_state, "transitions": self.transitions, "readout": self.readout}
        return header, arrays if self.mixture is None else arrays | {"mixture": self.mixture}

    @classmethod
    def from_contents(cls, header: Mapping[str, Any], arrays: Mapping[str, np.ndarray]) -> "ISANModel":
        """The model that `contents` describes; ArgumentError where they are those of none."""
        check_names("the header", header, ("horizon", "teacher", "settings"))
        check_value("teacher", header["teacher"], str)
        check_value("settings", header["settings"], dict)
        hints = get_type_hints(cls.__init__)
        check_arrays("the model", arrays, {name: hints[name] for name in ARRAYS})
        mixture = arrays.get("mixture")
        return cls(arrays["initial_state"], arrays["transitions"], arrays["readout"], **header, mixture=mixture)


def _matrices_expected(alphabet_size: int, given: int, mixture: np.ndarray | None) -> int:
    """How many transitions fit the mixture: one per token, one per weight, or as many as are given."""
    if mixture is None:
        return alphabet_size
    return mixture.shape[1] if mixture.ndim == 2 else given
