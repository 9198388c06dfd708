"""Which contexts are worth asking about: ways to choose witnesses, at equal queries.

python tests/benchmarks/witnesses.py [--teacher embedded] [--sequences 6000] [--seeds 0 1 2] [--passes 0]
    [--witnesses N] [--only NAME ...]

Prints a Markdown table as it goes, as `ablation.py` does: KL(teacher || model) over the trigram's, and the difference
to rare contexts (the default), seed by seed. docs/ABLATION.md holds the last one.

- random texts: as many queries more, spent on texts.
- worst futures: the futures that verification found worst at each cut, after histories of the texts held. It is what
  the paper's witness is: a column of the logit matrix, asked for many rows.
- confused histories: of two histories from different texts whose coefficients are close, one goes on in its text as
  the model does not expect; that future is asked after the other. A future that separates them would be found so.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from unittest.mock import patch

import numpy as np
from scipy.spatial import KDTree

import lowlogit_edu as ll
from lowlogit_edu.core.numerics import kl_divergence
from lowlogit_edu.oracles.base import ask
from lowlogit_edu.practical import stages
from lowlogit_edu.practical.answers import Block

SEARCHED = 1500  # texts whose histories are looked at
LONGEST = 3  # tokens of a future
NEIGHBOURS = 4  # of each history; the nearest from another text counts


@dataclass
class Seen:
    """What an epoch has found out, for those who choose witnesses."""

    maps: object = None
    model: object = None
    worst: tuple = ()


@dataclass
class Futures:
    """Words, each after the beginning of a text."""

    texts: Block
    lengths: np.ndarray
    words_after: list

    def __len__(self):
        return len(self.words_after)

    def words(self):
        rows = zip(self.texts.tokens.tolist(), self.lengths, self.words_after, strict=True)
        return [(*row[:t], *word) for row, t, word in rows]


@contextmanager
def choosing(choose) -> Iterator[None]:
    """Witnesses are what `choose(seen, answers, rows, rng)` gives: `Futures` of about so many rows in all."""
    seen = Seen()
    residuals, isan_of_maps = stages.residuals, stages.isan_of_maps

    def noting_worst(*arguments, **named):
        errors, seen.worst = residuals(*arguments, **named)
        return errors, seen.worst

    def noting_maps(maps, *others):
        seen.maps = maps
        seen.model = isan_of_maps(maps, *others)
        return seen.model

    def chosen(answers, count, *, rng):
        return choose(seen, answers, count * LONGEST, rng)

    with (
        patch.object(stages, "residuals", noting_worst),
        patch.object(stages, "isan_of_maps", noting_maps),
        patch.object(stages, "rare_contexts", chosen),
        patch.object(stages, "ask_witnesses", ask_futures),
    ):
        yield


def ask_futures(oracle, answers, futures, rows_each, *, rng):
    """The rows after each beginning of each word."""
    T = futures.texts.tokens.shape[1]
    places = np.arange(T)
    long = np.array([len(word) for word in futures.words_after])
    ends = futures.lengths + long
    asked = (places > futures.lengths[:, None]) & (places <= ends[:, None])
    kept = np.where((places <= futures.lengths[:, None])[..., None], futures.texts.kept, np.float16(0))
    tokens = np.where(places < futures.lengths[:, None], futures.texts.tokens, 0)
    for i, word in enumerate(futures.words()):
        tokens[i, : len(word)] = word
    rows, columns = np.nonzero(asked)
    prefixes = [tuple(tokens[i, :t].tolist()) for i, t in zip(rows, columns, strict=True)]
    kept[rows, columns] = answers.code.compress(ask(oracle, prefixes))
    return Block(tokens, asked, kept)


def worst_futures(seen, answers, rows, rng):
    """The worst future of each cut, the empty word left out, after histories of any cut that it fits behind."""
    words = [word for _, word, _ in seen.worst if word]
    block = answers.blocks[0]
    T = block.tokens.shape[1]
    words = [words[i % len(words)] for i in range(rows * len(words) // sum(map(len, words)))]
    lengths = np.array([rng.integers(1, T - len(word)) for word in words])
    return Futures(block[rng.integers(len(block), size=len(words))], lengths, words)


def confused_histories(seen, answers, rows, rng):
    """Futures that surprise the model after a history, asked after the history that has the nearest coefficients."""
    code = answers.code
    block = answers.blocks[0][rng.permutation(len(answers.blocks[0]))[:SEARCHED]]
    T = block.tokens.shape[1]
    ends = T - LONGEST - 1  # a future fits behind every history that is looked at
    # How wrong the model is on the rows that follow each history in its own text.
    told = code.restore(block.kept)
    wrong = kl_divergence(told, code.lump(seen.model.logits_along(block.tokens)))
    surprise = sum(wrong[:, 1 + ahead : 1 + ahead + ends] for ahead in range(1, LONGEST + 1))[:, 1:]
    text, place = np.divmod(np.argsort(-surprise, axis=None)[: 4 * rows // LONGEST], ends - 1)
    place += 1
    carried = seen.maps.standardized(code.columns[block.tokens]).carry(code.columns[block.tokens])
    points = carried[:, 1:ends].reshape(-1, carried.shape[2])
    _, near = KDTree(points).query(carried[text, place], k=NEIGHBOURS, workers=2)
    chosen = []
    for i, t, others in zip(text.tolist(), place.tolist(), near, strict=True):
        other = next(((k // (ends - 1), k % (ends - 1) + 1) for k in others.tolist() if k // (ends - 1) != i), None)
        if other:
            chosen.append((*other, tuple(block.tokens[i, t : t + LONGEST].tolist())))
    chosen = chosen[: rows // LONGEST]
    texts, lengths, words = map(list, zip(*chosen, strict=True))
    return Futures(block[np.array(texts)], np.array(lengths), words)


def variants(config, horizon):
    """(name, config, context) of every row."""
    random = config.most_witnesses * config.witness_length // horizon  # texts for as many queries
    more = replace(config, witnesses=0, sequences=config.sequences + random)
    yield "rare contexts", config, None
    yield "none", replace(config, witnesses=0), None
    yield "random texts", more, None
    yield "worst futures", config, choosing(worst_futures)
    yield "confused histories", config, choosing(confused_histories)


def main():
    from ablation import cell, ratios, run_options  # beside this file: found where it is run as a script

    parser = run_options(__doc__.splitlines()[0])
    parser.add_argument("--passes", type=int, default=0)
    parser.add_argument("--witnesses", type=int, help="contexts of three rows each; by default the learner's own")
    parser.add_argument("--only", nargs="*", help="rows whose names begin so; rare contexts are always run")
    options = parser.parse_args()
    oracle = ll.oracles.TransformerOracle.from_pretrained(options.teacher)
    base = ll.LearnerConfig.practical(sequences=options.sequences, passes=options.passes, witnesses=options.witnesses)
    print(
        "| witnesses | solved | refined | solved, difference | refined, difference |\n|---|---|---|---|---|", flush=True
    )
    defaults = None
    for name, config, context in variants(base, options.horizon):
        if options.only and defaults is not None and not name.startswith(tuple(options.only)):
            continue
        with context or patch.dict({}):
            found = np.array([ratios(oracle, options.horizon, config, seed) for seed in options.seeds])
        defaults = found if defaults is None else defaults
        print("| " + " | ".join([name, *cell(found), *cell(found - defaults)]) + " |", flush=True)


if __name__ == "__main__":
    main()
