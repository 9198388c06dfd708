"""The Fourier coefficients of a Boolean function, and the search that finds the large ones."""

from functools import lru_cache
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from lowlogit_edu.boolean.functions import (
    BooleanFunction,
    Subset,
    decision_tree,
    junta,
    majority,
    noisy,
    parity,
    tribes,
)
from lowlogit_edu.boolean.learning import FunctionOracle, bucket_levels, bucket_weight, kept_buckets
from lowlogit_edu.core.rng import stream
from lowlogit_edu.core.words import counted
from lowlogit_edu.show import palette
from lowlogit_edu.show.csv_text import csv_text
from lowlogit_edu.widgets.axes import blank_figure, hide_frame
from lowlogit_edu.widgets.explorer import Explorer, choice, slider

FUNCTIONS = ("parity", "parity with noise", "junta", "decision tree", "majority", "tribes")
KEPT = palette.BLUE
DROPPED = palette.PALE
FOUND = palette.ORANGE
SAMPLES = [100, 300, 1_000, 3_000, 10_000]
NAMED = 16  # subsets found that there is room to name
APART = 0.042  # of the picture's width, from one name to the next
ROUNDING = 1e-9  # a coefficient of 0, or of the threshold, is that, whatever the sum's last digits say


@lru_cache(maxsize=64)
def example(name: str, seed: int) -> BooleanFunction:
    """One of `FUNCTIONS` on five or six bits."""
    odd = parity(6, (0, 2, 5))
    makers = {
        "parity": lambda: odd,
        "parity with noise": lambda: noisy(odd, 0.3, seed),
        "junta": lambda: junta(6, (1, 3, 4), seed),
        "decision tree": lambda: decision_tree(6, 3, seed),
        "majority": lambda: majority(5),
        "tribes": lambda: tribes(2, 3),
    }
    return makers[name]()


@lru_cache(maxsize=64)
def search(name: str, threshold: float, samples: int, seed: int) -> list[dict[Subset, float]]:
    """All levels of the search of Kushilevitz and Mansour: the buckets looked into, and their estimated weights."""
    rng = stream(seed, "fourier explorer")
    return list(bucket_levels(FunctionOracle(example(name, seed)), threshold, samples, rng=rng))


