"""Checks of notebook 13, the student's own learner, function by function: questions, spanners, program."""

from typing import Any

import numpy as np

from lowlogit_edu.algorithm.learner import extended_futures
from lowlogit_edu.core.words import counted
from lowlogit_edu.exercises.feedback import Wrong, array, call, exercise, shape_of, show, whole_numbers
from lowlogit_edu.exercises.own_cases import PRECISE, Single, one_cut
from lowlogit_edu.exercises.own_epochs import nb13_epoch, nb13_learn
from lowlogit_edu.exercises.own_learner import Cut
from lowlogit_edu.exercises.own_program import nb13_next_logits, nb13_opinions, nb13_sample, nb13_solve
from lowlogit_edu.exercises.own_stories import nb13_few_rows, nb13_follow, nb13_token_maps
from lowlogit_edu.exercises.parts import Parts, in_parts
from lowlogit_edu.matrices.logit_matrix import Word, all_words, word_logits
from lowlogit_edu.matrices.spanner import numerical_rank
from lowlogit_edu.models import random_isan
from lowlogit_edu.oracles.exact import ExactOracle

__all__ = [
    "nb13_dist_spanner",
    "nb13_epoch",
    "nb13_few_rows",
    "nb13_follow",
    "nb13_hidden_kind",
    "nb13_learn",
    "nb13_next_logits",
    "nb13_opinions",
    "nb13_sample",
    "nb13_solve",
    "nb13_spanner",
    "nb13_token_maps",
    "nb13_told",
]


@exercise("All questions of your learner go through this function: what it does not ask, nobody asks.")
@in_parts
def nb13_told(answer: Any, part: Parts) -> None:
    """L(h o f) of histories and futures: a function of (oracle, histories, futures)."""
    teacher = random_isan(alphabet_size=3, dimension=3, horizon=5, seed=4)
    two = random_isan(alphabet_size=2, dimension=2, horizon=6, seed=5)
    cases = (
        ("futures of one token", teacher, [(0,), (2,)], [(0,), (1,), (2,)]),
        ("longer futures", teacher, [(0, 1), (2, 2), (1, 0)], [(1, 2), (0,), (2, 0, 1)]),
        ("the empty history", teacher, [()], [(2,), (1, 0)]),
        ("two tokens, float32", two, all_words(2, 2), [(1, 0, 1), (0, 1), (1,)]),
    )
    for name, model, histories, futures in cases:
        with part(name):
            oracle = Single(model) if "float32" in name else ExactOracle(model)
            about = f"for histories {histories} and futures {futures}"
            reply = call(answer, oracle, histories, futures)
            if shape_of(reply) == (len(histories), len(futures), model.alphabet_size):
                raise Wrong(f"{about} you gave all logits of each answer. Of the last axis keep one: token f[-1].")
            wanted = word_logits(ExactOracle(model), histories, futures)
            if wanted.shape[0] != wanted.shape[1] and shape_of(reply) == wanted.T.shape:
                raise Wrong(f"{about} you gave one row per future. Histories are rows, futures are columns.")
            _compare_told(array(reply, wanted.shape), wanted, model, (histories, futures), about)


def _compare_told(found: np.ndarray, wanted: np.ndarray, model: Any, words: tuple[Any, Any], about: str) -> None:
    if np.allclose(found, wanted, atol=1e-5):
        return
    histories, futures = words
    first_token = [[model.next_token_logits(h)[f[0]] for f in futures] for h in histories]
    if np.allclose(found, first_token, atol=1e-6):
        raise Wrong(f"{about} you gave the logit of the first token of f. The others of f are asked for nothing.")
    h, f = (int(place) for place in np.argwhere(~np.isclose(found, wanted, atol=1e-6))[0])
    raise Wrong(
        f"{about} entry ({h}, {f}) is {found[h, f]:.3f}: it should be the logit of token {futures[f][-1]} after the "
        f"prefix {(*histories[h], *futures[f][:-1])}."
    )


