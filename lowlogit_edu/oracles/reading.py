"""How a causal language model reads prefixes: what they have in common goes through it once.

Three ways give the same logits, the fewest and the largest forward passes first:

- prefixes of one text are read off that text;
- prefixes that branch are a tree, read as one text in which a token attends to the tokens before it in its own branch;
- a model that allows no such attention, as recurrent ones, walks the tree from level to level, by its state.
"""

from collections.abc import Callable, Iterable, Iterator
from functools import cached_property
from typing import Any

import numpy as np
from jaxtyping import Float, Int

from lowlogit_edu.core.checks import by_length
from lowlogit_edu.core.threads import side_by_side
from lowlogit_edu.oracles.base import texts_at_once
from lowlogit_edu.oracles.prefix_tree import Tree, filled, levels, split_by_width, tree_size, trees, whole_texts
from lowlogit_edu.oracles.stepping import Steps, allowed_error, forward, state_works

SMALL = 3_000_000  # parameters; the CPU is done sooner with one thread
NODES = 256  # of a tree that is read as one text: attention looks at all pairs of them
POSITIONS = (
    2048  # that a small model reads together: enough for the full rate, few enough for each processor to have some
)
HELD = 16_384  # tokens of texts under way, whose keys and values a model holds
# Times as many tokens in whole texts as in the tree: so much more does a token of a tree cost.
WORTH_A_TREE = 1.5  # in a text of its own, whose attention has a mask of its own
WORTH_A_WALK = 2.5  # in steps of its own


