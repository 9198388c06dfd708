"""The tree of prefixes holds each of them once, and is cut into runs that are narrow enough."""

import numpy as np
import pytest

from lowlogit_edu.oracles.prefix_tree import (
    filled,
    levels,
    shared_lengths,
    split_by_width,
    tree_size,
    trees,
    whole_texts,
)

RNG = np.random.default_rng(0)
PREFIXES = sorted(tuple(RNG.integers(3, size=length).tolist()) for length in RNG.integers(7, size=60))
ROOT = 9


@pytest.mark.parametrize("most", [1, 40, 1000])
def test_the_path_to_a_node_is_the_prefix_that_ends_there(most):
    paths = [()]
    found = {}
    for level in levels(PREFIXES, ROOT, most):
        steps = zip(level.parents, level.tokens, strict=True)
        paths = [(*paths[parent], *tokens) for parent, tokens in steps]
        assert len(set(paths)) == len(paths)  # each beginning once
        found |= {row: paths[node] for row, node in zip(level.rows, level.nodes, strict=True)}
    assert found == {row: (ROOT, *prefix) for row, prefix in enumerate(PREFIXES)}


@pytest.mark.parametrize(("most", "lengths"), [(1, [1] * 8), (8, [1, 4, 2, 1]), (100, [1, 6, 1])])
def test_levels_on_which_nothing_branches_or_ends_are_one_step(most, lengths):
    histories = [(0, *range(1, 6)), (1, *range(5, 0, -1))]
    prefixes = [(*history, token) for history in histories for token in (0, 1, 2)]
    assert [len(level.tokens[0]) for level in levels(prefixes, ROOT, most)] == lengths


def test_texts_have_their_beginnings_with_them():
    groups = whole_texts(PREFIXES)
    assert sorted(row for group in groups for row in group) == list(range(len(PREFIXES)))
    texts = [PREFIXES[group[0]] for group in groups]
    for group, text in zip(groups, texts, strict=True):
        assert all(PREFIXES[row] == text[: len(PREFIXES[row])] for row in group)
    assert not any(a != b and b[: len(a)] == a for a in texts for b in texts)


def test_the_tree_has_a_node_for_each_beginning():
    assert tree_size(PREFIXES) == len({prefix[:length] for prefix in PREFIXES for length in range(len(prefix) + 1)})
    assert tree_size([]) == 1


@pytest.mark.parametrize("width", [1, 2, 5, 1000])
def test_runs_hold_all_prefixes_and_are_as_long_as_the_width_allows(width):
    runs = list(split_by_width(PREFIXES, width))
    assert [prefix for run in runs for prefix in PREFIXES[run]] == PREFIXES

    def widest(start, stop):
        return max(len(level.tokens) for level in levels(PREFIXES[start:stop], ROOT, most=1))

    assert all(widest(run.start, run.stop) <= width for run in runs)
    assert all(widest(run.start, run.stop + 1) > width for run in runs[:-1])


def test_no_prefixes_make_no_run():
    assert list(split_by_width([], 4)) == []


@pytest.mark.parametrize("most", [7, 20, 1000])
def test_a_node_of_a_tree_sees_the_prefix_that_ends_there(most):
    found = {}
    for tree in trees(PREFIXES, ROOT, most):
        size = len(tree.tokens)
        assert size <= most
        tokens = np.array(filled(tree.tokens, size + 2, ROOT))
        seen = tree.branches(size + 2)
        assert seen[size:, :].sum() == 2  # what fills it up sees itself
        for row, node in zip(tree.rows, tree.nodes, strict=True):
            assert tree.depths[node] == len(PREFIXES[row])
            found[row] = tuple(tokens[seen[node]].tolist())
    assert found == {row: (ROOT, *prefix) for row, prefix in enumerate(PREFIXES)}


def test_a_tree_holds_each_beginning_once():
    (tree,) = trees(PREFIXES, ROOT, 10_000)
    assert len(tree.tokens) == tree_size(PREFIXES)
    assert list(trees([], ROOT, 10)) == []


def test_neighbours_share_their_beginnings():
    assert shared_lengths([(), (1,), (1, 2, 3), (1, 2, 3), (1, 2, 4), (2, 2, 4)]) == [0, 0, 1, 3, 2, 0]
    assert shared_lengths([]) == [] and shared_lengths([()]) == [0]
