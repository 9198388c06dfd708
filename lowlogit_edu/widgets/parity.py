"""Noisy parity: the correlations that samples show, beside what one query per bit tells."""

from functools import lru_cache
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from lowlogit_edu.baselines.parities import label_correlations, parity_samples
from lowlogit_edu.boolean.functions import Subset
from lowlogit_edu.core.rng import stream
from lowlogit_edu.core.words import counted
from lowlogit_edu.models import noisy_parity
from lowlogit_edu.show import palette
from lowlogit_edu.show.csv_text import csv_text
from lowlogit_edu.widgets.axes import blank_figure, hide_frame
from lowlogit_edu.widgets.explorer import Explorer, choice, slider

SEEN = palette.BLUE
UNSEEN = palette.CROWDED
SECRET = palette.ORANGE
ROUNDING = 1e-9  # correlations that differ by less are alike
SAMPLES = [10, 30, 100, 300, 1_000, 3_000, 10_000, 30_000]


@lru_cache(maxsize=64)
def correlations(secret: tuple[int, ...], noise: float, samples: int, seed: int) -> dict[Subset, float]:
    """The label's correlation with every subset of the bits, in samples drawn from the seed."""
    return label_correlations(parity_samples(secret, noise, samples, rng=stream(seed, "parity explorer")))


class ParityExplorer(Explorer):
    """All correlations of the label in some samples; the label's logits after texts with a single one."""

    def __init__(self) -> None:
        controls = {
            "bits": slider("Bits", 8, 2, 12),
            "size": slider("Bits in the secret", 4, 1, 12),
            "noise": slider("Noise (share flipped)", 0.1, 0.02, 0.48, 0.02),
            "samples": choice("Samples", SAMPLES, 1_000),
            "degree": slider("Largest subset looked at", 2, 0, 12),
            "seed": slider("Seed", 0, 0, 20),
        }
        presets: dict[str, dict[str, Any]] = {
            "a learner of few bits is blind": {"bits": 10, "size": 5, "noise": 0.1, "samples": 10_000, "degree": 4},
            "one more bit, and it sees": {"bits": 10, "size": 5, "noise": 0.1, "samples": 10_000, "degree": 5},
            "too few samples for anyone": {"bits": 12, "size": 4, "noise": 0.3, "samples": 30, "degree": 12},
            "a secret of one bit": {"bits": 8, "size": 1, "noise": 0.1, "samples": 1_000, "degree": 1},
        }
        presets = {name: chosen | {"seed": 0} for name, chosen in presets.items()}
        super().__init__(controls, "parity", presets=presets)

    def end_sliders(self) -> None:
        """No subset has more bits than the text: these sliders go back to where the bits end."""
        # Their ends stay, or `reset` could not move them up again before the bits are more.
        for name in ("size", "degree"):
            control = self._controls[name]
            control.value = min(control.value, self.values["bits"])

    @property
    def secret(self) -> tuple[int, ...]:
        """Which bits the label is the parity of."""
        now = self.values
        bits = now["bits"]
        chosen = stream(now["seed"], "secret").permutation(bits)[: now["size"]]
        return tuple(int(i in chosen) for i in range(bits))

    @property
    def noise(self) -> float:
        """The share flipped; without the rounding errors of the slider's steps, which would spoil the cache."""
        return round(self.values["noise"], 2)

    def seen(self) -> tuple[dict[Subset, float], Subset]:
        """Every subset's correlation in the samples, and the secret as a subset."""
        secret = self.secret
        subset = tuple(i for i, bit in enumerate(secret) if bit)
        return correlations(secret, self.noise, self.values["samples"], self.values["seed"]), subset

    def asked(self) -> np.ndarray:
        """Logit of label 1 minus that of label 0 after each text that holds a single one, in nats."""
        secret = self.secret
        bits = len(secret)
        texts = np.eye(bits, dtype=int)
        logits = noisy_parity(bits, secret, self.noise).logits(texts.tolist())
        return logits @ np.array([-1.0, 1.0])

    def facts(self) -> dict[str, Any]:
        """The controls, and the secret."""
        now = self.values
        secret = "".join(str(bit) for bit in self.secret)
        return {"secret": secret} | {name: now[name] for name in ("noise", "samples", "degree", "seed")}

    def summary(self) -> str:
        now = self.values
        found, secret = self.seen()
        bits = now["bits"]
        degree = now["degree"]
        looked = {subset: abs(a) for subset, a in found.items() if len(subset) <= degree}
        largest = max(looked.values())
        best = [subset for subset, a in looked.items() if a >= largest - ROUNDING]
        return (
            f"Secret: bits {_named(secret)}. In {now['samples']:,} samples its correlation with the label is "
            f"{found[secret]:.2f}. Looking at the {counted(len(looked), 'subset')} of size up to {degree} "
            f"finds the largest correlation, {largest:.2f}, at {_verdict(best, secret)}. "
            f"{bits} queries tell the secret: the logit is positive exactly at its bits."
        )

    def figure(self) -> Figure:
        found, secret = self.seen()
        figure = blank_figure(10, 4.8)
        figure.subplots_adjust(left=0.08, right=0.98, bottom=0.24, top=0.91, wspace=0.22)
        left, right = figure.subplots(1, 2, width_ratios=[1.4, 1])
        _draw_correlations(left, found, secret, self.values["degree"])
        _draw_queries(right, self.asked())
        for axes in (left, right):
            hide_frame(axes)
        return figure

    def data(self) -> str:
        found, secret = self.seen()
        rows = []
        for subset, correlation in found.items():
            bits = " ".join(str(i) for i in subset)
            rows.append([bits, len(subset), correlation, int(subset == secret)])
        return csv_text(["subset", "size", "correlation", "is_secret"], rows)


