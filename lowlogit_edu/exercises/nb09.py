"""Checks of notebook 09, the full learner: running it."""

from collections.abc import Callable
from typing import Any

import numpy as np

from lowlogit_edu.core.words import counted
from lowlogit_edu.exercises.feedback import Wrong, array, call, exercise, number, show, whole_numbers
from lowlogit_edu.models import TabularModel, random_table

SOLVED = 1e-6  # nats; solvers of linear programs stop about here


@exercise("F_s itself, and one copy of F_{s+1} for each token that may stand between.")
def nb09_columns(answer: Any) -> None:
    """Words that line 5 asks at a cut: 3 tokens, 5 futures there and 4 at the next cut."""
    words = number(answer)
    if words == 9:
        raise Wrong(
            "9 is |F_3| + |F_4|. Between a history of cut 3 and a future of cut 4 stands one token: how many may it be?"
        )
    if words == 12:
        raise Wrong("12 are the words for the right side of the recursion at cut 4. What does cut 3's own test need?")
    if words == 5:
        raise Wrong("5 are the words of F_3. At cut 4 the recursion carries rows of cut 3 on: which words does it ask?")
    if words == 19:
        raise Wrong("19 is |F_4| + 3 |F_3|. Which futures are those of this cut, which stand behind one more token?")
    if words == 27:
        raise Wrong("27 puts a token before all futures. Those of F_3 follow their history at once.")
    if words == 20:
        raise Wrong("20 pairs each future of F_3 with one of F_4, but no word holds both.")
    if words != 17:
        raise Wrong(f"{words:g} is not it. Count the words of F_3, then z followed by f for a token z and an f of F_4.")


@exercise("Lines 13 and 14: the text's own tokens behind each history, and only its first ones replaced.")
def nb09_opinion(answer: Any) -> None:
    """What a cut says about the next token: a function of (ask, histories, c, text, s)."""
    rng = np.random.default_rng(4)
    # A text that ends at the cut, one that goes on, the first cut; one history, and several.
    for s, text, size in [(3, (0, 1, 2), 2), (2, (2, 0, 1, 1), 3), (1, (1, 2), 1), (4, (0, 2, 1, 0, 2), 2)]:
        table = random_table(alphabet_size=3, horizon=len(text) + 1, seed=s)
        histories = [tuple(row) for row in rng.integers(3, size=(size, s - 1)).tolist()]
        c = rng.uniform(-2, 2, size=size) if s > 1 else np.ones(1)
        case = f"for cut {s}, the text {text} and histories {histories}"
        asked: list[tuple[int, ...]] = []
        found = array(call(answer, _asker(table, asked), histories, c, text, s), (3,))
        wanted = c @ table.logits([(*h, *text[s - 1 :]) for h in histories])
        if not np.allclose(found, wanted, atol=SOLVED):
            raise Wrong(f"{case} {_fault_of_opinion(table, found, histories, c, text, s, asked)}")


def _asker(table: TabularModel, asked: list[tuple[int, ...]]) -> Callable[[Any], np.ndarray]:
    """The `ask` of an exercise; it notes what it was asked."""

    def ask(word: Any) -> np.ndarray:
        tokens = tuple(int(token) for token in word)
        if len(tokens) >= table.horizon:
            raise ValueError(
                f"you asked about {tokens}, of {len(tokens)} tokens. A history stands for y_1 to y_(s-1), so behind it "
                f"come y_s to y_t: {table.horizon - 1} tokens in all"
            )
        asked.append(tokens)
        return table.next_token_logits(tokens)

    return ask


def _fault_of_opinion(
    table: TabularModel,
    found: np.ndarray,
    histories: list[tuple[int, ...]],
    c: np.ndarray,
    text: tuple[int, ...],
    s: int,
    asked: list[tuple[int, ...]],
) -> str:
    """What was said in place of P_s, where it can be told."""
    right = [(*h, *text[s - 1 :]) for h in histories]
    rows = table.logits(right)
    if np.allclose(found, rows.sum(axis=0)) or np.allclose(found, rows.mean(axis=0)):
        return "you left the coefficients out: each history counts c(i) times."
    if np.allclose(found, table.next_token_logits(text)):
        return "you asked about the text itself: cut 1 says that. The other cuts say it through their histories."
    wrong = next((word for word in asked if word not in right), None)
    if wrong is not None:
        return (
            f"you asked about {wrong}. A history stands for y_1 to y_(s-1), so behind it come y_s to y_t: "
            f"{len(text)} tokens in all."
        )
    gap = float(np.abs(found - c @ rows).max())
    return f"the right words were asked, but your sum is off by {gap:.2g} nats: c(1) times the first answer, and so on."


