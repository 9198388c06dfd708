"""Checks of the course: right answers are right, each typical wrong one gets its own reply.

The answers are in tests/exercises/answers/nbNN.py: RIGHT maps each check to right answers, WRONG maps it to
typical wrong answers, each under words that its reply must hold.
"""

import re
import runpy
import subprocess
import sys
from decimal import Decimal
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
import torch

from lowlogit_edu.exercises import Verdict, check
from lowlogit_edu.exercises.feedback import Unanswered, Wrong, array, call, exercise, number, show, whole_numbers
from lowlogit_edu.show.palette import GREEN, ORANGE

ANSWERS = [runpy.run_path(str(path)) for path in sorted((Path(__file__).parent / "answers").glob("nb*.py"))]
RIGHT = [(name, answer) for module in ANSWERS for name, answers in module["RIGHT"].items() for answer in answers]
WRONG = [(name, *case) for module in ANSWERS for name, cases in module["WRONG"].items() for case in cases.items()]


@pytest.mark.parametrize(("name", "answer"), RIGHT, ids=[name for name, _ in RIGHT])
def test_a_right_answer_is_right(name, answer):
    feedback = getattr(check, name)(answer)
    assert feedback.verdict is Verdict.RIGHT, feedback


@pytest.mark.parametrize(("name", "words", "answer"), WRONG, ids=[f"{name}: {words}" for name, words, _ in WRONG])
def test_a_wrong_answer_is_told_what_is_wrong(name, words, answer):
    feedback = getattr(check, name)(answer)
    # A reply begins with a capital, whatever letter the sentence in the check begins with.
    assert feedback.verdict is Verdict.WRONG and words.lower() in feedback.message.lower(), feedback
    assert not re.match(r"(a|[a-z]{2,})[ ,.]", feedback.message), feedback


@pytest.mark.parametrize(
    ("said", "shown"),
    [
        ("the second row is right.", "The second row is right."),
        ("a row is missing.", "A row is missing."),
        ("c_1 itself has to stay.", "c_1 itself has to stay."),
        ("e^1000 is no float.", "e^1000 is no float."),
        ("transitions: expected an array.", "transitions: expected an array."),  # the name of an argument
        ("2 is the difference.", "2 is the difference."),
    ],
)
def test_a_reply_begins_with_a_capital_but_names_and_formulas_stay(said, shown):
    @exercise("Fine.")
    def nb99_never(answer):
        raise Wrong(said)

    assert nb99_never(1).message == shown


@pytest.mark.parametrize("name", dir(check))
def test_every_check_is_tried_with_right_and_wrong_answers(name):
    assert sum(other == name for other, _ in RIGHT) >= 1
    assert sum(other == name for other, _, _ in WRONG) >= 2
    assert getattr(check, name)(...).verdict is Verdict.UNANSWERED
    assert getattr(check, name).__doc__


def test_an_unknown_check_names_those_there_are():
    with pytest.raises(AttributeError, match="there is no check 'nb99_nothing'; there are "):
        _ = check.nb99_nothing
    assert repr(check).startswith(f"{len(dir(check))} checks: ")
    with pytest.raises(
        AttributeError, match="there is no check 'nb10_nothing'; there are nb10_kl, nb10_read, nb10_samp"
    ):
        _ = check.nb10_nothing


def test_a_notebook_with_a_letter_has_checks_of_its_own():
    parts = {name.partition("_")[0] for name in dir(check)}
    assert {"nb09", "nb09b"} <= parts
    assert check.nb09b_telescope.__module__ == "lowlogit_edu.exercises.nb09b"
    with pytest.raises(AttributeError, match="there is no check 'nb09b_witness'; there are nb09b_"):
        _ = check.nb09b_witness


def test_one_check_loads_the_module_of_its_notebook_and_no_pictures():
    code = "import sys; from lowlogit_edu.exercises import check; check.nb04_coin_distance; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    loaded = set(done.stdout.split())
    notebooks = {name for name in loaded if name.startswith("lowlogit_edu.exercises.nb")}
    assert notebooks == {"lowlogit_edu.exercises.nb04"}
    assert "lowlogit_edu.show.palette" in loaded and "matplotlib" not in loaded


@exercise("That is double.")
def nb99_double(answer):
    """A check of our own."""
    for x in (1.0, 3.0):
        if number(call(answer, x)) != 2 * x:
            raise Wrong(f"for {x} your function gave {answer(x)}.")


