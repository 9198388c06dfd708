"""The exact oracle of a model that we know."""

import numpy as np
from jaxtyping import Float, Int

from lowlogit_edu.core.checks import Prefixes, check_prefixes
from lowlogit_edu.models.base import LanguageModel


class ExactOracle:
    """Answers with the true logits of a known model.

    Paper: Definition 1.7 (logit oracle), arXiv:2512.09892.

    Parameters
    ----------
    model : LanguageModel
        The teacher; prefixes of its horizon or longer are refused.
    """

    def __init__(self, model: LanguageModel) -> None:
        self.model = model
        self.alphabet_size = model.alphabet_size
        self.fingerprint = f"exact({model.fingerprint})"

    def __repr__(self) -> str:
        return f"ExactOracle({self.model!r})"

    def logits(self, prefixes: Prefixes) -> Float[np.ndarray, "prefix token"]:
        """Mean-centred logits (nats) of the next token after each prefix."""
        return self.model.logits(check_prefixes(prefixes, self.alphabet_size, self.model.horizon))

    def logits_after(self, tokens: Int[np.ndarray, "prefix time"]) -> Float[np.ndarray, "prefix token"]:
        """`logits` of prefixes of one length, the rows of a matrix."""
        return self.model.logits_after(tokens)
