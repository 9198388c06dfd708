"""Bad arguments are named, prefixes are grouped, and fingerprints tell arrays apart."""

import numpy as np
import pytest

from lowlogit_edu.core.checks import (
    array_fingerprint,
    by_length,
    check_count,
    check_number,
    check_prefixes,
    check_tokens,
)
from lowlogit_edu.core.errors import ArgumentError


def test_good_prefixes_come_back_as_tuples():
    assert check_prefixes([[0, 2], []], 3, horizon=3) == [(0, 2), ()]


@pytest.mark.bad_shapes
@pytest.mark.parametrize(
    ("prefix", "message"),
    [
        ([0, 3], "prefix 1 has token 3 at position 1; this model's tokens are 0 to 2"),
        ([-1], "prefix 1 has token -1 at position 0"),
        ([0, 0, 0, 0], "prefix 1 has 4 tokens, but with horizon 4 a prefix has at most 3"),
        (["a"], "prefixes must be sequences of integer tokens; prefix 1 is"),
        (5, "prefixes must be sequences of integer tokens; prefix 1 is 5"),
    ],
)
def test_a_bad_prefix_is_named_by_its_place(prefix, message):
    with pytest.raises(ArgumentError, match=message):
        check_prefixes([[], prefix], 3, horizon=4)


@pytest.mark.parametrize(
    ("tokens", "message"),
    [
        (np.zeros(3, int), r"integer array of shape \(n, T\), got shape \(3,\)"),
        (np.zeros((1, 3)), "dtype float64"),
        (np.array([[0, 1], [0, 7]]), r"tokens\[1, 1\] is 7; this model's tokens are 0 to 2"),
    ],
)
def test_bad_tokens_are_named(tokens, message):
    with pytest.raises(ArgumentError, match=message):
        check_tokens(tokens, 3)


@pytest.mark.bad_shapes
def test_counts_and_numbers_are_checked():
    assert check_count("n", np.int64(3)) == 3 and check_number("x", 1) == 1.0
    for value, message in [(True, "must be an integer"), (0, "at least 1, got 0"), (1.5, "must be an integer")]:
        with pytest.raises(ArgumentError, match=message):
            check_count("n", value)
    with pytest.raises(ArgumentError, match="between 1 and 2, got 3"):
        check_count("n", 3, most=2)
    for value in ("1", None, False):
        with pytest.raises(ArgumentError, match="x must be a number"):
            check_number("x", value)
    for value in (float("nan"), float("inf"), 10**400, -1.0):
        with pytest.raises(ArgumentError, match="x must be a finite number between 0 and inf"):
            check_number("x", value, least=0)


def test_by_length_groups_and_keeps_places():
    groups = list(by_length([(1, 2), (), (3, 4)]))
    assert [rows for rows, _ in groups] == [[1], [0, 2]]
    assert [tokens.tolist() for _, tokens in groups] == [[[]], [[1, 2], [3, 4]]]


def test_fingerprints_tell_arrays_apart():
    a = np.arange(4.0)
    assert array_fingerprint("k", a) == array_fingerprint("k", a.copy())
    others = [array_fingerprint("k", a.reshape(2, 2)), array_fingerprint("k", a + 1e-15), array_fingerprint("j", a)]
    assert array_fingerprint("k", a) not in others
