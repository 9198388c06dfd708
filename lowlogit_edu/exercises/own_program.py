"""Checks of notebook 13, continued: the linear program, what each cut says, and Algorithm 2."""

from collections import Counter
from collections.abc import Sequence
from typing import Any

import numpy as np

from lowlogit_edu.core.numerics import log_softmax
from lowlogit_edu.core.words import counted
from lowlogit_edu.exercises.feedback import Wrong, array, call, exercise, shape_of, show, whole_numbers
from lowlogit_edu.exercises.own_cases import (
    PRECISE,
    cuts_of,
    first_futures,
    full_futures,
    next_logits_of,
    steps_of,
    true_opinions,
    true_path,
)
from lowlogit_edu.exercises.own_learner import Cut
from lowlogit_edu.exercises.parts import Parts, in_parts
from lowlogit_edu.matrices.logit_matrix import Word
from lowlogit_edu.models import blow_up_isan, random_isan
from lowlogit_edu.oracles.exact import ExactOracle

DRAWN = 150  # texts of the sampler
# Two cuts by hand: after the token 0 the row of cut 2 is needed 2.5 times, after 1 it is needed -0.5 times.
BY_HAND = [Cut([()], [(0,), (1,)], {(0,): np.zeros(1), (1,): np.zeros(1)})]
for token, needed in ((0, 2.5), (1, -0.5)):
    BY_HAND[0].logits[token, 0] = np.array([needed])
    BY_HAND[0].logits[token, 1] = np.array([-needed])
BY_HAND.append(Cut([(0,)], [(0,), (1,)], {(0,): np.ones(1), (1,): -np.ones(1)}))
for token, read in ((0, 0.3), (1, -0.8)):
    BY_HAND[1].logits[token, 0] = np.array([read])
    BY_HAND[1].logits[token, 1] = np.array([-read])


@exercise("Equation 14, all cuts at once: what greedy loses at one cut, a later one may need.")
@in_parts
def nb13_solve(answer: Any, part: Parts) -> None:
    """Coefficients c_1 to c_t of a prefix, or None: a function of (cuts, prefix, bound)."""
    three = random_isan(alphabet_size=3, dimension=3, horizon=5, seed=0)
    two = random_isan(alphabet_size=2, dimension=4, horizon=8, seed=1)
    blowing = blow_up_isan(horizon=12, scale=0.1)
    unique = cuts_of(three, full_futures(three, 2))
    cases: tuple[tuple[str, Sequence[Cut], Word, float], ...] = (
        ("one token", unique, (2,), 2.0),
        ("two tokens", unique, (2, 0), 2.0),
        ("four tokens", unique, (2, 0, 1, 1), 2.0),
        ("a negative coefficient", BY_HAND, (1, 0), 2.0),
        ("C = 3", BY_HAND, (0, 1), 3.0),
        ("seven tokens of two", cuts_of(two, full_futures(two, 3), 1.1), (0, 1, 1, 0, 1, 0, 0), 1.5),
        ("where greedy explodes", cuts_of(blowing, first_futures(blowing)), (0,) * 11, 2.0),
    )
    for name, cuts, prefix, bound in cases:
        with part(name):
            about = f"for the prefix {prefix}, C = {bound:g} and spanners of {[len(cut.histories) for cut in cuts]}:"
            found = call(answer, cuts, prefix, bound, may_be_none=True)
            if found is None:
                raise Wrong(f"{about} you returned None: no solution. There is one. Or is a `return` missing?")
            _judge_path(cuts, prefix, bound, found, about)
    with part("no solution"):
        found = call(answer, BY_HAND, (0, 1), 2.0, may_be_none=True)
        if found is not None:
            raise Wrong(f"one equation says c_2(1) = 2.5 and C is 2: there is no solution. You gave {show(found)}.")