@exercise("Your swap of notebook 07, looped: the volume grows with every round, so the loop ends.")
@in_parts
def nb13_spanner(answer: Any, part: Parts) -> None:
    """Indices of a C-barycentric spanner: a function of (rows, bound)."""
    rng = np.random.default_rng(1)
    low = rng.normal(size=(30, 3)) @ rng.normal(size=(3, 8))
    cases = (
        ("a small case", np.array([[1.0, 0.0], [0.0, 1.0], [3.0, 1.0]]), 2.0),
        ("rows of rank 3 in 8 columns", low, 2.0),
        ("where the farthest rows are not enough", _deceiving(7), 2.0),
        ("C = 1.05", _deceiving(4), 1.05),
        ("more columns than rows", rng.normal(size=(3, 6)), 1.5),
        ("float32", rng.normal(size=(25, 5)).astype(np.float32), 1.1),
        ("whole numbers", rng.integers(-3, 4, size=(50, 3)), 1.2),
        ("zeros only", np.zeros((4, 3)), 2.0),
    )
    for name, rows, bound in cases:
        with part(name):
            about = f"for {len(rows)} rows of {rows.shape[1]} columns and C = {bound:g}"
            reply = call(answer, rows, bound)
            if np.ndim(reply) == 2:
                raise Wrong(f"{about} you gave a matrix. Return the indices of the rows, not the rows.")
            found = whole_numbers(reply, f"{about} expected a list of indices")
            _judge_spanner(rows.astype(float), found, bound, about)


def _deceiving(n: int) -> np.ndarray:
    """n rows that are picked if each is the farthest from the span of those before, and one that needs them often."""
    # Kahan's example: what is left of every later row is as long, and the inverse grows like (1 + c)^n.
    c = 0.6
    upper = np.eye(n) - c * np.triu(np.ones((n, n)), 1)
    rows = (0.8 ** np.arange(n)[:, None] * upper).T * (1 - 1e-6 * np.arange(n)[:, None])
    hidden = np.zeros((1, n))
    hidden[0, -1] = -0.9 * rows[-1, -1]  # of both signs its coefficients would be the same, but for the sign
    return np.concatenate([rows, hidden])


def _judge_spanner(rows: np.ndarray, found: list[int], bound: float, about: str) -> None:
    """`Wrong` unless the indices name a spanner of all rows."""
    rank = max(1, numerical_rank(rows, 1e-7))
    if not all(0 <= index < len(rows) for index in found) or len(set(found)) < len(found):
        raise Wrong(f"{about} you gave {found}: expected different indices from 0 to {len(rows) - 1}.")
    if len(found) != rank:
        fault = "some are combinations of others" if len(found) > rank else "some rows are out of their span"
        raise Wrong(f"{about} you chose {counted(len(found), 'row')}, but the rank is {rank}: {fault}.")
    c = np.linalg.lstsq(rows[found].T, rows.T, rcond=None)[0]
    if np.abs(c.T @ rows[found] - rows).max() > PRECISE:
        raise Wrong(f"{about} the rows {found} do not span the others: begin with independent ones.")
    place, row = (int(i) for i in np.unravel_index(np.abs(c).argmax(), c.shape))
    if abs(c[place, row]) > bound * (1 + 1e-6):
        raise Wrong(
            f"{about} row {row} still needs a coefficient of {c[place, row]:.3g} at place {place} of {found}: "
            "go on swapping until no absolute value is above C."
        )


@exercise("Three bits are read, held and told: memory fills, and empties.")
def nb13_hidden_kind(answer: Any) -> None:
    """What kind of model the hidden teacher is."""
    replies = {
        "noisy parity": "noisy parity has rank 1 at every cut: one bit of memory, with a sign.",
        "hidden markov model": "a hidden Markov model of the package answers every question with logits of all sizes. "
        "Look at the logits of the first three tokens: they are all equal.",
        "fourier-sparse function": "a Boolean function says nothing until its last token, so no rank falls before it.",
        "random isan": "a random ISAN of dimension 3 keeps rank 3 at cut 5; here it falls to 2. And does it say "
        "nothing about its first three tokens?",
    }
    if not isinstance(answer, str):
        raise Wrong(f"expected one of the names in quotes, got {show(answer)}.")
    kind = " ".join(answer.lower().split())
    if kind == "copying":
        return
    raise Wrong(replies.get(kind, f"expected one of the names in quotes, got {show(answer)}."))


