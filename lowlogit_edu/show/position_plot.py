"""KL at every position of a text, one curve per model, and the same in words.

>>> describe_positions({"learned": [0.1, 0.2, 0.4, 0.5], "trigram": [0.1, 0.3, 0.7, 0.9]})
'KL in nats per token, first and second half of the text: learned 0.15 and 0.45; trigram 0.20 and 0.80.'
"""

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from lowlogit_edu.show.palette import BLUE, DARK, GREEN, GREY, ORANGE

# Colour and line of each curve in turn; lines differ too, for a black-and-white print.
LOOKS = ((BLUE, "-"), (BLUE, ":"), (ORANGE, "-"), (ORANGE, ":"), (GREY, "--"), (GREEN, "-"), (DARK, "-."))


def position_figure(curves: Mapping[str, Sequence[float]]) -> Figure:
    """KL (nats per token) of each model at positions 1, 2, ... of a text."""
    figure = Figure(figsize=(10, 3.6), dpi=90, facecolor="white", layout="constrained")
    axes = figure.subplots()
    for (name, kl), (colour, line) in zip(curves.items(), LOOKS, strict=False):
        axes.plot(range(1, len(kl) + 1), kl, line, color=colour, label=name, lw=2)
    axes.set(title="KL(teacher || model)", xlabel="position in the text", ylabel="nats per token", ylim=(0, None))
    axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    axes.spines[["top", "right"]].set_visible(False)
    axes.grid(axis="y", alpha=0.3)
    figure.legend(frameon=False, loc="outside lower center", ncols=len(curves))
    return figure


def describe_positions(curves: Mapping[str, Sequence[float]]) -> str:
    """The picture in one sentence."""
    halves = []
    for name, kl in curves.items():
        middle = (len(kl) + 1) // 2
        late = kl[middle:] if len(kl) > 1 else kl
        halves.append(f"{name} {np.mean(kl[:middle]):.2f} and {np.mean(late):.2f}")
    return f"KL in nats per token, first and second half of the text: {'; '.join(halves)}."
