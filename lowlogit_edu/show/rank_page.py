"""The report of `lowlogit rank`: how low a teacher's logit rank is, in pictures."""

from typing import Any

import numpy as np

from lowlogit_edu.measure import Part, PowerLaw, RankErrors, Suite, fitted_law
from lowlogit_edu.measure.suite import fitted_ranks
from lowlogit_edu.show.html import Report

NAMES = {
    "mean_absolute": ("Mean absolute error (Eq. 2)", "nats"),
    "rms": ("Root mean square error", "nats"),
    "kl": ("KL(teacher || approximation)", "nats"),
    "total_variation": ("Total variation of the next token", "0 to 1"),
}
RANK = "rank of the approximation"
NEGLIGIBLE = 1e-6  # of the first singular value: below, float32 logits leave noise only
EXACT = 1e-4  # of the error at rank 0: below, an approximation counts as exact


def law_in_words(law: PowerLaw | None) -> str:
    """The exponent, its uncertainty and how straight the line is."""
    if law is None:
        return "too few ranks for a fit"
    return f"rank^({law.slope:.3f} ± {law.standard_error:.3f}), R² {law.r_squared:.3f}"


def rank_report(found: Suite, teacher: str, settings: str) -> Report:
    """All measurements of one teacher.

    Parameters
    ----------
    found : Suite
    teacher : str
        Its name, for the title.
    settings : str
        What the measurements can be repeated with.
    """
    n, m, k = found.matrix.logits.shape
    report = Report(
        f"Logit rank of {teacher}",
        f"Measured on a logit matrix of {n:,} histories by {m:,} futures, {k:,} next tokens each, drawn as in "
        "Definition 1.6 of arXiv:2512.09892: histories are beginnings of the teacher's own texts with the last token "
        "made uniform, futures are pieces of other texts from where a history could end. An entry is the mean-centred "
        "logit of one next token after a history and a future. Every error is that of the best approximation of its "
        "rank in the least-squares sense (the truncated singular value decomposition).",
        settings,
    )
    _errors(report, found)
    _parts(report, found)
    _probabilities(report, found)
    _trained(report, found)
    _futures(report, found)
    return report


def _axis(measure: str) -> str:
    return ", ".join(NAMES[measure])


def _curve(errors: RankErrors, measure: str, relative: bool = False) -> tuple[np.ndarray, np.ndarray]:
    """(ranks, errors) from rank 1 on; in shares of rank 0 where `relative`."""
    values = getattr(errors, measure)
    scale = values[0] if relative else 1.0
    return errors.ranks[1:], values[1:] / scale


def _errors(report: Report, found: Suite) -> None:
    whole = found.whole
    report.section(
        "Error against the rank",
        "A straight line in these logarithmic pictures is a power law. It is fitted to ranks 2 to a quarter of the "
        "matrix's full rank; nearer to it the error bends down to zero, whatever the teacher. The uncertainty is the "
        "standard error of the fit, as if its points were independent.",
    )
    laws = {NAMES[measure][0]: _error(report, whole, measure) for measure in ("mean_absolute", "rms", "kl")}
    laws["Singular values"] = _singular_values(report, found)
    rows = {name: _row(law) for name, law in laws.items() if law is not None}
    report.table(rows, "Fitted power laws: value = exp(intercept) rank^slope")


def _error(report: Report, whole: Part, measure: str) -> PowerLaw | None:
    """A picture of one measure of the error with its power law, which is returned."""
    errors = whole.errors[0]
    values = getattr(errors, measure)
    series = {"measured": _curve(errors, measure)}
    law = fitted_law(whole.ranks, values, whole.full)
    if law is not None:
        ranks = whole.ranks[fitted_ranks(whole.ranks, whole.full)]
        series["power law"] = (ranks, np.exp(law.intercept) * ranks**law.slope)
    summary = f"From {values[1]:.3f} at rank 1 to {values[-1]:.3f} at rank {whole.ranks[-1]}; {law_in_words(law)}."
    report.curves(NAMES[measure][0], series, RANK, _axis(measure), summary, log="xy")
    return law


def _singular_values(report: Report, found: Suite) -> PowerLaw | None:
    """A picture of the singular values, and their power law."""
    values = found.singular_values
    numbers = np.arange(1, len(values) + 1)
    law = fitted_law(numbers, values, found.whole.full)
    seen = values > NEGLIGIBLE * values[0]
    series = {"above a millionth of the first": (numbers[seen], values[seen])}
    summary = f"The first is {values[0] / values[1]:.1f} times the second; {law_in_words(law)}."
    report.curves("Singular values", series, "number", "singular value", summary, log="xy")
    return law


def _row(law: PowerLaw) -> dict[str, Any]:
    slope = f"{law.slope:.3f} ± {law.standard_error:.3f}"
    return {"slope": slope, "intercept": law.intercept, "R²": law.r_squared}


