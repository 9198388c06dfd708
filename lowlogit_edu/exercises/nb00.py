"""Checks of notebook 00, the tour."""

from typing import Any

import numpy as np

from lowlogit_edu.exercises.feedback import Wrong, call, exercise, number, show


@exercise("One query per token: ask, draw, append.")
def nb00_story_queries(answer: Any) -> None:
    """How many queries does one story of 16 tokens take?"""
    queries = number(answer)
    if queries == 1:
        raise Wrong("one query tells about one token, the next. How many tokens are drawn?")
    if queries == 15:
        raise Wrong("15 queries tell 15 tokens. The first token is drawn too: after the empty text.")
    if queries == 17:
        raise Wrong("17 is one too many: after the last token nothing is asked.")
    if queries == 512 * 16:
        raise Wrong("one query answers for all 512 tokens at once.")
    if queries != 16:
        raise Wrong(f"{show(answer)} is not it. Begin small: how many queries for a story of 1 token?")


@exercise("Only the difference of logits counts: e^(3 - 1) = e^2, about 7.4.")
def nb00_ratio(answer: Any) -> None:
    """How many times as likely is a token with logit 3 as one with logit 1?"""
    ratio = number(answer)
    if np.isclose(ratio, np.exp(2), atol=0.05):
        return
    if ratio == 2:
        raise Wrong("2 is the difference of the logits. Probabilities are proportional to e^logit, not to the logit.")
    if ratio == 3:
        raise Wrong("3 is the ratio of the logits. Probabilities are proportional to e^logit, not to the logit.")
    if np.isclose(ratio, np.exp(-2), atol=0.01):
        raise Wrong(f"{ratio:.3f} is the other way round: the larger logit is the likelier token.")
    if ratio in (4, 100):
        base = ratio**0.5
        raise Wrong(f"{ratio:g} would be right for logarithms to base {base:g}. Logits have base e.")
    raise Wrong(f"{show(answer)} is not it. With equal logits the ratio would be 1, one nat apart e = 2.718.")


@exercise("Told this way a story is the same every time, and soon repeats itself: that is why we draw.")
def nb00_likeliest(answer: Any) -> None:
    """The likeliest token: a function of a row of logits."""
    # Nowhere is the largest entry last, and in the second row the largest size belongs to the least likely token.
    # The last rows are nearly flat: who draws a token, or takes the first of many, is found out.
    flat = [[float(i % 10 == place) / 10 for i in range(10)] for place in range(9)]
    for row in ([0.5, 2.5, 0.1, -1.2], [-3.5, -1.5, -2.5, -4.5], [4.5, 0.5], *flat):
        logits = np.array(row)
        found = number(call(answer, logits))
        wanted = int(np.argmax(logits))
        if found == wanted:
            continue
        if found == max(row):
            raise Wrong(f"for {row} you gave the largest logit itself; its position is asked for, counted from 0.")
        if found == int(np.argmax(np.abs(logits))):
            raise Wrong(f"for {row} you took the largest size; a large negative logit means a small probability.")
        if found == int(np.argmin(logits)):
            raise Wrong(f"for {row} you gave the least likely token.")
        if found == wanted + 1:
            raise Wrong(f"for {row} you gave {found:g}: count from 0.")
        raise Wrong(f"for {row} you gave {found:g}. Which position has the largest number?")


@exercise("41 digits against 5: what a learner can ask is nothing beside what there is.")
def nb00_digits(answer: Any) -> None:
    """How many digits has 512 to the power 15?"""
    digits = number(answer)
    if digits == 45:  # three digits, 15 times
        raise Wrong("45 would be right for 999^15; 512 is a little smaller.")
    if digits == 40:
        raise Wrong("40 is the exponent of ten; 10^1 already has 2 digits.")
    if digits == 512**15:
        raise Wrong("that is the number itself. How long is it?")
    if digits != 41:
        raise Wrong(f"{show(answer)} is not it. 512^2 = 262144 has 6 digits; and 512^15?")
