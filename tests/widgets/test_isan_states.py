"""The explorer of notebook 03 whose state is moved by tokens."""

import csv
import io

import numpy as np
import pytest
from controls import push

from lowlogit_edu.widgets.isan_states import TEACHERS, StateExplorer, teacher


@pytest.fixture
def explorer():
    made = StateExplorer()
    yield made
    made.close()


def rows(explorer):
    return list(csv.DictReader(io.StringIO(explorer.data())))


@pytest.mark.reliability("R20")
def test_no_control_leads_to_an_error(explorer):
    first = repr(explorer)
    assert push(explorer) == []
    assert repr(explorer) == first


@pytest.mark.parametrize("name", TEACHERS)
def test_the_data_are_the_logits_of_the_isan_in_any_basis(explorer, name):
    isan = teacher(name)
    for slant in (0.0, -1.5):
        explorer.set(teacher=name, read=6, slant=slant)
        for t, row in enumerate(rows(explorer)):
            logits = isan.next_token_logits([0, 0, 1, 0, 0, 1][:t])
            assert np.allclose([float(row["logit_a_nats"]), float(row["logit_b_nats"])], logits, atol=1e-12)


def test_the_words_follow_the_tokens(explorer):
    assert repr(explorer) == "StateExplorer(teacher='turn and mirror', word='aab', slant=0.0, seed=0)"
    explorer.set(teacher="counter", read=4, token_1="b", token_2="b")
    assert explorer.summary().startswith("After bbba the state is (1.00, 3.00). Logits: a -0.25, b 0.25 nats")
    assert explorer.summary().endswith("The 16 histories of this length lead to 5 different states.")
    explorer.set(read=0)
    assert explorer.summary().endswith("The one history of this length leads to 1 different state.")
