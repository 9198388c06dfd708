"""The report of `lowlogit lingen`: a text continued by combining what a teacher says after unrelated ones."""

from collections.abc import Mapping, Sequence

import numpy as np
from jaxtyping import Float

from lowlogit_edu.show.html import Report


def lingen_report(
    prompt: str,
    kl: Mapping[str, Float[np.ndarray, "time"]],
    meaning: Mapping[str, str],
    texts: Mapping[str, Sequence[str]],
    heaviest: Mapping[str, float],
    settings: str,
) -> Report:
    """What LINGEN and its baselines did with one prompt.

    Parameters
    ----------
    prompt : str
    kl : mapping of str to array of shape (time,)
        Cumulative KL(teacher || model) of each model, nats.
    meaning : mapping of str to str
        What each model is.
    texts : mapping of str to texts
        By who wrote them.
    heaviest : mapping of str to float
        The unrelated prompts of the largest weights.
    settings : str
        What the numbers can be repeated with.
    """
    report = Report(
        f"LINGEN: continuing “{prompt}”",
        "The teacher's logits after the prompt are written as a linear combination of its logits after unrelated "
        "prompts, on a set of futures. The same weights then combine what the teacher says after the unrelated prompts "
        "and the continuation so far; the teacher is never asked about the prompt again.",
        settings,
    )
    _distances(report, kl, meaning)
    report.section("Texts", "Drawn one after the other from the seed, none left out.")
    for writer, found in texts.items():
        report.quotes(writer, found)
    report.section("The heaviest of the unrelated prompts")
    report.table([{"weight": weight, "prompt": word} for word, weight in heaviest.items()])
    return report


def _distances(report: Report, kl: Mapping[str, Float[np.ndarray, "time"]], meaning: Mapping[str, str]) -> None:
    """The cumulative KL of every model: a picture, what the models are, the numbers token by token."""
    length = len(next(iter(kl.values())))  # all continue by as many tokens
    tokens = np.arange(1, length + 1)
    end = "; ".join(f"{name} {values[-1]:.2f}" for name, values in kl.items())
    report.section("How far from the teacher")
    report.curves(
        "Cumulative KL(teacher || model)",
        {name: (tokens, values) for name, values in kl.items()},
        "tokens",
        "KL, nats",
        f"After {length} tokens: {end}.",
    )
    report.table({name: {"what it is": meaning[name]} for name in kl})
    heads = [str(t) for t in tokens]
    rows = {name: dict(zip(heads, values.tolist(), strict=True)) for name, values in kl.items()}
    report.table(rows, "Cumulative KL after so many tokens, nats")
