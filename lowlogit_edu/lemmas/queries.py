"""Lemmas 5.10 and 5.12: how many questions the learner asks, and of what form."""

from collections.abc import Mapping, Sequence

import numpy as np
from jaxtyping import Int

from lowlogit_edu.algorithm.learner import FaithfulState
from lowlogit_edu.algorithm.lines import LINE_8, LINE_15, SAMPLING, line_2_stream, spanner_stream, trajectory_stream
from lowlogit_edu.algorithm.trace import EpochRow
from lowlogit_edu.config import LearnerConfig
from lowlogit_edu.core.errors import ArgumentError
from lowlogit_edu.core.rng import stream
from lowlogit_edu.lemmas.finding import Finding
from lowlogit_edu.matrices.logit_matrix import Word
from lowlogit_edu.oracles.base import LogitOracle, sample
from lowlogit_edu.oracles.logged import Query

RANDOM_WORDS = 1000  # enough to know a share to about 3 %


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
        # T = horizon; the streams of random numbers are those of the learner.
        T = len(state.futures)
        epochs = range(1, 1 + max(event.epoch for event in state.history))

        # Alg. 1, line 8: the histories that each cut's spanners were chosen from; cut 1 has the empty one.
        self.histories: list[set[Word]] = [{()}]
        for s in range(2, T):
            drawn: set[Word] = set()
            for epoch in _epochs_that_drew(state, config):
                drawn |= _words(sample(oracle, config.spanner_samples, s - 1, rng=spanner_stream(seed, epoch, s)))
            self.histories.append(drawn)

        # Alg. 1, line 9: the trajectories of each epoch; as printed, line 2 draws one more.
        n = config.validation_samples
        draws = [sample(oracle, n, T, rng=trajectory_stream(seed, epoch)) for epoch in epochs]
        if config.printed:
            draws.append(sample(oracle, 1, T, rng=line_2_stream(seed)))
        self.trajectories = np.concatenate(draws)

        # What `allow` looks up: beginnings of all samples, and tokens s + 1 to t of trajectories under (s, t).
        trajectories = _words(self.trajectories)
        self.beginnings: set[Word] = set()
        for word in trajectories.union(*self.histories):
            self.beginnings.update(word[:length] for length in range(len(word) + 1))
        self.tails: dict[tuple[int, int], set[Word]] = {}
        for t in range(1, T + 1):
            for s in range(1, t + 1):
                self.tails[s, t] = {word[s:t] for word in trajectories}
        self._check(state, config)

    def _check(self, state: FaithfulState, config: LearnerConfig) -> None:
        """What the run kept of each stream must have been drawn here: ArgumentError otherwise.

        Of its trajectories a run keeps pieces in its witnesses alone. Pieces of a token or two are in almost any
        trajectories, so that others than the run's are noticed only where a witness is long.
        """
        cuts = state.model.cuts if state.model else ()
        kept = all(_words(cut.histories) <= drawn for cut, drawn in zip(cuts, self.histories, strict=False))
        # As printed, line 2 gives every cut the token that its sequence, the last one here, has there.
        first = [words[0] for words in state.futures]
        begun = not config.printed or first == [(token,) for token in self.trajectories[-1].tolist()]
        if not (kept and begun and self._hold_the_witnesses(state)):
            raise ArgumentError(
                "these are not the run's samples: pass the oracle, config and seed that it was run with."
            )

    def _hold_the_witnesses(self, state: FaithfulState) -> bool:
        """Whether all witnesses, the futures of two tokens or more, begin with pieces of trajectories.

        A witness is tokens s to t of a trajectory and one token more, any. Cut 1 has none.
        """
        for s, words in enumerate(state.futures, start=1):
            for word in words:
                if len(word) > 1 and word[:-1] not in self.tails.get((s - 1, s + len(word) - 2), ()):
                    return False
        return True

    def allow(self, prefix: Word) -> bool:
        """Whether the prefix begins a sample, or is y^i_{1:s-1} o z o y^j_{s+1:t-1} for samples i and j."""
        if prefix in self.beginnings:
            return True
        # The token z stands at place s, and may be any.
        t = len(prefix)
        for s, histories in enumerate(self.histories[:t], start=1):
            if prefix[: s - 1] in histories and prefix[s:] in self.tails.get((s, t), ()):
                return True
        return False


def _epochs_that_drew(state: FaithfulState, config: LearnerConfig) -> list[int]:
    """The epochs that drew histories: all of them, or the first and each one after an epoch without a witness."""
    epochs = range(1, 1 + max(event.epoch for event in state.history))
    if config.redraw or config.printed:
        return list(epochs)
    found = {event.epoch for event in state.history if event.kind == "witness"}
    return [epoch for epoch in epochs if epoch == 1 or epoch - 1 not in found]


def _words(tokens: Int[np.ndarray, "row time"]) -> set[Word]:
    return {tuple(row) for row in tokens.tolist()}


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
    example = ""
    if odd:
        first = odd[0]
        example = f", the first in {first.purpose} after {list(first.prefix)}"
    # A check that allows everything would pass too: how many words picked blindly does it allow?
    rng = stream(seed, "random words")
    lengths = rng.choice([len(query.prefix) for query in records], RANDOM_WORDS)
    words = [tuple(rng.integers(alphabet_size, size=length).tolist()) for length in lengths]
    chance = float(np.mean([samples.allow(word) for word in words]))
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
    allowed = _queries_allowed(rows, config, alphabet_size)
    over = {line: count for line, count in ledger.items() if count > allowed.get(line, 0)}
    words = f"{sum(ledger.values())} queries, {sum(allowed.values())} allowed; over the limit: {over or 'none'}."
    numbers: dict[str, float] = dict(ledger)
    for line, count in allowed.items():
        numbers[f"{line}, allowed"] = float(count)
    return Finding("Lemma 5.10", not over, numbers, words)


def _queries_allowed(rows: Sequence[EpochRow], config: LearnerConfig, alphabet_size: int) -> dict[str, int]:
    """Most queries of each line, under its name in the ledger."""
    # n = trajectories of an epoch, N = samples of a spanner, T = horizon
    n = config.validation_samples
    N = config.spanner_samples
    # Line 2 as printed draws a whole sequence. The 1 is for the logits of the first token, which the model stores.
    line_2 = len(rows[0].futures) if config.printed else 0
    allowed = {SAMPLING: line_2, LINE_8: 1, LINE_15: 0}
    for row in rows:
        T = len(row.futures)
        sizes = [len(words) for words in row.futures]  # |F_s|
        allowed[SAMPLING] += n * T  # Alg. 1, line 9
        for s, histories in enumerate(row.spanners, start=1):
            kept = len(histories)
            columns = sizes[s - 1] + alphabet_size * sizes[s]  # Alg. 1, line 5: F_s and every token before F_{s+1}
            # Each history costs s - 1 questions to draw and one per column; what is kept, one per next token.
            allowed[LINE_8] += N * (s - 1 + columns) + kept * alphabet_size
            # Position t is tested once; as printed, with every end of the future up to it.
            ends = sum(t if config.printed else 1 for t in range(s, T))
            allowed[LINE_15] += n * kept * ends
    return allowed
