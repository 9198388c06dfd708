"""Explorers of notebook 03: states moved by tokens, and histories chosen as a basis."""

import csv
import io

import numpy as np
import pytest
from controls import push

from lowlogit_edu.matrices.logit_matrix import all_words, logit_matrix
from lowlogit_edu.matrices.spanner import spanner_coefficients
from lowlogit_edu.models import random_isan
from lowlogit_edu.oracles import ExactOracle
from lowlogit_edu.widgets.isan_bases import LENGTH, BasisExplorer, coordinates, states_of, volumes
from lowlogit_edu.widgets.isan_states import TEACHERS, StateExplorer, teacher


@pytest.fixture(params=[StateExplorer, BasisExplorer])
def explorer(request):
    made = request.param()
    yield made
    made.close()


def rows(explorer):
    return list(csv.DictReader(io.StringIO(explorer.data())))


def test_no_control_leads_to_an_error(explorer):
    first = repr(explorer)
    assert push(explorer) == [] and repr(explorer) == first


@pytest.mark.parametrize("name", TEACHERS)
def test_the_data_are_the_logits_of_the_isan_in_any_basis(name):
    explorer, isan = StateExplorer(), teacher(name)
    for slant in (0.0, -1.5):
        explorer.set(teacher=name, read=6, slant=slant)
        for t, row in enumerate(rows(explorer)):
            logits = isan.next_token_logits([0, 0, 1, 0, 0, 1][:t])
            assert np.allclose([float(row["logit_a_nats"]), float(row["logit_b_nats"])], logits, atol=1e-12)
    explorer.close()


def test_the_words_follow_the_tokens():
    explorer = StateExplorer()
    assert repr(explorer) == "StateExplorer(teacher='turn and mirror', word='aab', slant=0.0, seed=0)"
    explorer.set(teacher="counter", read=4, token_1="b", token_2="b")
    assert explorer.summary().startswith("After bbba the state is (1.00, 3.00). Logits: a -0.25, b 0.25 nats")
    assert explorer.summary().endswith("The 16 histories of this length lead to 5 different states.")
    explorer.close()


@pytest.mark.parametrize("seed", [0, 3, 19])
def test_coordinates_of_states_are_those_of_the_rows(seed):
    model = random_isan(2, 2, LENGTH + 2, seed)
    matrix = logit_matrix(ExactOracle(model), all_words(2, LENGTH), [(), (0,), (1,)])
    assert np.allclose(coordinates(states_of(seed), 1, 6), spanner_coefficients(matrix, matrix[[1, 6]]), atol=1e-6)


@pytest.mark.parametrize("seed", range(21))
def test_the_pair_of_largest_area_has_all_histories_in_its_box(seed):
    states = states_of(seed)
    pair = np.unravel_index(volumes(states).argmax(), (8, 8))
    assert np.abs(coordinates(states, *map(int, pair))).max() < 1 + 1e-9


def test_one_history_twice_is_no_basis():
    explorer = BasisExplorer()
    assert "Outside of the box of coordinates up to 1: 5 of 8." in explorer.summary()
    outside = [row for row in rows(explorer) if max(abs(float(row[f"coordinate_{i}"])) for i in (1, 2)) > 1 + 1e-9]
    assert len(outside) == 5
    explorer.set(first=3, second=3)
    assert explorer.summary() == "The states of abb and abb lie on one line through the origin: no basis."
    assert rows(explorer)[0]["coordinate_1"] == ""
    explorer.close()
