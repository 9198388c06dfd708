"""What each stage and setting of the practical learner buys: one is changed at a time, on the same sampled texts.

python tests/benchmarks/ablation.py [--teacher embedded] [--sequences 6000] [--seeds 0 1 2] [--only NAME ...]

Prints a Markdown table as it goes: KL(teacher || model) in nats per token on 500 fresh texts over the trigram's, which
is fitted to the same answers; solved and refined; the mean over the seeds and its standard error, and the mean
difference to the defaults with the standard error of that, seed by seed. docs/ABLATION.md holds the last one.
"""

import argparse
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from unittest.mock import patch

import numpy as np

import lowlogit_edu as ll
from lowlogit_edu.practical import stages
from lowlogit_edu.practical.misfit import LogitMisfit
from lowlogit_edu.practical.solve import Round, Solver
from lowlogit_edu.practical.span import Spanner, largest_coefficients
from lowlogit_edu.practical.start import SMOOTH, first_futures
from lowlogit_edu.practical.text_program import TextProgram

SETTINGS = {
    "rank": [16, 32, 128],
    "rounds": [1, 4],
    "bound": [1.1, 50.0],
    "equation_weight": [0.3, 1.0, 10.0],
    "ridge": [15.0, 240.0],
    "start_ridge": [40.0, 160.0, 640.0, 2560.0],
    "width": [80],
    "weighting": [0.0, 1.0],
    "longer": [0.0],
    "readout": ["shared"],
    "passes": [1, 4],
    "factors": [64, 192],
    "decay": [0.01, 1.0],
}


@contextmanager
def no_rounds() -> Iterator[None]:
    """The maps of the start, told in terms of a spanner."""

    def nothing(solver, maps, misfit):
        kl = solver.kl(maps)
        return maps, Round(kl, kl, np.zeros(solver.apart.tokens.shape[1] - 2), "logits")

    with patch.object(Solver, "round", nothing):
        yield


@contextmanager
def one_step() -> Iterator[None]:
    """Corrections that ask of each coefficient what its own row wants, not what later rows want."""

    def corrections(program, columns, pulls, known):
        found = np.zeros_like(pulls)
        for t in range(1, pulls.shape[1]):
            own = np.where(known[:, t + 1, None], pulls[:, t], np.float32(0))
            found[:, t - 1] = np.einsum("ni,nij->nj", own, program.gain[columns[:, t]])
        return found

    with patch.object(TextProgram, "corrections", corrections):
        yield


@contextmanager
def principal_coordinates() -> Iterator[None]:
    """Coefficients along the directions that matter most, in place of a spanner's histories."""

    def none(maps, texts, columns, bound):
        return Spanner((), float(largest_coefficients(maps, columns).max())), maps

    with (
        patch.object(stages, "span_histories", none),
        patch.object(stages, "in_terms_of_histories", lambda maps, *_: maps),
    ):
        yield


@contextmanager
def logits_only() -> Iterator[None]:
    """Errors measured in logits in the last epoch too."""
    with patch.object(stages.ProbabilityMisfit, "of", lambda *_: LogitMisfit()):
        yield


def futures(count: int) -> Callable:
    """A start from rows after so many tokens as well, the likeliest, where it is better than that from own rows."""

    def first(answers, width, rank, horizon):
        return first_futures(answers, 1, 2, horizon)[: 1 + count]

    return lambda: patch.object(stages, "first_futures", first)


STAGES: dict[str, Callable] = {
    "start alone, no rounds": no_rounds,
    "one-step corrections in place of the program": one_step,
    "principal coordinates in place of the spanner": principal_coordinates,
    "errors in logits alone": logits_only,
    "futures 1": futures(1),
    "futures 2": futures(2),
}


def ratios(oracle, horizon, config, seed):
    """KL of the solved and the refined model over the trigram's, on the same 500 fresh texts."""
    *_, (state, _) = ll.learn_steps(oracle, horizon, config, seed)
    trigram = ll.baselines.fit_ngram(state.told.parts(), oracle.alphabet_size, 3)
    models = {"solved": state.plain, "refined": state.model, "trigram": trigram}
    reports = ll.evaluation.compare(oracle, models, seed=1000 + seed)
    return np.array([reports[name].mean / reports["trigram"].mean for name in ("solved", "refined")])


def variants(config, horizon):
    """(name, config, context) of every row."""
    random = config.most_witnesses * config.witness_length // horizon  # texts for as many queries
    yield "defaults", config, None
    for name, context in STAGES.items():
        # More futures than one are taken for a small exact teacher's, whose start is sharp: one thing at a time.
        same_start = replace(config, start_ridge=SMOOTH) if name.startswith("futures") else config
        yield name, same_start, context
    yield "no witnesses", replace(config, witnesses=0), None
    more = replace(config, witnesses=0, sequences=config.sequences + random)
    yield "random texts in place of witnesses", more, None
    for setting, values in SETTINGS.items():
        for value in values:
            yield f"{setting} {value}", replace(config, **{setting: value}), None
    yield "four passes at rank 128", replace(config, rank=128, passes=4), None
    for share in (1 / 16, 1 / 4, 1 / 2, 2):
        texts = int(config.sequences * share)
        yield f"sequences {texts:,}", replace(config, sequences=texts), None


def cell(values):
    """Mean over seeds and its standard error, of both models."""
    error = values.std(axis=0, ddof=1) / np.sqrt(len(values)) if len(values) > 1 else np.full(2, np.nan)
    return [f"{mean:.3f} ± {e:.3f}" for mean, e in zip(values.mean(axis=0), error, strict=True)]


def run_options(description):
    """A parser of what every benchmark of the learner is told."""
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("--teacher", default="embedded")
    parser.add_argument("--sequences", type=int, default=6000)
    parser.add_argument("--horizon", type=int, default=32)
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2])
    return parser


def main():
    parser = run_options(__doc__.splitlines()[0])
    parser.add_argument("--only", nargs="*", help="rows whose names begin so; the defaults are always run")
    options = parser.parse_args()
    oracle = ll.oracles.TransformerOracle.from_pretrained(options.teacher)
    base = ll.LearnerConfig.practical(sequences=options.sequences)
    print(
        "| changed | solved | refined | solved, difference | refined, difference |\n|---|---|---|---|---|", flush=True
    )
    defaults = None
    for name, config, context in variants(base, options.horizon):
        if options.only and name != "defaults" and not name.startswith(tuple(options.only)):
            continue
        with context() if context else patch.dict({}):
            found = np.array([ratios(oracle, options.horizon, config, seed) for seed in options.seeds])
        defaults = found if defaults is None else defaults
        cells = [name, *cell(found), *cell(found - defaults)]
        print("| " + " | ".join(cells) + " |", flush=True)


if __name__ == "__main__":
    main()
