"""How many threads torch uses.

Several threads wait for each other after every operation. On small tensors that costs more than it
saves: with two threads, sampling from the embedded teacher and refining took about 1.5 to 2 times as long.
"""

from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def one_thread(wanted: bool = True) -> Iterator[None]:
    """Inside, torch computes with one thread, if `wanted`; afterwards with as many as before."""
    import torch

    before = torch.get_num_threads()
    if wanted:
        torch.set_num_threads(1)
    try:
        yield
    finally:
        if wanted:
            torch.set_num_threads(before)
