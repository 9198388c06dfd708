"""A game with a spanner of two rows: drag rows, swap one in, and see the box and the area move.

The picture moves in the browser (`spanner_game.js`); rows and swaps come back to Python, where the words, the still
picture and the tests read them.

>>> game = SpannerGame([(1.0, 0.0), (0.0, 1.0), (3.0, 1.0)])
>>> game
SpannerGame(pair=(1, 2), area=1, outside=1, swaps=0)
>>> game.swap_worst()
>>> game
SpannerGame(pair=(3, 2), area=3, outside=0, swaps=1)
>>> game.close()
"""

from collections.abc import Sequence
from math import isfinite
from typing import Any

import numpy as np
import traitlets
from jaxtyping import Bool, Float

from lowlogit_edu.core.checks import check_number
from lowlogit_edu.core.errors import ArgumentError
from lowlogit_edu.core.words import are
from lowlogit_edu.show.palette import ON_ANY_PAGE
from lowlogit_edu.widgets.html_parts import Picture
from lowlogit_edu.widgets.moving import MovingPicture, script
from lowlogit_edu.widgets.spanner_game_panels import Board, area_of, board_figure

REACH = 3.0  # of a row, in each column
MOST = 60  # pairs that are remembered
# From rows 1 and 4, swapping the worst in makes two swaps with C = 2, three with C = 1; and neither ends at the pair
# of the largest area.
ROWS = (
    (0.7, -0.3),
    (-0.5, -0.7),
    (-2.7, 0.2),
    (-0.6, -0.1),
    (-2.4, 0.7),
    (-0.1, -1.1),
    (1.5, 0.7),
    (2.1, 0.5),
    (-0.6, 0.9),
)
PAIR = (0, 3)
BLUE, ORANGE, GREEN, *_, GREY = ON_ANY_PAGE
Rows = Sequence[Sequence[float]]


class SpannerGame(MovingPicture):
    """The reader is the swapping of Definition 5.2: she moves rows, and swaps them into the spanner.

    Parameters
    ----------
    rows : sequence of pairs
        Points of the plane, with coordinates of at most 3 in size; at least two. Nine are there if none are given.
    pair : pair of int
        Which two span at first, counted from 0.
    bound : float
        Largest coefficient C that the box allows, 1 or more.

    Attributes
    ----------
    rows : tuple of pairs
        Where the rows are now; the browser changes them.
    pairs : tuple of pairs of int
        The pairs that spanned so far; the last one is the spanner.
    proposed : int
        The row that the reader thinks of swapping in.
    """

    _esm = script("spanner_game")
    bound = traitlets.Float().tag(sync=True)
    reach = traitlets.Float(REACH).tag(sync=True)
    most = traitlets.Int(MOST).tag(sync=True)
    colours = traitlets.Dict({"blue": BLUE, "orange": ORANGE, "green": GREEN, "grey": GREY}).tag(sync=True)
    start: traitlets.Dict = traitlets.Dict().tag(sync=True)  # what "Start again" goes back to
    rows: traitlets.Tuple = traitlets.Tuple().tag(sync=True)  # one that is changed in place would not be sent
    pairs: traitlets.Tuple = traitlets.Tuple().tag(sync=True)
    proposed = traitlets.Int().tag(sync=True)

    def __init__(self, rows: Rows = ROWS, pair: Sequence[int] | None = None, bound: float = 2.0) -> None:
        check_number("bound", bound, least=1.0, most=100.0)
        listed = [list(map(float, row)) for row in rows]
        if pair is None:
            pair = PAIR if rows is ROWS else (0, 1)
        super().__init__(bound=float(bound))
        self.rows = tuple(listed)
        self.pairs = (list(pair),)
        self.proposed = next((i for i in range(len(listed)) if i not in pair), 0)
        self.start = {"rows": listed, "pairs": [list(pair)], "bound": float(bound), "proposed": self.proposed}

    @traitlets.validate("rows")
    def _checked_rows(self, proposal: dict[str, Any]) -> Any:
        rows = proposal["value"]
        if len(rows) < 2:
            raise ArgumentError(f"expected at least two rows, got {len(rows)}.")
        for row in rows:
            if len(row) != 2 or not all(map(isfinite, row)):
                raise ArgumentError(f"each row must be two finite numbers, got {row!r}.")
            if max(map(abs, row)) > self.reach:
                raise ArgumentError(f"each number of a row must be at most {self.reach:g} in size, got {row!r}.")
        return rows

    @traitlets.validate("pairs")
    def _checked_pairs(self, proposal: dict[str, Any]) -> Any:
        pairs = proposal["value"]
        if not 1 <= len(pairs) <= self.most:
            raise ArgumentError(f"expected 1 to {self.most} pairs, got {len(pairs)}.")
        for pair in pairs:
            if len(pair) != 2 or pair[0] == pair[1] or not all(i in range(len(self.rows)) for i in pair):
                raise ArgumentError(f"a pair must be two different rows of 0 to {len(self.rows) - 1}, got {pair!r}.")
        return pairs

    def __repr__(self) -> str:
        one, two = self.pairs[-1]
        outside = int(self.outside.sum())
        return f"SpannerGame(pair={(one + 1, two + 1)}, area={self.area:.4g}, outside={outside}, swaps={self.swaps})"

    @property
    def board(self) -> Board:
        """The rows and the pairs so far, as numbers."""
        return Board(np.array(self.rows), [tuple(pair) for pair in self.pairs], self.bound)

    @property
    def area(self) -> float:
        """|det| of the two rows that span; 0 where they are on one line."""
        return self.board.area

    @property
    def outside(self) -> Bool[np.ndarray, "row"]:
        """Which rows need a coefficient larger than C."""
        return self.board.outside

    @property
    def coefficients(self) -> Float[np.ndarray, "row 2"] | None:
        """Of every row in the two that span; None where these are on one line."""
        return self.board.coefficients

    @property
    def swaps(self) -> int:
        """How many swaps there were since rows were moved last."""
        return len(self.pairs) - 1

    def swap_worst(self) -> None:
        """One step of the rule: swap in the row of the largest coefficient; nothing where all are in the box."""
        best = self.board.best_swap()
        if best is not None:
            self.pairs = (*self.pairs, list(best))

    def picture(self) -> Picture:
        """The game as it is now, to stay in the saved notebook."""
        return Picture(board_figure(self.board), self.summary())

    def summary(self) -> str:
        """The game in words."""
        one, two = (f"row {i + 1}" for i in self.pairs[-1])
        many = int(self.outside.sum())
        begin = f"After {self.swaps} swap{'s' * (self.swaps != 1)} {one} and {two}"
        coefficients = self.coefficients
        if coefficients is not None:
            return (
                f"{begin} span an area of {self.area:.2f}. The largest coefficient is "
                f"{np.abs(coefficients).max():.2f}; {many} of {len(self.rows)} rows {are(many)} outside the box of "
                f"C = {self.bound:g}."
            )
        if area_of(*self.board.rows[list(self.board.largest_pair())]) == 0:
            return "All rows are on one line: no two of them span an area, and one is enough to carry all others."
        if not many:
            return f"{begin} are both at zero: they carry nothing."
        return f"{begin} are on one line and span no area. Rows off that line, which they do not carry: {many}."
