"""The oracle of any Hugging Face causal language model: embedded, from the hub, or in a folder."""

import hashlib
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Float, Int

from lowlogit_edu.errors import ArgumentError
from lowlogit_edu.models.base import Prefixes, check_count, check_prefixes, check_tokens
from lowlogit_edu.numerics import draw_tokens, mean_center
from lowlogit_edu.oracles.base import Keep, keep_all
from lowlogit_edu.oracles.pretrained import EMBEDDED, load_pretrained


class TransformerOracle:
    """Logits of a causal language model, in float32, with a shared key/value cache.

    The alphabet is the model's whole vocabulary, ids unchanged. The beginning-of-text token is put
    before every prefix and is not part of it. End-of-text is a token like any other: what follows
    it is whatever the model says there; `decode` stops at it.

    Parameters
    ----------
    model : transformers.PreTrainedModel
    tokenizer : transformers tokenizer, optional
        Needed for `encode`, `decode` and `save_tokenizer` only.
    name : str
        Shown in messages and part of the fingerprint.
    beginning_token : int, optional
        Put before every prefix; by default the tokenizer's or model's beginning-of-text token, or
        its end-of-text token where it has no other.
    batch_size : int
        Sequences, or nodes of one level of a tree, that go through the model at once; lower it to
        save memory.
    """

    def __init__(
        self,
        model: Any,
        tokenizer: Any = None,
        *,
        name: str = "model",
        beginning_token: int | None = None,
        batch_size: int = 512,
    ) -> None:
        self.model, self.tokenizer, self.name = model.eval(), tokenizer, name
        self.batch_size = check_count("batch_size", batch_size)
        self.alphabet_size = int(model.config.get_text_config().vocab_size)
        self.end_token = _first(getattr(tokenizer, "eos_token_id", None), model.config.eos_token_id)
        self.beginning_token = _first(
            beginning_token, getattr(tokenizer, "bos_token_id", None), model.config.bos_token_id, self.end_token
        )
        if self.beginning_token is None:
            raise ArgumentError(
                f"{name} names no beginning-of-text token; pass beginning_token=, the id to put before every prefix."
            )
        check_count("beginning_token", self.beginning_token, 0, self.alphabet_size - 1)
        self.longest = getattr(model.config, "max_position_embeddings", None)
        self.fingerprint = f"transformer({name}, {_weights_digest(model)}, bos={self.beginning_token})"

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
        return cls(model.to(device), tokenizer, name=str(name), **options)

    def __repr__(self) -> str:
        return f"TransformerOracle({self.name!r}, alphabet_size={self.alphabet_size})"

    # Text

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

    # Logits

    def logits(self, prefixes: Prefixes) -> Float[np.ndarray, "prefix token"]:
        """Mean-centred logits (nats) of the next token after each prefix.

        Common beginnings are computed once: the prefixes form a tree that is walked level by
        level, each node's keys and values taken over from its parent.
        """
        import torch

        rows = check_prefixes(prefixes, self.alphabet_size)
        self._check_length(max(map(len, rows), default=0))
        answer = np.empty((len(rows), self.alphabet_size), dtype=np.float32)
        order = sorted(range(len(rows)), key=rows.__getitem__)  # neighbours share beginnings
        with torch.inference_mode():
            for chunk in _split_by_width([rows[i] for i in order], self.batch_size):
                for where, logits in self._walk_tree([rows[i] for i in order[chunk]]):
                    answer[[order[chunk][i] for i in where]] = logits
        return mean_center(answer)

    def _walk_tree(self, rows: list[tuple[int, ...]]) -> Iterator[tuple[list[int], np.ndarray]]:
        """Yields (indices into `rows`, their logits), level by level."""
        import torch

        device, longest = self.model.device, max(map(len, rows))
        nodes: dict[tuple[int, ...], int] = {(): 0}
        tokens, parents, cache = [self.beginning_token], [0], None
        for depth in range(longest + 1):
            if cache is not None:
                cache.reorder_cache(torch.tensor(parents, device=device))
            ids = torch.tensor(tokens, device=device)[:, None]
            output = self.model(ids, past_key_values=cache, use_cache=True)
            cache = getattr(output, "past_key_values", None)
            here = [i for i, row in enumerate(rows) if len(row) == depth]
            if here:
                which = torch.tensor([nodes[rows[i]] for i in here], device=device)
                yield here, output.logits[which, -1].float().cpu().numpy()
            if depth == longest:
                return
            if not hasattr(cache, "reorder_cache"):  # a recurrent model: no tree, one length at a time
                yield from self._by_length([i for i, row in enumerate(rows) if len(row) > depth], rows)
                return
            children = dict.fromkeys(row[: depth + 1] for row in rows if len(row) > depth)
            parents = [nodes[child[:-1]] for child in children]
            tokens = [child[-1] for child in children]
            nodes = {child: index for index, child in enumerate(children)}

    def _by_length(self, indices: list[int], rows: list[tuple[int, ...]]) -> Iterator[tuple[list[int], np.ndarray]]:
        """The same for models without a reorderable cache: whole prefixes, grouped by length."""
        for length in sorted({len(rows[i]) for i in indices}):
            here = [i for i in indices if len(rows[i]) == length]
            yield here, self._forward(np.array([rows[i] for i in here]))[:, -1]

    def _forward(self, tokens: Int[np.ndarray, "n t"]) -> Float[np.ndarray, "n positions token"]:
        """Raw logits after the beginning token and after each of `tokens`."""
        import torch

        first = np.full((len(tokens), 1), self.beginning_token, dtype=np.int64)
        ids = torch.from_numpy(np.concatenate([first, tokens], axis=1)).to(self.model.device)
        return self.model(ids, use_cache=False).logits.float().cpu().numpy()

    def logits_along(self, tokens: Int[np.ndarray, "n T"]) -> Float[np.ndarray, "n T token"]:
        """Mean-centred logits at every position: `[:, t]` is given `tokens[:, :t]`."""
        import torch

        tokens = check_tokens(tokens, self.alphabet_size)
        self._check_length(tokens.shape[1] - 1)
        answer = np.empty((*tokens.shape, self.alphabet_size), dtype=np.float32)
        with torch.inference_mode():
            for start in range(0, len(tokens) if tokens.size else 0, self.batch_size):
                part = slice(start, start + self.batch_size)
                answer[part] = mean_center(self._forward(tokens[part, :-1]))
        return answer

    def sample_with_logits(
        self,
        n: int,
        horizon: int,
        *,
        prompt: Sequence[int] = (),
        rng: np.random.Generator,
        keep: Keep | None = None,
    ) -> tuple[Int[np.ndarray, "n T"], Float[np.ndarray, "n drawn kept"]]:
        """`n` sequences that begin with `prompt`, and the logits they were drawn from, or what `keep` keeps of them."""
        import torch

        self._check_length(horizon - 1)
        tokens = np.empty((n, horizon), dtype=np.int64)
        tokens[:, : len(prompt)] = prompt
        keep = keep or keep_all
        like = keep(np.zeros((1, self.alphabet_size), dtype=np.float32))
        kept = np.empty((n, horizon - len(prompt), like.shape[1]), dtype=like.dtype)
        with torch.inference_mode():
            for start in range(0, n if horizon > len(prompt) else 0, self.batch_size):
                part = tokens[start : start + self.batch_size]
                ids = np.tile(np.array([self.beginning_token, *prompt]), (len(part), 1))
                cache: dict[str, Any] = {}
                for t in range(len(prompt), horizon):
                    output = self.model(torch.from_numpy(ids).to(self.model.device), use_cache=True, **cache)
                    cache = _passed_on(output)
                    logits = mean_center(output.logits[:, -1].float().cpu().numpy())
                    part[:, t] = draw_tokens(logits, rng=rng)
                    kept[start : start + self.batch_size, t - len(prompt)] = keep(logits)
                    ids = part[:, t : t + 1] if cache else np.concatenate([ids, part[:, t : t + 1]], axis=1)
        return tokens, kept

    def _check_length(self, length: int) -> None:
        if self.longest is not None and length + 1 > self.longest:
            raise ArgumentError(
                f"{self!r} reads at most {self.longest} tokens, beginning-of-text included; a prefix of "
                f"{length} is too long. Lower the horizon."
            )