@exercise("Algorithm 3, with line 5 before it and the table of line 18 behind it.")
@in_parts
def nb13_dist_spanner(answer: Any, part: Parts) -> None:
    """One cut: a function of (oracle, here, beyond, length, samples, bound, rng) that returns a Cut."""
    teacher = random_isan(alphabet_size=3, dimension=3, horizon=5, seed=2, scale=0.7)
    two = random_isan(alphabet_size=2, dimension=4, horizon=7, seed=3, scale=0.7)
    cases: tuple[tuple[str, Any, int, list[Word], list[Word], float], ...] = (
        ("cut 1", teacher, 0, [(0,), (1,), (2,)], [(0,), (1,), (2,)], 2.0),
        ("cut 3", teacher, 2, [(0,), (1,), (2,), (1, 2)], [(0,), (1,), (2,), (0, 0)], 2.0),
        ("two tokens, C = 1.05", two, 3, [(0,), (1,)], [(0,), (1,), (1, 1), (0, 1, 0)], 1.05),
    )
    for name, model, length, here, beyond, bound in cases:
        with part(name):
            about = f"for histories of {counted(length, 'token')}, F_s = {here} and F_s+1 = {beyond}:"
            asked = (ExactOracle(model), here, beyond, length, 400, bound, np.random.default_rng(0))
            cut = one_cut(call(answer, *asked), about)
            _judge_cut(model, cut, (length, here, beyond, bound), about)
    with part("the rng"):
        drawn = [call(answer, *asked[:4], 1, bound, np.random.default_rng(seed)) for seed in range(12)]
        first = {tuple(one_cut(cut, "for one sample").histories[0]) for cut in drawn}
        if any(len(cut.histories) > 1 for cut in drawn):
            raise Wrong("for samples = 1 there is more than one history: draw as many as `samples` says.")
        if len(first) == 1:
            raise Wrong(f"for one sample, twelve generators all led to {first.pop()}: draw by texts(.., rng).")


def _judge_cut(model: Any, cut: Cut, asked: tuple[int, list[Word], list[Word], float], about: str) -> None:
    length, here, beyond, bound = asked
    oracle = ExactOracle(model)
    histories = [tuple(history) for history in cut.histories]
    lengths = {len(history) for history in histories}
    if lengths != {length}:
        raise Wrong(f"{about} your histories have {sorted(lengths)} tokens: {show(histories)}.")
    if list(cut.futures) != here:
        raise Wrong(f"{about} the cut's futures are F_s alone; you gave {show(cut.futures)}.")
    columns = extended_futures(here, beyond, model.alphabet_size)
    missing = [future for future in columns if future not in cut.logits]
    if missing:
        raise Wrong(f"{about} {missing[0]} is not in the logits. Line 5: F_s, and every token followed by F_s+1.")
    wanted = word_logits(oracle, histories, columns)
    for column, future in enumerate(columns):
        found = array(cut.logits[future], (len(histories),))
        if not np.allclose(found, wanted[:, column], atol=1e-6):
            raise Wrong(
                f"{about} the logits of {future} are {show(found)}, and the oracle says {show(wanted[:, column])} "
                f"after {show(histories)}."
            )
    everything = word_logits(oracle, all_words(model.alphabet_size, length), columns)
    c = np.linalg.lstsq(wanted.T, everything.T, rcond=1e-9)[0]
    if np.abs(c.T @ wanted - everything).max() > PRECISE:
        raise Wrong(
            f"{about} your {counted(len(histories), 'history', 'histories')} cannot carry the others. "
            "Spanned on all columns?"
        )
    if np.abs(c).max() > bound * (1 + 1e-6):
        raise Wrong(f"{about} another history needs a coefficient of {np.abs(c).max():.3g}; C is {bound:g}.")
