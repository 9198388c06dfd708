"""The one protocol with many implementations: a batch of prefixes in, centred logits out.

Anything with `alphabet_size`, `fingerprint` and `logits` is an oracle, a class of your own too.
The functions below ask any oracle; an oracle that can answer along whole sequences faster than
prefix by prefix (a transformer) adds methods of the same names, and they are used.
"""

from collections.abc import Callable, Sequence
from typing import Any, Protocol, runtime_checkable

import numpy as np
from jaxtyping import Float, Int

from lowlogit_edu.core.checks import Prefixes, check_count, check_prefixes, check_texts, check_tokens
from lowlogit_edu.core.errors import ArgumentError
from lowlogit_edu.core.numerics import draw_tokens, mean_center
from lowlogit_edu.oracles.checking import check_answer, check_drawn

Keep = Callable[[np.ndarray], np.ndarray]  # logits (n, alphabet_size) -> what is kept of them, (n, k), row by row
CHUNK_BYTES = 2**26  # of logits that are computed at once; with 50,000 tokens, 335 rows of float32


@runtime_checkable
class LogitOracle(Protocol):
    """Answers logit queries about a teacher.

    Paper: Definition 1.7 (logit oracle), arXiv:2512.09892.
    """

    @property
    def alphabet_size(self) -> int:
        """Number of tokens; tokens are 0 to alphabet_size - 1."""
        ...

    @property
    def fingerprint(self) -> str:
        """Names the teacher and everything that changes its answers."""
        ...

    def logits(self, prefixes: Prefixes) -> Float[np.ndarray, "prefix token"]:
        """Mean-centred logits (nats) of the next token after each prefix."""
        ...


def check_oracle(oracle: Any) -> None:
    """ArgumentError where something is no oracle, told by what it lacks."""
    lacking = [name for name in ("alphabet_size", "fingerprint", "logits") if not hasattr(oracle, name)]
    if lacking:
        raise ArgumentError(
            f"{type(oracle).__name__} is no logit oracle: it lacks {', '.join(lacking)}. An oracle has alphabet_size "
            "(an integer), fingerprint (a string that names the teacher) and logits(prefixes); "
            "ll.oracles.broken_promises(oracle) tries all that is promised of them."
        )


def ask(oracle: LogitOracle, prefixes: Prefixes) -> Float[np.ndarray, "prefix token"]:
    """`oracle.logits(prefixes)`, with both the question and the answer checked."""
    checked = check_prefixes(prefixes, oracle.alphabet_size)
    return check_answer(oracle, oracle.logits(checked), (len(checked), oracle.alphabet_size), checked)


def logits_after(oracle: LogitOracle, tokens: Int[np.ndarray, "prefix time"]) -> Float[np.ndarray, "prefix token"]:
    """`ask` for prefixes of one length, the rows of a matrix: many are asked about without a tuple for each."""
    tokens = check_tokens(tokens, oracle.alphabet_size)
    fast = _own_way(oracle, "logits_after")
    if fast is None:
        return ask(oracle, list(map(tuple, tokens.tolist())))
    return check_answer(oracle, fast(tokens), (len(tokens), oracle.alphabet_size), tokens)


def _own_way(oracle: Any, name: str) -> Any:
    """An oracle's own way to answer many questions, where it has one.

    One that comes from a class whose `logits` was written anew below it would pass by the new one, and is not used.
    """
    there = next((each for each in type(oracle).__mro__ if name in vars(each)), None)
    theirs = vars(there).get("logits") if there is not None else None
    passes_by = theirs is not None and type(oracle).logits is not theirs
    if passes_by and not getattr(theirs, "__isabstractmethod__", False):
        return None
    return getattr(oracle, name, None)


def ask_keeping(oracle: LogitOracle, prefixes: Prefixes, keep: Keep) -> Float[np.ndarray, "prefix kept"]:
    """`keep(ask(oracle, prefixes))`, so many whole rows at a time as take `CHUNK_BYTES`."""
    size = texts_at_once(oracle.alphabet_size)
    parts = [keep(ask(oracle, prefixes[start : start + size])) for start in range(0, len(prefixes), size)]
    return np.concatenate(parts)


