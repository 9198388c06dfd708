"""The explorer of logits: a constant moves one picture, a temperature all three."""

import csv
import io

import numpy as np
import pytest
from every_control import complaints
from scipy.special import softmax

from lowlogit_edu.widgets.logits import HAND_MADE, TEACHER, LogitExplorer


@pytest.fixture(scope="module")
def explorer(embedded):
    made = LogitExplorer(embedded)
    yield made
    made.close()


def columns(explorer):
    rows = list(csv.DictReader(io.StringIO(explorer.data())))
    return {name: np.array([float(row[name]) for row in rows]) for name in rows[0] if name != "token"}


@pytest.mark.reliability("R20")
def test_every_control_may_go_to_its_ends(explorer):
    assert complaints(explorer) == []


def test_equal_controls_give_equal_words(explorer):
    explorer.set(constant=2.0, temperature=0.5)
    words = repr(explorer), explorer.summary(), explorer.data()
    explorer.reset()
    explorer.set(constant=2.0, temperature=0.5)
    assert words == (repr(explorer), explorer.summary(), explorer.data())


def test_the_numbers_are_softmax_and_mean(explorer):
    explorer.reset()
    explorer.set(example="one favourite", constant=3.0, temperature=2.0)
    found = columns(explorer)
    given = np.array(list(HAND_MADE["one favourite"].values()))
    assert np.allclose(found["given_nats"], given) and np.allclose(found["logit_nats"], (given + 3) / 2)
    assert np.allclose(found["centred_nats"], (given - given.mean()) / 2)
    assert np.allclose(found["probability"], softmax(given / 2))
    assert "mean 2.12" in explorer.summary()


def test_a_constant_moves_the_logits_alone(explorer):
    explorer.reset()
    before = columns(explorer)
    explorer.set(constant=-7.0)
    after = columns(explorer)
    assert np.allclose(after["logit_nats"], before["logit_nats"] - 7)
    assert np.allclose(after["centred_nats"], before["centred_nats"])
    assert np.allclose(after["probability"], before["probability"])


def test_the_teacher_answers_a_text_of_ones_own(explorer, embedded):
    explorer.set(example=TEACHER, text="Tom had a red", constant=0.0, temperature=1.0)
    row = embedded.logits([embedded.encode("Tom had a red")])[0]
    assert np.allclose(columns(explorer)["given_nats"], np.sort(row)[::-1], atol=1e-4)
    assert repr(embedded.decode([int(row.argmax())])) in explorer.summary()
    assert len(explorer.figure().axes[0].patches) == 8


def test_without_a_teacher_there_are_hand_made_logits_only():
    alone = LogitExplorer()
    assert complaints(alone) == [] and TEACHER not in alone._controls["example"].options
    alone.close()
