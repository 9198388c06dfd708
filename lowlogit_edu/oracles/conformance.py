"""Checks that an oracle keeps the protocol's promises; try them on one of your own.

>>> from lowlogit_edu.models import noisy_parity
>>> from lowlogit_edu.oracles.exact import ExactOracle
>>> for check in conformance_checks(ExactOracle(noisy_parity(bits=4))):
...     check()
>>> next(conformance_checks(ExactOracle(noisy_parity(bits=4)))).promise
'alphabet_size is an integer of 2 or more, fingerprint a nonempty string'
"""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from copy import deepcopy
from dataclasses import dataclass

import numpy as np

from lowlogit_edu.core.checks import Prefixes, by_length, check_count
from lowlogit_edu.core.errors import LowLogitError, OracleError
from lowlogit_edu.core.numerics import mean_center
from lowlogit_edu.core.rng import stream
from lowlogit_edu.oracles.base import LogitOracle

# What the order of a sum may change of a logit, with a margin: a transformer's, in single and in double precision.
FLOAT32_ERROR = 1e-4
FLOAT64_ERROR = 1e-9


@dataclass(frozen=True)
class Check:
    """One promise of the protocol; calling it raises `OracleError` where the oracle breaks it.

    Attributes
    ----------
    name : str
        One word, or two.
    promise : str
        A sentence without its full stop.
    test : callable
        Returns what is wrong, or None.
    """

    name: str
    promise: str
    test: Callable[[], str | None]

    def __call__(self) -> None:
        """Ask the oracle."""
        try:
            wrong = self.test()
        except Exception as error:  # a student's oracle may raise anything
            raise OracleError(f"{self.name}: {self.promise}. But it raised {type(error).__name__}: {error}") from error
        if wrong:
            raise OracleError(f"{self.name}: {self.promise}. But {wrong}.")


def conformance_checks(oracle: LogitOracle, longest: int = 3, seed: int = 0) -> Iterator[Check]:
    """Small checks of any oracle, one by one, the most basic first.

    Paper: Definition 1.7 (logit oracle; here what a program may rely on), arXiv:2512.09892.

    Parameters
    ----------
    oracle : LogitOracle
        Asked a few hundred questions.
    longest : int
        Length of the longest prefix asked about.
    seed : int
        Of the prefixes.
    """
    suite = _Suite(oracle, check_count("longest", longest), seed)
    for name, promise, test in (
        ("attributes", "alphabet_size is an integer of 2 or more, fingerprint a nonempty string", suite.attributes),
        ("shape", "n prefixes get an array of n rows and alphabet_size columns, also for n = 0", suite.shape),
        ("dtype", "answers are float32 or float64", suite.dtype),
        ("finite", "every logit is finite", suite.finite),
        ("centred", "every row has mean zero", suite.centred),
        ("batch", "a batch gets the answers of its single questions", suite.batch),
        ("repeat", "the same question gets the same answer", suite.repeat),
        ("order", "the order and repetition of questions change no answer", suite.order),
        ("types", "a prefix may be a tuple or a list, and is left as it was", suite.types),
        ("range", "tokens below 0 or from alphabet_size on are refused with a ValueError", suite.range),
        ("ownership", "writing into an answer changes no later answer", suite.ownership),
        ("fingerprint", "the fingerprint stays the same while questions are asked", suite.fingerprint),
        ("copy", "a copy has the same fingerprint and gives the same answers", suite.copy),
        ("threads", "threads that ask at the same time get the same answers", suite.threads),
    ):
        yield Check(name, promise, test)


def broken_promises(oracle: LogitOracle, longest: int = 3, seed: int = 0) -> dict[str, str]:
    """Name and message of every check that fails; empty for an oracle in order."""
    broken = {}
    for check in conformance_checks(oracle, longest, seed):
        try:
            check()
        except OracleError as error:
            broken[check.name] = str(error)
    return broken