class FourierExplorer(Explorer):
    """The spectrum of a function as bars, and the search tree opening level by level."""

    def __init__(self) -> None:
        controls = {
            "function": choice("Function", FUNCTIONS, "decision tree"),
            "threshold": slider("Threshold (coefficient)", 0.25, 0.1, 1.0, 0.05),
            "levels": slider("Levels opened", 6, 0, 6),
            "samples": choice("Samples per estimate", SAMPLES, 3_000),
            "seed": slider("Seed", 0, 0, 20),
        }
        presets = {
            "one path: a parity": {"function": "parity", "threshold": 0.5, "samples": 1_000},
            "many small ones: majority": {"function": "majority", "threshold": 0.35, "samples": 3_000},
            "threshold too high": {"function": "decision tree", "threshold": 1.0, "samples": 3_000},
            "too few samples": {"function": "parity", "threshold": 0.1, "samples": 100},
        }
        presets = {name: chosen | {"levels": 6, "seed": 0} for name, chosen in presets.items()}
        super().__init__(controls, "fourier", presets=presets, animated="levels")

    def opened(self) -> tuple[BooleanFunction, list[dict[Subset, float]]]:
        """The function, and the levels of the search that are open."""
        now = self.values
        # Rounded: the errors of the slider's steps would spoil the cache.
        levels = search(now["function"], round(now["threshold"], 2), now["samples"], now["seed"])
        return example(now["function"], now["seed"]), levels[: now["levels"]]

    def found(self) -> list[Subset]:
        """The subsets that the search ends with; none before all levels are open."""
        function, levels = self.opened()
        return _ends(function, levels, self.values["threshold"])

    def facts(self) -> dict[str, Any]:
        """The controls, with the threshold rounded."""
        return self.values | {"threshold": round(self.values["threshold"], 2)}

    def summary(self) -> str:
        function, levels = self.opened()
        coefficients = function.fourier()
        threshold = self.values["threshold"]
        sizes = np.abs(list(coefficients.values()))
        looked = sum(len(weights) for weights in levels)
        every = 2 ** (len(levels) + 1) - 2  # 2 + 4 + 8 + ...
        text = (
            f"{function.name}: {(sizes > ROUNDING).sum()} of {len(sizes)} coefficients are not zero, "
            f"{(sizes >= threshold - ROUNDING).sum()} are at least {threshold:.2f}. "
            f"{len(levels)} levels open: {looked} of {every} buckets were looked into."
        )
        if len(levels) < function.bits:
            return text
        found = _ends(function, levels, threshold)
        share = sum(coefficients[subset] ** 2 for subset in found)
        small = [subset for subset in found if abs(coefficients[subset]) < threshold - ROUNDING]
        missed = [a for subset, a in coefficients.items() if abs(a) >= threshold - ROUNDING and subset not in found]
        text += f" Found: {counted(len(found), 'subset')}, with {share:.2f} of the weight {(sizes**2).sum():.2f}."
        if small:
            are = "is" if len(small) == 1 else "are"
            text += f" Of these {len(small)} {are} below the threshold, such as {_named(small[0])}."
        were = "was" if len(missed) == 1 else "were"
        return text + (f" {len(missed)} above it {were} missed." if missed else "")

    def figure(self) -> Figure:
        function, levels = self.opened()
        threshold = self.values["threshold"]
        figure = blank_figure(10, 4.8)
        figure.subplots_adjust(left=0.09, right=0.98, bottom=0.22, top=0.91, wspace=0.2)
        spectrum, tree = figure.subplots(1, 2)
        _draw_spectrum(spectrum, function, threshold, set(_ends(function, levels, threshold)))
        _draw_tree(tree, levels, threshold, function.bits)
        for axes in (spectrum, tree):
            hide_frame(axes)
        return figure

    def data(self) -> str:
        function, levels = self.opened()
        coefficients = function.fourier()
        rows = []
        for level, weights in enumerate(levels, start=1):
            kept = kept_buckets(weights, self.values["threshold"])
            for part, weight in weights.items():
                name = " ".join(str(i) for i in part)
                exact = bucket_weight(coefficients, part, level)
                rows.append([level, name, weight, exact, int(part in kept)])
        return csv_text(["level", "bucket", "estimated_weight", "exact_weight", "kept"], rows)


def _named(subset: Subset) -> str:
    return "{" + ", ".join(str(i) for i in subset) + "}"


def _ends(function: BooleanFunction, levels: list[dict[Subset, float]], threshold: float) -> list[Subset]:
    """The buckets kept at the last level, where each holds one subset; none before it is open."""
    return kept_buckets(levels[-1], threshold) if len(levels) == function.bits else []


def _draw_spectrum(axes: Axes, function: BooleanFunction, threshold: float, found: set[Subset]) -> None:
    """A bar per subset, smaller subsets first."""
    # To be seen: what is above a dashed line is found, and how much of the function the rest makes up.
    coefficients = function.fourier()
    subsets = sorted(coefficients, key=lambda subset: (len(subset), subset))
    heights = [coefficients[subset] for subset in subsets]
    colours = [FOUND if subset in found else KEPT for subset in subsets]
    axes.bar(range(len(subsets)), heights, color=colours, width=0.9)
    # A subset found by mistake has a bar of no height, so what is found gets a mark as well.
    marked = [(place, heights[place]) for place, subset in enumerate(subsets) if subset in found]
    for place, height in marked:
        axes.plot([place], [height], "o", color=FOUND, ms=4)
    for level in (-threshold, threshold):
        axes.axhline(level, color=palette.DARK, ls="--", lw=1)
    axes.axhline(0, color="black", lw=0.8)
    # Subsets of one size stand together, with their size below the middle of them.
    sizes = np.array([len(subset) for subset in subsets])
    middles = []
    for size in range(function.bits + 1):
        places = np.flatnonzero(sizes == size)
        middles.append(places.mean())
        if size > 0:
            axes.axvline(places[0] - 0.5, color=palette.FAINT, lw=0.8, zorder=0)
    axes.set_xticks(middles, [str(size) for size in range(function.bits + 1)])
    axes.set(ylim=(-1.08, 1.08), xlim=(-1, len(subsets)))
    axes.set_title(f"Coefficients of {function.name}", fontsize=12)
    axes.set_xlabel("subsets, by size; dashed: the threshold; orange: found", fontsize=11)
    axes.set_ylabel("Fourier coefficient", fontsize=12)


