"""Answers in batches for gradient descent."""

from collections.abc import Iterator

import numpy as np

from lowlogit_edu.practical.answers import Answers, Block


class Batches:
    """All texts in random order, those of a batch of one length; texts told whole and contexts of a few rows are mixed.

    A batch has `size` texts of the first block's length, or as many longer ones as have so many tokens.
    """

    def __init__(self, answers: Answers, size: int, rng: np.random.Generator) -> None:
        self._blocks = answers.blocks
        lengths = [block.tokens.shape[1] for block in answers.blocks]
        self._batches: list[np.ndarray] = []  # of rows (block, text)
        for length in sorted(set(lengths)):
            texts = [
                (b, i) for b, block in enumerate(answers.blocks) if lengths[b] == length for i in range(len(block))
            ]
            count = max(1, size * lengths[0] // length)
            batches = -(-len(texts) // count)
            self._batches += np.array_split(rng.permutation(np.array(texts)), batches)
        self._order = rng.permutation(len(self._batches))

    def __len__(self) -> int:
        return len(self._batches)

    def __iter__(self) -> Iterator[Block]:
        for number in self._order:
            batch = self._batches[number]
            parts = [self._blocks[b][np.sort(batch[batch[:, 0] == b, 1])] for b in np.unique(batch[:, 0])]
            fields = (np.concatenate([getattr(part, name) for part in parts]) for name in ("tokens", "asked", "kept"))
            yield Block(*fields)
