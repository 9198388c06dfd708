"""A teacher that is kept inside a part of its alphabet.

>>> from lowlogit_edu.models import TabularModel
>>> from lowlogit_edu.oracles.exact import ExactOracle
>>> teacher = ExactOracle(TabularModel.from_probabilities(np.array([0.5, 0.3, 0.15, 0.05])))
>>> softmax(Restricted(teacher, [3, 2]).logits([()])).round(6).tolist()  # 0.05 : 0.15
[[0.25, 0.75]]
>>> frequent_tokens(teacher, k=2, horizon=1)
([0, 1], 0.8)
"""

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
from jaxtyping import Float, Int

from lowlogit_edu.core.checks import Prefixes, array_fingerprint, check_count, check_prefixes, check_tokens
from lowlogit_edu.core.errors import ArgumentError
from lowlogit_edu.core.numerics import mean_center, softmax
from lowlogit_edu.core.rng import stream
from lowlogit_edu.oracles import base
from lowlogit_edu.oracles.base import LogitOracle, ask, texts_at_once


class Restricted:
    """The teacher conditioned, token by token, never to leave a subset of its alphabet.

    Its tokens are 0 to k - 1 and stand for `tokens[0]` to `tokens[k - 1]`; their logits are the
    teacher's, centred anew. Logit rank never grows, unlike with `TopK`: a logit matrix is the
    teacher's with some rows and columns left out, times a matrix that centres each future's block.

    Parameters
    ----------
    oracle : LogitOracle
    tokens : sequence of int
        At least two different tokens of `oracle`; `frequent_tokens` finds likely ones.

    Attributes
    ----------
    tokens : int array of shape (k,)
    """

    def __init__(self, oracle: LogitOracle, tokens: Sequence[int] | np.ndarray) -> None:
        (checked,) = check_prefixes([tokens], oracle.alphabet_size)  # type: ignore[list-item]
        if len(checked) < 2 or len(set(checked)) < len(checked):
            raise ArgumentError(
                f"tokens must name at least two tokens, each once, got {len(checked)} with {len(set(checked))} "
                "different; leave out the repeated ones."
            )
        self.oracle = oracle
        self.tokens = np.array(checked)
        self.alphabet_size = len(checked)
        self._new = {token: new for new, token in enumerate(checked)}  # the teacher's number -> ours
        self.fingerprint = f"restricted({oracle.fingerprint}, {array_fingerprint('tokens', self.tokens)})"

    def __repr__(self) -> str:
        return f"Restricted({self.oracle!r}, alphabet_size={self.alphabet_size})"

    def logits(self, prefixes: Prefixes) -> Float[np.ndarray, "prefix token"]:
        """Mean-centred logits (nats) of the chosen tokens after each prefix."""
        rows = [self.tokens[list(row)].tolist() for row in check_prefixes(prefixes, self.alphabet_size)]
        # In parts: only the chosen columns are kept, but the teacher answers with all of them.
        found = [ask(self.oracle, rows[part])[:, self.tokens] for part in self._parts(len(rows))]
        return mean_center(np.concatenate(found))

    def logits_along(self, tokens: Int[np.ndarray, "n T"]) -> Float[np.ndarray, "n T token"]:
        """Mean-centred logits at every position: `[:, t]` is given `tokens[:, :t]`."""
        rows = self.tokens[check_tokens(tokens, self.alphabet_size)]
        parts = self._parts(*rows.shape)
        found = [base.logits_along(self.oracle, rows[part])[:, :, self.tokens] for part in parts]
        return mean_center(np.concatenate(found))  # the chosen tokens' mean is not that of all

    def _parts(self, n: int, positions: int = 1) -> Iterator[slice]:
        """`n` texts in parts whose logits fit in memory over the whole alphabet; one part, if empty, at least."""
        size = texts_at_once(self.oracle.alphabet_size, positions)
        return (slice(start, start + size) for start in range(0, max(n, 1), size))

    def sample_with_logits(
        self,
        n: int,
        horizon: int,
        *,
        prompt: Sequence[int] = (),
        rng: np.random.Generator,
        keep: base.Keep | None = None,
        among: Int[np.ndarray, "token"] | None = None,
    ) -> tuple[Int[np.ndarray, "n T"], Float[np.ndarray, "n drawn kept"]]:
        """Sequences of chosen tokens; as fast as the inner oracle samples."""
        # Our numbers become the teacher's on the way in, and the teacher's become ours on the way out.
        theirs = self.tokens if among is None else self.tokens[among]
        start = self.tokens[list(prompt)].tolist()
        drawn, kept = base.sample_with_logits(self.oracle, n, horizon, prompt=start, rng=rng, keep=keep, among=theirs)
        ours = np.full(self.oracle.alphabet_size, -1)
        ours[self.tokens] = np.arange(self.alphabet_size)
        return ours[drawn], kept

    def encode(self, text: str) -> list[int]:
        """The tokens of `text`.

        Raises
        ------
        ArgumentError
            If one of them is not among the chosen, or the inner oracle has no text.
        """
        theirs = self._text("encode")(text)
        lost = [token for token in theirs if token not in self._new]
        if lost:
            piece = self._text("decode")(lost[:1])
            raise ArgumentError(
                f"{text!r} has token {lost[0]} ({piece!r}), which is not among the {self.alphabet_size} chosen; "
                "write it in other words, or choose more tokens."
            )
        return [self._new[token] for token in theirs]

    def decode(self, tokens: Sequence[int] | np.ndarray) -> str:
        """The text of `tokens`."""
        return self._text("decode")(self.tokens[np.asarray(tokens, dtype=np.int64)])

    def _text(self, name: str) -> Any:
        if not hasattr(self.oracle, name):
            raise ArgumentError(f"{self.oracle!r} knows tokens only and has no {name}(); work with token ids.")
        return getattr(self.oracle, name)


def frequent_tokens(
    oracle: LogitOracle, k: int, n: int = 200, horizon: int = 16, seed: int = 0
) -> tuple[list[int], float]:
    """The k likeliest tokens, the likeliest first, and the share of the teacher's mass that they cover.

    A token is as likely as the teacher says on average after the prefixes of `n` texts of `horizon`
    tokens, sampled from it; that asks `n * horizon` queries.
    """
    k = check_count("k", k, least=2, most=oracle.alphabet_size)
    n = check_count("n", n)
    horizon = check_count("horizon", horizon)
    rng = stream(seed, "frequent tokens")
    mass = np.zeros(oracle.alphabet_size)
    # Whole distributions, not counts of the tokens drawn: a rare token is weighed although no text has it.
    size = texts_at_once(oracle.alphabet_size, horizon)
    for start in range(0, n, size):
        texts = min(size, n - start)
        _, logits = base.sample_with_logits(oracle, texts, horizon, rng=rng)
        mass += softmax(logits).sum(axis=(0, 1), dtype=np.float64) / (n * horizon)
    likeliest = np.argsort(-mass, kind="stable")[:k]
    return likeliest.tolist(), round(float(mass[likeliest].sum()), 6)