class Reader:
    """Raw logits of a causal language model after any prefixes.

    Parameters
    ----------
    model : transformers.PreTrainedModel
    first : int
        The token before every prefix.
    most : int
        Texts, or nodes of one level, that go through the model at once at most; fewer do where their logits would
        take more than `CHUNK_BYTES`.
    """

    def __init__(self, model: Any, first: int, most: int) -> None:
        self.model = model
        self.first = first
        self.most = most
        self.alphabet_size = int(model.config.get_text_config().vocab_size)
        self.use_state = state_works(model, first)
        parameters = sum(weight.numel() for weight in model.parameters())
        self._small = model.device.type == "cpu" and parameters < SMALL

    @cached_property
    def _several(self) -> bool:
        return state_works(self.model, self.first, several=True)

    @cached_property
    def reads_trees(self) -> bool:
        """Whether the model reads a tree as one text; tried where one is first worth it, on a tree of full size."""
        return trees_work(self)

    def logits(self, rows: list[tuple[int, ...]]) -> Float[np.ndarray, "prefix token"]:
        """Raw logits after each of the prefixes, given in their order: neighbours share beginnings."""
        texts = whole_texts(rows)
        read = sum(len(rows[text]) + 1 for text, *_ in texts)
        nodes = tree_size(rows)
        short = max(map(len, rows), default=0) < NODES
        if short and read > max(WORTH_A_TREE * nodes, 2 * NODES) and self.reads_trees:
            return self._as_trees(rows)
        if self.use_state and read > WORTH_A_WALK * nodes:
            return self._level_by_level(rows)
        return self._off_texts(rows, texts)

    def _off_texts(self, rows: list[tuple[int, ...]], texts: list[list[int]]) -> np.ndarray:
        """Each read off the longest of its group."""
        answer = self._empty(len(rows))

        def read(groups: list[int], tokens: Int[np.ndarray, "row time"]) -> None:
            for group, along in zip(groups, self.along(tokens), strict=True):
                answer[texts[group]] = along[[len(rows[row]) for row in texts[group]]]

        lengths = by_length([rows[text] for text, *_ in texts])
        parts = ((here, tokens, self.parts(len(here), tokens.shape[1] + 1)) for here, tokens in lengths)
        self.side_by_side(read, ((here[part], tokens[part]) for here, tokens, slices in parts for part in slices))
        return answer

    def _as_trees(self, rows: list[tuple[int, ...]]) -> np.ndarray:
        """Each tree is one text."""
        answer = self._empty(len(rows))

        def read(forest: list[Tree]) -> None:
            for tree, at_nodes in zip(forest, self.over_trees(forest), strict=True):
                answer[tree.rows] = at_nodes[tree.nodes]

        # Those of about one size together: the shorter ones are filled up.
        forest = sorted(trees(rows, self.first, NODES), key=lambda tree: len(tree.tokens))
        self.side_by_side(read, ((forest[part],) for part in self.parts(len(forest), NODES)))
        return answer

    def over_trees(self, forest: list[Tree]) -> Float[np.ndarray, "tree node token"]:
        """Raw logits at every node."""
        import torch

        size = max(len(tree.tokens) for tree in forest)
        tokens = torch.tensor([filled(tree.tokens, size, self.first) for tree in forest])
        depths = torch.tensor([filled(tree.depths, size, 0) for tree in forest])
        # 0 where a node may attend, and so little elsewhere that nothing is left of it.
        seen = torch.from_numpy(np.stack([tree.branches(size) for tree in forest]))[:, None]
        mask = torch.zeros(seen.shape, dtype=self.model.dtype).masked_fill(~seen, torch.finfo(self.model.dtype).min)
        device = self.model.device
        where = {"attention_mask": mask.to(device), "position_ids": depths.to(device)}
        output = forward(self.model, tokens.to(device), use_cache=False, **where)
        return output.logits.float().cpu().numpy()

    def _level_by_level(self, rows: list[tuple[int, ...]]) -> np.ndarray:
        """Each node of the tree takes its state over from its parent."""
        answer = self._empty(len(rows))

        def walk(chunk: slice) -> None:
            steps = Steps(self.model)
            for level in levels(rows[chunk], self.first, texts_at_once(self.alphabet_size) if self._several else 1):
                logits = steps.append(np.array(level.tokens), np.array(level.parents))
                if level.rows:  # on most levels of a long text no prefix ends: nothing is copied off the device
                    answer[chunk][level.rows] = logits[level.nodes].cpu().numpy()

        self.side_by_side(walk, ((chunk,) for chunk in split_by_width(rows, self._at_once())))
        return answer

    def along(self, tokens: Int[np.ndarray, "text time"]) -> Float[np.ndarray, "text position token"]:
        """Raw logits after the first token and after each of `tokens`."""
        import torch

        first = np.full((len(tokens), 1), self.first, dtype=np.int64)
        ids = torch.from_numpy(np.concatenate([first, tokens], axis=1)).to(self.model.device)
        return forward(self.model, ids, use_cache=False).logits.float().cpu().numpy()

    def side_by_side(self, work: Callable[..., None], pieces: Iterable[tuple[Any, ...]]) -> None:
        """`work(*piece)` for each piece; small models are fastest with one thread for each of several pieces."""
        import torch

        side_by_side(torch.inference_mode()(work), pieces, wanted=self._small)

    def parts(self, n: int, positions: int = 1) -> Iterator[slice]:
        """`n` texts, as many at a time as go through the model, given at how many positions each has logits."""
        size = self._at_once(positions)
        return (slice(start, start + size) for start in range(0, n, size))

    def drawn(self, n: int, length: int) -> Iterator[slice]:
        """`n` texts of so many tokens, as many at a time as are drawn together."""
        size = min(self._at_once(), max(1, HELD // length))
        return (slice(start, start + size) for start in range(0, n, size))

    def _at_once(self, positions: int = 1) -> int:
        most = min(self.most, texts_at_once(self.alphabet_size, positions))
        return max(1, min(most, POSITIONS // positions)) if self._small else most

    def _empty(self, n: int) -> np.ndarray:
        return np.empty((n, self.alphabet_size), dtype=np.float32)


def longest_text(model: Any) -> int | None:
    """Most tokens that a model reads, the beginning included; None for one without a limit, as recurrent ones are."""
    named = (getattr(model.config, name, None) for name in ("max_position_embeddings", "max_seq_len"))  # MPT's, last
    longest = next((limit for limit in named if limit is not None and limit > 0), None)  # XLNet says -1
    for name, module in model.named_modules():
        # RoBERTa and its kin count places from behind that of padding.
        padding = getattr(module, "padding_idx", None) if name.endswith("position_embeddings") else None
        longest = longest if longest is None or padding is None else longest - padding - 1
    return longest


def trees_work(reader: Reader) -> bool:
    """Whether trees read as texts have the logits of whole texts.

    A model may count distances by where tokens stand, look back so far only, or take no such mask: all that shows on a
    tree of full size, with branches of every length far from their beginnings.
    """
    import torch

    longest = longest_text(reader.model) or NODES
    length = min(NODES // 4, longest - 1)
    halvings = length.bit_length()
    if halvings == 0:  # no prefix but the empty one
        return False
    # Each text leaves the first one for as many tokens as it is long, or half of them, or a quarter, to the last one.
    texts = np.random.default_rng(0).integers(reader.alphabet_size, size=(NODES * halvings // (2 * length), length))
    for i, text in enumerate(texts):
        same = length - (length >> i % halvings)
        text[:same] = texts[0, :same]
    rows = sorted(map(tuple, texts.tolist()))
    tree = next(trees(rows, reader.first, NODES))
    try:
        with torch.inference_mode():
            expected = reader.along(np.array(rows)[tree.rows])[:, -1]
            found = reader.over_trees([tree])[0][tree.nodes]
        return bool(np.abs(found - expected).max() <= allowed_error(expected))
    except Exception:  # no such mask, no such positions, or one that fails in its own way
        return False
