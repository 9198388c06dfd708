"""Lemmas 5.10 and 5.12: how many questions the learner asks, and of what form."""

from collections.abc import Mapping, Sequence

import numpy as np

from lowlogit_edu.algorithm.learner import FaithfulState
from lowlogit_edu.algorithm.trace import EpochRow
from lowlogit_edu.config import LearnerConfig
from lowlogit_edu.core.errors import ArgumentError
from lowlogit_edu.core.rng import stream
from lowlogit_edu.lemmas.finding import Finding
from lowlogit_edu.matrices.logit_matrix import Word
from lowlogit_edu.oracles.base import LogitOracle, sample
from lowlogit_edu.oracles.logged import Query


class Samples:
    """The sequences that a run of the faithful learner drew, drawn again.

    Parameters
    ----------
    oracle : LogitOracle
        The run's oracle; the questions for drawing are asked again.
    state : FaithfulState
        The end of the run.
    config : LearnerConfig
    seed : int
    """

    def __init__(self, oracle: LogitOracle, state: FaithfulState, config: LearnerConfig, seed: int) -> None:
        T, epochs = len(state.futures), range(1, 1 + max(event.epoch for event in state.history))
        self.histories: list[set[Word]] = [{()}]
        for s in range(2, T):
            rngs = [stream(seed, "spanner", epoch, s) for epoch in epochs]
            drawn = [sample(oracle, config.spanner_samples, s - 1, rng=rng).tolist() for rng in rngs]
            self.histories.append({tuple(history) for histories in drawn for history in histories})
        draws = [(config.validation_samples, stream(seed, "trajectories", epoch)) for epoch in epochs]
        if config.printed:
            draws.append((1, stream(seed, "line 2")))
        self.trajectories = np.concatenate([sample(oracle, n, T, rng=rng) for n, rng in draws])
        whole = [*map(tuple, self.trajectories.tolist()), *(h for drawn in self.histories for h in drawn)]
        self.beginnings = {word[:length] for word in whole for length in range(len(word) + 1)}
        rows = np.unique(self.trajectories, axis=0).tolist()
        self.tails = {(s, t): {tuple(row[s:t]) for row in rows} for t in range(1, T + 1) for s in range(1, t + 1)}
        spanned = state.model.cuts if state.model else ()
        if not all(tuple(h) in self.histories[s] for s, cut in enumerate(spanned) for h in cut.histories.tolist()):
            raise ArgumentError(
                "these are not the run's samples: pass the oracle, config and seed that it was run with."
            )

    def allow(self, prefix: Word) -> bool:
        """Whether the prefix begins a sample, or is y^i_{1:s-1} o z o y^j_{s+1:t-1} for samples i and j."""
        return prefix in self.beginnings or any(
            prefix[: s - 1] in self.histories[s - 1] and prefix[s:] in self.tails.get((s, len(prefix)), ())
            for s in range(1, min(len(prefix), len(self.histories)) + 1)
        )


def queries_have_the_form(records: Sequence[Query], samples: Samples, alphabet_size: int, seed: int = 0) -> Finding:
    """Whether every query is half a sample, one token, and half another sample.

    Paper: Lemma 5.12 (form of the queries), arXiv:2512.09892.
    Paper: Claim 5.13 (futures begin as samples do), arXiv:2512.09892.

    The first half is a history drawn for a spanner, the second is from a trajectory drawn
    apart from it. `chance` is the share of random words of the queries' lengths that have the form
    too: where it is near 1 the check says little.

    Parameters
    ----------
    records : sequence of Query
        Of a `Logged` oracle that the run asked.
    samples : Samples
    alphabet_size : int
    seed : int
        Of the random words.
    """
    odd = [query for query in records if not samples.allow(query.prefix)]
    rng, lengths = stream(seed, "random words"), [len(query.prefix) for query in records]
    words = [tuple(rng.integers(alphabet_size, size=length).tolist()) for length in rng.choice(lengths, 1000)]
    chance = float(np.mean([samples.allow(word) for word in words]))
    example = f", the first in {odd[0].purpose} after {list(odd[0].prefix)}" if odd else ""
    sentence = (
        f"{len(odd)} of {len(records)} queries have another form{example}; {chance:.0%} of random words have this one."
    )
    return Finding("Lemma 5.12", not odd, {"odd": len(odd), "queries": len(records), "chance": chance}, sentence)


def queries_are_few(
    rows: Sequence[EpochRow], ledger: Mapping[str, int], config: LearnerConfig, alphabet_size: int
) -> Finding:
    """Whether each line of Algorithm 1 asked at most what its loops allow.

    Paper: Lemma 5.10 (number of queries; here with the sizes that the run had), arXiv:2512.09892.

    Parameters
    ----------
    rows : sequence of EpochRow
        `trace` of a run that ended with an epoch.
    ledger : mapping of str to int
    config : LearnerConfig
    alphabet_size : int
    """
    n, N = config.validation_samples, config.spanner_samples
    allowed = {"sampling": 1, "line 8: spanner": 1, "line 15: validation": 0}
    for row in rows:
        T, kept = len(row.futures), [len(histories) for histories in row.spanners]
        sizes = [len(words) for words in row.futures]
        allowed["sampling"] += n * T  # Alg. 1, line 9; and one sequence on line 2
        for s, rows_kept in enumerate(kept, start=1):
            columns = sizes[s - 1] + alphabet_size * sizes[s]
            allowed["line 8: spanner"] += N * (s - 1 + columns) + rows_kept * alphabet_size
            ends = sum(t if config.printed else 1 for t in range(s, T))
            allowed["line 15: validation"] += n * rows_kept * ends
    over = {line: count for line, count in ledger.items() if count > allowed.get(line, 0)}
    words = f"{sum(ledger.values())} queries, {sum(allowed.values())} allowed; over the limit: {over or 'none'}."
    numbers = dict(ledger) | {f"{line}, allowed": float(count) for line, count in allowed.items()}
    return Finding("Lemma 5.10", not over, numbers, words)
