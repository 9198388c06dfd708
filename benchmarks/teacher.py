"""The embedded teacher, and how one asks it with transformers alone."""

from collections.abc import Iterator, Sequence
from functools import cache
from typing import Any

import numpy as np

import lowlogit_edu as ll
from benchmarks.limits import TRIES, Limit, by_products
from benchmarks.timing import once

Word = tuple[int, ...]
BATCH = 256  # texts that a user lets through the model at once, as the oracle does


@cache
def teacher() -> Any:
    """The oracle of the embedded TinyStories teacher."""
    return ll.oracles.TransformerOracle.from_pretrained("embedded")


def texts(n: int, length: int, seed: int = 0) -> np.ndarray:
    """Texts of the teacher, (n, length)."""
    return ll.oracles.base.sample(teacher(), n, length, rng=np.random.default_rng(seed))


def centred(logits: np.ndarray) -> np.ndarray:
    """Mean-centred logits, as the oracle's are; done here by hand so that a peer owes nothing to the package."""
    return logits - logits.mean(axis=-1, keepdims=True)


def one_by_one(prefixes: Sequence[Word]) -> np.ndarray:
    """The logits after each prefix: `model(ids)` in a loop."""
    import torch

    model = teacher().model
    first = teacher().beginning_token
    answers = []
    with torch.inference_mode():
        for prefix in prefixes:
            ids = torch.tensor([[first, *prefix]])
            answers.append(model(ids).logits[0, -1].numpy())
    return centred(np.stack(answers))


def padded(prefixes: Sequence[Word]) -> np.ndarray:
    """The logits after each prefix: batches padded on the left, with an attention mask and one row of logits kept."""
    import torch

    model = teacher().model
    answers = []
    with torch.inference_mode():
        for part in _parts(prefixes):
            ids, mask = _padded_ids(part)
            ids = torch.from_numpy(ids)
            mask = torch.from_numpy(mask)
            # Padding takes no place: the first real token stands at position 0.
            positions = (mask.cumsum(1) - 1).clamp(min=0)
            output = model(ids, attention_mask=mask, position_ids=positions, use_cache=False, logits_to_keep=1)
            answers.append(output.logits[:, -1].numpy())
    return centred(np.concatenate(answers))


def _parts(prefixes: Sequence[Word]) -> Iterator[Sequence[Word]]:
    for start in range(0, len(prefixes), BATCH):
        yield prefixes[start : start + BATCH]


def _padded_ids(prefixes: Sequence[Word]) -> tuple[np.ndarray, np.ndarray]:
    """Token ids with beginning-of-text in front, to the right of their padding, and the mask of real tokens."""
    longest = 1 + max(map(len, prefixes))
    ids = np.full((len(prefixes), longest), teacher().beginning_token)
    mask = np.zeros((len(prefixes), longest), dtype=np.int64)
    for row, prefix in enumerate(prefixes):
        start = longest - len(prefix)
        ids[row, start:] = prefix
        mask[row, start - 1 :] = 1
    return ids, mask


@cache
def generating_teacher() -> Any:
    """The teacher's model, for `generate`."""
    # Another copy than the oracle's, since its settings are changed.
    return drawing_for_ever(ll.oracles.TransformerOracle.from_pretrained("embedded").model)


def drawing_for_ever(model: Any) -> Any:
    """The model, set to draw from its own distribution and not to stop at end-of-text."""
    from transformers import GenerationConfig

    model.generation_config = GenerationConfig(
        do_sample=True, top_k=0, top_p=1.0, temperature=1.0, eos_token_id=None, pad_token_id=0, bos_token_id=0
    )
    return model


def generate(n: int, length: int, with_logits: bool = True, model: Any = None) -> tuple[np.ndarray, np.ndarray]:
    """Texts by `generate`, of the teacher by default, and the raw logits that they were drawn from."""
    import torch

    start = torch.full((n, 1), teacher().beginning_token)
    output = (model or generating_teacher()).generate(
        start,
        attention_mask=torch.ones_like(start),
        max_new_tokens=length,
        return_dict_in_generate=True,
        output_logits=with_logits,
    )
    tokens = output.sequences[:, 1:].numpy()
    if not with_logits:
        return tokens, np.zeros((n, length, 0))
    return tokens, torch.stack(output.logits, dim=1).numpy()


def least_seconds(positions: int) -> Limit:
    """The limit of a forward pass over so many positions: products with all weights, attention left out."""
    # Embeddings are tied: their matrix is the last layer's, so that every parameter is used once per position.
    weights = sum(parameter.numel() for parameter in teacher().model.parameters())
    return by_products(2.0 * weights * positions)


def least_seconds_of_steps(texts: int, steps: int) -> Limit:
    """The limit of such steps of so many texts: products of just these shapes, on all processors; no attention."""
    import torch

    from lowlogit_edu.core.threads import side_by_side

    weights = [weight for weight in teacher().model.parameters() if weight.ndim == 2]
    parts = [min(BATCH, texts - start) for start in range(0, texts, BATCH)]

    def multiply(rows: int) -> None:
        states = {weight.shape[1]: torch.ones(rows, weight.shape[1]) for weight in weights}
        with torch.inference_mode():
            for _ in range(steps):
                for weight in weights:
                    states[weight.shape[1]] @ weight.T

    seconds = min(once(lambda: side_by_side(multiply, [(rows,) for rows in parts])).wall for _ in range(TRIES))
    return Limit("float32 products of these shapes", seconds)
