"""What each setting of the practical learner buys: one is changed at a time, on the same sampled texts.

python tests/benchmarks/ablation.py [--sequences 24000] [--horizon 32] [--only rank factors ...]

Prints a Markdown table as it goes: KL(teacher || model) in nats per token on 500 fresh texts, for the
plain learner and after refinement. docs/ABLATION.md holds the last one made with the default settings.
"""

import argparse
from dataclasses import replace
from itertools import pairwise

import numpy as np

import lowlogit_edu as ll
from lowlogit_edu.core.rng import stream
from lowlogit_edu.models import TimeVaryingISAN
from lowlogit_edu.practical.answers import Answers
from lowlogit_edu.practical.learner import PracticalState, practical_steps
from lowlogit_edu.practical.one_step import solve_transitions, span_rows, states

VARIANTS = {
    "rank": [16, 32, 128],
    "weighting": [0.0, 0.25, 1.0],
    "ridge": [0.1, 1.0, 100.0],
    "factors": [16, 64, 192],
    "passes": [1, 2, 8],
    "learning_rate": [0.002, 0.012],
    "batch": [64, 256],
}
SEED = 0


def sampled(oracle, horizon, config):
    """The state after one epoch that samples and asks all there is to ask, and solves once."""
    *_, (state, _) = practical_steps(oracle, horizon, replace(config, epochs=1, passes=0), SEED)
    return state


def relearned(oracle, horizon, config, state):
    """Models of other settings from the answers of `state`."""
    again = PracticalState(state.answers, ((),) * horizon, sampled=1)
    *_, (found, _) = practical_steps(oracle, horizon, replace(config, epochs=1, futures=0), SEED, again)
    return found


def first_texts(state, count):
    """The state with the answers along its first `count` texts only."""
    answers = state.answers
    rows = np.arange(count)
    block = answers.coordinates(rows)
    kept = Answers.empty(answers.tokens.shape[1], answers.code).add(
        answers.tokens[:count], block, answers.asked[:count]
    )
    return replace(state, answers=kept)


def banded(state, horizon, config, bands):
    """The plain learner with a basis and transitions of their own for each band of cuts."""
    answers = state.answers
    d = config.rank
    band = np.arange(horizon) * bands // horizon
    bases = [
        span_rows(replace(answers, asked=answers.asked & (band == b)), d, config.weighting, rng=stream(SEED, b))
        for b in range(bands)
    ]
    encoded = [states(basis, answers) for basis in bases]
    transitions = np.zeros((horizon - 1, len(answers.code.shares), d, d))
    transitions[:, :, -1, -1] = 1.0
    for here, there in sorted(set(pairwise(band.tolist()))):
        steps = [t for t in range(horizon - 1) if (band[t], band[t + 1]) == (here, there)]
        pairs = [np.stack([encoded[here][:, t], encoded[there][:, t + 1]], axis=1) for t in steps]
        tokens, asked = (
            np.concatenate([rows[:, t : t + 2] for t in steps]) for rows in (answers.tokens, answers.asked)
        )
        maps = solve_transitions(Answers(tokens, asked, answers.code), np.concatenate(pairs), config.ridge)
        transitions[steps, :, :-1] = maps.transpose(0, 2, 1)
    readouts = np.stack([np.concatenate([bases[b].decode, bases[b].mean[:, None]], axis=1) for b in band])
    return TimeVaryingISAN(np.append(encoded[0][0, 0], 1.0), transitions, readouts.astype(np.float64))


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--sequences", type=int, default=ll.LearnerConfig.practical().sequences)
    parser.add_argument("--horizon", type=int, default=32)
    parser.add_argument("--only", nargs="*", default=[*VARIANTS, "sequences", "bands"])
    options = parser.parse_args()
    oracle = ll.oracles.TransformerOracle.from_pretrained("embedded")
    base = ll.LearnerConfig.practical(sequences=options.sequences)
    state = sampled(oracle, options.horizon, base)
    print("| setting | plain | refined |\n|---|---|---|", flush=True)

    def row(name, found):
        models = {"plain": found.plain, "refined": found.model}
        reports = ll.evaluation.compare(oracle, models, seed=SEED)
        print(f"| {name} | {reports['plain'].mean:.3f} | {reports['refined'].mean:.3f} |", flush=True)

    row("defaults", relearned(oracle, options.horizon, base, state))
    for setting, values in VARIANTS.items():
        for value in values if setting in options.only else ():
            row(f"{setting} {value}", relearned(oracle, options.horizon, replace(base, **{setting: value}), state))
    for share in (8, 4, 2) if "sequences" in options.only else ():
        count = options.sequences // share
        row(f"sequences {count:,}", relearned(oracle, options.horizon, base, first_texts(state, count)))
    for bands in (2, 4) if "bands" in options.only else ():
        model = banded(state, options.horizon, base, bands)
        kl = ll.evaluation.mean_kl(oracle, model, seed=SEED).mean
        print(f"| {bands} bands of cuts, each with its own spanner | {kl:.3f} | - |", flush=True)


if __name__ == "__main__":
    main()
