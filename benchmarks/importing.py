"""What `import lowlogit_edu` takes, in fresh interpreters."""

import subprocess
import sys

from benchmarks.results import Row
from benchmarks.timing import Effort, Seconds

# numpy first: nobody who imports this package does without it, so it is not counted.
CODE = """
import time
{before}
wall = time.perf_counter()
process = time.process_time()
import {module}
print(time.perf_counter() - wall, time.process_time() - process)
"""
OURS = "lowlogit_edu"
PEERS = {"import numpy": "numpy", "import scipy.optimize": "scipy.optimize", "import torch": "torch"}
SHOWN = {"full": 3, "quick": 2, "tiny": 1}  # of the peers; the last ones take seconds


def import_time(effort: Effort) -> Row:
    """Seconds of the import, once numpy is there."""
    peers = dict(list(PEERS.items())[: SHOWN[effort.name]])
    sides = {OURS: OURS} | peers
    tries: dict[str, list[Seconds]] = {name: [] for name in sides}
    for _ in range(1 + effort.repeats):  # the first reads files that are in memory afterwards
        for name, module in sides.items():
            tries[name].append(fresh(module))
    best = {name: min(seconds[1:], key=lambda found: found.wall) for name, seconds in tries.items()}
    ours = best.pop(OURS)
    what = "nothing to compare: a peer is what one imports beside it"
    return Row("import", "`import lowlogit_edu` after `import numpy`", ours, what, best)


def fresh(module: str) -> Seconds:
    """Seconds of an import in an interpreter of its own."""
    before = "" if module == "numpy" else "import numpy"
    code = CODE.format(module=module, before=before)
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    wall, process = map(float, done.stdout.split())
    return Seconds(wall, process)
