"""How much memory a run of the practical learner takes, told before the first query."""

from lowlogit_edu.config import PracticalConfig
from lowlogit_edu.core.checks import check_count
from lowlogit_edu.core.errors import TooLarge

MAX_BYTES = 8_000_000_000


def memory_needed(alphabet_size: int, horizon: int, config: PracticalConfig) -> tuple[int, int]:
    """Bytes for the answers, at most (a teacher's width may shrink them), and for the transitions."""
    columns = min(alphabet_size, config.columns)
    answers = 2 * config.sequences * check_count("horizon", horizon) * columns
    return answers, 16 * columns * config.rank**2 + 16 * alphabet_size * (config.rank + config.factors)


def check_memory(alphabet_size: int, horizon: int, config: PracticalConfig) -> None:
    answers, transitions = memory_needed(alphabet_size, horizon, config)
    if answers + transitions > MAX_BYTES:
        raise TooLarge(
            f"this would take about {(answers + transitions) / 1e9:.1f} GB: {answers / 1e9:.1f} for the logits of "
            f"{config.sequences:,} sequences x {horizon} tokens x {min(alphabet_size, config.columns):,} columns, "
            f"{transitions / 1e9:.1f} for the transitions. Lower sequences, horizon, columns or rank."
        )
