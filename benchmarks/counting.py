"""N-gram tables fitted to logits, beside a dictionary of sums."""

from collections import defaultdict

import numpy as np

from benchmarks.drawing import drawn
from benchmarks.results import Row, row
from benchmarks.teacher import teacher
from benchmarks.timing import Effort, compare, growth_of, largest_difference
from lowlogit_edu.baselines.ngram import fit_ngram

TOLERANCE = 1e-4  # of a probability's logarithm; tables are kept in float32
PRIOR = 1.0
ORDER = 3


def trigram(effort: Effort) -> Row:
    """Fits a trigram to sampled texts with their logits, and asks it about others."""
    n, length = effort.pick(full=(400, 32), quick=(100, 32), tiny=(6, 5))
    tokens, logits = drawn(2 * n, length)
    fresh = tokens[n:]

    def ours(count: int = n) -> np.ndarray:
        asked = np.ones((count, length), dtype=bool)
        fitted = fit_ngram([(tokens[:count], logits[:count], asked)], teacher().alphabet_size, ORDER, PRIOR)
        return fitted.logits_along(fresh[:count])

    compared = compare(
        ours,
        {"dictionaries of sums, numpy": lambda: in_dictionaries(tokens[:n], logits[:n], fresh)},
        largest_difference,
        TOLERANCE,
        effort,
    )
    return row(
        "trigram",
        f"a trigram with back-off fitted to the answers along {n} texts of {length} tokens, asked about as many",
        "logits along fresh texts, nats",
        compared,
        growths=[growth_of("texts", [n // 4, n // 2, n] if n > 6 else [2, 4, 6], lambda m: lambda: ours(m), effort)],
    )


def in_dictionaries(tokens: np.ndarray, logits: np.ndarray, fresh: np.ndarray) -> np.ndarray:
    """Sums of next-token distributions by context, and each context smoothed towards the next shorter one."""
    raised = np.exp(logits - logits.max(axis=-1, keepdims=True))
    chances = raised / raised.sum(axis=-1, keepdims=True)
    width = logits.shape[-1]
    sums: dict[tuple, np.ndarray] = defaultdict(lambda: np.zeros(width))
    counts: dict[tuple, int] = defaultdict(int)
    for text, rows in zip(tokens.tolist(), chances, strict=True):
        for context, chance in zip(_contexts(text), rows, strict=True):
            for length in range(ORDER):
                key = context[ORDER - 1 - length :]
                sums[key] += chance
                counts[key] += 1
    answers = np.empty((*fresh.shape, width))
    for i, text in enumerate(fresh.tolist()):
        for t, context in enumerate(_contexts(text)):
            found = np.full(width, 1 / width)
            for length in range(ORDER):
                key = context[ORDER - 1 - length :]
                if key in counts:
                    found = (sums[key] + PRIOR * found) / (counts[key] + PRIOR)
            answers[i, t] = np.log(found)
    return answers - answers.mean(axis=-1, keepdims=True)


def _contexts(text: list[int]) -> list[tuple]:
    """The two tokens before each place; None stands before the text."""
    padded = [None] * (ORDER - 1) + text
    return [tuple(padded[t : t + ORDER - 1]) for t in range(len(text))]