@exercise("That is line 15: the largest residual names the future that joins its cut.")
def nb09_witness(answer: Any) -> None:
    """(cut, prefix, token) of the largest residual, or (): a function of (opinions, threshold)."""
    rng = np.random.default_rng(2)
    small = rng.normal(size=(2, 1, 2))
    large = rng.normal(size=(4, 3, 2))
    negative = np.zeros((3, 2, 2))
    negative[2, 1, 0] = -5.0
    # A largest residual of either sign, one that is not above the threshold, and no residual at all.
    for opinions, threshold in [(small, 0.1), (negative, 1.0), (large, 0.1), (large, 100.0), (small * 0, 0.0)]:
        gaps = np.abs(np.diff(opinions, axis=0))
        step, row, token = (int(i) for i in np.unravel_index(gaps.argmax(), gaps.shape))
        # Gap 0 is between cuts 1 and 2, and the later cut gets the witness.
        wanted = (step + 2, row, token) if gaps.max() > threshold else ()
        case = f"for opinions of shape {opinions.shape} and threshold {threshold:g}"
        found = _triple(call(answer, opinions, threshold, may_be_none=True), case)
        if found == wanted:
            continue
        if not wanted:
            raise Wrong(
                f"{case} no residual is above the threshold (the largest is {gaps.max():.3g}): return the empty tuple, "
                f"(). You returned {found}."
            )
        if found is None:
            raise Wrong(
                f"{case} you returned None, but a residual has size {gaps.max():.3g}. Does this way through your "
                "function end with a `return`?"
            )
        if not found:
            raise Wrong(
                f"{case} you found none, but a residual has size {gaps.max():.3g}. Did you take absolute values?"
            )
        if found in ((step, row, token), (step + 1, row, token)):
            raise Wrong(
                f"{case} the prefix and the token are right. Cuts are counted from 1, and the later one is meant."
            )
        raise Wrong(f"{case} you returned {found}, but the largest residual is elsewhere: {gaps.max():.3g} nats.")


def _triple(answer: Any, case: str) -> tuple[int, ...] | None:
    """What was returned, in whole numbers; None is no witness to a reader, but is not ()."""
    if answer is None:
        return None
    complaint = f"{case} expected three whole numbers or ()"
    found = tuple(whole_numbers(answer, complaint))
    if len(found) not in (0, 3):
        raise Wrong(f"{complaint}, got {show(answer)}.")
    return found


@exercise(
    "One step of the recursion. Here the rows are independent and their combination is in the box, so that these are "
    "the only coefficients there are; Algorithm 2 solves for all cuts at once."
)
def nb09_follow(answer: Any) -> None:
    """Coefficients of the next cut, where only one choice is right: a function of (before, carried, rows)."""
    rng = np.random.default_rng(3)
    for size, futures in [(1, 3), (2, 2), (3, 6)]:
        rows = rng.normal(size=(size, futures))
        before = rng.uniform(0.7, 1, size=2) * rng.choice([-1, 1], size=2)
        factors = rng.uniform(-0.9, 0.9, size=(2, size))
        # The next spanner carries what came before, with coefficients of at most 2 * 1 * 0.9: the box does not matter.
        # The first one is above 1, so that half the box is not enough.
        factors[:, 0] = 0.9 * np.sign(before)
        carried = factors @ rows
        found = array(call(answer, before, carried, rows), (size,))
        wanted = before @ carried
        if np.allclose(found @ rows, wanted, atol=SOLVED):
            continue
        case = f"for {counted(size, 'row')} on {futures} futures"
        uncombined = (carried.sum(axis=0), carried[0])
        if any(np.allclose(found @ rows, row, atol=SOLVED) for row in uncombined):
            raise Wrong(f"{case} you forgot to combine the carried rows with the coefficients before.")
        gap = np.abs(found @ rows - wanted).max()
        raise Wrong(f"{case} your combination misses the carried row by {gap:.2g} nats: c @ rows should be it.")
