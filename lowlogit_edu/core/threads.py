"""How many threads torch and numpy use.

Several threads wait for each other after every operation. On small tensors that costs more than it
saves: with two threads, sampling from a small teacher and refining took about 1.5 to 2 times as long, and many times as
long beside other work. Two pieces of work with one thread each are the better way to use two processors.
"""

import os
import sys
import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from functools import lru_cache, partial
from typing import Any, TypeVar

from threadpoolctl import ThreadpoolController

Piece = TypeVar("Piece")
Found = TypeVar("Found")
MOST = 4  # pieces whose results are there at once, on however many processors; bounds memory


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
    with one_torch_thread(), _threads(min(len(pieces), processors()), initializer=_use_one_torch_thread) as pool:
        for done in [pool.submit(work, *piece) for piece in pieces]:
            done.result()


def in_order(work: Callable[[Piece], Found], pieces: Iterable[Piece], take: Callable[[Found], object]) -> None:
    """`take(work(piece))` for each of the pieces, in their order; `work` is done for several at a time.

    For work that spends its time in numpy. Whatever the number of processors, the same numbers are added up in the
    same order, each of them found by one thread.
    """
    count = min(processors(), MOST)
    waiting: deque[Future[Found]] = deque()
    with _threads(count) as pool:
        for piece in pieces:
            if len(waiting) == count:
                take(waiting.popleft().result())
            waiting.append(pool.submit(work, piece))
        while waiting:
            take(waiting.popleft().result())


@contextmanager
def _threads(count: int, **options: Any) -> Iterator[ThreadPoolExecutor]:
    """A pool beside which numpy has one thread; an error ends it: what has not begun is left out."""
    # numpy's own threads would keep a processor busy while they wait for the next product: sampling took 1.7 times as
    # long beside them.
    pool = ThreadPoolExecutor(max(1, count), **options)
    with one_numpy_thread(), pool:
        try:
            yield pool
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            raise


class Lowered:
    """A setting of the whole process that is lower while anybody is inside: the last to leave restores it.

    Parameters
    ----------
    lower : callable
        Lowers it, and returns what restores it.
    """

    def __init__(self, lower: Callable[[], Callable[[], object]]) -> None:
        self._lower = lower
        self._lock = threading.Lock()
        self._inside = 0

    @contextmanager
    def __call__(self) -> Iterator[None]:
        with self._lock:
            if not self._inside:
                self._restore = self._lower()
            self._inside += 1
        try:
            yield
        finally:
            with self._lock:
                self._inside -= 1
                if not self._inside:
                    self._restore()


def _lower_torch() -> Callable[[], object]:
    import torch

    before = torch.get_num_threads()
    torch.set_num_threads(1)
    return partial(torch.set_num_threads, before)


def _lower_numpy() -> Callable[[], object]:
    return _numpy_threads(len(sys.modules)).limit(limits=1, user_api="blas").restore_original_limits


# Inside, torch computes, or numpy multiplies, with one thread; afterwards with as many as before.
one_torch_thread = Lowered(_lower_torch)
one_numpy_thread = Lowered(_lower_numpy)


def _use_one_torch_thread() -> None:
    """In a thread of its own: part of what torch counts, it counts thread by thread."""
    import torch

    torch.set_num_threads(1)


@lru_cache(maxsize=1)
def _numpy_threads(modules: int) -> ThreadpoolController:
    """Of the libraries that are there while so many modules are loaded: scipy and others bring their own."""
    return ThreadpoolController()


def processors() -> int:
    """How many processors this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
