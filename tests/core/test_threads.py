"""One thread inside, as many as before afterwards; pieces side by side."""

import sys
import time

import numpy as np
import pytest
import torch
from threadpoolctl import ThreadpoolController, threadpool_info, threadpool_limits

from lowlogit_edu.core import threads
from lowlogit_edu.core.threads import in_order, one_numpy_thread, one_torch_thread, side_by_side


@pytest.fixture
def two_torch_threads(monkeypatch):
    monkeypatch.setattr(threads, "processors", lambda: 2)
    before = torch.get_num_threads()
    torch.set_num_threads(2)
    yield
    torch.set_num_threads(before)


@pytest.fixture
def two_numpy_threads():
    with threadpool_limits(2, user_api="blas"):  # on one processor too
        yield


@pytest.mark.parametrize(("wanted", "inside"), [(True, 1), (False, 2)])
def test_torch_has_as_many_threads_as_before_afterwards_also_after_an_error(wanted, inside, two_torch_threads):
    found = []

    def work(number):
        found.append(torch.get_num_threads())
        if number:
            raise RuntimeError

    side_by_side(work, [(0,), (0,)], wanted)
    with pytest.raises(RuntimeError):
        side_by_side(work, [(1,)], wanted)
    assert found == [inside] * 3
    assert torch.get_num_threads() == 2


def test_after_an_error_no_piece_begins(two_torch_threads):
    begun = []

    def work(number):
        begun.append(number)
        if number == 0:
            raise RuntimeError
        time.sleep(0.05)

    with pytest.raises(RuntimeError):
        side_by_side(work, [(number,) for number in range(200)])
    assert len(begun) < 20


def blas_threads():
    np.ones((2, 2)) @ np.ones((2, 2))
    return {library["num_threads"] for library in threadpool_info() if library["user_api"] == "blas"}


def test_numpy_has_one_thread_beside_pieces_and_as_many_as_before_afterwards(monkeypatch):
    monkeypatch.setattr(threads, "processors", lambda: 2)
    before = blas_threads()
    found = {}
    side_by_side(lambda number: found.update({number: blas_threads()}), [(0,), (1,), (2,)])
    assert found == {0: {1}, 1: {1}, 2: {1}}
    with pytest.raises(ZeroDivisionError):
        side_by_side(lambda number: 1 / number, [(1,), (0,)])
    assert blas_threads() == before


@pytest.mark.parametrize("count", [1, 2, 64])
def test_what_is_found_is_taken_in_order_a_few_pieces_at_a_time_on_one_numpy_thread(count, monkeypatch):
    monkeypatch.setattr(threads, "processors", lambda: count)
    before = blas_threads()
    begun = []
    taken = []

    def work(piece):
        begun.append(piece)
        time.sleep(0.01 * (piece % 3))
        return piece, blas_threads()

    def take(found):
        assert len(begun) - len(taken) <= threads.MOST
        taken.append(found)

    in_order(work, range(12), take)
    assert taken == [(piece, {1}) for piece in range(12)]
    assert blas_threads() == before


def test_a_library_that_is_loaded_later_has_one_thread_too(monkeypatch):
    monkeypatch.setattr(threads, "ThreadpoolController", lambda: made.append(1) or ThreadpoolController())
    threads._numpy_threads.cache_clear()
    made = []
    for name in ("a_library", "a_library", "another"):
        monkeypatch.setitem(sys.modules, name, threads)
        with one_numpy_thread():
            assert blas_threads() == {1}
    assert len(made) == 2


@pytest.mark.parametrize("failing", ["work", "take", "pieces"])
def test_an_error_ends_work_in_order_and_gives_numpy_its_threads_back(failing, monkeypatch):
    monkeypatch.setattr(threads, "processors", lambda: 2)
    before = blas_threads()
    begun = []

    def at(place, number):
        if place == failing and number == 3:
            raise RuntimeError(place)
        return number

    def work(piece):
        begun.append(piece)
        return at("work", piece)

    pieces = (at("pieces", number) for number in range(100))
    with pytest.raises(RuntimeError, match=failing):
        in_order(work, pieces, lambda found: at("take", found))
    assert len(begun) < 10
    assert blas_threads() == before


@pytest.mark.parametrize(
    ("lowered", "count"), [(one_numpy_thread, blas_threads), (one_torch_thread, torch.get_num_threads)]
)
def test_the_last_to_leave_gives_the_threads_back(lowered, count, two_torch_threads, two_numpy_threads):
    before = count()
    first = lowered()
    second = lowered()
    first.__enter__()
    second.__enter__()
    inside = count()
    first.__exit__(None, None, None)
    assert count() == inside != before
    second.__exit__(None, None, None)
    assert count() == before
