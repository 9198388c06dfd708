"""One thread inside, as many as before afterwards."""

import pytest
import torch

from lowlogit_edu.core.threads import one_thread


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
