"""Asking the embedded teacher about many prefixes, and about every next token of a few."""

from benchmarks.results import Row, row
from benchmarks.teacher import Word, centred, least_seconds, one_by_one, padded, teacher, texts
from benchmarks.timing import Effort, compare, growth_of, largest_difference

TOLERANCE = 3e-4  # nats; float32 sums in another order


def prefixes_of_texts(effort: Effort) -> Row:
    """The logits after every beginning of some texts."""
    n, length = effort.pick(full=(64, 32), quick=(16, 32), tiny=(3, 4))
    tokens = texts(n, length)
    prefixes = beginnings(tokens)
    compared = compare(
        lambda: teacher().logits(prefixes),
        {
            "transformers, one by one": lambda: one_by_one(prefixes),
            "transformers, padded batches": lambda: padded(prefixes),
            "transformers, whole texts": lambda: along_whole_texts(tokens),
        },
        largest_difference,
        TOLERANCE,
        effort,
    )
    return row(
        "prefixes-of-texts",
        f"logits after {len(prefixes):,} prefixes of {n} texts of {length} tokens",
        "logits, nats",
        compared,
        limit=least_seconds(1 + len(set(prefixes))),
        growths=[
            growth_of("texts", [n // 4, n // 2, n] if n > 3 else [1, 2, 3], _asked_texts(length), effort),
            growth_of("tokens", [length // 2, length, 2 * length], _asked_lengths(n), effort),
        ],
        note="The last peer knows that the prefixes are those of whole texts, and reads these once.",
    )


def beginnings(tokens) -> list[Word]:
    """The first 1, 2, .. tokens of every text."""
    return [tuple(text[:t]) for text in tokens.tolist() for t in range(1, len(text) + 1)]


def along_whole_texts(tokens):
    """The logits after every beginning, by one forward pass over the texts."""
    import torch

    ids = torch.from_numpy(tokens)
    first = torch.full((len(tokens), 1), teacher().beginning_token)
    with torch.inference_mode():
        logits = teacher().model(torch.cat([first, ids], dim=1), use_cache=False).logits[:, 1:].numpy()
    return centred(logits.reshape(-1, logits.shape[-1]))


def _asked_texts(length: int):
    def work_of(n: int):
        prefixes = beginnings(texts(n, length))
        return lambda: teacher().logits(prefixes)

    return work_of


def _asked_lengths(n: int):
    def work_of(length: int):
        prefixes = beginnings(texts(n, length))
        return lambda: teacher().logits(prefixes)

    return work_of


def one_token_extensions(effort: Effort) -> Row:
    """The logits after a few histories, each continued by many tokens."""
    n, length, tokens = effort.pick(full=(16, 31, 128), quick=(16, 31, 32), tiny=(2, 3, 4))
    prefixes = extensions(n, length, tokens)
    compared = compare(
        lambda: teacher().logits(prefixes),
        {
            "transformers, one by one": lambda: one_by_one(prefixes),
            "transformers, padded batches": lambda: padded(prefixes),
        },
        largest_difference,
        TOLERANCE,
        effort,
    )

    def work_of(n: int):
        asked = extensions(n, length, tokens)
        return lambda: teacher().logits(asked)

    return row(
        "one-token-extensions",
        f"logits after {len(prefixes):,} one-token extensions of {n} histories of {length} tokens",
        "logits, nats",
        compared,
        limit=least_seconds(1 + n * length + len(prefixes)),
        growths=[growth_of("histories", [n // 4, n // 2, n] if n > 3 else [1, 2, 3], work_of, effort)],
    )


def extensions(n: int, length: int, tokens: int) -> list[Word]:
    """Histories of the teacher, each continued by each of the first tokens of the alphabet."""
    histories = texts(n, length).tolist()
    return [(*history, token) for history in histories for token in range(tokens)]
