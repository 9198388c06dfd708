"""An oracle whose questions many workers answer: processes of this machine, or of a cluster.

>>> from concurrent.futures import ThreadPoolExecutor
>>> from lowlogit_edu.models import noisy_parity
>>> from lowlogit_edu.oracles.exact import ExactOracle
>>> with ThreadPoolExecutor(2) as workers:
...     oracle = Distributed(lambda: ExactOracle(noisy_parity(bits=4)), workers, texts=1)
...     oracle.logits([(0, 1), (1, 1)]).shape
(2, 2)
"""

from collections.abc import Callable, Sequence
from concurrent.futures import BrokenExecutor, Executor, ProcessPoolExecutor
from functools import partial
from threading import Lock
from typing import Any

import numpy as np
from jaxtyping import Float, Int

from lowlogit_edu.core.checks import Prefixes, check_count, check_prefixes, check_tokens
from lowlogit_edu.core.errors import ArgumentError, OracleError
from lowlogit_edu.oracles import base
from lowlogit_edu.oracles.base import Keep, LogitOracle, check_oracle

_teachers: dict[str, LogitOracle] = {}  # of a worker, by fingerprint: the last one that it was asked about
_making = Lock()


class Distributed:
    """Asks copies of one teacher, which each worker makes for itself and keeps.

    Answers and samples are, to the byte, those of the same teacher asked here in parts of `texts`, whatever the workers
    are and how many. In parts of 256, samples are also those of a `TransformerOracle` that is asked as a whole; its
    answers may be rounded otherwise.

    Parameters
    ----------
    make : callable
        Makes the teacher, here and once in each worker, which has to find it: a function of a module, or
        `functools.partial(TransformerOracle.from_pretrained, "embedded")`. Count and limit around it, not in it:
        `Budgeted(Distributed(make, executor), budget)`, since each worker would count for itself.
    executor : concurrent.futures.Executor
        `ProcessPoolExecutor()`, `dask.distributed.Client(...).get_executor()`, or any other.
    texts : int
        How many prefixes or texts a worker is given at a time; no more than that are asked here.
    """

    def __init__(self, make: Callable[[], LogitOracle], executor: Executor, *, texts: int = 256) -> None:
        _check_workers(make, executor)
        self.oracle = make()
        check_oracle(self.oracle)
        self.alphabet_size = self.oracle.alphabet_size
        self.fingerprint = self.oracle.fingerprint
        self.texts = check_count("texts", texts)
        self._make = make
        self._executor = executor

    def __repr__(self) -> str:
        return f"Distributed({self.oracle!r})"

    def logits(self, prefixes: Prefixes) -> Float[np.ndarray, "prefix token"]:
        """Mean-centred logits (nats) of the next token after each prefix."""
        rows = check_prefixes(prefixes, self.alphabet_size)
        if len(rows) <= self.texts:
            return base.ask(self.oracle, rows)
        order = sorted(range(len(rows)), key=rows.__getitem__)  # what prefixes have in common, one worker reads
        found = self._of_parts("ask", [([rows[i] for i in order[part]],) for part in self._parts(len(rows))])
        told = np.concatenate(found)
        answer = np.empty_like(told)
        answer[order] = told
        return answer

    def logits_along(self, tokens: Int[np.ndarray, "n T"]) -> Float[np.ndarray, "n T token"]:
        """Mean-centred logits at every position: `[:, t]` is given `tokens[:, :t]`."""
        tokens = check_tokens(tokens, self.alphabet_size)
        if len(tokens) <= self.texts:
            return base.logits_along(self.oracle, tokens)
        return np.concatenate(self._of_parts("logits_along", [(tokens[part],) for part in self._parts(len(tokens))]))

    def sample_with_logits(
        self,
        n: int,
        horizon: int,
        *,
        prompt: Sequence[int] = (),
        rng: np.random.Generator,
        keep: Keep | None = None,
        among: Int[np.ndarray, "token"] | None = None,
    ) -> tuple[Int[np.ndarray, "n T"], Float[np.ndarray, "n drawn kept"]]:
        """`n` sequences that begin with `prompt`, and the logits they were drawn from, or what `keep` keeps."""
        settings: dict[str, Any] = {"prompt": prompt, "keep": keep, "among": among}
        if n <= self.texts:
            return base.sample_with_logits(self.oracle, n, horizon, rng=rng, **settings)
        parts = self._parts(n)
        streams = rng.spawn(len(parts))  # as many as parts, not as workers
        pieces = [(len(range(n)[part]), horizon) for part in parts]
        found = self._of_parts("sample_with_logits", pieces, [settings | {"rng": stream} for stream in streams])
        tokens, kept = zip(*found, strict=True)
        return np.concatenate(tokens), np.concatenate(kept)

    def _parts(self, n: int) -> list[slice]:
        return [slice(start, start + self.texts) for start in range(0, n, self.texts)]

    def _of_parts(
        self, question: str, pieces: list[tuple[Any, ...]], settings: list[dict[str, Any]] | None = None
    ) -> list[Any]:
        """What workers answer to a function of `base`, called with each of the pieces."""
        named = settings or [{}] * len(pieces)
        try:
            asked = [
                self._executor.submit(_answer, self._make, self.fingerprint, question, piece, given)
                for piece, given in zip(pieces, named, strict=True)
            ]
            return [future.result() for future in asked]
        except BrokenExecutor as error:
            raise OracleError(
                f"a worker of {self!r} died ({error}); nothing of this question was used. Go on from the last "
                "checkpoint with a new executor, and fewer texts for each worker if it ran out of memory."
            ) from error
        except RuntimeError as error:
            if "shutdown" not in str(error):  # all that an executor which was closed says
                raise
            raise OracleError(
                f"the executor of {self!r} is closed; make the oracle anew with one that is open, and go on from the "
                "last checkpoint."
            ) from error


def _check_workers(make: Callable[[], LogitOracle], executor: Executor) -> None:
    """Refuse, before anything is asked, what no worker could use."""
    if not callable(make) or isinstance(make, LogitOracle):
        raise ArgumentError(
            "make must be a function that makes the teacher, for every worker makes its own: "
            f"functools.partial(TransformerOracle.from_pretrained, 'embedded'), say; got {make!r}."
        )
    if not callable(getattr(executor, "submit", None)):
        raise ArgumentError(
            "executor must have a method submit, as concurrent.futures.ProcessPoolExecutor() and dask's "
            f"Client(...).get_executor() have; got {executor!r}."
        )
    function = make.func if isinstance(make, partial) else make
    # A name such as <lambda>, or outer.<locals>.inner: other processes cannot look it up.
    if isinstance(executor, ProcessPoolExecutor) and "<" in getattr(function, "__qualname__", ""):
        raise ArgumentError(
            f"make cannot be sent to processes: it has to be a function of a module, or functools.partial of one, and "
            f"{function.__qualname__} serves threads and dask only."
        )


def _answer(
    make: Callable[[], LogitOracle], fingerprint: str, question: str, given: tuple[Any, ...], named: dict[str, Any]
) -> Any:
    """In a worker: its own copy of the teacher is asked."""
    with _making:
        if fingerprint not in _teachers:
            _teachers.clear()
            made = make()
            if made.fingerprint != fingerprint:
                raise OracleError(
                    f"a worker has another teacher, {made.fingerprint}, than {fingerprint}: give it the same files and "
                    "versions."
                )
            _teachers[fingerprint] = made
        teacher = _teachers[fingerprint]
    return getattr(base, question)(teacher, *given, **named)