def _judge_path(cuts: Sequence[Cut], prefix: Word, bound: float, found: Any, about: str) -> None:
    """`Wrong` unless the coefficients satisfy the program."""
    t = len(prefix)
    if not isinstance(found, list | tuple) or len(found) != t:
        raise Wrong(f"{about} expected a list of {t} arrays, c_1 to c_{t}; got {show(found)}.")
    path = [array(c, (len(cut.histories),)) for c, cut in zip(found, cuts, strict=False)]
    if not np.allclose(path[0], [1.0], atol=PRECISE):
        raise Wrong(f"{about} c_1 is {show(path[0])}. Equation 14b: c_1 = e_1. Zeros would solve all the others.")
    for s, c in enumerate(path, start=1):
        if np.abs(c).max() > bound + PRECISE:
            raise Wrong(f"{about} c_{s} has the entry {c[np.abs(c).argmax()]:.3g}: outside the box of C.")
    for s, step in enumerate(steps_of(cuts, prefix), start=1):
        miss = np.abs(step.residuals(path[s - 1], path[s]))
        if miss.max() > PRECISE:
            future = cuts[s].futures[int(miss.argmax())]
            raise Wrong(
                f"{about} the equation of cut {s + 1} and the future {future} is missed by {miss.max():.2g} nats. "
                f"On the right stands the logit of {(prefix[s - 1], *future)}, token {s} and the future, at cut {s}."
            )


@exercise("Cut 1 repeats the oracle; each later cut adds one residual.")
@in_parts
def nb13_opinions(answer: Any, part: Parts) -> None:
    """What each cut says about the next token: a function of (oracle, cuts, prefix, path)."""
    three = random_isan(alphabet_size=3, dimension=3, horizon=5, seed=6)
    two = random_isan(alphabet_size=2, dimension=4, horizon=7, seed=1)
    for name, teacher, prefix in (
        ("one token", three, (1,)),
        ("three tokens", three, (2, 0, 1)),
        ("six tokens of two", two, (0, 1, 1, 0, 1, 0)),
    ):
        with part(name):
            cuts = cuts_of(teacher, first_futures(teacher))
            path = true_path(cuts, prefix, 2.0)
            assert path is not None
            about = f"after the prefix {prefix}, with spanners of {[len(cut.histories) for cut in cuts]}:"
            wanted = true_opinions(teacher, cuts, prefix, path)
            reply = call(answer, ExactOracle(teacher), cuts, prefix, path)
            if shape_of(reply) == wanted.shape[:1] or shape_of(reply) == (*wanted.shape[:1], 1):
                raise Wrong(f"{about} you gave one number per cut. A cut has an opinion on each token: keep that axis.")
            found = array(reply, wanted.shape)
            if np.allclose(found, wanted, atol=1e-6):
                continue
            s = int(np.abs(found - wanted).max(axis=1).argmax()) + 1
            rows = teacher.logits([(*history, *prefix[s - 1 :]) for history in cuts[s - 1].histories])
            if np.allclose(found[s - 1], rows.mean(axis=0)) or np.allclose(found[s - 1], rows.sum(axis=0)):
                raise Wrong(f"{about} cut {s} does not use its coefficients: sum c_s(i) times row i.")
            rest = prefix[s - 1 :]
            raise Wrong(
                f"{about} cut {s} should say {show(wanted[s - 1])}, you gave {show(found[s - 1] + 0.0)}. Its histories "
                f"have {s - 1} tokens, and {rest} is carried behind each."
            )


