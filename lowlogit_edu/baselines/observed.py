"""What baselines are fitted to: a teacher's answers along texts, part by part.

>>> tokens, logits = np.array([[0, 1]]), np.zeros((1, 2, 2))
>>> told = Metered([(tokens, logits, np.array([[True, False]]))])
>>> parts = list(told)
>>> told.asked
1
"""

import time
from collections.abc import Iterable, Iterator, Sequence

import numpy as np
from jaxtyping import Bool, Float, Int

from lowlogit_edu.core.errors import TooLarge

# (tokens, logits, asked) of some texts: logits[i, t] are the answer after tokens[i, :t], and count where asked[i, t].
# Parts may hold texts of several lengths.
Observed = tuple[Int[np.ndarray, "_ _time"], Float[np.ndarray, "_ _time column"], Bool[np.ndarray, "_ _time"]]


class Metered:
    """Hands answers on, and counts the queries and the seconds that went into asking them.

    Attributes
    ----------
    asked : int
    seconds : float
    """

    def __init__(self, observed: Iterable[Observed]) -> None:
        self._observed = observed
        self.asked = 0
        self.seconds = 0.0

    def __iter__(self) -> Iterator[Observed]:
        parts = iter(self._observed)
        start = time.perf_counter()
        for part in parts:
            self.seconds += time.perf_counter() - start
            self.asked += int(part[2].sum())
            yield part
            start = time.perf_counter()


class Remembered(Sequence[Observed]):
    """Answers in half precision, to be read more than once; TooLarge where they pass `max_bytes`."""

    def __init__(self, observed: Iterable[Observed], max_bytes: int = 8_000_000_000) -> None:
        self._parts: list[Observed] = []
        size = 0
        for tokens, logits, asked in observed:
            # Counted part by part: what does not fit is refused before the rest is asked.
            size += 2 * logits.size
            if size > max_bytes:
                raise TooLarge(
                    f"the answers that heavy baselines are fitted to take more than {max_bytes / 1e9:g} GB; "
                    "leave those baselines out, or learn from fewer sequences or a smaller alphabet."
                )
            self._parts.append((tokens, logits.astype(np.float16), asked))

    def __len__(self) -> int:
        return len(self._parts)

    def __getitem__(self, index):
        tokens, logits, asked = self._parts[index]
        return tokens, logits.astype(np.float32), asked
