"""Settings of the refinement, each from the same solved maps.

python tests/benchmarks/refinement.py [--teacher embedded] [--sequences 24000] [--seeds 0 1 2] [--rank 64] [--only ...]

Prints a Markdown table as it goes: KL(teacher || model) on 4,000 fresh texts over the trigram's, which is fitted to the
same answers (mean and standard error over the seeds), and the largest KL of one of those texts in nats per token,
over all seeds. docs/ABLATION.md holds the last one.
"""

from dataclasses import replace
from itertools import pairwise
from unittest.mock import patch

import numpy as np

import lowlogit_edu as ll
from lowlogit_edu.core.numerics import kl_divergence
from lowlogit_edu.oracles.base import sample_with_logits
from lowlogit_edu.practical import refine

FRESH = 4000
AT_ONCE = 500
VARIANTS = {
    "passes": [3, 4, 6],
    "batch": [64, 96, 128, 192],
    "learning_rate": [0.006, 0.012],
    "factors": [64, 192, 256],
    "decay": [0.1, 1.0],
    "LEAST_MOMENT": [0.0, 0.2, 1.0],
}


def variants(config):
    """(name, config, least moment) of every row."""
    yield "defaults", config, refine.LEAST_MOMENT
    for setting, values in VARIANTS.items():
        for value in values:
            if setting == "LEAST_MOMENT":
                yield f"least moment {value}", config, value
            else:
                yield f"{setting} {value}", replace(config, **{setting: value}), refine.LEAST_MOMENT


def fresh_texts(oracle, horizon, seed):
    """Texts and their logits, in half precision: (tokens, logits)."""
    rng = np.random.default_rng(1000 + seed)
    parts = (sample_with_logits(oracle, AT_ONCE, horizon, rng=rng) for _ in range(FRESH // AT_ONCE))
    tokens, logits = zip(*((tokens, logits.astype(np.float16)) for tokens, logits in parts), strict=True)
    return np.concatenate(tokens), np.concatenate(logits)


def kl_by_text(model, tokens, logits):
    """Nats per token of each text."""
    edges = pairwise(range(0, len(tokens) + 1, AT_ONCE))
    kl = [kl_divergence(logits[a:b].astype(np.float32), model.logits_along(tokens[a:b])).mean(1) for a, b in edges]
    return np.concatenate(kl)


def refined(oracle, horizon, state, config, least_moment, seed):
    """The model after `config.passes` from the maps solved."""
    refinement = refine.Refinement.start(state.maps, state.coordinates, state.answers, config, seed)
    with patch.object(refine, "LEAST_MOMENT", least_moment):
        for _ in range(config.passes):
            refinement.run_pass(state.answers)
    return refinement.model(state.answers.code, horizon, oracle.fingerprint, {})


def main():
    from ablation import run_options  # beside this file: found where it is run as a script

    parser = run_options(__doc__.splitlines()[0])
    parser.set_defaults(sequences=24_000)
    parser.add_argument("--rank", type=int, default=64)
    parser.add_argument("--passes", type=int, help="of every row, where it does not set them")
    parser.add_argument("--witnesses", type=int)
    parser.add_argument("--only", nargs="*", help="rows whose names begin so; solved and defaults are always run")
    options = parser.parse_args()
    oracle = ll.oracles.TransformerOracle.from_pretrained(options.teacher)
    base = ll.LearnerConfig.practical(rank=options.rank, sequences=options.sequences, witnesses=options.witnesses)
    base = base if options.passes is None else replace(base, passes=options.passes)
    found: dict[str, list[tuple[float, float]]] = {}
    for seed in options.seeds:
        *_, (state, _) = ll.learn_steps(oracle, options.horizon, replace(base, passes=0), seed)
        tokens, logits = fresh_texts(oracle, options.horizon, seed)
        trigram = ll.baselines.fit_ngram(state.told.parts(), oracle.alphabet_size, 3)
        of_trigram = kl_by_text(trigram, tokens, logits).mean()

        def note(name, model, told=(tokens, logits), scale=of_trigram, seed=seed):
            kl = kl_by_text(model, *told)
            found.setdefault(name, []).append((kl.mean() / scale, kl.max()))
            print(f"seed {seed}, {name}: {kl.mean() / scale:.4f}, worst text {kl.max():.1f}", flush=True)

        note("solved", state.plain)
        for name, config, least_moment in variants(base):
            if options.only and name != "defaults" and not name.startswith(tuple(options.only)):
                continue
            note(name, refined(oracle, options.horizon, state, config, least_moment, seed))
    print("\n| refined with | ratio | worst text |\n|---|---|---|")
    for name, values in found.items():
        ratios, worst = np.array(values).T
        error = ratios.std(ddof=1) / np.sqrt(len(ratios)) if len(ratios) > 1 else np.nan
        print(f"| {name} | {ratios.mean():.4f} ± {error:.4f} | {worst.max():.1f} |")


if __name__ == "__main__":
    main()
