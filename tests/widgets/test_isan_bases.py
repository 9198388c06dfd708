"""The explorer of notebook 03 that takes two histories as a basis."""

import csv
import io

import numpy as np
import pytest
from controls import push

from lowlogit_edu.matrices.logit_matrix import all_words, logit_matrix
from lowlogit_edu.matrices.spanner import spanner_coefficients
from lowlogit_edu.models import random_isan
from lowlogit_edu.oracles import ExactOracle
from lowlogit_edu.widgets.isan_bases import LENGTH, BasisExplorer, coordinates, largest_pair, states_of


@pytest.fixture
def explorer():
    made = BasisExplorer()
    yield made
    made.close()


def rows(explorer):
    return list(csv.DictReader(io.StringIO(explorer.data())))


@pytest.mark.reliability("R20")
def test_no_control_leads_to_an_error(explorer):
    first = repr(explorer)
    assert push(explorer) == []
    assert repr(explorer) == first


@pytest.mark.parametrize("seed", [0, 3, 19])
def test_coordinates_of_states_are_those_of_the_rows(seed):
    model = random_isan(2, 2, LENGTH + 2, seed)
    matrix = logit_matrix(ExactOracle(model), all_words(2, LENGTH), [(), (0,), (1,)])
    assert np.allclose(coordinates(states_of(seed), 1, 6), spanner_coefficients(matrix, matrix[[1, 6]]), atol=1e-6)


@pytest.mark.parametrize("seed", range(21))
def test_the_pair_of_largest_area_has_all_histories_in_its_box(seed):
    pair = largest_pair(seed)
    assert np.abs(coordinates(states_of(seed), pair["first"], pair["second"])).max() < 1 + 1e-9


def test_the_presets_choose_the_pair_of_largest_area(explorer):
    for preset in explorer.presets.values():
        explorer.set(**preset)
        assert explorer.summary().endswith("Outside of the box of coordinates up to 1: 0 of 8.")


def test_one_history_twice_is_no_basis(explorer):
    assert "Outside of the box of coordinates up to 1: 5 of 8." in explorer.summary()
    outside = [row for row in rows(explorer) if max(abs(float(row[f"coordinate_{i}"])) for i in (1, 2)) > 1 + 1e-9]
    assert len(outside) == 5
    explorer.set(first=3, second=3)
    assert explorer.summary() == "The states of abb and abb lie on one line through the origin: no basis."
    assert rows(explorer)[0]["coordinate_1"] == ""
