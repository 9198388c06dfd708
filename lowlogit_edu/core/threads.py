"""How many threads torch and numpy use.

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


def side_by_side(work: Callable[..., None], arguments: Iterable[tuple[Any, ...]], wanted: bool = True) -> None:
    """`work(*each)` for each of the arguments: one per processor at a time, if `wanted`, otherwise one by one.

    For work that spends its time in torch, one thread each: small models are faster so than with two threads on one
    piece of work. An error ends it: pieces that have not begun are left out.
    """
    pieces = list(arguments)
    if not wanted:
        for piece in pieces:
            work(*piece)
        return
    # numpy's own threads would keep a processor busy while they wait for the next product: sampling took 1.7 times as
    # long beside them.
    pool = ThreadPoolExecutor(max(1, min(len(pieces), processors())), initializer=_use_one_torch_thread)
    with _one_torch_thread(), _numpy_threads().limit(limits=1, user_api="blas"), pool:
        try:
            for done in [pool.submit(work, *piece) for piece in pieces]:
                done.result()
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            raise


@contextmanager
def _one_torch_thread() -> Iterator[None]:
    """Inside, torch computes with one thread; afterwards with as many as before."""
    import torch

    before = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(before)


def _use_one_torch_thread() -> None:
    """In a thread of its own: part of what torch counts, it counts thread by thread."""
    import torch

    torch.set_num_threads(1)


@cache
def _numpy_threads() -> ThreadpoolController:
    return ThreadpoolController()


def processors() -> int:
    """How many processors this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
