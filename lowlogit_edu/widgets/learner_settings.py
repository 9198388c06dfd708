"""What the learner's controls hold, and the controls.

>>> PRESETS["small (seconds)"]
LearnerSettings(teacher='embedded', rank=16, horizon=12, sequences=300, witnesses=60, passes=4, seed=0)
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import ipywidgets

from lowlogit_edu.config import LearnerConfig, PracticalConfig
from lowlogit_edu.core.errors import ArgumentError
from lowlogit_edu.widgets.html_parts import WORDS

TEACHERS = ("embedded", "roneneldan/TinyStories-1M", "roneneldan/TinyStories-8M")
NUMBERS = {  # setting: label, least, most, explanation
    "rank": ("Rank", 2, 256, "Numbers that the learned model remembers of a text"),
    "horizon": ("Horizon (tokens)", 2, 128, "Length of a text, in tokens"),
    "sequences": ("Sampled texts", 16, 50_000, "Texts that the teacher tells for the learner to learn from"),
    "witnesses": ("Witnesses, at most", 0, 50_000, "Rare contexts, likely to betray an error, that are asked about"),
    "passes": ("Refinement passes", 0, 50, "Passes over the answers already there, by gradient descent"),
    "seed": ("Seed", 0, 2**31 - 1, "Equal seeds give equal runs"),
}


USUAL = LearnerConfig.practical()


@dataclass(frozen=True)
class LearnerSettings:
    """What the controls hold; the names are those of `LearnerConfig.practical` and `learn`."""

    teacher: str = "embedded"
    rank: int = USUAL.rank
    horizon: int = 32
    sequences: int = USUAL.sequences
    witnesses: int = USUAL.most_witnesses
    passes: int = USUAL.passes
    seed: int = 0

    def __post_init__(self) -> None:
        for name, (_, least, most, _) in NUMBERS.items():
            value = getattr(self, name)
            if not least <= value <= most:
                raise ArgumentError(f"{name} must be between {least} and {most}, got {value!r}.")

    def config(self) -> PracticalConfig:
        """The settings of the practical learner."""
        return LearnerConfig.practical(
            rank=self.rank, sequences=self.sequences, witnesses=self.witnesses, passes=self.passes
        )


PRESETS = {
    "small (seconds)": LearnerSettings(rank=16, horizon=12, sequences=300, witnesses=60, passes=4),
    "full (minutes)": LearnerSettings(),
}


def controls(settings: LearnerSettings, say: Callable[[str], None]) -> dict[str, ipywidgets.ValueWidget]:
    """A labelled control per setting; native inputs, so that keyboard and screen reader work.

    Parameters
    ----------
    settings : LearnerSettings
        What they hold first.
    say : callable
        Told, in a sentence, where a number was too small or too large and another one took its place.
    """
    look = {"style": WORDS, "layout": {"width": "auto"}}
    made: dict[str, ipywidgets.ValueWidget] = {
        "teacher": ipywidgets.Combobox(  # not a drop-down: names that are not offered may be typed
            value=settings.teacher,
            options=TEACHERS,
            description="Teacher",
            tooltip="embedded, a Hugging Face name, or a folder on this machine",
            **look,
        )
    }
    for name, (label, least, most, explanation) in NUMBERS.items():
        tooltip = f"{explanation}; from {least:,} to {most:,}"
        # Not BoundedIntText: it changes the number in the browser, and nobody is told.
        made[name] = ipywidgets.IntText(getattr(settings, name), description=label, tooltip=tooltip, **look)
        made[name].observe(_within(name, say), "value")
    return made


def _within(name: str, say: Callable[[str], None]) -> Callable[[Any], None]:
    """An observer that moves a number between its limits, with a sentence."""
    label, least, most, _ = NUMBERS[name]

    def move(change: Any) -> None:
        allowed = max(least, min(change["new"], most))
        if allowed != change["new"]:
            change["owner"].value = allowed
            say(f"{label} goes from {least:,} to {most:,}: {change['new']:,} became {allowed:,}.")

    return move
