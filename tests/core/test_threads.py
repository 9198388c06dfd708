"""One thread inside, as many as before afterwards; pieces side by side."""

import numpy as np
import pytest
import torch
from threadpoolctl import threadpool_info

from lowlogit_edu.core import threads
from lowlogit_edu.core.threads import one_thread, side_by_side


@pytest.mark.parametrize(("wanted", "inside"), [(True, 1), (False, 2)])
def test_the_number_of_threads_comes_back_also_after_an_error(wanted, inside):
    before = torch.get_num_threads()
    torch.set_num_threads(2)
    try:
        with pytest.raises(RuntimeError), one_thread(wanted):
            assert torch.get_num_threads() == inside
            raise RuntimeError
        assert torch.get_num_threads() == 2
    finally:
        torch.set_num_threads(before)


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