def _named(subset: Subset) -> str:
    return "{" + ", ".join(str(i) for i in subset) + "}"


def _verdict(best: list[Subset], secret: Subset) -> str:
    """Which subsets have the largest correlation, and whether that tells the secret."""
    if len(best) == 1:
        return f"{_named(best[0])}: that is {'' if best[0] == secret else 'not '}the secret"
    shown = secret if secret in best else best[0]
    known = "the secret is one of them, and nothing tells which" if secret in best else "the secret is none of them"
    others = len(best) - 1
    return f"{_named(shown)} and {counted(others, 'other')} alike: {known}"


def _draw_correlations(axes: Axes, found: dict[Subset, float], secret: Subset, degree: int) -> None:
    """A point per subset, by its size; those that the learner does not look at are grey."""
    # To be seen: in few samples chance lifts many subsets as high as the secret, which is one of thousands.
    bits = max(len(subset) for subset in found)  # the secret may be the only subset of this size
    others = {subset: abs(a) for subset, a in found.items() if subset != secret}
    sizes = np.array([len(subset) for subset in others])
    values = np.array(list(others.values()))
    places = sizes + np.random.default_rng(0).uniform(-0.3, 0.3, len(sizes))  # or points of a size hide each other
    looked = sizes <= degree
    axes.scatter(places[~looked], values[~looked], s=9, color=UNSEEN, label="subset, not looked at")
    axes.scatter(places[looked], values[looked], s=9, color=SEEN, label="subset, looked at")
    axes.scatter(len(secret), abs(found[secret]), s=170, marker="*", color=SECRET, label="the secret", zorder=3)
    axes.axvline(degree + 0.5, color=palette.DARK, ls="--", lw=1)
    axes.set_title("What samples show", fontsize=13)
    axes.set_xlabel("size of the subset (bits)", fontsize=12)
    axes.set_ylabel("correlation with the label, absolute", fontsize=12)
    axes.set(xlim=(-0.6, bits + 0.6), ylim=(0, 1.05), xticks=range(bits + 1))
    axes.legend(fontsize=10, ncols=3, loc="upper center", bbox_to_anchor=(0.5, -0.17), frameon=False, columnspacing=1)


def _draw_queries(axes: Axes, gaps: np.ndarray) -> None:
    """A bar per bit: the label's logit gap after a text in which only this bit is one."""
    # To be seen: the gap is positive exactly at the secret's bits, however much noise there is.
    colours = [SECRET if gap > 0 else UNSEEN for gap in gaps]
    axes.bar([str(i) for i in range(len(gaps))], gaps, color=colours)
    axes.axhline(0, color="black", lw=0.8)
    axes.set_title("What one query per bit tells", fontsize=13)
    axes.set_xlabel("the only bit that is one (from 0)", fontsize=12)
    axes.set_ylabel("logit of label 1 minus label 0 (nats)", fontsize=12)
