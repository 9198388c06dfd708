"""The faithful learner's model: spanner rows, and a program solved for every prefix.

>>> model = ProgramModel(np.array([-1.0, 1.0]), [])
>>> model.horizon, model.next_token_logits([]).tolist()
(1, [-1.0, 1.0])
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from functools import cache
from typing import Any, get_type_hints

import numpy as np
from jaxtyping import Bool, Float, Int

from lowlogit_edu.algorithm.program import (
    ProgramSolution,
    ProgramStatus,
    Step,
    least_squares_step,
    solve_program,
)
from lowlogit_edu.config import SOLVER_ERROR
from lowlogit_edu.core.checks import Prefixes, array_fingerprint, by_length, check_count, check_prefixes, check_rows
from lowlogit_edu.core.contents import check_arrays, check_names, check_value
from lowlogit_edu.core.errors import ArgumentError
from lowlogit_edu.learned.base import LearnedModel
from lowlogit_edu.matrices.logit_matrix import Told, Word
from lowlogit_edu.oracles.base import LogitOracle

LEAST = {"horizon": 1, "bound": 0.0, "tolerance": 0.0, "noise": 0.0}  # of what a saved model says of itself
UNBOUNDED = ("bound", "tolerance")  # may be infinite, as a greedy model's are


@dataclass(frozen=True)
class CutRows:
    """What is stored of one cut s: its spanner's histories h_i and their logits L(h_i o f).

    Paper: Algorithm 1, lines 18 and 19 (what the learner returns), arXiv:2512.09892.
    Differs from the paper: line 18 keeps the logits after one token, which Algorithm 2 needs.

    Attributes
    ----------
    histories : int array of shape (spanner, s - 1)
    on_futures : array of shape (spanner, future)
        L(h_i o f) for f in F_s.
    carried : array of shape (alphabet_size, spanner, next future)
        L(h_i o z o f) for every token z and f in F_{s+1}.
    next_logits : array of shape (alphabet_size, spanner, alphabet_size)
        L(h_i o z o a) for all tokens z and a.
    """

    histories: Int[np.ndarray, "row time"]
    on_futures: Float[np.ndarray, "row future"]
    carried: Float[np.ndarray, "token row next_future"]
    next_logits: Float[np.ndarray, "token row token"]

    def __post_init__(self) -> None:
        for field in fields(self):  # one memory layout, so that a loaded model rounds alike
            object.__setattr__(self, field.name, np.ascontiguousarray(getattr(self, field.name)))

    @classmethod
    def ask(cls, oracle: LogitOracle, told: Told, here: Sequence[Word], beyond: Sequence[Word]) -> "CutRows":
        """The rows of histories on F_s = `here` and on every token followed by F_{s+1} = `beyond`."""
        tokens = range(oracle.alphabet_size)
        carried = [(z, *f) for z in tokens for f in beyond]
        pairs = [(z, a) for z in tokens for a in tokens]
        rows = told.rows(oracle, [*here, *carried, *pairs])
        ends = [len(here), len(here) + len(carried)]
        on_futures, on_carried, on_pairs = np.split(rows, ends, axis=1)
        by_token = (len(rows), len(tokens), -1)
        return cls(
            told.histories,
            on_futures,
            on_carried.reshape(by_token).swapaxes(0, 1),
            on_pairs.reshape(by_token).swapaxes(0, 1),
        )


class ProgramModel(LearnedModel):
    """A language model that finds the next token's logits by the linear program on the prefix.

    Paper: Algorithm 2 (sampler), arXiv:2512.09892.

    Where the program of a prefix has no solution the next token is uniform.

    Parameters
    ----------
    first_logits : array of shape (alphabet_size,)
        Logits of the first token.
    cuts : sequence of CutRows
        Cuts 1 to horizon - 1; no program reaches the last one.
    bound : float
        Largest absolute coefficient.
    tolerance : float
        Largest error of an equation, in nats.
    noise : float
        Sup-norm error of the stored logits, in nats.
    teacher : str
        Fingerprint of the oracle that the logits came from.
    """

    kind = "lowlogit_edu program model"

    def __init__(
        self,
        first_logits: Float[np.ndarray, "token"],
        cuts: Sequence[CutRows],
        bound: float = 2.0,
        tolerance: float = SOLVER_ERROR,
        noise: float = 0.0,
        teacher: str = "",
    ) -> None:
        self.first_logits = np.asarray(first_logits, dtype=np.float64)
        self.cuts = tuple(cuts)
        self.alphabet_size = check_count("alphabet_size", len(self.first_logits))
        self.horizon = len(self.cuts) + 1
        self.teacher = teacher
        self.bound = float(bound)
        self.tolerance = float(tolerance)
        self.noise = float(noise)
        _check_cuts(self.cuts, self.alphabet_size)
        settings = np.array([self.bound, self.tolerance, self.noise])  # they change answers, so they are in the name
        arrays = [getattr(cut, field.name) for cut in self.cuts for field in fields(cut)]
        self.fingerprint = array_fingerprint("program", self.first_logits, settings, *arrays)
        self._solutions: dict[Word, ProgramSolution] = {}
        self.step = cache(self._step)  # of this model alone: a step holds the decomposition of its matrix

    def __repr__(self) -> str:
        sizes = [len(cut.histories) for cut in self.cuts]
        return f"ProgramModel(alphabet_size={self.alphabet_size}, horizon={self.horizon}, spanner_sizes={sizes})"

    def _step(self, cut: int, token: int) -> Step:
        """The program's equations at `cut` (2 or more) when `token` is the one before it."""
        return Step(self.cuts[cut - 1].on_futures.T, self.cuts[cut - 2].carried[token].T, self.noise)

    def solution(self, prefix: Sequence[int]) -> ProgramSolution:
        """The program of one nonempty prefix; solutions are remembered."""
        (word,) = check_prefixes([prefix], self.alphabet_size, self.horizon)
        if word not in self._solutions:
            self._solutions[word] = self._solve(word)
        return self._solutions[word]

    def _solve(self, word: Word) -> ProgramSolution:
        # The equations of a prefix are among those of every longer one: where it has no solution, none has.
        if len(word) > 1:
            parent = self.solution(word[:-1])
            if parent.status is ProgramStatus.INFEASIBLE:
                return parent
        # Otherwise all coefficients are found anew (Alg. 2, line 3): those of the shorter prefix may
        # have used up a choice that the last equations need.
        steps = [self.step(cut, token) for cut, token in enumerate(word[:-1], start=2)]
        return solve_program(steps, self.bound, self.tolerance)

    def coefficients(
        self, tokens: Int[np.ndarray, "prefix time"]
    ) -> tuple[list[Float[np.ndarray, "prefix _"]], Bool[np.ndarray, "prefix"]]:
        """c_1 to c_t of many prefixes of t >= 1 tokens, and which of their programs were solved."""
        # Least squares takes all prefixes from cut to cut together, one matrix per token.
        path = [np.ones((len(tokens), 1))]  # c_1 = e_1 (b)
        solved = np.ones(len(tokens), dtype=bool)
        for cut, column in enumerate(tokens.T[:-1], start=2):
            after = np.zeros((len(tokens), len(self.cuts[cut - 1].histories)))
            for token in np.unique(column):
                here = column == token
                step = self.step(cut, int(token))
                after[here], passed = least_squares_step(step, path[-1][here], self.bound, self.tolerance)
                solved[here] &= passed
            path.append(after)
        # Where a step failed the check, the prefix has its own linear program. Without a solution
        # it keeps what least squares gave, and is marked.
        for row in np.flatnonzero(~solved):
            solution = self.solution(tokens[row].tolist())
            solved[row] = solution.status is ProgramStatus.SOLVED
            for c, found in zip(path, solution.coefficients, strict=False):
                c[row] = found
        return path, solved

    def logits(self, prefixes: Prefixes) -> Float[np.ndarray, "prefix token"]:
        """Mean-centred logits (nats) of the next token after each prefix; zero where no program is solved."""
        prefixes = check_prefixes(prefixes, self.alphabet_size, self.horizon)
        answer = np.empty((len(prefixes), self.alphabet_size))
        for rows, tokens in by_length(prefixes):
            answer[rows] = self.logits_after(tokens)
        return answer

    def logits_after(self, tokens: Int[np.ndarray, "prefix time"]) -> Float[np.ndarray, "prefix token"]:
        """`logits` of prefixes of one length, the rows of a matrix."""
        tokens = check_rows(tokens, self.alphabet_size, self.horizon)
        length = tokens.shape[1]
        if length == 0:
            return np.tile(self.first_logits, (len(tokens), 1))  # Alg. 2, line 1
        path, solved = self.coefficients(tokens)  # Alg. 2, line 3
        read = self.cuts[length - 1].next_logits[tokens[:, -1]]
        answer = np.einsum("pi,pia->pa", path[-1], read)  # Alg. 2, lines 5 to 7
        answer[~solved] = 0.0  # Alg. 2, line 4: uniform
        return answer

    def contents(self) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
        """A JSON-able header and the arrays: all that `from_contents` needs."""
        arrays = {"first_logits": self.first_logits}
        for s, cut in enumerate(self.cuts, start=1):
            for field in fields(cut):
                arrays[f"cut{s}.{field.name}"] = getattr(cut, field.name)
        return {name: getattr(self, name) for name in ("horizon", "bound", "tolerance", "noise", "teacher")}, arrays

    @classmethod
    def from_contents(cls, header: Mapping[str, Any], arrays: Mapping[str, np.ndarray]) -> "ProgramModel":
        """The model that `contents` describes; ArgumentError where they are those of none."""
        check_names("the header", header, ("teacher", *LEAST))
        check_value("teacher", header["teacher"], str)
        for name, least in LEAST.items():
            check_value(name, header[name], type(least), least, finite=name not in UNBOUNDED)
        hints = get_type_hints(CutRows)
        # Of a horizon beyond all that is there, enough names to miss one.
        last = min(header["horizon"], len(arrays) + 2)
        of_cuts = [f"cut{s}.{name}" for s in range(1, last) for name in hints]
        check_names("the model", arrays, ["first_logits", *of_cuts])
        first = {"first_logits": arrays["first_logits"]}
        check_arrays("the model", first, {"first_logits": Float[np.ndarray, "token"]})
        cuts = []
        for s in range(1, header["horizon"]):
            rows = {name: arrays[f"cut{s}.{name}"] for name in hints}
            check_arrays(f"cut {s}", rows, hints)
            cuts.append(CutRows(**rows))
        settings = {name: header[name] for name in header if name != "horizon"}
        return cls(arrays["first_logits"], cuts, **settings)


def _check_cuts(cuts: Sequence[CutRows], alphabet_size: int) -> None:
    """ArgumentError unless the arrays of every cut fit each other and those of the next cut."""
    V = alphabet_size
    for s, cut in enumerate(cuts, start=1):
        rows = len(cut.histories)
        # Cut s + 1 has the futures that are carried here, but behind the last cut stored there is none.
        beyond = cuts[s].on_futures.shape[1:] if s < len(cuts) else cut.carried.shape[2:]
        expected = {
            "histories": (rows, s - 1),
            "on_futures": (rows, *cut.on_futures.shape[1:]),
            "carried": (V, rows, *beyond),
            "next_logits": (V, rows, V),
        }
        for name, shape in expected.items():
            if getattr(cut, name).shape != shape:
                raise ArgumentError(f"{name} of cut {s} must have shape {shape}, got {getattr(cut, name).shape}.")
