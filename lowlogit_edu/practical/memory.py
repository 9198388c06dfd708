"""How much memory a run of the practical learner takes, told before the first query; and giving it back."""

import ctypes
import sys

from lowlogit_edu.config import PracticalConfig
from lowlogit_edu.core.checks import MOST_BYTES, check_count
from lowlogit_edu.core.errors import TooLarge
from lowlogit_edu.practical.start import future_count


def memory_needed(alphabet_size: int, horizon: int, config: PracticalConfig) -> tuple[int, int]:
    """Bytes for the answers, at most (a teacher's width may shrink them), and for solving and the model."""
    columns = min(alphabet_size, config.columns)
    texts = config.sequences + config.most_witnesses
    # Half precision what is fitted, double what is verified on.
    answers = (2 * texts + 8 * config.validation) * check_count("horizon", horizon) * columns
    row = min(columns, config.width)
    width = max(row, config.rank)
    # Of the first regression: a teacher's rows may turn out shorter, and rows after more futures are asked then.
    inputs = max(short * future_count(short, config.rank) for short in range(1, row + 1))
    sums = 20 * columns * inputs**2  # two matrices per column in double precision, one in single
    pairs = 48 * columns**2  # an eigenvalue problem of all columns, in double precision
    model = 4 * columns * config.rank * (config.rank + width)
    return answers, sums + pairs + model + 16 * alphabet_size * (config.rank + width + config.factors)


def check_memory(alphabet_size: int, horizon: int, config: PracticalConfig) -> None:
    """Refuse what would not fit, before anything is asked."""
    answers, solving = memory_needed(alphabet_size, horizon, config)
    if answers + solving > MOST_BYTES:
        raise TooLarge(
            f"this would take about {(answers + solving) / 1e9:.1f} GB: {answers / 1e9:.1f} for the logits of "
            f"{config.sequences:,} sequences and {config.validation:,} to verify on x {horizon} tokens x "
            f"{min(alphabet_size, config.columns):,} columns, {solving / 1e9:.1f} for solving. "
            "Lower sequences, validation, horizon, columns, width or rank."
        )


def give_back() -> None:
    """Return freed memory to the system: glibc keeps what large arrays leave, 0.4 GB after a stage of a usual run."""
    if sys.platform == "linux":
        trim = getattr(ctypes.CDLL(None), "malloc_trim", None)  # other libraries of C have none, and need none
        if trim is not None:
            trim(0)
