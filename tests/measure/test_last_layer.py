"""The last layer's width and image come out of logits where there are enough of them, and not otherwise."""

import numpy as np
import pytest

from lowlogit_edu.core.errors import ArgumentError
from lowlogit_edu.core.numerics import mean_center
from lowlogit_edu.measure.last_layer import last_layer

RNG = np.random.default_rng(0)
OUTPUT = RNG.standard_normal((30, 6))
HIDDEN = RNG.standard_normal((20, 6))
ROWS = mean_center(HIDDEN @ OUTPUT.T)


def test_the_width_and_the_output_matrix_up_to_a_linear_map_are_found():
    found = last_layer(ROWS.astype(np.float32))
    assert found.width == 6 and found.basis.shape == (30, 6)
    assert found.output_matrix_error(OUTPUT) < 1e-5
    assert found.output_matrix_error(OUTPUT @ RNG.standard_normal((6, 6))) < 1e-5


def test_another_matrix_is_not_explained():
    assert last_layer(ROWS).output_matrix_error(RNG.standard_normal((30, 6))) > 0.5


def test_fewer_queries_than_the_width_show_only_their_own_number():
    assert last_layer(ROWS[:4]).width == 4
    assert last_layer(ROWS[:4]).output_matrix_error(OUTPUT) > 0.1


def test_a_share_above_one_is_refused():
    with pytest.raises(ArgumentError, match="relative must be a finite number between 0 and 1"):
        last_layer(ROWS, relative=2.0)
