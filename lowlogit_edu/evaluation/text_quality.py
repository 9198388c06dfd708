"""What a model writes, judged by numbers: does the teacher believe it, does it vary, are its words words?

>>> words("The cat's hat. The ca")  # the last one may have been cut off
['the', "cat's", 'hat', 'the']
>>> distinct_share([["a", "b", "a", "b"]], 2)  # (a, b) twice, (b, a) once
0.6666666666666666
"""

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

import numpy as np
from jaxtyping import Float, Int

from lowlogit_edu.core.checks import check_count
from lowlogit_edu.core.errors import ArgumentError
from lowlogit_edu.core.rng import stream
from lowlogit_edu.evaluation.divergence import surprisals
from lowlogit_edu.models.base import LanguageModel
from lowlogit_edu.oracles.base import LogitOracle, sample
from lowlogit_edu.oracles.text_oracle import TextOracle

WORD = re.compile(r"[^\W\d_]+(?:'[^\W\d_]+)*")
SEPARATOR = re.compile(r"\n\s*\n|<\|endoftext\|>")
GROUPS = 10  # of texts, for standard errors: the distinct share of n-grams belongs to a group, not to a text
CHARACTERS = 8  # per token, and more than any vocabulary has on average: enough of a text to be read
REFERENCE = 2000  # texts of the teacher whose words count as known


@dataclass(frozen=True)
class TextQuality:
    """Means over ten groups of texts, and their standard errors over the groups.

    Attributes
    ----------
    teacher_perplexity : float
        exp of the mean -log probability that the teacher gives to the texts' tokens.
    distinct_1, distinct_2, distinct_3 : float
        Distinct word n-grams in a group, as a share of all of them (0 where there are none); smaller in larger groups.
    share_of_known_words : float
        Of the words written, those that the reference has too.
    standard_errors : mapping of str to float
        Of each of these, by name.
    """

    teacher_perplexity: float
    distinct_1: float
    distinct_2: float
    distinct_3: float
    share_of_known_words: float
    standard_errors: Mapping[str, float]


MEASURES = tuple(TextQuality.__annotations__)[:-1]  # all fields but `standard_errors`, which has one of each


def words(text: str) -> list[str]:
    """The words of a text in small letters but for the last, which the horizon may have cut off."""
    return WORD.findall(text.lower())[:-1]


def distinct_share(texts: Sequence[Sequence[str]], n: int) -> float:
    """Distinct n-grams in some texts of words, as a share of all n-grams in them."""
    grams = [tuple(text[i : i + n]) for text in texts for i in range(len(text) - n + 1)]
    return len(set(grams)) / max(1, len(grams))


def text_quality(
    oracle: LogitOracle, tokens: Int[np.ndarray, "sequence time"], texts: Sequence[str], known: Collection[str]
) -> TextQuality:
    """Quality of some texts, given as tokens and as strings, beside `known` words.

    Costs one query per token.
    """
    groups = min(GROUPS, check_count("number of texts", len(texts), least=2))
    surprisal = surprisals(oracle, tokens)
    found = []
    for rows in np.array_split(np.arange(len(texts)), groups):
        written = [words(texts[row]) for row in rows]
        perplexity = np.exp(surprisal[rows].mean())
        distinct = [distinct_share(written, n) for n in (1, 2, 3)]
        found.append([perplexity, *distinct, _share_of_known(written, known)])  # in the order of MEASURES
    means = np.mean(found, axis=0)
    errors = np.std(found, axis=0, ddof=1) / np.sqrt(groups)
    return TextQuality(**_by_name(means), standard_errors=_by_name(errors))


def _by_name(numbers: Float[np.ndarray, "measure"]) -> dict[str, float]:
    return dict(zip(MEASURES, numbers.tolist(), strict=True))


def _share_of_known(texts: Sequence[Sequence[str]], known: Collection[str]) -> float:
    is_known = [word in known for text in texts for word in text]
    return sum(is_known) / max(1, len(is_known))


def compare_texts(
    oracle: TextOracle, models: Mapping[str, LanguageModel], n: int = 500, seed: int = 0
) -> dict[str, TextQuality]:
    """Quality of `n` texts of the teacher and of each model, beside the words of other texts of the teacher."""
    horizon = min(model.horizon for model in models.values())
    # Other texts than those judged, or the teacher would know all of its own words.
    reference = sample(oracle, REFERENCE, horizon, rng=stream(seed, "reference texts"))
    known = {word for row in reference for word in words(oracle.decode(row))}
    written = {"the teacher itself": sample(oracle, n, horizon, rng=stream(seed, "judged texts"))}
    for name, model in models.items():
        written[name] = model.sample(n, seed=seed)[:, :horizon]
    found = {}
    for name, tokens in written.items():
        texts = [oracle.decode(row) for row in tokens]
        found[name] = text_quality(oracle, tokens, texts, known)
    return found


def read_texts(oracle: TextOracle, path: Path, horizon: int, n: int) -> Int[np.ndarray, "text time"]:
    """The first `horizon` tokens of the first `n` texts in a file that have so many.

    Texts are separated by blank lines or by `<|endoftext|>`.

    Raises
    ------
    ArgumentError
        If the file cannot be read or has no text so long.
    """
    try:
        blocks = SEPARATOR.split(path.read_text(encoding="utf-8-sig"))
    except (OSError, ValueError) as error:
        raise ArgumentError(f"{path} cannot be read as text in UTF-8 ({error}); give a plain text file.") from error
    found = list(islice(_beginnings(oracle, blocks, horizon), n))
    if not found:
        raise ArgumentError(
            f"{path} holds no text of {horizon} tokens; give a file of longer texts, separated by blank lines."
        )
    return np.array(found)


def _beginnings(oracle: TextOracle, blocks: Sequence[str], horizon: int) -> Iterator[list[int]]:
    """The first `horizon` tokens of each text that has so many."""
    for block in blocks:
        start = block.strip()[: CHARACTERS * horizon]
        tokens = oracle.encode(start)[:horizon]
        if len(tokens) == horizon:
            yield tokens