def _split_by_width(rows: list[tuple[int, ...]], width: int) -> Iterator[slice]:
    """Runs of the sorted `rows` whose trees have at most `width` nodes on any level."""
    start, nodes = 0, Counter[int]()
    for i, row in enumerate(rows):
        shared = _shared_length(rows[i - 1], row) if i > start else 0
        nodes.update(range(shared + 1, len(row) + 1))
        if i > start and max(nodes.values(), default=0) > width:
            yield slice(start, i)
            start, nodes = i, Counter(range(1, len(row) + 1))
    if rows:
        yield slice(start, len(rows))


def _shared_length(a: tuple[int, ...], b: tuple[int, ...]) -> int:
    """How many tokens `a` and `b` begin with in common."""
    return next((i for i, (x, y) in enumerate(zip(a, b, strict=False)) if x != y), min(len(a), len(b)))


def _passed_on(output: Any) -> dict[str, Any]:
    """The state that the next forward pass takes over: keys and values, or a recurrent state."""
    for name in ("past_key_values", "cache_params"):
        if getattr(output, name, None) is not None:
            return {name: getattr(output, name)}
    return {}


def _first(*candidates: Any) -> Any:
    """The first candidate that is not None; of a list of ids, its first."""
    for candidate in candidates:
        if candidate is not None:
            return candidate[0] if isinstance(candidate, list | tuple) else candidate
    return None


def _weights_digest(model: Any) -> str:
    """Names, shapes and the first thousand entries of every weight, hashed."""
    sha = hashlib.sha256()
    for name, weight in sorted(model.state_dict().items()):
        head = weight.flatten()[:1000].float().cpu()
        sha.update(f"{name} {tuple(weight.shape)}".encode() + head.numpy().tobytes())
    return sha.hexdigest()[:16]
