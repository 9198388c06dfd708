"""An oracle that remembers its answers, beside a dictionary."""

import numpy as np

from benchmarks.limits import by_memory
from benchmarks.results import Row, row
from benchmarks.timing import Effort, compare, growth_of, largest_difference
from lowlogit_edu.models import random_isan
from lowlogit_edu.oracles import Cached, ExactOracle

SAME = 1e-12  # nats: an answer from memory is the answer


class InADictionary:
    """Answers by prefix in a dictionary: what one writes without thinking about it."""

    def __init__(self, oracle: ExactOracle) -> None:
        self.oracle = oracle
        self.memory: dict[tuple[int, ...], np.ndarray] = {}

    def logits_after(self, tokens: np.ndarray) -> np.ndarray:
        """The logits after prefixes of one length."""
        prefixes = list(map(tuple, tokens.tolist()))
        new = [prefix for prefix in dict.fromkeys(prefixes) if prefix not in self.memory]
        if new:
            answers = self.oracle.logits_after(np.array(new))
            self.memory.update(zip(new, answers, strict=True))
        return np.array([self.memory[prefix] for prefix in prefixes])


def cache(effort: Effort) -> Row:
    """Questions in batches, among them many that were asked before."""
    batches, n, length = effort.pick(full=(20, 2000, 10), quick=(10, 1000, 10), tiny=(3, 20, 3))
    oracle = ExactOracle(random_isan(alphabet_size=4, dimension=4, horizon=length + 1, seed=0))
    # Texts of the teacher: short ones come again and again.
    questions = [oracle.model.sample(n, seed=seed)[:, :length] for seed in range(batches)]
    distinct = len(np.unique(np.concatenate(questions), axis=0))
    compared = compare(
        lambda: answers_of(Cached(oracle), questions),
        {"a dictionary of tuples": lambda: answers_of(InADictionary(oracle), questions)},
        largest_difference,
        SAME,
        effort,
    )
    counts = [batches // 4, batches // 2, batches] if batches > 3 else [1, 2, 3]
    return row(
        "cache",
        f"{batches} batches of {n:,} prefixes of {length} tokens, {distinct:,} of them distinct, asked with a cache",
        "logits, nats",
        compared,
        # Every answer is written once, and every prefix read.
        limit=by_memory(8.0 * batches * n * (oracle.alphabet_size + length)),
        growths=[growth_of("batches", counts, lambda m: lambda: answers_of(Cached(oracle), questions[:m]), effort)],
        note="Both begin empty, and both ask the same oracle about what is new, which is part of the time.",
    )


def answers_of(oracle: Cached | InADictionary, questions: list[np.ndarray]) -> np.ndarray:
    """The answers to all batches."""
    return np.concatenate([oracle.logits_after(tokens) for tokens in questions])
