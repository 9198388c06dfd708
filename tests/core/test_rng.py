"""Streams depend on the seed and the purpose, and on nothing else."""

import pytest

from lowlogit_edu.core.errors import ArgumentError
from lowlogit_edu.core.rng import prefix_stream, stream


def test_the_same_seed_and_purpose_give_the_same_numbers():
    assert (stream(3, "spanner", 2).random(5) == stream(3, "spanner", 2).random(5)).all()


@pytest.mark.parametrize("other", [(4, "spanner", 2), (3, "sample", 2), (3, "spanner", 3), (3, "spanner")])
def test_another_seed_or_purpose_gives_other_numbers(other):
    assert (stream(3, "spanner", 2).random(5) != stream(*other).random(5)).all()


def test_the_randomness_of_a_prefix_depends_on_its_tokens_and_not_on_what_holds_them():
    drawn = prefix_stream(3, "noise", (1, 2)).random(5)
    assert (prefix_stream(3, "noise", [1, 2]).random(5) == drawn).all()
    for seed, purpose, prefix in ((4, "noise", (1, 2)), (3, "samples", (1, 2)), (3, "noise", (2, 1))):
        assert (prefix_stream(seed, purpose, prefix).random(5) != drawn).all()


@pytest.mark.bad_shapes
@pytest.mark.parametrize("seed", [-1, 1.0, True, None, "0"])
def test_a_bad_seed_is_refused(seed):
    with pytest.raises(ArgumentError, match="seed must be an integer of 0 or more, got"):
        stream(seed)
