"""The oracle of any Hugging Face causal language model: embedded, from the hub, or in a folder."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Float, Int

from lowlogit_edu.core.checks import Prefixes, check_count, check_prefixes, check_tokens
from lowlogit_edu.core.errors import ArgumentError
from lowlogit_edu.core.numerics import mean_center, tokens_at
from lowlogit_edu.oracles.base import Keep, columns, keep_all, texts_at_once
from lowlogit_edu.oracles.pretrained import EMBEDDED, load_pretrained, model_digest, on_device, tokenizer_digest
from lowlogit_edu.oracles.reading import Reader, longest_text
from lowlogit_edu.oracles.special_tokens import find_beginning_token, find_end_token
from lowlogit_edu.oracles.stepping import Steps

DRAWN_TOGETHER = 256  # texts that share a stream of random numbers, whatever goes through the model at once


class TransformerOracle:
    """Logits of a causal language model, in float32; transformers and recurrent models alike.

    The alphabet is the model's whole vocabulary, ids unchanged. The beginning-of-text token is put
    before every prefix and is not part of it. End-of-text is a token like any other: what follows
    it is whatever the model says there; `decode` stops at it.

    Keys and values, or the recurrent state, are passed on from token to token, once it has been seen
    that this changes no logit; a model without a usable state reads every prefix from its beginning.

    Parameters
    ----------
    model : transformers.PreTrainedModel
    tokenizer : transformers tokenizer, optional
        Needed for `encode`, `decode` and `save_tokenizer` only.
    name : str
        Shown in messages.
    beginning_token : int, optional
        Put before every prefix. By default the beginning-of-text token that the tokenizer or the model's
        config names, else its end-of-text token; one that the tokenizer holds for a special token comes
        before one that it does not. Where none is named, token 0.
    batch_size : int
        Most sequences, or nodes of one level of a tree, that go through the model at once; fewer do
        where their logits would take more than 64 MiB.
    """

    def __init__(
        self,
        model: Any,
        tokenizer: Any = None,
        *,
        name: str = "model",
        beginning_token: int | None = None,
        batch_size: int = 256,
    ) -> None:
        self.model = model.eval()
        self.tokenizer = tokenizer
        self.name = name
        self.batch_size = check_count("batch_size", batch_size)
        self.alphabet_size = int(model.config.get_text_config().vocab_size)
        self.end_token = find_end_token(tokenizer, model.config)
        if beginning_token is None:
            beginning_token = find_beginning_token(tokenizer, model.config, self.alphabet_size)
        self.beginning_token = check_count("beginning_token", beginning_token, 0, self.alphabet_size - 1)
        self.reader = Reader(model, self.beginning_token, batch_size)
        self.longest = longest_text(model)
        text = "" if tokenizer is None else f", tokenizer={tokenizer_digest(tokenizer)}"
        self.fingerprint = f"transformer({model_digest(model)}, bos={self.beginning_token}{text})"

    @classmethod
    def from_pretrained(
        cls,
        name: str | Path = EMBEDDED,
        *,
        revision: str | None = None,
        local_files_only: bool = False,
        device: str = "cpu",
        **options: Any,
    ) -> "TransformerOracle":
        """Load `"embedded"`, a Hugging Face id, or a folder made by `save_pretrained`.

        Safetensors only, no remote code, float32. `options` go to the constructor.

        Raises
        ------
        OracleError
            If there is no such model, or the hub cannot be reached.
        """
        model, tokenizer = load_pretrained(name, revision=revision, local_files_only=local_files_only)
        return cls(on_device(model, device), tokenizer, name=str(name), **options)

    @property
    def device(self) -> str:
        """Where the model is, "cpu" or "cuda:0"."""
        return str(self.model.device)

    def __repr__(self) -> str:
        return f"TransformerOracle({self.name!r}, alphabet_size={self.alphabet_size})"

    def encode(self, text: str) -> list[int]:
        """The tokens of `text`, without beginning- or end-of-text."""
        return list(self._tokenizer().encode(text, add_special_tokens=False))

    def decode(self, tokens: Sequence[int] | np.ndarray) -> str:
        """The text of `tokens`, up to the first end-of-text."""
        row = [int(token) for token in tokens]
        if self.end_token in row:
            row = row[: row.index(self.end_token)]
        return self._tokenizer().decode(row)

    def save_tokenizer(self, folder: str | Path) -> None:
        """Write the tokenizer's files to `folder`."""
        if self.tokenizer is not None:
            self.tokenizer.save_pretrained(folder)

    def _tokenizer(self) -> Any:
        if self.tokenizer is None:
            raise ArgumentError(f"{self!r} was made without a tokenizer; pass one, or work with token ids.")
        return self.tokenizer

    def logits(self, prefixes: Prefixes) -> Float[np.ndarray, "prefix token"]:
        """Mean-centred logits (nats) of the next token after each prefix."""
        rows = check_prefixes(prefixes, self.alphabet_size)
        self._check_length(max(map(len, rows), default=0))
        order = sorted(range(len(rows)), key=rows.__getitem__)  # neighbours share beginnings
        answer = np.empty((len(rows), self.alphabet_size), dtype=np.float32)
        answer[order] = self.reader.logits([rows[i] for i in order])
        return mean_center(answer)

    def logits_along(self, tokens: Int[np.ndarray, "n T"]) -> Float[np.ndarray, "n T token"]:
        """Mean-centred logits at every position: `[:, t]` is given `tokens[:, :t]`."""
        tokens = check_tokens(tokens, self.alphabet_size)
        self._check_length(tokens.shape[1] - 1)
        answer = np.empty((*tokens.shape, self.alphabet_size), dtype=np.float32)

        def read(part: slice) -> None:
            answer[part] = mean_center(self.reader.along(tokens[part, :-1]))  # nothing is asked behind the last token

        texts = len(tokens) if tokens.size else 0
        self.reader.side_by_side(read, ((part,) for part in self.reader.parts(texts, tokens.shape[1])))
        return answer

    def sample_with_logits(
        self,
        n: int,
        horizon: int,
        *,
        prompt: Sequence[int] = (),
        rng: np.random.Generator,
        keep: Keep | None = None,
        among: Int[np.ndarray, "token"] | None = None,
    ) -> tuple[Int[np.ndarray, "n T"], Float[np.ndarray, "n drawn kept"]]:
        """`n` sequences that begin with `prompt`, and the logits they were drawn from, or what `keep` keeps.

        Given `among`, only those tokens are drawn, and the logits are theirs.
        """
        self._check_length(horizon - 1)
        keep = keep or keep_all
        start = len(prompt)
        allowed = np.arange(self.alphabet_size) if among is None else among
        tokens = np.empty((n, horizon), dtype=np.int64)
        tokens[:, :start] = prompt
        like = keep(np.zeros((1, len(allowed)), dtype=np.float32))  # tells the width and the type of what is kept
        kept = np.empty((n, horizon - start, like.shape[1]), dtype=like.dtype)
        texts = n if horizon > start else 0  # none go through the model where the prompt fills the horizon
        draws = self._draws(texts, horizon - start, rng=rng)

        def draw(part: slice) -> None:
            steps = Steps(self.model, self.reader.use_state)
            # The prompt goes in whole, then one drawn token at a time.
            ids = np.tile([self.beginning_token, *prompt], (len(tokens[part]), 1))
            for t in range(start, horizon):
                logits = columns(mean_center(steps.append(ids).cpu().numpy()), among)
                ids = allowed[tokens_at(logits, draws[t - start, part])][:, None]
                tokens[part, t] = ids[:, 0]
                kept[part, t - start] = keep(logits)

        self.reader.side_by_side(draw, ((part,) for part in self.reader.drawn(texts, horizon)))
        return tokens, kept

    def _draws(self, texts: int, steps: int, *, rng: np.random.Generator) -> Float[np.ndarray, "step text"]:
        """A random number for each token, which does not depend on how many texts go through the model at once."""
        size = min(DRAWN_TOGETHER, texts_at_once(self.alphabet_size))
        sizes = [min(size, texts - start) for start in range(0, texts, size)]
        streams = [rng] if len(sizes) < 2 else rng.spawn(len(sizes))
        drawn = [stream.random((steps, n)) for stream, n in zip(streams, sizes, strict=False)]
        return np.concatenate(drawn, axis=1) if drawn else np.zeros((steps, 0))

    def _check_length(self, length: int) -> None:
        """ArgumentError where a prefix of `length` tokens is beyond the model's reach."""
        if self.longest is not None and length + 1 > self.longest:
            raise ArgumentError(
                f"{self!r} reads at most {self.longest} tokens, beginning-of-text included; a prefix of "
                f"{length} is too long. Lower the horizon."
            )
