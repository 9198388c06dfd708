"""Logits estimated from samples: how many samples they take, and what a temperature does to them.

>>> explorer = SamplingExplorer()
>>> explorer.samples, f"{explorer.needed:.1e}"
(10000, '2.2e+07')
>>> explorer.close()
"""

from typing import Any

import numpy as np
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
            "small logits": {"bound": 1.0, "power": 4.0, "temperature": 1.0},
            "a token never drawn": {"bound": 6.0, "power": 4.0, "temperature": 1.0},
            "the same, hotter": {"bound": 6.0, "power": 4.0, "temperature": 8.0},
            "too hot": {"bound": 1.0, "power": 4.0, "temperature": 32.0},
        }
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

    def errors_by_samples(self) -> list[float]:
        """`usual_error` with each of `COUNTS` samples."""
        return [usual_error(**self.settings(samples=count)) for count in COUNTS]

    def errors_by_temperature(self) -> list[float]:
        """`usual_error` at each of `TEMPERATURES`."""
        return [usual_error(**self.settings(temperature=heat)) for heat in TEMPERATURES]

    def summary(self) -> str:
        chosen = self.values
        error = usual_error(**self.settings())
        return (
            f"Logits of up to {chosen['bound']:g} nats from {self.samples:,} samples at temperature "
            f"{chosen['temperature']:.3g}: off by at most {error:.2f} nats in 95 % of the estimates. "
            f"For {chosen['epsilon']:g} nats the formula asks for {self.needed:.1e} samples."
        )

    def figure(self) -> Figure:
        figure = blank_figure(11.5, 4.2)
        figure.subplots_adjust(left=0.06, right=0.99, bottom=0.14, top=0.9, wspace=0.28)
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
        """Of every logit the truth, one estimate and how far the estimates spread."""
        places = range(len(SHAPE))
        found = estimates(**self.settings())
        low, high = np.quantile(found, [DELTA / 2, 1 - DELTA / 2], axis=0)
        for place in places:
            label = "" if place else "95 % of the estimates"  # once in the legend
            axes.plot([place, place], [low[place], high[place]], color=BLUE, lw=6, alpha=0.35, label=label)
        axes.plot(places, found[0], "o", color=BLUE, ms=7, label="one estimate")
        axes.plot(places, self.values["bound"] * SHAPE, "D", color="black", mfc="none", ms=11, label="true logit")
        axes.set(title="The estimate of each logit", xlabel="next token", ylabel="logit (nats)", xticks=places)
        axes.margins(y=0.25)
        axes.legend(frameon=False, fontsize=9, loc="upper right")

    def _draw_counts(self, axes: Axes) -> None:
        """The error falls with the root of the number of samples, once every token was drawn."""
        axes.loglog(COUNTS, self.errors_by_samples(), ".-", color=BLUE)
        axes.axvline(self.samples, color=GREY, lw=1)
        if self.needed <= MOST_COUNTED:
            axes.plot([self.needed], [self.values["epsilon"]], "*", color=ORANGE, ms=15, label="enough (formula)")
            axes.legend(frameon=False, fontsize=9)
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
