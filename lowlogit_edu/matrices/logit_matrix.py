"""The logit matrix: rows are histories, columns are futures, and its rank is the subject.

Cut s (1 to the horizon) parts a sequence before its s-th token: histories there have s - 1 tokens.

>>> from lowlogit_edu.models import noisy_parity
>>> cut_ranks(noisy_parity(bits=3))
[1, 1, 1, 1]
"""

from collections.abc import Mapping, Sequence

import numpy as np
from jaxtyping import Float, Int

from lowlogit_edu.core.checks import Prefixes, by_length, check_bytes, check_count
from lowlogit_edu.core.errors import ArgumentError, TooLarge
from lowlogit_edu.models.base import LanguageModel
from lowlogit_edu.oracles.base import LogitOracle, ask, logits_after
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
    _check_size(len(histories), len(futures) * oracle.alphabet_size)
    prefixes = [(*history, *future) for history in histories for future in futures]
    answers = ask(oracle, prefixes).astype(np.float64, copy=False)
    return answers.reshape(len(histories), len(futures), oracle.alphabet_size)


def _check_size(rows: int, columns: int) -> None:
    """TooLarge where a matrix does not fit into memory."""
    check_bytes(f"a logit matrix of {rows:,} x {columns:,}", 8 * rows * columns, "use fewer histories or futures")


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
    _check_size(len(histories), len(words))
    answers = np.empty((len(histories), len(words)))
    for rows, tokens in by_length(histories):
        answers[rows] = Told(tokens).rows(oracle, words)
    return answers


class Told:
    """Histories of one length and what has been told of them: a word is asked about once.

    Parameters
    ----------
    histories : int array of shape (n, length)
    after : mapping of word to array of shape (n, alphabet_size), optional
        What is known already: the logits after every history and the word.
    """

    def __init__(
        self, histories: Int[np.ndarray, "history time"], after: Mapping[Word, Float[np.ndarray, "history token"]] = {}
    ) -> None:
        self.histories = histories
        self._after = dict(after)

    def rows(self, oracle: LogitOracle, words: Prefixes) -> Float[np.ndarray, "history future"]:
        """`word_logits` of the histories; words asked before, or with the same beginning, cost nothing."""
        if not all(len(word) for word in words):
            raise ArgumentError("words must be nonempty: the last token is the one whose logit is asked.")
        stems = [tuple(word[:-1]) for word in words]
        new = [stem for stem in dict.fromkeys(stems) if stem not in self._after]
        n = len(self.histories)
        for places, tokens in by_length(new):
            each_with_each = [np.tile(self.histories, (len(tokens), 1)), tokens.repeat(n, axis=0)]
            answers = logits_after(oracle, np.concatenate(each_with_each, axis=1)).astype(np.float64, copy=False)
            self._after |= zip([new[place] for place in places], np.split(answers, len(tokens)), strict=True)
        columns = [self._after[stem][:, word[-1]] for stem, word in zip(stems, words, strict=True)]
        return np.stack(columns, axis=1) if columns else np.zeros((n, 0))

    def part(self, chosen: Sequence[int]) -> "Told":
        """Some of the histories."""
        return Told(self.histories[chosen], {stem: rows[chosen] for stem, rows in self._after.items()})


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
