"""Logits estimated from samples: how many samples they take, and what a temperature does to them.

>>> explorer = SamplingExplorer()
>>> explorer.samples, f"{explorer.needed:.1e}"
(10000, '2.2e+07')
>>> explorer.close()
"""

from typing import Any

import numpy as np
from jaxtyping import Float
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from lowlogit_edu.oracles.sampled import samples_needed
from lowlogit_edu.show.csv_text import csv_text
from lowlogit_edu.show.palette import BLUE, GREEN, GREY, ORANGE
from lowlogit_edu.widgets.axes import blank_figure, hide_frame
from lowlogit_edu.widgets.explorer import Explorer, choice, slider
from lowlogit_edu.widgets.sampled_logits import DELTA, SHAPE, estimates, usual_error

COUNTS = tuple(int(10**power) for power in range(1, 9))
MOST_COUNTED = 3e8  # more samples than that lie beyond the picture's right edge
BESIDE = 0.16  # between the two marks of one token
CENTRED = "mean-centred logit"
DIFFERENCES = "difference from token 0"  # the likeliest one
TEMPERATURES = tuple(float(2.0**power) for power in range(-1, 6))


class SamplingExplorer(Explorer):
    """Logits from conditional samples: how many samples, and at which temperature."""

    def __init__(self) -> None:
        controls = {
            "bound": slider("Largest logit (nats)", 3.0, 0.5, 8.0, 0.5),
            "power": slider("Samples: 10 to the power", 4.0, 1.0, 8.0, 0.5),
            "temperature": choice("Temperature", TEMPERATURES, 1.0),
            "epsilon": choice("Error allowed (nats)", [1.0, 0.3, 0.1, 0.03, 0.01], 0.1),
            "seed": slider("Seed", 0, 0, 9),
        }
        presets = {
            "small logits": {"bound": 1.0, "temperature": 1.0},
            "a token never drawn": {"bound": 6.0, "temperature": 1.0},
            "the same, hotter": {"bound": 6.0, "temperature": 8.0},
            "too hot": {"bound": 1.0, "temperature": 32.0},
        }
        # A preset sets every control: what was left of other play would spoil its picture.
        same = {"power": 4.0, "epsilon": 0.1, "seed": 0}
        presets = {name: chosen | same for name, chosen in presets.items()}
        super().__init__(controls, "sampling", presets=presets)

    @property
    def samples(self) -> int:
        """Samples per estimate."""
        return int(10 ** self.values["power"])

    def settings(self, **changes: Any) -> dict[str, Any]:
        """Arguments of `estimates`, from the controls but for `changes`."""
        chosen = self.values
        held = {name: chosen[name] for name in ("bound", "temperature", "seed")}
        return held | {"samples": self.samples} | changes

    @property
    def needed(self) -> int:
        """Samples that are enough (Remarks 5.8 and 5.9)."""
        chosen = self.values
        return samples_needed(len(SHAPE), chosen["bound"], chosen["epsilon"], DELTA, chosen["temperature"])

    def errors_by_token(self) -> dict[str, Float[np.ndarray, "repeat token"]]:
        """Estimate minus truth of every logit, and of every logit minus that of the likeliest token, nats."""
        off = estimates(**self.settings()) - self.values["bound"] * SHAPE
        return {CENTRED: off, DIFFERENCES: off - off[:, :1]}

    def errors_by_samples(self) -> list[float]:
        """`usual_error` with each of `COUNTS` samples."""
        return [usual_error(**self.settings(samples=count)) for count in COUNTS]

    def errors_by_temperature(self) -> list[float]:
        """`usual_error` at each of `TEMPERATURES`."""
        return [usual_error(**self.settings(temperature=heat)) for heat in TEMPERATURES]

    def summary(self) -> str:
        chosen = self.values
        error = usual_error(**self.settings())
        usual = {name: np.median(np.abs(off), axis=0) for name, off in self.errors_by_token().items()}
        return (
            f"Logits of up to {chosen['bound']:g} nats from {self.samples:,} samples at temperature "
            f"{chosen['temperature']:.3g}: off by at most {error:.2g} nats in 95 % of the estimates. "
            f"Half of the time the likeliest token's logit is off by more than {usual[CENTRED][0]:.2g} nats, and its "
            f"difference from the next one's by more than {usual[DIFFERENCES][1]:.2g}. "
            f"For {chosen['epsilon']:g} nats the formula asks for {self.needed:.1e} samples."
        )

    def figure(self) -> Figure:
        figure = blank_figure(11.5, 4.2)
        figure.subplots_adjust(left=0.075, right=0.99, bottom=0.14, top=0.9, wspace=0.28)
        tokens, counts, heat = figure.subplots(1, 3)
        self._draw_tokens(tokens)
        self._draw_counts(counts)
        self._draw_heat(heat)
        for axes in (counts, heat):
            axes.set(ylabel="largest error (nats)", ylim=(1e-3, 1e2))
        for axes in (tokens, counts, heat):
            hide_frame(axes)
        return figure

    def _draw_tokens(self, axes: Axes) -> None:
        """How far off every logit is, alone and as a difference from the likeliest token's."""
        # To be seen: a rare token that is wrong moves the mean, and so all logits; their differences stay right.
        places = np.arange(len(SHAPE))
        colours = {CENTRED: BLUE, DIFFERENCES: GREEN}
        axes.axhline(0, color=GREY, lw=1)
        for side, (name, off) in zip((-BESIDE, BESIDE), self.errors_by_token().items(), strict=True):
            low, middle, high = np.quantile(off, [DELTA / 2, 0.5, 1 - DELTA / 2], axis=0)
            axes.vlines(places + side, low, high, color=colours[name], lw=6, alpha=0.35)
            axes.plot(places + side, middle, "o", color=colours[name], ms=6, label=name)
        names = [f"{place}: {logit:.2g}" for place, logit in enumerate(self.values["bound"] * SHAPE)]
        axes.set_xticks(places, names)
        axes.set(title="Error of each logit", xlabel="token: its true logit", ylabel="estimate - truth (nats)")
        axes.set(xlim=(-0.5, 3.5))
        axes.margins(y=0.3)
        axes.legend(frameon=False, fontsize=9, loc="upper left")

    def _draw_counts(self, axes: Axes) -> None:
        """The error falls with the root of the number of samples, once every token was drawn."""
        axes.loglog(COUNTS, self.errors_by_samples(), ".-", color=BLUE)
        axes.axvline(self.samples, color=GREY, lw=1)
        # What is farther than the picture is wide stands at its right edge, as an arrow.
        place, mark = (self.needed, "*") if self.needed <= MOST_COUNTED else (MOST_COUNTED, ">")
        words = f"enough (formula): {self.needed:.1e}"
        axes.plot([place], [self.values["epsilon"]], mark, color=ORANGE, ms=13, ls="none", label=words)
        axes.legend(frameon=False, fontsize=9, loc="upper right")
        axes.set(title="Error against samples", xlabel="samples of the next token", xlim=(5, 5e8))

    def _draw_heat(self, axes: Axes) -> None:
        """Too cold, and tokens are never drawn; too hot, and the estimate is scaled back by too much."""
        axes.loglog(TEMPERATURES, self.errors_by_temperature(), ".-", color=BLUE)
        axes.axvline(self.values["temperature"], color=GREY, lw=1)
        axes.axvline(self.values["bound"], color=GREEN, lw=1, ls="--", label="temperature = largest logit")
        axes.legend(fontsize=9, loc="upper right", edgecolor="none", framealpha=1)
        axes.set(title="Error against temperature", xlabel="temperature")

    def data(self) -> str:
        held = self.values["temperature"]
        rows: list[tuple[str, int, float, float]] = []
        for samples, error in zip(COUNTS, self.errors_by_samples(), strict=True):
            rows.append(("samples", samples, held, error))
        for temperature, error in zip(TEMPERATURES, self.errors_by_temperature(), strict=True):
            rows.append(("temperature", self.samples, temperature, error))
        return csv_text(["varied", "samples", "temperature", "error_nats"], rows)
