"""Values and arrays of a saved file are looked at, and named where they are wrong."""

import numpy as np
import pytest
from jaxtyping import Float, Int

from lowlogit_edu.core.contents import check_arrays, check_names, check_value
from lowlogit_edu.core.errors import ArgumentError

HINTS = {"a": Float[np.ndarray, "row column"], "b": Float[np.ndarray, "column"], "c": Int[np.ndarray, "row"] | None}


@pytest.mark.parametrize(
    ("value", "kind", "message"),
    [
        (True, int, "n is True, expected an int"),
        (1.0, int, "n is 1.0, expected an int"),
        ("1", float, "n is '1', expected a float"),
        (float("nan"), float, "n is nan, expected a float"),
        (10**400, float, "n is 1000.*, expected a float"),
        (-(10**400), int, "n is -1000.*, expected an int of at least 0"),
        (10**400, int, "n is 1000.*, expected an int of at least 0"),
        (-1, int, "n is -1, expected an int of at least 0 and at most 5"),
        (6, int, "n is 6, expected an int of at least 0 and at most 5"),
        (None, str, "n is None, expected a str"),
        (["x" * 1000], dict, "x\\.\\.\\., expected a dict"),
    ],
)
def test_a_wrong_value_is_named(value, kind, message):
    limits = {"least": 0, "most": 5} if kind is int else {}
    with pytest.raises(ArgumentError, match=message):
        check_value("n", value, kind, **limits)


def test_what_may_be_infinite_is_still_a_float():
    check_value("n", float("inf"), float, finite=False)
    with pytest.raises(ArgumentError, match="expected a float"):
        check_value("n", 10**400, float, finite=False)


def test_right_values_pass():
    check_value("n", 3, int, 0, 5)
    check_value("n", 3, float)
    check_value("n", True, bool)
    check_names("it", ["a", "b"], ["a"], ["b"])


def test_missing_and_unknown_names_are_named():
    with pytest.raises(ArgumentError, match="it lacks 'b'"):
        check_names("it", ["a"], ["a", "b"])
    with pytest.raises(ArgumentError, match="it holds 'c', which nothing reads"):
        check_names("it", ["a", "c"], ["a"])


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"a": np.ones((2, 3), dtype=np.int8)}, "a of it has type int8 and shape \\(2, 3\\), expected Float"),
        ({"a": np.ones((2, 3), dtype=complex)}, "a of it has type complex128"),
        ({"a": np.ones(6)}, "a of it has type float64 and shape \\(6,\\), expected Float.*row column"),
        ({"b": np.ones(2)}, "b of it has type float64 and shape \\(2,\\)"),
        ({"c": np.ones(2)}, "c of it has type float64 and shape \\(2,\\), expected Int"),
        ({"a": np.full((2, 3), np.nan)}, "a of it holds NaN or infinity"),
        ({"b": np.array([0, np.inf, 1])}, "b of it holds NaN or infinity"),
        ({"d": np.ones(1)}, "it holds 'd', which nothing reads"),
    ],
)
def test_a_wrong_array_is_named(changes, message):
    right = {"a": np.ones((2, 3)), "b": np.ones(3)}
    check_arrays("it", right, HINTS)
    check_arrays("it", right | {"c": np.arange(2)}, HINTS)
    with pytest.raises(ArgumentError, match=message):
        check_arrays("it", right | changes, HINTS)
