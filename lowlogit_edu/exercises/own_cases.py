"""What the checks of notebook 13 try a student's learner on, and the truth by the package's own functions.

>>> from lowlogit_edu.models import random_isan
>>> teacher = random_isan(alphabet_size=2, dimension=2, horizon=3, seed=0)
>>> [len(cut.histories) for cut in cuts_of(teacher, first_futures(teacher))]
[1, 2]
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
from jaxtyping import Float, Int

from lowlogit_edu.algorithm.learner import extended_futures
from lowlogit_edu.algorithm.program import ProgramStatus, Step, solve_program
from lowlogit_edu.core.checks import Prefixes
from lowlogit_edu.core.numerics import log_softmax
from lowlogit_edu.exercises.feedback import Wrong, show
from lowlogit_edu.exercises.own_learner import Cut
from lowlogit_edu.matrices.logit_matrix import Word, all_words, word_logits
from lowlogit_edu.matrices.spanner import barycentric_spanner
from lowlogit_edu.models import TabularModel
from lowlogit_edu.models.base import LanguageModel
from lowlogit_edu.oracles.exact import ExactOracle

Futures = list[list[Word]]
PRECISE = 1e-5  # nats; a solver of linear programs leaves about 1e-7


def first_futures(teacher: LanguageModel) -> Futures:
    """F_s of line 2: every token, at every cut."""
    return [[(token,) for token in range(teacher.alphabet_size)] for _ in range(teacher.horizon)]


def full_futures(teacher: LanguageModel, longest: int) -> Futures:
    """Every word of 1 to `longest` tokens that still fits behind each cut."""
    return [
        [
            word
            for length in range(1, min(longest, teacher.horizon - s) + 1)
            for word in all_words(teacher.alphabet_size, length)
        ]
        for s in range(teacher.horizon)
    ]


def cuts_of(teacher: LanguageModel, futures: Futures, bound: float = 2.0, rows: int | None = None) -> list[Cut]:
    """Cuts 1 to T - 1, each spanned by some of all histories; by the first few alone where `rows` says so."""
    oracle = ExactOracle(teacher)
    cuts = []
    for s in range(teacher.horizon - 1):
        histories = all_words(teacher.alphabet_size, s)
        columns = extended_futures(futures[s], futures[s + 1], teacher.alphabet_size)
        table = word_logits(oracle, histories, columns)
        chosen = barycentric_spanner(table, bound)[:rows]
        logits = {future: table[chosen, column] for column, future in enumerate(columns)}
        cuts.append(Cut([histories[i] for i in chosen], list(futures[s]), logits))
    return cuts


def steps_of(cuts: Sequence[Cut], prefix: Word) -> list[Step]:
    """The equations between neighbouring cuts, one `Step` for cuts 2 to t."""
    steps = []
    for s in range(1, len(prefix)):
        here = np.array([cuts[s].logits[future] for future in cuts[s].futures])
        carried = np.array([cuts[s - 1].logits[prefix[s - 1], *future] for future in cuts[s].futures])
        steps.append(Step(here, carried))
    return steps


def true_path(cuts: Sequence[Cut], prefix: Word, bound: float) -> list[np.ndarray] | None:
    """Coefficients c_1 to c_t by the package's program, or None where it has no solution."""
    solution = solve_program(steps_of(cuts, prefix), bound)
    return list(solution.coefficients) if solution.status is ProgramStatus.SOLVED else None


def true_opinions(
    teacher: LanguageModel, cuts: Sequence[Cut], prefix: Word, path: Sequence[np.ndarray]
) -> Float[np.ndarray, "cut token"]:
    """What each cut says about the next token."""
    said = []
    for s, coefficients in enumerate(path):
        rows = teacher.logits([(*history, *prefix[s:]) for history in cuts[s].histories])
        said.append(coefficients @ rows)
    return np.array(said)


def next_logits_of(cuts: Sequence[Cut], prefix: Word, alphabet_size: int, bound: float) -> np.ndarray:
    """Logits of the next token by Algorithm 2; zeros where the program has no solution."""
    if not prefix:
        return np.array([cuts[0].logits[token,][0] for token in range(alphabet_size)])
    path = true_path(cuts, prefix, bound)
    if path is None:
        return np.zeros(alphabet_size)
    read = cuts[len(prefix) - 1].logits
    return np.array([path[-1] @ read[prefix[-1], token] for token in range(alphabet_size)])


def farthest(teacher: LanguageModel, cuts: Sequence[Cut], bound: float) -> float:
    """The largest error of log-probabilities of a student's cuts, over all prefixes of a small teacher."""
    worst = 0.0
    for length in range(teacher.horizon):
        for prefix in all_words(teacher.alphabet_size, length):
            found = next_logits_of(cuts, prefix, teacher.alphabet_size, bound)
            gap = log_softmax(found) - log_softmax(teacher.next_token_logits(prefix))
            worst = max(worst, float(np.abs(gap).max()))
    return worst


def independent_tokens(horizon: int) -> TabularModel:
    """Two tokens with logits 1 and -1 after every prefix: numbers that floating point adds without an error."""
    return TabularModel([np.tile([1.0, -1.0], (2**length, 1)) for length in range(horizon)])


class Single(ExactOracle):
    """Answers in single precision, as transformers do."""

    def logits(self, prefixes: Prefixes) -> Float[np.ndarray, "prefix token"]:
        """The teacher's logits as float32."""
        return super().logits(prefixes).astype(np.float32)


class Patient(ExactOracle):
    """Answers zeros where a text is over: a witness at a wrong cut is told by the check, not by an error."""

    def logits(self, prefixes: Prefixes) -> Float[np.ndarray, "prefix token"]:
        """The teacher's logits, or zeros."""
        T = self.model.horizon
        answers = super().logits([tuple(prefix)[: T - 1] for prefix in prefixes])
        answers[[len(prefix) >= T for prefix in prefixes]] = 0.0
        return answers

    def logits_after(self, tokens: Int[np.ndarray, "prefix time"]) -> Float[np.ndarray, "prefix token"]:
        """`logits` of prefixes of one length, the rows of a matrix."""
        return self.logits(tokens.tolist())


def list_of_cuts(answer: Any, count: int, about: str) -> list[Cut]:
    """A student's cuts, or `Wrong`."""
    if not isinstance(answer, list | tuple) or len(answer) != count:
        raise Wrong(f"{about} expected a list of {count} cuts, for s = 1 to T - 1, got {show(answer)}.")
    return [one_cut(cut, about) for cut in answer]


def one_cut(answer: Any, about: str) -> Cut:
    """A student's Cut, or `Wrong`."""
    if not isinstance(answer, tuple) or len(answer) != len(Cut._fields) or not isinstance(answer[2], dict):
        raise Wrong(f"{about} expected Cut(histories, futures, logits) with a dict of logits, got {show(answer)}.")
    return Cut(*answer)