def test_a_function_that_fails_does_nothing_or_is_none_is_told_so():
    assert nb99_double(lambda x: 2 * x) and not nb99_double(lambda x: x)
    assert nb99_double(lambda x: x).message == "For 1.0 your function gave 1.0."
    assert "called with (1.0), raised ZeroDivisionError" in nb99_double(lambda x: x / 0).message
    assert "Expected a number, got 'two'" in nb99_double(lambda x: "two").message
    assert "Expected a function, got 2" in nb99_double(2).message
    for nothing in (None, ..., lambda x: None, lambda x: ...):
        assert nb99_double(nothing).verdict is Verdict.UNANSWERED


def test_arguments_are_copied():
    row = np.ones(2)
    call(lambda x: x.fill(7) or 1, row)
    assert row.tolist() == [1, 1]


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        ([1.0], r"expected an array of shape (2,), got one of shape (1,)."),
        ("ab", "expected an array of numbers"),
        ([1.0, np.nan], "expected finite numbers"),
    ],
)
def test_arrays_that_do_not_fit_are_named(answer, words):
    with pytest.raises(Wrong) as fault:
        array(answer, (2,))
    assert words in str(fault.value)


@pytest.mark.parametrize("name", ["nb02_logit_matrix", "nb03_transition"])
def test_rows_that_are_not_equally_long_are_no_array(name):
    """The check itself broke on them, where it looked whether rows and columns were exchanged."""
    feedback = getattr(check, name)(lambda *given: [[1.0], [1.0, 2.0]])
    assert feedback.verdict is Verdict.WRONG and "Expected an array of numbers of shape" in feedback.message


def test_the_reply_has_the_colour_of_its_verdict():
    right, wrong, none = (nb99_double(f)._repr_mimebundle_()["text/html"] for f in (lambda x: 2 * x, lambda x: x, None))
    assert f"solid {GREEN};" in right and f"solid {ORANGE};" in wrong
    assert GREEN not in none and ORANGE not in none


@pytest.mark.parametrize(
    "value",
    [
        0.5,
        np.float64(0.5),
        np.array(0.5),
        np.array([0.5]),
        np.array([[0.5]]),
        Decimal("0.5"),
        Fraction(1, 2),
        torch.tensor(0.5),
    ],
)
def test_numbers_come_in_many_forms(value):
    assert number(value) == 0.5


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (np.nan, "expected a finite number, got nan"),
        (np.float64("inf"), "expected a finite number, got inf"),
        ([0.5], r"expected a number, got \[0.5\]"),
        (np.array([0.5, 1]), "expected a number, got"),
        (np.True_, "expected a number, got True"),
        (1j, "expected a number, got 1j"),
    ],
)
def test_what_is_no_number_is_named(value, words):
    with pytest.raises(Wrong, match=words):
        number(value)


def test_values_are_shown_without_addresses_and_names_of_types():
    assert show([np.float64(0.5), np.int64(-3)]) == "[0.5, -3]" and show(np.float64(1e-9)) == "1e-09"
    assert show(np.random.default_rng(0)) == "Generator(PCG64)" and show(object()) == "<object>"


@pytest.mark.parametrize("answer", [[1.7, 0.3], 3, ["a"], [None], [1, 2.5]])
def test_what_is_no_list_of_whole_numbers_is_not_rounded_to_one(answer):
    with pytest.raises(Wrong, match="expected indices, got"):
        whole_numbers(answer, "expected indices")
    assert whole_numbers(np.array([1.0, 2.0]), "expected indices") == [1, 2]


def test_leaving_python_is_an_error_like_others():
    assert "raised SystemExit: 3" in nb99_double(lambda x: sys.exit(3)).message


def test_none_is_an_answer_where_it_may_be_one():
    def unwritten(x): ...

    assert call(lambda x: None, 1, may_be_none=True) is None
    for nothing in (unwritten, lambda x: ...):
        with pytest.raises(Unanswered):
            call(nothing, 1, may_be_none=True)


def test_long_values_are_shown_short():
    assert len(show(np.arange(1000))) == 120 and show(np.array([0.5])) == "[0.5]"


def test_a_forgotten_return_is_said_to_be_one():
    def forgetful(x):
        x *= 2

    def unwritten(x):
        """Twice x."""

    def begun(x):
        for _ in [...]:
            x *= 2

    def indexing(x):
        x = np.array([x])[..., None]

    def printing(x):
        """Twice x."""
        str(2 * x)

    for function in (forgetful, indexing, printing):
        assert "called with (1.0), returned None. Is there a `return`" in nb99_double(function).message
    for function in (unwritten, begun):
        assert nb99_double(function).verdict is Verdict.UNANSWERED