def texts_at_once(alphabet_size: int, positions: int = 1) -> int:
    """How many texts' logits, at so many positions each, take `CHUNK_BYTES` as float32; at least one."""
    bytes_per_text = 4 * alphabet_size * max(1, positions)
    return max(1, CHUNK_BYTES // bytes_per_text)


def logits_along(
    oracle: LogitOracle, tokens: Int[np.ndarray, "sequence time"]
) -> Float[np.ndarray, "sequence time token"]:
    """Logits at every position of every sequence: `[:, t]` is given `tokens[:, :t]`."""
    tokens = check_tokens(tokens, oracle.alphabet_size)
    n, length = tokens.shape
    fast = _own_way(oracle, "logits_along")
    if fast is None:
        prefixes = [row[:t] for row in tokens.tolist() for t in range(length)]
        return ask(oracle, prefixes).reshape(n, length, oracle.alphabet_size)
    return check_answer(oracle, fast(tokens), (n, length, oracle.alphabet_size))


def reads_texts_of(oracle: LogitOracle, length: int) -> bool:
    """Whether a teacher says that it reads texts of so many tokens.

    It says so by an attribute `longest`, in tokens, None for no limit; wrappers are looked through. A teacher
    without one may have been made for shorter texts, and is not asked.
    """
    teacher = _inside(oracle)
    if not hasattr(teacher, "longest"):
        return False
    return teacher.longest is None or length <= teacher.longest


def check_reads(oracle: LogitOracle, horizon: int) -> None:
    """ArgumentError where a teacher says that it reads no texts of `horizon` tokens."""
    longest = getattr(_inside(oracle), "longest", None)
    if longest is not None and horizon > longest:
        raise ArgumentError(f"the teacher reads texts of at most {longest} tokens, got horizon {horizon}; lower it.")


def device_of(oracle: LogitOracle) -> str:
    """Where a teacher computes, by its attribute `device`, a name of torch's; wrappers are looked through."""
    return str(getattr(_inside(oracle), "device", "cpu"))


def _inside(oracle: Any) -> Any:
    """The teacher inside all wrappers."""
    while hasattr(oracle, "oracle"):
        oracle = oracle.oracle
    return oracle


def sample(
    oracle: LogitOracle, n: int, horizon: int, *, prompt: Sequence[int] = (), rng: np.random.Generator
) -> Int[np.ndarray, "sequence time"]:
    """`n` sequences of `horizon` tokens from the teacher, each beginning with `prompt`."""
    return sample_with_logits(oracle, n, horizon, prompt=prompt, rng=rng, keep=keep_nothing)[0]


def sample_with_logits(
    oracle: LogitOracle,
    n: int,
    horizon: int,
    *,
    prompt: Sequence[int] = (),
    rng: np.random.Generator,
    keep: Keep | None = None,
    among: Int[np.ndarray, "token"] | None = None,
) -> tuple[Int[np.ndarray, "sequence time"], Float[np.ndarray, "sequence drawn kept"]]:
    """`sample`, together with the logits that each token after the prompt was drawn from.

    Drawing a token is a logit query, so the logits along a sampled sequence cost nothing more, except
    memory. `keep` reduces the logits of a step, (n, alphabet_size), to (n, k) before they are stored:
    `lambda rows: rows[:, :k]` keeps the first k tokens'. It works row by row, on any number of rows. Given `among`,
    only those tokens are drawn, and the logits are theirs, centred anew.
    """
    horizon = check_count("horizon", horizon)
    n = check_texts(n, horizon)
    (start,) = check_prefixes([prompt], oracle.alphabet_size, horizon + 1)  # a prompt may fill the horizon
    fast = _own_way(oracle, "sample_with_logits") if _draws(oracle) else None
    if fast is not None:
        return check_drawn(oracle, fast(n, horizon, prompt=start, rng=rng, keep=keep, among=among), n, horizon, start)
    if hasattr(oracle, "allow_texts"):
        oracle.allow_texts(n, horizon - len(start))
    return _sample_by_prefixes(oracle, n, horizon, start, keep or keep_all, among, rng=rng)


def _draws(oracle: Any) -> bool:
    """Whether a teacher has its own way to draw texts; wrappers that are asked token by token are looked through."""
    while hasattr(oracle, "logits_to_draw"):
        oracle = oracle.oracle
    return _own_way(oracle, "sample_with_logits") is not None


def logits_to_draw(
    oracle: LogitOracle, distinct: Int[np.ndarray, "prefix time"], texts: int
) -> Float[np.ndarray, "prefix token"]:
    """`logits_after`, to draw a token for each of so many texts, whose prefixes are these: as many queries."""
    fast = getattr(oracle, "logits_to_draw", None)
    return logits_after(oracle, distinct) if fast is None else fast(distinct, texts)


def _sample_by_prefixes(
    oracle: LogitOracle,
    n: int,
    horizon: int,
    start: tuple[int, ...],
    keep: Keep,
    among: Int[np.ndarray, "token"] | None,
    *,
    rng: np.random.Generator,
) -> tuple[Int[np.ndarray, "sequence time"], Float[np.ndarray, "sequence drawn kept"]]:
    """`sample_with_logits` of an oracle that answers prefixes only."""
    allowed = np.arange(oracle.alphabet_size) if among is None else among
    tokens = np.tile(np.array(start, dtype=np.int64), (n, 1))
    kept = []
    # Equal prefixes are asked about once: text i has the prefix distinct[which[i]]. At first all have the prompt.
    distinct = tokens[:1]
    which = np.zeros(n, dtype=np.int64)
    while tokens.shape[1] < horizon:
        rows = columns(logits_to_draw(oracle, distinct, n), among)[which]
        kept.append(np.array(keep(rows)))  # a copy: a view would hold the whole rows
        drawn = allowed[draw_tokens(rows, rng=rng)]
        tokens = np.concatenate([tokens, drawn[:, None]], axis=1)
        # Texts stay equal where the prefix was and the token is: one number for the pair of them.
        pair = which * oracle.alphabet_size + drawn
        _, first, which = np.unique(pair, return_index=True, return_inverse=True)
        distinct = tokens[first]
    if not kept:  # the prompt fills the horizon: nothing was asked, so `keep` is tried on a row of zeros for its width
        width = keep(np.zeros((1, len(allowed)))).shape[1]
        return tokens, np.zeros((n, 0, width))
    return tokens, np.stack(kept, axis=1)


def columns(rows: np.ndarray, among: np.ndarray | None) -> np.ndarray:
    """The logits of some tokens, centred anew; None stands for all tokens."""
    return rows if among is None else mean_center(rows[:, among])


def keep_all(rows: np.ndarray) -> np.ndarray:
    """Every logit."""
    return rows


def keep_nothing(rows: np.ndarray) -> np.ndarray:
    """No logit: texts alone."""
    return rows[:, :0]
