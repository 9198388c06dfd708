"""How many threads torch uses.

Several threads wait for each other after every operation. On small tensors that costs more than it
saves: with two threads, sampling from a small teacher and refining took about 1.5 to 2 times as long, and many times as
long beside other work. Two pieces of work with one thread each are the better way to use two processors.
"""

import os
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import cache
from typing import Any

from threadpoolctl import ThreadpoolController


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


def side_by_side(work: Callable[..., None], arguments: Iterable[tuple[Any, ...]], wanted: bool = True) -> None:
    """`work(*each)` for each of the arguments: one per processor at a time, if `wanted`, otherwise one by one.

    For work that spends its time in torch, one thread each: small models are faster so than with two threads on one
    piece of work. An error ends it.
    """
    pieces = list(arguments)
    workers = min(len(pieces), processors()) if wanted else 1
    if workers < 2:
        for piece in pieces:
            work(*piece)
        return
    # numpy's own threads would keep a processor busy while they wait for the next product: sampling took 1.7 times as
    # long beside them.
    with _numpy_threads().limit(limits=1, user_api="blas"), ThreadPoolExecutor(workers) as pool:
        for done in [pool.submit(work, *piece) for piece in pieces]:
            done.result()


@cache
def _numpy_threads() -> ThreadpoolController:
    return ThreadpoolController()


def processors() -> int:
    """How many processors this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
