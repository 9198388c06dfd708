"""What Algorithm 1's lines are called in the query ledger, and the random numbers that they draw.

The learner and those who check a run afterwards (`lemmas.queries`) both take them from here.
"""

import numpy as np

from lowlogit_edu.core.rng import stream

# Purposes of queries, as saved ledgers have them.
SAMPLING = "sampling"  # lines 2 and 9
LINE_8 = "line 8: spanner"
LINE_15 = "line 15: validation"


def line_2_stream(seed: int) -> np.random.Generator:
    """For the one sequence that line 2 draws as printed."""
    return stream(seed, "line 2")


def spanner_stream(seed: int, epoch: int, cut: int) -> np.random.Generator:
    """Line 8: for the histories that a cut's spanner is chosen from."""
    return stream(seed, "spanner", epoch, cut)


def trajectory_stream(seed: int, epoch: int) -> np.random.Generator:
    """Line 9: for an epoch's fresh trajectories."""
    return stream(seed, "trajectories", epoch)