def _draw_tree(axes: Axes, levels: list[dict[Subset, float]], threshold: float, bits: int) -> None:
    """A node per bucket, its area by its weight; below the root, one level per position."""
    # To be seen: few paths go on, so the search looks into far fewer buckets than there are subsets.
    axes.scatter([0.5], [0], s=200, color=KEPT, zorder=3)
    for level, weights in enumerate(levels, start=1):
        kept = set(kept_buckets(weights, threshold))
        _draw_level(axes, level, weights, kept, FOUND if level == bits else KEPT)
        if level == bits and len(kept) <= NAMED:
            _name_leaves(axes, kept, bits)
    for colour, label in ((KEPT, "looked into further"), (DROPPED, "dropped"), (FOUND, "found")):
        axes.scatter([], [], s=60, color=colour, label=label)
    axes.set(xlim=(-0.02, 1.02), ylim=(bits + 2.2, -0.4), xticks=[])
    axes.set_yticks(range(bits + 1), ["all", *(f"bit {i}" for i in range(bits))], fontsize=11)
    axes.set_title("Buckets of subsets; area: weight", fontsize=12)
    axes.set_xlabel("left: without the bit, right: with it", fontsize=11)
    axes.legend(fontsize=10, ncols=3, loc="upper center", bbox_to_anchor=(0.5, -0.11), frameon=False)


def _draw_level(axes: Axes, level: int, weights: dict[Subset, float], kept: set[Subset], colour: str) -> None:
    """The buckets of one level, each with a line from the bucket that it is half of."""
    for part in weights:
        whole = tuple(i for i in part if i < level - 1)
        ends = [_place(whole, level - 1), _place(part, level)]
        axes.plot(ends, [level - 1, level], color=KEPT if part in kept else DROPPED, lw=1, zorder=1)
    places = [_place(part, level) for part in weights]
    areas = [20 + 180 * max(0.0, weight) for weight in weights.values()]  # an estimate may be below zero
    colours = [colour if part in kept else DROPPED for part in weights]
    axes.scatter(places, [level] * len(weights), s=areas, c=colours, zorder=3)


def _name_leaves(axes: Axes, found: set[Subset], bits: int) -> None:
    """The subsets that were found, below their leaves, moved apart where these are close to each other."""
    parts = sorted(found, key=lambda part: _place(part, bits))
    leaves = [_place(part, bits) for part in parts]
    places: list[float] = []
    for leaf in leaves:
        places.append(max([leaf, *(place + APART for place in places[-1:])]))
    beyond = max([0.0, *(place - 1 for place in places[-1:])])
    for part, leaf, place in zip(parts, leaves, places, strict=True):
        axes.plot([leaf, place - beyond], [bits + 0.15, bits + 0.55], color=palette.GREY, lw=0.7)
        axes.text(place - beyond, bits + 0.6, _named(part), rotation=90, fontsize=8, ha="center", va="top")


def _place(part: Subset, level: int) -> float:
    """Between 0 and 1: the bits of a subset as binary digits, and the middle of what they leave open."""
    return sum(2.0 ** -(i + 1) for i in part) + 2.0 ** -(level + 1)
