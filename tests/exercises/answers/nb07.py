"""Answers to the exercises of notebook 07."""

import numpy as np

solve = np.linalg.solve


def table(rows, spanner):
    return solve(spanner.T, rows.T).T


def swap(rows, chosen, bound, *, size=np.abs, place_of=lambda row, place: place):
    c = size(table(rows, rows[list(chosen)]))
    row, place = np.unravel_index(c.argmax(), c.shape)
    if c[row, place] <= bound:
        return list(chosen)
    chosen = list(chosen)
    chosen[place_of(row, place)] = int(row)
    return chosen


def first_outside(rows, chosen, bound):
    for row, c in enumerate(table(rows, rows[list(chosen)])):
        for place in range(len(chosen)):
            if abs(c[place]) > bound:
                return np.array([row if i == place else old for i, old in enumerate(chosen)])
    return chosen


def longest_first(rows, chosen, bound):
    return [int(np.linalg.norm(rows, axis=1).argmax()), chosen[1]]


def area(rows, chosen):
    return abs(np.linalg.det(rows[list(chosen)]))


def in_place(rows, chosen, bound):
    after = swap(rows, chosen, bound)
    chosen[:] = after
    return chosen


def loop(rows, start, bound, *, once=swap, measure=area, most=99, stop_at=None):
    """Areas along the swapping; what is given instead of a part makes a typical mistake."""
    chosen = list(start)
    found = [measure(rows, chosen)]
    for _ in range(most):
        after = once(rows, chosen, bound if stop_at is None else stop_at)
        if sorted(after) == sorted(chosen):
            break
        chosen = list(after)
        found.append(measure(rows, chosen))
    return found


def factors(rows, start, bound):
    found = loop(rows, start, bound)
    return [1.0, *(np.array(found[1:]) / found[:-1])]


def every_second(rows, start, bound):
    found = loop(rows, start, bound)
    return [*found[:-1][::2], found[-1]] if len(found) > 1 else found


def indices_at_the_end(rows, start, bound):
    chosen = list(start)
    while sorted(swap(rows, chosen, bound)) != sorted(chosen):
        chosen = swap(rows, chosen, bound)
    return chosen


def share(rows, spanner, bound):
    return (abs(table(rows, spanner)) > bound).any(axis=1).mean()