@exercise("Lines 1 to 7 of Algorithm 2, and no oracle in sight.")
@in_parts
def nb13_next_logits(answer: Any, part: Parts) -> None:
    """Logits of the next token: a function of (cuts, prefix, alphabet_size, bound)."""
    three = random_isan(alphabet_size=3, dimension=3, horizon=5, seed=7)
    two = random_isan(alphabet_size=2, dimension=3, horizon=7, seed=2)
    of_three = cuts_of(three, full_futures(three, 2))
    cases: tuple[tuple[str, Sequence[Cut], Word, int, float], ...] = (
        ("the empty prefix", of_three, (), 3, 2.0),
        ("one token", of_three, (1,), 3, 2.0),
        ("four tokens", of_three, (0, 2, 2, 1), 3, 2.0),
        ("six tokens of two", cuts_of(two, full_futures(two, 3), 1.1), (1, 1, 0, 1, 0, 0), 2, 1.5),
        ("C = 3", BY_HAND, (0, 1), 2, 3.0),
        ("no solution", BY_HAND, (0, 1), 2, 2.0),
    )
    for name, cuts, prefix, alphabet_size, bound in cases:
        with part(name):
            about = f"for the prefix {prefix} and C = {bound:g}:"
            wanted = next_logits_of(cuts, prefix, alphabet_size, bound)
            found = array(call(answer, cuts, prefix, alphabet_size, bound), (alphabet_size,))
            if np.allclose(log_softmax(found), log_softmax(wanted), atol=PRECISE):
                continue
            if np.allclose(found, np.exp(log_softmax(wanted)), atol=PRECISE):
                raise Wrong(f"{about} you gave {show(found)}: these are probabilities. Logits are asked for.")
            if name == "no solution":
                raise Wrong(f"{about} the program has no solution: line 4 makes all tokens equally likely. Zeros, say.")
            path = true_path(cuts, prefix, bound) if prefix else None
            last = cuts[max(0, len(prefix) - 1)].logits
            if path and np.allclose(found, [path[-1] @ last[token,] for token in range(alphabet_size)], atol=PRECISE):
                raise Wrong(f"{about} you read the logits of (a,). {prefix[-1]} has been said: read ({prefix[-1]}, a).")
            raise Wrong(f"{about} expected {show(wanted)}, up to a constant, and you gave {show(found)}.")


@exercise("The circle is closed: a language model, made of answers alone.")
@in_parts
def nb13_sample(answer: Any, part: Parts) -> None:
    """One text: a function of (cuts, alphabet_size, bound, rng)."""
    three = random_isan(alphabet_size=3, dimension=2, horizon=5, seed=1)
    pair = random_isan(alphabet_size=3, dimension=3, horizon=2, seed=0, scale=1.0)
    for name, teacher in (("five tokens", three), ("two tokens", pair)):
        with part(name):
            cuts = cuts_of(teacher, full_futures(teacher, 2))
            about = f"for {len(cuts)} cuts:"
            reply = call(answer, cuts, teacher.alphabet_size, 2.0, np.random.default_rng(0))
            text = whole_numbers(reply, f"{about} expected a text, a tuple of tokens")
            if len(text) != teacher.horizon:
                raise Wrong(
                    f"{about} you gave {counted(len(text), 'token')}. A token follows cut T, which has no program: "
                    "T = cuts + 1."
                )
            if not set(text) <= set(range(teacher.alphabet_size)):
                raise Wrong(f"{about} you gave {text}; tokens are 0 to {teacher.alphabet_size - 1}.")
    with part("the law of its texts"):
        texts = [tuple(call(answer, cuts, 3, 2.0, np.random.default_rng(seed))) for seed in range(DRAWN)]
        _judge_law(Counter(tuple(map(int, text)) for text in texts), pair)


def _judge_law(counts: Counter[Word], teacher: Any) -> None:
    """`Wrong` where so many texts differ from the teacher's law by more than chance explains."""
    if len(counts) == 1:
        raise Wrong(f"{DRAWN} generators all gave {next(iter(counts))}. Draw from the probabilities, by the rng.")
    p = np.exp(teacher.log_probabilities()).reshape((teacher.alphabet_size,) * teacher.horizon)
    words = [word for word in np.ndindex(*p.shape) if p[word] > 0.02]  # of rarer ones there are too few to count
    shares = np.array([counts[word] / DRAWN for word in words])
    wanted = np.array([p[word] for word in words])
    # Five standard deviations: a right sampler fails once in a million.
    far = np.abs(shares - wanted) / np.sqrt(wanted * (1 - wanted) / DRAWN)
    if far.max() > 5:
        worst = int(far.argmax())
        raise Wrong(
            f"of {DRAWN} texts a share of {shares[worst]:.2f} is {words[worst]}; its probability is "
            f"{wanted[worst]:.2f}. Probabilities are exp(logits), divided by their sum."
        )
