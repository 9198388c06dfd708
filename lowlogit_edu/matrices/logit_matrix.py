"""The logit matrix: rows are histories, columns are futures, and its rank is the subject.

Cut s (1 to the horizon) parts a sequence before its s-th token: histories there have s - 1 tokens.

>>> from lowlogit_edu.models import noisy_parity
>>> cut_ranks(noisy_parity(bits=3))
[1, 1, 1, 1]
"""

from collections.abc import Sequence

import numpy as np
from jaxtyping import Float

from lowlogit_edu.core.checks import Prefixes, check_count
from lowlogit_edu.core.errors import ArgumentError, TooLarge
from lowlogit_edu.models.base import LanguageModel
from lowlogit_edu.oracles.base import LogitOracle, ask
from lowlogit_edu.oracles.exact import ExactOracle

Word = tuple[int, ...]


def all_words(alphabet_size: int, length: int) -> list[Word]:
    """Every word of the given length, in lexicographic order."""
    words: list[Word] = [()]
    for _ in range(length):
        words = [(*word, token) for word in words for token in range(alphabet_size)]
    return words


def words_up_to(alphabet_size: int, length: int) -> list[Word]:
    """Every word of at most the given length, the shorter ones first."""
    return [word for exactly in range(length + 1) for word in all_words(alphabet_size, exactly)]


def _answers(oracle: LogitOracle, histories: Prefixes, futures: Prefixes) -> Float[np.ndarray, "history future token"]:
    """All logits after every history continued by every future, in one batch."""
    prefixes = [(*history, *future) for history in histories for future in futures]
    answers = ask(oracle, prefixes).astype(np.float64, copy=False)
    return answers.reshape(len(histories), len(futures), oracle.alphabet_size)


def logit_matrix(oracle: LogitOracle, histories: Prefixes, futures: Prefixes) -> Float[np.ndarray, "history column"]:
    """Mean-centred logits (nats) after every history continued by every future.

    Paper: Definition 1.3 (logit matrix), arXiv:2512.09892.

    Column `f * alphabet_size + z` is the logit of token z after the history and future number f.
    """
    return _answers(oracle, histories, futures).reshape(len(histories), -1)


def word_logits(oracle: LogitOracle, histories: Prefixes, words: Prefixes) -> Float[np.ndarray, "history future"]:
    """The logit of each word's last token after the history and the rest of the word.

    These are the columns of `logit_matrix` that Algorithm 1 calls L(h o f), one per nonempty word
    f; words that differ in the last token alone share one query per history.
    """
    if not all(len(word) for word in words):
        raise ArgumentError("words must be nonempty: the last token is the one whose logit is asked.")
    stem_of_word = [tuple(word[:-1]) for word in words]
    last_tokens = [word[-1] for word in words]
    stems = list(dict.fromkeys(stem_of_word))  # each is asked about once
    columns = [stems.index(stem) for stem in stem_of_word]
    return _answers(oracle, histories, stems)[:, columns, last_tokens]


def cut_matrix(
    model: LanguageModel, cut: int, *, max_bytes: int = 1_000_000_000
) -> Float[np.ndarray, "history column"]:
    """The whole logit matrix of a model at one cut: all histories, all futures that fit.

    Paper: Fact 1.1 (its rank is at most d at every cut exactly for ISANs of dimension d), arXiv:2512.09892.

    Parameters
    ----------
    model : LanguageModel
    cut : int
        1 to horizon; histories have cut - 1 tokens.
    max_bytes : int

    Raises
    ------
    TooLarge
        If the matrix would take more than `max_bytes`; nothing is allocated then.
    """
    # T = horizon, V = alphabet size, s = cut
    T = model.horizon
    V = model.alphabet_size
    s = check_count("cut", cut, most=T)
    # A future has 0 to T - s tokens, and a column for every token behind it; a float64 takes 8 bytes.
    columns = sum(V ** (length + 1) for length in range(T - s + 1))
    size = 8 * V ** (s - 1) * columns
    if size > max_bytes:
        raise TooLarge(
            f"the logit matrix at cut {s} of {T} would take {size:,} bytes, more than max_bytes={max_bytes:,}; "
            "use a smaller horizon, or logit_matrix on sampled histories and futures."
        )
    return logit_matrix(ExactOracle(model), all_words(V, s - 1), words_up_to(V, T - s))


def cut_ranks(model: LanguageModel, *, relative: float = 1e-9) -> list[int]:
    """Rank of `cut_matrix` at cuts 1 to horizon; singular values below `relative` of the first count as zero."""
    ranks = []
    for cut in range(1, model.horizon + 1):
        values = singular_values(cut_matrix(model, cut))
        ranks.append(int((values > relative * values[0]).sum()))
    return ranks


def singular_values(matrix: Float[np.ndarray, "history column"]) -> Float[np.ndarray, "rank"]:
    """Singular values, largest first."""
    return np.linalg.svd(matrix, compute_uv=False)


def best_rank_errors(matrix: Float[np.ndarray, "history column"], ranks: Sequence[int]) -> Float[np.ndarray, "rank"]:
    """Mean absolute error, entry by entry, of the truncated SVD of each rank.

    Paper: Equation 2 (average error of a rank-r approximation; Figure 1), arXiv:2512.09892.

    >>> best_rank_errors(np.diag([3.0, 1.0]), [0, 1, 2]).tolist()
    [1.0, 0.25, 0.0]
    """
    # The truncated SVD is best in the mean square; for the mean absolute error no simple optimum is known.
    left, values, right = np.linalg.svd(matrix, full_matrices=False)
    errors = []
    for rank in ranks:
        r = check_count("rank", rank, least=0)
        approximation = (left[:, :r] * values[:r]) @ right[:r]
        errors.append(np.abs(matrix - approximation).mean())
    return np.array(errors)
