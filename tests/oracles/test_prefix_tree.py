"""The tree of prefixes holds each of them once, and is cut into runs that are narrow enough."""

import numpy as np
import pytest

from lowlogit_edu.oracles.prefix_tree import levels, split_by_width

RNG = np.random.default_rng(0)
PREFIXES = sorted(tuple(RNG.integers(3, size=length).tolist()) for length in RNG.integers(7, size=60))
ROOT = 9


def test_the_path_to_a_node_is_the_prefix_that_ends_there():
    paths = [()]
    found = {}
    for level in levels(PREFIXES, ROOT):
        steps = zip(level.parents, level.tokens, strict=True)
        paths = [(*paths[parent], token) for parent, token in steps]
        assert len(set(paths)) == len(paths)  # each beginning once
        found |= {row: paths[node] for row, node in zip(level.rows, level.nodes, strict=True)}
    assert found == {row: (ROOT, *prefix) for row, prefix in enumerate(PREFIXES)}


@pytest.mark.parametrize("width", [1, 2, 5, 1000])
def test_runs_hold_all_prefixes_and_are_as_long_as_the_width_allows(width):
    runs = list(split_by_width(PREFIXES, width))
    assert [prefix for run in runs for prefix in PREFIXES[run]] == PREFIXES

    def widest(start, stop):
        return max(len(level.tokens) for level in levels(PREFIXES[start:stop], ROOT))

    assert all(widest(run.start, run.stop) <= width for run in runs)
    assert all(widest(run.start, run.stop + 1) > width for run in runs[:-1])


def test_no_prefixes_make_no_run():
    assert list(split_by_width([], 4)) == []
