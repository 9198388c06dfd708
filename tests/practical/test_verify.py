"""What counts as verified."""

import numpy as np
import pytest

from lowlogit_edu.practical.verify import Measured


@pytest.mark.parametrize(("mean", "error", "verified"), [(0.1, 0.0, True), (0.08, 0.01, True), (0.09, 0.0051, False)])
def test_verified_is_below_epsilon_by_two_standard_errors(mean, error, verified):
    assert Measured(np.array([mean]), mean, error).is_at_most(0.1) is verified