class _Suite:
    """The oracle, the questions, and a method per check: what is wrong, or None."""

    def __init__(self, oracle: LogitOracle, longest: int, seed: int) -> None:
        self.oracle = oracle
        rng = stream(seed, "conformance")
        V = int(oracle.alphabet_size)
        # Every length once, so that the empty prefix is among them, and eight more at random.
        lengths = [*range(longest + 1), *rng.integers(longest + 1, size=8).tolist()]
        self.prefixes = [tuple(rng.integers(V, size=length).tolist()) for length in lengths]

    def ask(self, prefixes: Prefixes) -> np.ndarray:
        return np.array(self.oracle.logits(prefixes))  # a copy: what comes next must not change it

    def differs(self, one: np.ndarray, other: np.ndarray, prefixes: Prefixes | None = None) -> str | None:
        """Where two answers differ by more than their floats may: float32 sums depend on the batch."""
        prefixes = self.prefixes if prefixes is None else prefixes
        if one.shape != other.shape:
            return f"answers have shapes {one.shape} and {other.shape}"
        tolerance = FLOAT32_ERROR if np.float32 in (one.dtype, other.dtype) else FLOAT64_ERROR
        gap = np.abs(one - other).max(axis=1, initial=0.0)
        if gap.max(initial=0.0) <= tolerance:
            return None
        return f"answers differ by {gap.max():.2g} after prefix {list(prefixes[int(gap.argmax())])}"

    def attributes(self) -> str | None:
        V = self.oracle.alphabet_size
        name = self.oracle.fingerprint
        size_is_good = isinstance(V, int | np.integer) and not isinstance(V, bool) and V >= 2
        name_is_good = isinstance(name, str) and name != ""
        return None if size_is_good and name_is_good else f"they are {V!r} and {name!r}"

    def shape(self) -> str | None:
        for prefixes in ([], [()], self.prefixes[-1:], self.prefixes):
            answer = self.oracle.logits(prefixes)
            expected = (len(prefixes), self.oracle.alphabet_size)
            if np.shape(answer) != expected:
                return f"{len(prefixes)} prefixes got shape {np.shape(answer)}, expected {expected}"
        return None

    def dtype(self) -> str | None:
        answer: object = self.oracle.logits(self.prefixes)
        if not isinstance(answer, np.ndarray):
            return f"the answer is a {type(answer).__name__}, not an array"
        return None if answer.dtype in (np.float32, np.float64) else f"the dtype is {answer.dtype}"

    def finite(self) -> str | None:
        bad = np.argwhere(~np.isfinite(self.ask(self.prefixes)))
        if not len(bad):
            return None
        row, token = bad[0]
        return f"token {token} after prefix {list(self.prefixes[row])} is not"

    def centred(self) -> str | None:
        answer = self.ask(self.prefixes)
        wrong = self.differs(answer, mean_center(answer))
        return "a mean is not; apply numerics.mean_center" if wrong else None

    def batch(self) -> str | None:
        single = np.concatenate([self.ask([prefix]) for prefix in self.prefixes])
        wrong = self.differs(self.ask(self.prefixes), single)
        if wrong or not hasattr(self.oracle, "logits_after"):
            return wrong
        # Prefixes of one length may be asked about as the rows of a matrix.
        as_matrices = np.empty_like(single)
        for rows, tokens in by_length(self.prefixes):
            as_matrices[rows] = self.oracle.logits_after(tokens)
        return self.differs(as_matrices, single)

    def repeat(self) -> str | None:
        first = self.ask(self.prefixes)
        return self.differs(first, self.ask(self.prefixes))

    def order(self) -> str | None:
        twice = [*self.prefixes[::-1], *self.prefixes]
        answer = self.ask(self.prefixes)
        expected = np.concatenate([answer[::-1], answer])
        return self.differs(expected, self.ask(twice), twice)

    def types(self) -> str | None:
        lists = [list(prefix) for prefix in self.prefixes]
        wrong = self.differs(self.ask(self.prefixes), self.ask(lists))
        if wrong:
            return wrong
        unchanged = [tuple(prefix) for prefix in lists] == self.prefixes
        return None if unchanged else "a prefix was changed"

    def range(self) -> str | None:
        for token in (-1, int(self.oracle.alphabet_size)):
            try:
                self.oracle.logits([(token,)])
            except (ValueError, LowLogitError):
                continue
            return f"token {token} was answered"
        return None

    def ownership(self) -> str | None:
        before = self.ask(self.prefixes)
        answer = self.oracle.logits(self.prefixes)
        if answer.flags.writeable:  # one that is not cannot be spoilt
            answer[:] = 99.0
        return self.differs(before, self.ask(self.prefixes))

    def fingerprint(self) -> str | None:
        before = self.oracle.fingerprint
        self.ask(self.prefixes)
        after = self.oracle.fingerprint
        return None if after == before else f"{before!r} became {after!r}"

    def copy(self) -> str | None:
        twin = deepcopy(self.oracle)  # as what another process gets is a copy
        if twin.fingerprint != self.oracle.fingerprint:
            return f"the fingerprints are {self.oracle.fingerprint!r} and {twin.fingerprint!r}"
        return self.differs(self.ask(self.prefixes), np.array(twin.logits(self.prefixes)))

    def threads(self) -> str | None:
        expected = self.ask(self.prefixes)
        # More questions than threads, so that each is asked while others are being answered.
        with ThreadPoolExecutor(4) as pool:
            answers = pool.map(self.ask, [self.prefixes] * 16)
            complaints = [self.differs(expected, answer) for answer in answers]
        return next(filter(None, complaints), None)