def _parts(report: Report, found: Suite) -> None:
    report.section(
        "Sub-sampling",
        "If the error at a rank stays the same when one in 2, 4, 8 or 16 of the histories and of the futures is kept, "
        "the approximation is no matter of a small sample. Each curve is the mean over disjoint sub-samples. Where the "
        "rank comes near the histories of a sub-sample its error must fall.",
    )
    names = {factor: "all" if factor == 1 else f"1 in {factor}" for factor in found.parts}
    shared = min(part.ranks[-1] for part in found.parts.values())  # the largest rank that all were measured at
    for measure in ("mean_absolute", "kl"):
        series = {}
        at_shared = []
        for factor, part in found.parts.items():
            values = part.average(measure)
            series[names[factor]] = (part.ranks[1:], values[1:])
            at_shared.append(f"{names[factor]} {values[part.ranks == shared][0]:.3f}")
        title = f"{NAMES[measure][0]} of sub-samples"
        summary = f"At rank {shared}: {'; '.join(at_shared)}."
        report.curves(title, series, RANK, _axis(measure), summary, log="xy")
    rows = {names[factor]: _slopes(part) for factor, part in found.parts.items()}
    report.table(rows, "Slopes of the power laws of the sub-samples: mean ± standard deviation between them")


def _slopes(part: Part) -> dict[str, Any]:
    row: dict[str, Any] = {"histories": part.histories, "futures": part.futures, "sub-samples": len(part.errors)}
    for measure, name in (("mean_absolute", "slope of Eq. 2"), ("kl", "slope of KL")):
        row[name] = _mean_and_spread(part.slopes(measure))
    return row


def _mean_and_spread(slopes: list[float]) -> str | None:
    if not slopes:
        return None
    mean = f"{np.mean(slopes):.3f}"
    return mean if len(slopes) == 1 else f"{mean} ± {np.std(slopes, ddof=1):.3f}"


def _probabilities(report: Report, found: Suite) -> None:
    logits = found.whole.errors[0]
    probabilities = found.probabilities
    report.section(
        "Logits against probabilities",
        "The same ranks spent on the matrix of probabilities instead. There, what an approximation puts below 1e-6 is "
        "raised to it and each distribution is scaled to sum to one; the KL depends on that floor, the total variation "
        "hardly.",
    )
    for measure in ("kl", "total_variation"):
        ranks, ours = _curve(logits, measure)
        _, theirs = _curve(probabilities, measure)  # measured at the same ranks
        won = ", ".join(map(str, ranks[ours < theirs]))
        verdict = f"Logits are better at ranks {won}." if won else "Logits never win."
        report.curves(
            f"{NAMES[measure][0]} in both spaces",
            {"of logits": (ranks, ours), "of probabilities": (ranks, theirs)},
            RANK,
            _axis(measure),
            f"At rank {ranks[-1]}: logits {ours[-1]:.3f}, probabilities {theirs[-1]:.3f}. {verdict}",
            log="xy",
        )


def _trained(report: Report, found: Suite) -> None:
    if found.untrained is None:
        return
    report.section(
        "Trained against untrained weights",
        "The same architecture with random weights, on the same words. It hardly says anything (its logits are small), "
        "so both are shown in shares of their own size.",
    )
    pair = {"trained": found.trained, "untrained": found.untrained}
    shares = {name: _curve(errors, "mean_absolute", relative=True) for name, errors in pair.items()}
    # The approximation of rank 0 is zero, so its error is the mean absolute logit itself.
    sizes = "; ".join(f"{name} {errors.mean_absolute[0]:.3f} nats" for name, errors in pair.items())
    last = "; ".join(f"{name} {share[-1]:.1%}" for name, (_, share) in shares.items())
    report.curves(
        "Share of the mean absolute logit left over",
        shares,
        RANK,
        "mean absolute error / mean absolute logit",
        f"Mean absolute logit: {sizes}. Left over at rank {found.trained.ranks[-1]}: {last}.",
        log="xy",
    )


def _futures(report: Report, found: Suite) -> None:
    report.section(
        "Which futures",
        "Next tokens alone have at most the rank of the teacher's width; what a history says about longer futures has "
        "no such bound. Nonsense futures are the same tokens in random order. The cosines of the principal angles say "
        "how far two sets of futures see the same directions in the space of histories: 1 is the same, 0 is nothing "
        "in common; a random subspace of the same dimension is the baseline.",
    )
    _single_tokens(report, found)
    _angles(report, found)


def _single_tokens(report: Report, found: Suite) -> None:
    pair = {"futures of any length": found.whole.errors[0], "next token alone": found.single}
    left = found.single.mean_absolute
    exact = found.single.ranks[left < EXACT * left[0]]
    words = f"Next tokens alone are exact at rank {exact[0]}." if len(exact) else "Neither is exact at the ranks shown."
    report.curves(
        "Single-token against longer futures",
        {name: _curve(errors, "mean_absolute", relative=True) for name, errors in pair.items()},
        RANK,
        "mean absolute error / mean absolute logit",
        words,
        log="x",
    )


def _angles(report: Report, found: Suite) -> None:
    any_of_them = next(iter(found.angles.values()))  # all have one dimension, and so one random baseline
    cosines = {name: angles.cosines for name, angles in found.angles.items()}
    cosines["random subspace"] = any_of_them.random
    r = len(any_of_them.cosines)
    numbers = np.arange(1, r + 1)
    means = "; ".join(f"{name} {values.mean():.2f}" for name, values in cosines.items())
    report.curves(
        f"Principal angles of rank-{r} approximations",
        {name: (numbers, values) for name, values in cosines.items()},
        "number of the angle",
        "cosine",
        f"Mean cosine with half of the real futures: {means}.",
    )
