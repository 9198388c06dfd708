"""Streams depend on the seed and the purpose, and on nothing else."""

import pytest

from lowlogit_edu.core.errors import ArgumentError
from lowlogit_edu.core.rng import stream


def test_the_same_seed_and_purpose_give_the_same_numbers():
    assert (stream(3, "spanner", 2).random(5) == stream(3, "spanner", 2).random(5)).all()


@pytest.mark.parametrize("other", [(4, "spanner", 2), (3, "sample", 2), (3, "spanner", 3), (3, "spanner")])
def test_another_seed_or_purpose_gives_other_numbers(other):
    assert (stream(3, "spanner", 2).random(5) != stream(*other).random(5)).all()


@pytest.mark.parametrize("seed", [-1, 1.0, True, None, "0"])
def test_a_bad_seed_is_refused(seed):
    with pytest.raises(ArgumentError, match="seed must be an integer of 0 or more, got"):
        stream(seed)
