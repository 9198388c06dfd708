"""Prefixes as a tree: what they begin with in common goes through a model once.

>>> prefixes = [(5,), (5, 6), (5, 7, 9), (8,)]
>>> for level in levels(prefixes, root=0, most=100):
...     print(level)
Level(tokens=[(0,)], parents=[0], rows=[], nodes=[])
Level(tokens=[(5,), (8,)], parents=[0, 0], rows=[0, 3], nodes=[0, 1])
Level(tokens=[(6,), (7,)], parents=[0, 0], rows=[1], nodes=[0])
Level(tokens=[(9,)], parents=[1], rows=[2], nodes=[0])
>>> list(levels([(5, 6, 7)], root=0, most=100))
[Level(tokens=[(0, 5, 6, 7)], parents=[0], rows=[0], nodes=[0])]
>>> tree_size(prefixes), whole_texts(prefixes)
(6, [[3], [2], [1, 0]])
>>> list(split_by_width(prefixes, width=2)), list(split_by_width(prefixes, width=1))
([slice(0, 4, None)], [slice(0, 2, None), slice(2, 3, None), slice(3, 4, None)])
"""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import zip_longest

import numpy as np
from jaxtyping import Bool


@dataclass(frozen=True)
class Level:
    """The nodes of a tree that are equally far from its root, or several such levels on which no path branches or ends.

    Attributes
    ----------
    tokens : list of tuples of int
        The token of each node, or those that lead to it from the level before; as many for each.
    parents : list of int
        Which node of the level before each node hangs on.
    rows : list of int
        Which prefixes end on this level.
    nodes : list of int
        At which node each of them ends.
    """

    tokens: list[tuple[int, ...]]
    parents: list[int]
    rows: list[int]
    nodes: list[int]


def levels(prefixes: list[tuple[int, ...]], root: int, most: int) -> Iterator[Level]:
    """The tree of the prefixes; levels on which no path branches or ends are one, of `most` tokens at the most.

    `root` is the token put before all of them.
    """
    joined = None
    for level in _single_levels(prefixes, root):
        if joined is None:
            joined = level
            continue
        straight = not joined.rows and level.parents == list(range(len(joined.tokens)))
        if straight and len(level.tokens) * (len(joined.tokens[0]) + 1) <= most:
            tokens = [before + after for before, after in zip(joined.tokens, level.tokens, strict=True)]
            joined = Level(tokens, joined.parents, level.rows, level.nodes)
        else:
            yield joined
            joined = level
    if joined is not None:
        yield joined


def _single_levels(prefixes: list[tuple[int, ...]], root: int) -> Iterator[Level]:
    number: dict[tuple[int, ...], int] = {(): 0}  # of each node, which is named by the path to it
    tokens: list[tuple[int, ...]] = [(root,)]
    parents = [0]
    for depth in range(max(map(len, prefixes)) + 1):
        rows = [row for row, prefix in enumerate(prefixes) if len(prefix) == depth]
        yield Level(tokens, parents, rows, [number[prefixes[row]] for row in rows])
        # A dict, not a set: each path once, in the order of the prefixes.
        paths = dict.fromkeys(prefix[: depth + 1] for prefix in prefixes if len(prefix) > depth)
        tokens = [path[-1:] for path in paths]
        parents = [number[path[:-1]] for path in paths]
        number = {path: node for node, path in enumerate(paths)}


def split_by_width(prefixes: list[tuple[int, ...]], width: int) -> Iterator[slice]:
    """Runs of the sorted `prefixes` whose trees have at most `width` nodes on any level."""
    start = 0
    nodes = Counter[int]()  # by level, of the run's tree so far
    for i, (prefix, shared) in enumerate(zip(prefixes, shared_lengths(prefixes), strict=True)):
        # Sorted neighbours have the longest beginning in common, so the nodes behind it are new.
        nodes.update(range((shared if i > start else 0) + 1, len(prefix) + 1))
        if i > start and max(nodes.values(), default=0) > width:
            yield slice(start, i)
            start = i
            nodes = Counter(range(1, len(prefix) + 1))
    if prefixes:
        yield slice(start, len(prefixes))


@dataclass
class Tree:
    """A tree of prefixes, its nodes depth first: each branch is whole before the next begins.

    Attributes
    ----------
    tokens, depths : list of int
        The token of each node and how many are before it; the root is the first.
    rows : list of int
        Which prefixes end in the tree.
    nodes : list of int
        At which node each of them ends.
    """

    tokens: list[int]
    depths: list[int] = field(default_factory=lambda: [0])
    rows: list[int] = field(default_factory=list)
    nodes: list[int] = field(default_factory=list)

    def branches(self, size: int) -> Bool[np.ndarray, "node node"]:
        """Whether the second node is the first or on the way to it; what fills the tree up is alone."""
        ends = np.full(size, size)  # the node behind the branch that begins at each node
        path: list[int] = []
        for node, depth in enumerate(filled(self.depths, size, 0)):
            for left in path[depth:]:
                ends[left] = node
            path[depth:] = [node]
        nodes = np.arange(size)
        return (nodes <= nodes[:, None]) & (nodes[:, None] < ends)


def filled(values: list[int], size: int, value: int) -> list[int]:
    """The values, and more of one until there are `size`."""
    return values + [value] * (size - len(values))


def trees(prefixes: list[tuple[int, ...]], root: int, most: int) -> Iterator[Tree]:
    """The sorted `prefixes` as trees of at most `most` nodes; each prefix has fewer tokens than that."""
    tree = Tree([root])
    for row, (prefix, shared) in enumerate(zip(prefixes, shared_lengths(prefixes), strict=True)):
        if len(tree.tokens) + len(prefix) - shared > most:
            yield tree
            tree = Tree([root])
        known = shared if tree.rows else 0
        tree.tokens += prefix[known:]
        tree.depths += range(known + 1, len(prefix) + 1)
        tree.rows.append(row)
        tree.nodes.append(len(tree.tokens) - 1)  # one that is known to its end is the same as the one before
    if tree.rows:
        yield tree


def tree_size(prefixes: list[tuple[int, ...]]) -> int:
    """How many nodes the tree of the sorted prefixes has."""
    return 1 + sum(map(len, prefixes)) - sum(shared_lengths(prefixes))


def whole_texts(prefixes: list[tuple[int, ...]]) -> list[list[int]]:
    """The numbers of the sorted prefixes, in groups: one that no other begins with, then those that it begins with."""
    found: list[list[int]] = []
    for i in range(len(prefixes) - 1, -1, -1):
        if found and prefixes[found[-1][0]][: len(prefixes[i])] == prefixes[i]:
            found[-1].append(i)
        else:
            found.append([i])
    return found


def shared_lengths(prefixes: list[tuple[int, ...]]) -> list[int]:
    """How many tokens each prefix has in common with the beginning of the one before; none for the first."""
    if not prefixes:
        return []
    # One row per prefix, filled up with what is no token.
    padded = np.array(list(zip_longest(*prefixes, fillvalue=-1)), dtype=np.int64).reshape(-1, len(prefixes)).T
    same = (padded[1:] == padded[:-1]) & (padded[1:] >= 0)
    return [0, *np.logical_and.accumulate(same, axis=1).sum(axis=1).tolist()]
