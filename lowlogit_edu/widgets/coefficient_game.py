"""A game with the linear program: drag a coefficient where its equation cannot see it, and watch the error travel.

The picture moves in the browser (`coefficient_game.js`); what is chosen comes back to Python, where the words, the
still picture and the tests read it.

>>> game = CoefficientGame([1.5])
>>> game
CoefficientGame(chosen={6: 1.5}, next_logit=0.5, cost=6)
>>> game.close()
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
import traitlets
from jaxtyping import Float
from matplotlib.axes import Axes

from lowlogit_edu.algorithm.program import solve_program
from lowlogit_edu.core.errors import ArgumentError
from lowlogit_edu.experiments.solved_by_hand import FIRST_CUT, FUTURES, HandPath, automaton_steps, hand_program
from lowlogit_edu.show.palette import BLUE, GREEN, GREY, ON_ANY_PAGE, ORANGE
from lowlogit_edu.widgets.axes import blank_figure, hide_frame
from lowlogit_edu.widgets.html_parts import Picture
from lowlogit_edu.widgets.moving import MovingPicture, script

CUTS = 8
TRUTH = 1.0  # the logit of token 1 in the state L, at every cut, in units of the scale
COLOURS = dict(zip(("blue", "orange", "green"), ON_ANY_PAGE, strict=False)) | {"grey": ON_ANY_PAGE[-1]}
Chosen = Sequence[float | None]


class CoefficientGame(MovingPicture):
    """The reader is the solver of Equation 14: at each cut she chooses one coefficient within its room.

    Parameters
    ----------
    chosen : sequence of float or None
        Coefficients of the spanner row L at cuts 6, 7, ...; None, and those that are left out, are not chosen.
    bound : float
        Largest coefficient C.

    Attributes
    ----------
    chosen : tuple of float or None
        What the reader chose so far, one for each cut; the browser changes them.
    held : int
        The cut that the reader holds, counted from 0; greedy goes on from there.
    longer : bool
        Whether futures of two tokens are equations, too.
    banded : bool
        Whether the picture shows what any solution may say.
    """

    _esm = script("coefficient_game")
    program = traitlets.Dict().tag(sync=True)
    cuts: traitlets.List[int] = traitlets.List().tag(sync=True)
    band: traitlets.List[list[float]] = traitlets.List().tag(sync=True)
    cheapest: traitlets.List[float] = traitlets.List().tag(sync=True)
    only: traitlets.List[list[float]] = traitlets.List().tag(sync=True)
    colours = traitlets.Dict(COLOURS).tag(sync=True)
    chosen: traitlets.Tuple = traitlets.Tuple().tag(sync=True)  # one that is changed in place would not be sent
    held = traitlets.Int(0).tag(sync=True)
    longer = traitlets.Bool(False).tag(sync=True)
    banded = traitlets.Bool(False).tag(sync=True)  # it answers a guess of notebook 08

    def __init__(self, chosen: Chosen = (), bound: float = 2.0) -> None:
        self.by_hand = hand_program(CUTS, bound)
        numbers = {name: getattr(self.by_hand, name) for name in ("now", "later", "bound", "growth")}
        start = float(self.by_hand.steps[0].carried[0, 0])
        longer = solve_program(automaton_steps(CUTS, FUTURES), bound, fast=False).coefficients[1:]
        super().__init__(
            program=numbers | {"reach": self.by_hand.reach.tolist(), "start": start},
            cuts=list(range(FIRST_CUT, FIRST_CUT + CUTS)),
            band=self.by_hand.band.tolist(),
            cheapest=self.by_hand.cheapest,
            only=[c.tolist() for c in longer],
        )
        self.chosen = (*chosen, *[None] * (CUTS - len(chosen)))

    @traitlets.validate("chosen")
    def _checked(self, proposal: dict[str, Any]) -> Any:
        chosen = proposal["value"]
        if len(chosen) != CUTS:
            raise ArgumentError(f"expected a coefficient for each of at most {CUTS} cuts, got {len(chosen)}.")
        for value in chosen:
            if value is not None and not abs(value) <= self.by_hand.bound:  # nor is NaN
                raise ArgumentError(
                    f"a coefficient must be None or a number of at most {self.by_hand.bound:g} in size, got {value!r}."
                )
        return chosen

    def __repr__(self) -> str:
        path = self.path
        chosen = {cut: round(value, 3) for cut, value in zip(self.cuts, self.chosen, strict=True) if value is not None}
        return f"CoefficientGame(chosen={chosen}, next_logit={path.logits[-1]:.4g}, cost={path.cost:.4g})"

    @property
    def path(self) -> HandPath:
        """The solution that the choices make; with longer futures the only one there is."""
        if not self.longer:
            return self.by_hand.follow(self.chosen)
        coefficients = np.array(self.only)
        own, others = self.by_hand.later
        logits = [TRUTH, *(own * coefficients[:, 0] + others * coefficients[:, 1])]
        return HandPath(coefficients, np.repeat(coefficients[:, :1], 2, axis=1), np.array(logits))

    @property
    def greedy(self) -> Float[np.ndarray, "moment"]:
        """The logits from the cut after the held one on, if greedy goes on from there."""
        later = self.path.logits[self.held + 1 :]
        if self.longer:
            return later  # one solution: greedy finds it, too
        return later[0] * self.by_hand.growth ** np.arange(len(later))

    def picture(self) -> Picture:
        """The game as it is now, to stay in the saved notebook."""
        figure = blank_figure(9, 5)
        coefficients, logits = figure.subplots(2, 1, sharex=True)
        self._draw_coefficients(coefficients)
        self._draw_logits(logits)
        figure.tight_layout()
        return Picture(figure, self.summary())

    def _draw_coefficients(self, axes: Axes) -> None:
        # To be seen: how much room an equation leaves, and what was chosen.
        path = self.path
        low, high = path.rooms.T
        axes.axhspan(-self.by_hand.bound, self.by_hand.bound, color=BLUE, alpha=0.08, lw=0)
        axes.bar(
            self.cuts, np.maximum(high - low, 0.03), bottom=low, width=0.5, color=BLUE, alpha=0.35, label="allowed"
        )
        axes.plot(self.cuts, path.coefficients[:, 0], "o", color=BLUE, ms=8, label="L")
        axes.plot(self.cuts, path.coefficients[:, 1], "s", color=GREY, ms=5, label="S+ and S-")
        axes.set(ylabel="coefficient", title="Coefficients: one chosen at each cut, the others follow")
        axes.legend(loc="upper left", bbox_to_anchor=(1, 1), frameon=False)
        hide_frame(axes)

    def _draw_logits(self, axes: Axes) -> None:
        # To be seen: the logit of the held cut stands still, those of later cuts move, and greedy's run away.
        band = np.array(self.band)
        moments = np.arange(len(band)) + FIRST_CUT
        if self.banded:
            axes.fill_between(moments, *band.T, color=BLUE, alpha=0.3, lw=0, label="any solution")
        axes.axhline(TRUTH, color=GREEN, ls=":", lw=2, label="truth")
        greedy = self.greedy
        axes.plot(moments[-len(greedy) :], greedy, "x-", color=ORANGE, ms=8, mew=2.5, label="greedy from here")
        axes.plot(moments, self.path.logits, "o-", color=BLUE, label="yours")
        axes.set(xlabel="cut", ylabel="logit", title="The logit that is predicted at each cut")
        axes.set_xticks(moments, [*map(str, self.cuts), "next"])
        axes.legend(loc="upper left", bbox_to_anchor=(1, 1), frameon=False)
        hide_frame(axes)

    def summary(self) -> str:
        """The game in words."""
        path = self.path
        low, high = path.rooms[self.held]
        cut = self.cuts[self.held]
        choice = f"of {low:.2f} to {high:.2f} that the program allows"
        if self.longer:
            choice = "the only value that three equations allow"
        return (
            f"At cut {cut} the coefficient of L is {path.coefficients[self.held, 0]:.2f}, {choice}. The logit at this "
            f"cut is {path.logits[self.held]:.2f}, of the next token {path.logits[-1]:.2f} where {TRUTH:g} is right; "
            f"greedy from here on ends at {self.greedy[-1]:.2f}. The sum of all |c| is {path.cost:.2f}."
        )