RIGHT = {
    "nb07_area_factor": [2.5],
    "nb07_coefficients": [lambda row, spanner: solve(spanner.T, row)],
    "nb07_swap_rule": [
        swap,
        first_outside,
        lambda *given: swap(*given)[::-1],
        lambda *given: sorted(swap(*given)),
    ],
    "nb07_areas_of_swaps": [
        loop,
        lambda *given: np.array(loop(*given)),
        lambda *given: tuple(loop(*given, once=first_outside)),
        lambda rows, start, bound: loop(rows, start, bound, once=lambda *step: sorted(swap(*step))),
    ],
    "nb07_most_swaps": [12, 12.0],
    "nb07_share_missed": [
        share,
        lambda rows, spanner, bound: (abs(rows @ np.linalg.inv(spanner)) > bound).any(axis=1).mean(),
        lambda rows, spanner, bound: (abs(rows @ np.linalg.pinv(spanner)).max(axis=1) > bound).mean(),
        lambda rows, spanner, bound: (abs(np.linalg.lstsq(spanner.T, rows.T)[0]).max(axis=0) > bound).mean(),
    ],
}
WRONG = {
    "nb07_area_factor": {"the other place": -1.5, "the new area": 5, "lengths": 2.28, "combination": 3},
    "nb07_coefficients": {
        "Transpose": lambda row, spanner: solve(spanner, row),
        "may be negative": lambda row, spanner: abs(solve(spanner.T, row)),
        "should divide": lambda row, spanner: row @ spanner,
        "that combination is": lambda row, spanner: row,
    },
    "nb07_swap_rule": {
        "nothing is outside": lambda rows, chosen, bound: swap(rows, chosen, 1.0),
        "swapped nothing, but row 2 needs a coefficient of 1.5": lambda rows, chosen, bound: swap(rows, chosen, 2.0),
        "change a copy of it": in_place,
        "the largest coefficient is 2: nothing": lambda rows, chosen, bound: swap(
            rows, chosen, bound - 1e-9
        ),  # >= in place of >
        "Minus signs": lambda *given: swap(*given, size=np.asarray),
        "swapped nothing": lambda rows, chosen, bound: chosen,
        "Which place": lambda *given: swap(*given, place_of=lambda row, place: 1 - place),
        "rows at once": lambda rows, chosen, bound: [2, 3] if len(rows) == 4 else swap(rows, chosen, bound),
        "you swapped to [0, 0]": lambda rows, chosen, bound: [0, 0],
        "a list of indices": lambda *given: 3,
        "2 indices": lambda *given: [0],
        "should grow more": longest_first,
    },
    "nb07_areas_of_swaps": {
        "Swap until none is": lambda *given: loop(*given, most=1),
        "after 3 swaps a coefficient of": lambda *given: loop(*given, most=3),
        "does not grow": lambda rows, start, bound: loop(rows, start, bound, stop_at=bound - 1e-9),
        "after no swap a coefficient of 3 in size": lambda *given: loop(*given)[:1],
        "after no swap a coefficient of 4 in size": lambda *given: loop(
            *given, once=lambda *step: swap(*step, size=np.asarray)
        ),
        "an area has no sign": lambda *given: loop(*given, measure=lambda rows, c: np.linalg.det(rows[list(c)])),
        "before the first swap, 1, is missing": lambda *given: [*loop(*given)[1:]] or loop(*given),
        "from the spanner [0, 1] on": lambda rows, start, bound: loop(rows, list(range(len(start))), bound),
        "an empty list": lambda *given: [],
        "stands there twice": lambda *given: [*loop(*given), loop(*given)[-1]],
        "these are factors": factors,
        "these are logarithms": lambda *given: np.log(loop(*given)),
        "does not grow more than": lambda *given: loop(*given, stop_at=1.0),
        "a coefficient of 1.5 in size": lambda *given: loop(*given, stop_at=2.0),
        "no single swap leads from the area": every_second,
        "the first area should be that of the start": indices_at_the_end,
        "should be that of the start, 1.": lambda rows, start, bound: [6.0],
        "a list of areas": lambda *given: len(loop(*given)) - 1,
    },
    "nb07_most_swaps": {"more than 8": 13, "base C": 9, "multiplies": 8000, "whole": 12.97, "k swaps": 3},
    "nb07_share_missed": {
        "is carried": lambda *given: 1 - share(*given),
        "whichever it is": lambda rows, spanner, bound: (abs(table(rows, spanner)[:, 0]) > bound).mean(),
        "you compared the rows": lambda rows, spanner, bound: (abs(rows) > bound).any(axis=1).mean(),
        "counts columns": lambda rows, spanner, bound: (abs(table(rows, spanner)) > bound).any(axis=0).mean(),
        "share of coefficients": lambda rows, spanner, bound: (abs(table(rows, spanner)) > bound).mean(),
        "outside the box too": lambda rows, spanner, bound: (table(rows, spanner) > bound).any(axis=1).mean(),
        "exactly 2 is still in the box": lambda rows, spanner, bound: (
            (abs(table(rows, spanner)) >= bound).any(axis=1).mean()
        ),
        "not their length": lambda rows, spanner, bound: (np.linalg.norm(table(rows, spanner), axis=1) > bound).mean(),
        "with a bound of 2": lambda rows, spanner, bound: share(rows, spanner, 2.0),
        "not their share": lambda rows, *given: len(rows) * share(rows, *given),
        "The coefficients are": lambda *given: 0.7,
    },
}
