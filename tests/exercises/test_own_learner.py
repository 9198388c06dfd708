"""A student's learner, tried beside the course's."""

import runpy
from pathlib import Path

import numpy as np
import pytest

from lowlogit_edu.exercises.own_learner import Own, OwnModel, hidden_teacher, texts, trial
from lowlogit_edu.models import noisy_parity, random_isan
from lowlogit_edu.oracles.exact import ExactOracle

ANSWERS = runpy.run_path(str(Path(__file__).parent / "answers" / "nb13.py"))
SOLVED = Own(**{name: ANSWERS[name] for name in Own._fields})


@pytest.mark.parametrize(
    "teacher",
    [
        random_isan(alphabet_size=3, dimension=3, horizon=5, seed=0),
        noisy_parity(bits=4, seed=1),
        *map(hidden_teacher, (0, 2, 3, 4)),
    ],
    ids=["random ISAN", "noisy parity", "hidden 0", "hidden 2", "hidden 3", "hidden 4"],
)
def test_eighty_lines_learn_what_the_course_learns(teacher):
    found = trial(teacher, SOLVED)
    assert found and found.distance < 1e-6 and found.course_distance < 1e-6
    assert found.queries <= found.prefixes
    assert repr(found).startswith("yours:    verified after ")


def test_hidden_teachers_are_of_five_kinds_and_each_number_is_the_same_one_again():
    assert len({hidden_teacher(number).fingerprint for number in range(30)}) >= 5
    assert hidden_teacher(3).fingerprint == hidden_teacher(3).fingerprint


def test_what_is_missing_is_named_and_nothing_is_run():
    def learn(*given):
        """To be written."""
        ...  # your code here

    found = trial(noisy_parity(bits=2), SOLVED._replace(learn=learn))
    assert not found and repr(found) == "Not run yet. Still to write: learn."


def test_a_run_that_does_not_end_says_so():
    def learn(oracle, horizon, *given):
        cuts, history = SOLVED.learn(oracle, horizon, *given)
        return cuts, history[:1]

    assert "epoch limit, with a witness at cut 2 after 1 epochs" in repr(
        trial(noisy_parity(bits=2, seed=1), SOLVED._replace(learn=learn))
    )


def test_texts_are_tuples():
    oracle = ExactOracle(noisy_parity(bits=3, seed=1))
    drawn = texts(oracle, 5, 2, np.random.default_rng(0))
    assert len(drawn) == 5 and all(type(text) is tuple and len(text) == 2 for text in drawn)


def test_her_cuts_are_a_model_of_the_package():
    teacher = random_isan(alphabet_size=2, dimension=2, horizon=4, seed=0)
    model = OwnModel(SOLVED.next_logits, trial(teacher, SOLVED).cuts, 2)
    assert model.horizon == 4
    assert np.allclose(model.next_token_logits([1, 0]), teacher.next_token_logits([1, 0]))
    assert model.sample(3, seed=0).shape == (3, 4)
