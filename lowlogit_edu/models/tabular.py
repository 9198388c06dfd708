"""A language model that is a table: any distribution over short sequences.

>>> model = TabularModel.from_probabilities(np.array([[0.1, 0.2], [0.3, 0.4]]))  # of 00, 01, 10, 11
>>> np.exp(model.log_probabilities()).round(12).tolist()
[0.1, 0.2, 0.3, 0.4]
"""

from collections.abc import Sequence

import numpy as np
from jaxtyping import Float

from lowlogit_edu.core.checks import Prefixes, array_fingerprint, by_length, check_count, check_number, check_prefixes
from lowlogit_edu.core.errors import ArgumentError, TooLarge
from lowlogit_edu.core.numerics import mean_center
from lowlogit_edu.core.rng import stream
from lowlogit_edu.models.base import LanguageModel


class TabularModel(LanguageModel):
    """One row of logits for every prefix.

    Paper: Definition 1.1 (language model; here with all its conditional distributions written out), arXiv:2512.09892.

    Parameters
    ----------
    tables : sequence of arrays of shape (alphabet_size**t, alphabet_size), one for each t
        Logits (nats) after the prefixes of t tokens, in lexicographic order.
    name : str
        What `repr` shows instead of the class and the sizes.
    """

    def __init__(self, tables: Sequence[Float[np.ndarray, "_ token"]], name: str = "") -> None:
        self.horizon = check_count("the number of tables", len(tables))
        self.alphabet_size = check_count("the width of the tables", np.shape(tables[0])[-1], least=2)
        V = self.alphabet_size
        for t, table in enumerate(tables):
            if np.shape(table) != (V**t, V) or not np.isfinite(table).all():
                raise ArgumentError(
                    f"table {t} must be a finite array of shape {(V**t, V)}, one row per prefix of {t} tokens, "
                    f"got shape {np.shape(table)}."
                )
        self.tables = tuple(mean_center(np.array(table, dtype=np.float64)) for table in tables)
        self.fingerprint = array_fingerprint("tabular", *self.tables)
        self._name = name or f"TabularModel(alphabet_size={V}, horizon={self.horizon})"

    @classmethod
    def from_probabilities(cls, joint: Float[np.ndarray, "..."], name: str = "") -> "TabularModel":
        """The model of a joint distribution: an array with one axis per token, all entries above 0."""
        joint = np.asarray(joint, dtype=np.float64)
        if not joint.ndim or len(set(joint.shape)) != 1 or not (np.isfinite(joint).all() and (joint > 0).all()):
            raise ArgumentError(
                "joint must have one axis of alphabet_size per token and only finite entries above 0 (a sequence of "
                f"probability 0 has no finite logit), got shape {joint.shape} and least entry {joint.min():g}."
            )
        if not np.isclose(joint.sum(), 1):
            raise ArgumentError(f"joint must sum to 1, got {joint.sum():g}; divide it by its sum.")
        V = len(joint)
        T = joint.ndim
        # The mass of a prefix and a token, summed over all that may follow: its log is the token's logit.
        masses = [joint.reshape(V**t, V, -1).sum(axis=-1) for t in range(T)]
        return cls([np.log(mass) for mass in masses], name)

    def __repr__(self) -> str:
        return self._name

    def logits(self, prefixes: Prefixes) -> Float[np.ndarray, "prefix token"]:
        """Mean-centred logits (nats) of the next token after each prefix."""
        prefixes = check_prefixes(prefixes, self.alphabet_size, self.horizon)
        answer = np.zeros((len(prefixes), self.alphabet_size))
        for rows, tokens in by_length(prefixes):
            # A prefix read as a number in base alphabet_size is its lexicographic place.
            t = tokens.shape[1]
            place_values = self.alphabet_size ** np.arange(t)[::-1]
            answer[rows] = self.tables[t][tokens @ place_values]
        return answer


def random_table(
    alphabet_size: int, horizon: int, seed: int = 0, scale: float = 1.5, *, max_rows: int = 1_000_000
) -> TabularModel:
    """Independent Gaussian logits after every prefix: as far from low rank as a model can be.

    Parameters
    ----------
    alphabet_size, horizon : int
    seed : int
    scale : float
        Standard deviation of a logit, in nats, before centring.
    max_rows : int

    Raises
    ------
    TooLarge
        If there are more than `max_rows` prefixes.
    """
    V = check_count("alphabet_size", alphabet_size, least=2)
    T = check_count("horizon", horizon)
    check_number("scale", scale, least=1e-9)
    if T * np.log(V) > np.log(float(max_rows)):  # in logs, because V**T may have a million digits
        raise TooLarge(
            f"a table of {V}^{T - 1} and more prefixes is longer than max_rows={max_rows:,}; use a smaller horizon, "
            "or random_isan, which needs no table."
        )
    rng = stream(seed, "random_table")
    name = f"random_table(alphabet_size={V}, horizon={T}, seed={seed}, scale={scale:g})"
    return TabularModel([scale * rng.standard_normal((V**t, V)) for t in range(T)], name)
