"""Alphabets as users write them."""

import pytest

from lowlogit_edu.core.errors import ArgumentError
from lowlogit_edu.server.alphabet import check_alphabet, parse_alphabet


@pytest.mark.parametrize(
    ("text", "tokens"), [("full", "full"), ("0-3", (0, 1, 2, 3)), ("7, 2-3,9", (7, 2, 3, 9)), ("5", (5,))]
)
def test_an_alphabet_is_ids_and_ranges(text, tokens):
    assert parse_alphabet(text) == tokens


@pytest.mark.parametrize("text", ["", "a-b", "1-2-3", "all", "-4"])
def test_anything_else_is_refused(text):
    with pytest.raises(ArgumentError, match="an alphabet is 'full', or token ids such as 0-511,600"):
        parse_alphabet(text)


@pytest.mark.parametrize(
    ("alphabet", "size", "message"),
    [
        ([3], 10, "at least two token ids, each once; 1 came"),
        ([3, 4, 3], 10, "3 came, 2 of them different"),
        ([3, 10], 10, "token 10 at position 1; this model's tokens are 0 to 9"),
        ("full", None, "does not say how many tokens its model has: give a range"),
        ("0-3", 10, "alphabet must be 'full' or a sequence of token ids"),
    ],
)
def test_a_bad_alphabet_is_told(alphabet, size, message):
    with pytest.raises(ArgumentError, match=message):
        check_alphabet(alphabet, size)


def test_full_is_all_tokens():
    assert check_alphabet("full", 3).tolist() == [0, 1, 2]
    assert check_alphabet([5, 2], None).tolist() == [5, 2]
