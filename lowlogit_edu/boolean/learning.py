"""Boolean functions learned as language models (Corollary 5.15), next to Kushilevitz and Mansour.

>>> from lowlogit_edu.boolean.functions import parity
>>> f = parity(bits=6, subset=(0, 3))
>>> for learned in (learn_boolean(f), kushilevitz_mansour(f)):
...     print(learned.method, round(learned.error, 9))
Algorithm 1 0.0
Kushilevitz-Mansour 0.0
"""

from collections.abc import Sequence

import numpy as np
from jaxtyping import Float

from lowlogit_edu.boolean.functions import MAX_BITS, BooleanFunction, all_points, squared_error
from lowlogit_edu.boolean.kushilevitz_mansour import (
    bucket_levels,
    bucket_weight,
    heavy_coefficients,
    kept_buckets,
    kushilevitz_mansour,
)
from lowlogit_edu.boolean.oracle import BooleanResult, FunctionOracle
from lowlogit_edu.config import LearnerConfig
from lowlogit_edu.core.checks import check_count
from lowlogit_edu.core.errors import ArgumentError
from lowlogit_edu.learner import learn
from lowlogit_edu.models.base import LanguageModel
from lowlogit_edu.models.tabular import TabularModel

# The lesson, its pictures and its checks take both learners and the search's steps from here.
__all__ = [
    "CONFIG",
    "BooleanResult",
    "FunctionOracle",
    "boolean_function",
    "boolean_model",
    "boolean_table",
    "bucket_levels",
    "bucket_weight",
    "heavy_coefficients",
    "kept_buckets",
    "kushilevitz_mansour",
    "label_model",
    "learn_boolean",
]

# Fewer samples than the learner's default: all histories of a length are equally likely, none is rare.
CONFIG = LearnerConfig(spanner_samples=64, validation_samples=64)


def boolean_model(function: BooleanFunction) -> TabularModel:
    """Uniform bits x, then a label that is 1 with probability sigmoid(f(x)), as a table.

    Paper: Equation 36 (Section 5.6; here for any f), arXiv:2512.09892.
    """
    return label_model(function.values, function.name)


def label_model(odds: Float[np.ndarray, "point"], name: str = "") -> TabularModel:
    """Uniform bits x, then a label whose log-odds (logit of 1 minus logit of 0) are `odds` at x."""
    bits = len(odds).bit_length() - 1
    uniform = [np.zeros((2**t, 2)) for t in range(bits)]
    label = np.stack([-odds, odds], axis=1) / 2
    return TabularModel([*uniform, label], name)


def boolean_function(model: LanguageModel, name: str = "learned") -> BooleanFunction:
    """The function back from a model: f(x) = clip(logit of M(1 | x)) to [-1, 1].

    Paper: Corollary 5.15 (last step of the proof), arXiv:2512.09892.
    """
    if model.alphabet_size != 2:
        raise ArgumentError(f"model must have 2 tokens, got {model.alphabet_size}.")
    bits = check_count("the model's horizon", model.horizon, least=2, most=MAX_BITS + 1) - 1
    logits = model.logits(all_points(bits).tolist())
    # f lies within [-1, 1], so that clipping only brings an estimate closer.
    return BooleanFunction(name, np.clip(logits[:, 1] - logits[:, 0], -1, 1))


def learn_boolean(function: BooleanFunction, config: LearnerConfig | None = None, seed: int = 0) -> BooleanResult:
    """Learn a function by learning its language model with Algorithm 1.

    Paper: Corollary 5.15 (learning Boolean functions with queries), arXiv:2512.09892.

    What must be small is the logit rank of `boolean_model`, at most the number of Fourier
    coefficients and often much less: majority of n bits has rank about n / 2.

    Parameters
    ----------
    function : BooleanFunction
    config : LearnerConfig, optional
        By default 64 samples per spanner and 64 trajectories.
    seed : int
    """
    oracle = FunctionOracle(function)
    # A text is the bits of a point and then the label, whose log-odds are the value: learn the texts, read the labels.
    result = learn(oracle, function.bits + 1, config or CONFIG, seed)
    learned = boolean_function(result.model, f"learned {function.name}")
    error = squared_error(function, learned)
    return BooleanResult(function.name, "Algorithm 1", learned, oracle.queries, error, result.status)


def boolean_table(
    functions: Sequence[BooleanFunction], config: LearnerConfig | None = None, threshold: float = 0.25, seed: int = 0
) -> list[BooleanResult]:
    """Both learners on every function: queries and errors, two rows per function."""
    rows = []
    for function in functions:
        rows.append(learn_boolean(function, config, seed))
        rows.append(kushilevitz_mansour(function, threshold, seed=seed))
    return rows
