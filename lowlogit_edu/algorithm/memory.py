"""How much memory the faithful learner takes, told before the first query."""

from lowlogit_edu.config import LearnerConfig
from lowlogit_edu.core.checks import check_bytes

COPIES = 3  # of the answers about a cut: as rows, as they were told, and in the cache


def check_memory(alphabet_size: int, horizon: int, config: LearnerConfig) -> None:
    """Refuse what would not fit: the rows of a cut in the first epoch, and the histories of all cuts.

    >>> check_memory(50_000, 8, LearnerConfig())
    Traceback (most recent call last):
    lowlogit_edu.core.errors.TooLarge: rows about 2,500,050,000 futures after up to 10,000 histories would take \
600,012.0 GB, more than 8; lower spanner_samples, or restrict the alphabet (oracles.Restricted) or the horizon.
    """
    # V = alphabet size, T = horizon, n = most histories that a cut can have
    V = alphabet_size
    T = horizon
    n = min(config.spanner_samples, V ** min(max(T - 2, 0), 64))
    # Alg. 1, line 2: a future for each token, or as printed one; line 5: and every token followed by each of them.
    first = 1 if config.printed else V
    futures = first + V * first
    lower = "lower spanner_samples, or restrict the alphabet (oracles.Restricted) or the horizon"
    rows = f"rows about {futures:,} futures after up to {n:,} histories"
    check_bytes(rows, 8 * COPIES * n * futures if T > 1 else 0, lower)
    check_bytes(f"{n:,} histories at each of {T - 1:,} cuts", 4 * n * T**2, lower)
