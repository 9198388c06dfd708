"""What every language model of this package can do, known or learned."""

from abc import ABC, abstractmethod
from collections.abc import Sequence

import numpy as np
from jaxtyping import Float, Int

from lowlogit_edu.core.checks import Prefixes, check_prefixes, check_texts, check_tokens
from lowlogit_edu.core.errors import TooLarge
from lowlogit_edu.core.numerics import draw_tokens, log_softmax
from lowlogit_edu.core.rng import stream


class LanguageModel(ABC):
    """A distribution over token sequences of length `horizon`.

    Paper: Definition 1.1 (language model), arXiv:2512.09892.

    A subclass sets `alphabet_size` and `horizon` and defines `logits`; the rest follows.

    Attributes
    ----------
    alphabet_size : int
        Number of tokens; tokens are 0 to alphabet_size - 1.
    horizon : int
        Number of tokens T of a sequence; prefixes of length 0 to T - 1 are legal.
    fingerprint : str
        Changes whenever the distribution does; equal for equal models.
    """

    alphabet_size: int
    horizon: int
    fingerprint: str

    @abstractmethod
    def logits(self, prefixes: Prefixes) -> Float[np.ndarray, "prefix token"]:
        """Mean-centred logits (nats) of the next token after each prefix (Definition 1.2)."""

    def logits_after(self, tokens: Int[np.ndarray, "prefix time"]) -> Float[np.ndarray, "prefix token"]:
        """`logits` of prefixes of one length, the rows of a matrix."""
        return self.logits(list(map(tuple, tokens.tolist())))

    def next_token_logits(self, prefix: Sequence[int]) -> Float[np.ndarray, "token"]:
        """Mean-centred logits of the token that follows `prefix`."""
        return self.logits([prefix])[0]

    def logits_along(self, tokens: Int[np.ndarray, "sequence time"]) -> Float[np.ndarray, "sequence time token"]:
        """Mean-centred logits at every position: `[:, t]` is given `tokens[:, :t]`."""
        tokens = check_tokens(tokens, self.alphabet_size)
        n, length = tokens.shape
        prefixes = [row[:t] for row in tokens.tolist() for t in range(length)]
        return self.logits(prefixes).reshape(n, length, self.alphabet_size)

    def sample(self, n: int, seed: int = 0, prompt: Sequence[int] = ()) -> Int[np.ndarray, "sequence time"]:
        """`n` sequences of `horizon` tokens that begin with `prompt`."""
        n = check_texts(n, self.horizon, self.alphabet_size)
        # A prompt may fill the horizon, which no prefix may: nothing has to follow it.
        (start,) = check_prefixes([prompt], self.alphabet_size, self.horizon + 1)
        rng = stream(seed, "model sample")
        tokens = np.tile(np.array(start, dtype=np.int64), (n, 1))
        while tokens.shape[1] < self.horizon:
            following = draw_tokens(self.logits_after(tokens), rng=rng)
            tokens = np.concatenate([tokens, following[:, None]], axis=1)
        return tokens

    def log_probabilities(self, *, max_sequences: int = 2_000_000) -> Float[np.ndarray, "sequence"]:
        """Log-probability of every sequence, in lexicographic order, by full enumeration.

        Raises
        ------
        TooLarge
            If there are more than `max_sequences` sequences.
        """
        if self.alphabet_size**self.horizon > max_sequences:
            raise TooLarge(
                f"{self.alphabet_size}^{self.horizon} sequences are more than "
                f"max_sequences={max_sequences:,}; use a smaller horizon, or a sampled measure "
                "such as evaluation.mean_kl."
            )
        # All prefixes of one length at a time, each followed by every token: the order stays lexicographic.
        tokens = np.zeros((1, 0), dtype=np.int64)
        log_p = np.zeros(1)
        for _ in range(self.horizon):
            step = log_softmax(self.logits_after(tokens))
            log_p = (log_p[:, None] + step).ravel()
            longer = np.repeat(tokens, self.alphabet_size, axis=0)
            following = np.tile(np.arange(self.alphabet_size), len(tokens))
            tokens = np.concatenate([longer, following[:, None]], axis=1)
        return log_p
