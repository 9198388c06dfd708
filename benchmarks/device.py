"""python -m benchmarks.device [--device cuda] [--sequences 24000 ...] [--horizon 32] [--seed 0]

Runs the practical learner with teacher and refinement on a device and on the processor, and prints a Markdown table:
seconds of the stages, KL of the solved and the refined model in nats per token on the same fresh texts, queries.
"""

import argparse
import time
from collections.abc import Iterator

import lowlogit_edu as ll

FRESH = 500  # texts that models are compared on
HEAD = ("device", "texts", "sample, s", "solve, s", "refine, s", "all stages, s", "solved", "refined", "queries")


def name_of(device: str) -> str:
    """The device, with the card's name where it has one."""
    import torch

    return f"{device} ({torch.cuda.get_device_name(device)})" if device.startswith("cuda") else device


def row(device: str, sequences: int, horizon: int, seed: int) -> list[str]:
    """One run."""
    oracle = ll.oracles.TransformerOracle.from_pretrained("embedded", device=device)
    config = ll.LearnerConfig.practical(sequences=sequences)
    seconds: dict[str, float] = {}
    start = time.perf_counter()
    for step in ll.learn_steps(oracle, horizon, config, seed):
        state, event = step
        now = time.perf_counter()
        seconds[event.kind] = seconds.get(event.kind, 0.0) + now - start
        start = now
    result = state.result()
    models = {"solved": result.plain, "refined": result.model}
    reports = ll.evaluation.compare(oracle, models, n=FRESH, seed=seed + 1000)
    shown = [*(seconds.get(kind, 0.0) for kind in ("sample", "solve", "refine")), sum(seconds.values())]
    kl = [f"{reports[name].mean:.3f} ± {reports[name].standard_error:.3f}" for name in models]
    return [name_of(device), f"{sequences:,}", *(f"{value:.1f}" for value in shown), *kl, f"{result.queries:,}"]


def rows(devices: list[str], sizes: list[int], horizon: int, seed: int) -> Iterator[list[str]]:
    """Every size on every device; the smallest once before, so that no start is timed."""
    for device in devices:
        row(device, max(60, min(sizes) // 100), horizon, seed)
        for sequences in sizes:
            yield row(device, sequences, horizon, seed)


def main(arguments: list[str] | None = None) -> None:
    """The command."""
    import torch

    parser = argparse.ArgumentParser(description=str(__doc__).split("\n\n")[1])
    parser.add_argument("--device", default="cuda" if torch.cuda.is_available() else "cpu")
    parser.add_argument("--sequences", type=int, nargs="+", default=[24_000])
    parser.add_argument("--horizon", type=int, default=32)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args(arguments)
    if options.device == "cpu":
        print("No GPU is asked for: the processor alone.", flush=True)
    print("| " + " | ".join(HEAD) + " |\n|" + "---|" * len(HEAD), flush=True)
    for cells in rows(list(dict.fromkeys([options.device, "cpu"])), options.sequences, options.horizon, options.seed):
        print("| " + " | ".join(cells) + " |", flush=True)


if __name__ == "__main__":
    main()
