"""Ways to get one row of logits out of a completion server, the cheapest first.

>>> tokens = tuple(range(64))
>>> [way.requests for way in (Full(tokens, 50257), Listed(tokens), Forced(tokens), TopKBias(tokens, 20))]
[1, 1, 64, 5]
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol, runtime_checkable

import numpy as np
from jaxtyping import Float

from lowlogit_edu.core.errors import OracleValueError
from lowlogit_edu.server.answers import Prompt, Told, picked

MOST_LISTED = 128  # token ids that vLLM takes in one `logprob_token_ids`
FORCING = 100.0  # the largest bias that servers allow
# A bias has to lift a token above the likeliest ones, and a log-probability after it has to be told apart from others.
BIASES = (20.0, 40.0, 80.0, 100.0)

Ask = Callable[[Sequence[Prompt], Mapping[str, Any]], Sequence[Told]]  # prompts, fields of the request -> answers


@runtime_checkable
class Strategy(Protocol):
    """How to ask about the tokens of an alphabet."""

    @property
    def name(self) -> str:
        """As a user writes it."""
        ...

    @property
    def requests(self) -> int:
        """For one prefix, at most (of `topk_bias`: where the first bias is large enough)."""
        ...

    @property
    def together(self) -> bool:
        """Whether a request can be about several prefixes."""
        ...

    def rows(self, ask: Ask, prompts: Sequence[Prompt]) -> Float[np.ndarray, "prompt token"]:
        """Log-probabilities (nats) of the tokens after each prompt, up to a constant for each row."""
        ...


@dataclass(frozen=True)
class Full:
    """The whole row: the likeliest `count` tokens, which are all there are."""

    tokens: tuple[int, ...] = field(repr=False)
    count: int
    name: str = field(default="full", init=False, repr=False)
    together: bool = field(default=True, init=False, repr=False)

    @property
    def requests(self) -> int:
        return 1

    def rows(self, ask: Ask, prompts: Sequence[Prompt]) -> Float[np.ndarray, "prompt token"]:
        told = ask(prompts, {"logprobs": self.count})
        return np.array([picked(each.likely, self.tokens, prompt) for each, prompt in zip(told, prompts, strict=True)])


@dataclass(frozen=True)
class Listed:
    """Chosen tokens, which vLLM has as `logprob_token_ids`."""

    tokens: tuple[int, ...] = field(repr=False)
    name: str = field(default="listed", init=False, repr=False)
    together: bool = field(default=True, init=False, repr=False)

    @property
    def requests(self) -> int:
        return -(-len(self.tokens) // MOST_LISTED)

    def rows(self, ask: Ask, prompts: Sequence[Prompt]) -> Float[np.ndarray, "prompt token"]:
        parts = []
        for start in range(0, len(self.tokens), MOST_LISTED):
            listed = self.tokens[start : start + MOST_LISTED]
            told = ask(prompts, {"logprobs": 1, "logprob_token_ids": list(listed)})
            parts.append([picked(each.likely, listed, prompt) for each, prompt in zip(told, prompts, strict=True)])
        return np.concatenate(parts, axis=1)


@dataclass(frozen=True)
class Forced:
    """One token a request: a bias makes the server sample it, and a raw log-probability does not see the bias."""

    tokens: tuple[int, ...] = field(repr=False)
    name: str = field(default="forced", init=False, repr=False)
    together: bool = field(default=True, init=False, repr=False)

    @property
    def requests(self) -> int:
        return len(self.tokens)

    def rows(self, ask: Ask, prompts: Sequence[Prompt]) -> Float[np.ndarray, "prompt token"]:
        rows = np.empty((len(prompts), len(self.tokens)))
        for column, token in enumerate(self.tokens):
            told = ask(prompts, {"logprobs": 1, "logit_bias": {str(token): FORCING}})
            for row, (each, prompt) in enumerate(zip(told, prompts, strict=True)):
                if each.chosen != token:
                    raise OracleValueError(
                        f"the server sampled token {each.chosen} after {list(prompt)}, although a bias of {FORCING:g} "
                        f"was on token {token}; leave the token out of the alphabet."
                    )
                rows[row, column] = picked({token: each.log_probability}, [token], prompt)[0]
        return rows


@dataclass(frozen=True)
class TopKBias:
    """Tokens that a bias lifts into the top k, k - 1 a request, beside the likeliest token without a bias.

    Where log-probabilities are processed, a bias B on token i changes the normaliser, but not differences:
    `shown_i - shown_reference = l_i + B - l_reference`.
    """

    tokens: tuple[int, ...] = field(repr=False)
    k: int
    name: str = field(default="topk_bias", init=False, repr=False)
    together: bool = field(default=False, init=False, repr=False)

    @property
    def requests(self) -> int:
        # The first is without a bias and tells the reference; the likeliest k tokens may all be outside the alphabet.
        return 1 + -(-len(self.tokens) // (self.k - 1))

    def rows(self, ask: Ask, prompts: Sequence[Prompt]) -> Float[np.ndarray, "prompt token"]:
        return np.array([self._row(ask, prompt) for prompt in prompts])

    def _row(self, ask: Ask, prompt: Prompt) -> Float[np.ndarray, "token"]:
        (told,) = ask([prompt], {"logprobs": self.k})
        reference = max(told.likely, key=lambda token: told.likely[token])
        seen = [token for token in self.tokens if token in told.likely]
        row = self._differences(told, seen, reference, 0.0, prompt)
        left = [token for token in self.tokens if token not in row]
        for bias in BIASES:
            chunks = [left[start : start + self.k - 1] for start in range(0, len(left), self.k - 1)]
            for chunk in chunks:
                lifted = {str(token): bias for token in chunk}
                (told,) = ask([prompt], {"logprobs": self.k, "logit_bias": lifted})
                here = [token for token in chunk if token in told.likely and reference in told.likely]
                row |= self._differences(told, here, reference, bias, prompt)
            left = [token for token in self.tokens if token not in row]
            if not left:
                return np.array([row[token] for token in self.tokens])
        raise OracleValueError(
            f"after {list(prompt)} no bias up to {BIASES[-1]:g} lifted token {left[0]} into the top {self.k} beside "
            f"the likeliest token, {reference}; leave it out of the alphabet."
        )

    def _differences(
        self, told: Told, tokens: Sequence[int], reference: int, bias: float, prompt: Prompt
    ) -> dict[int, float]:
        """Log-probability of each token less that of the reference, the bias taken away."""
        values = picked(told.likely, [*tokens, reference], prompt)
        shown = values[:-1] - values[-1] - bias
        return dict(zip(tokens, shown.tolist(), strict=True))
