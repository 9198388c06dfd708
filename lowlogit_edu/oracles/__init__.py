"""Logit oracles: what a learner may ask a teacher."""

from lowlogit_edu.oracles.base import LogitOracle, ask, logits_along, sample
from lowlogit_edu.oracles.counted import Budgeted, Cached, Counted
from lowlogit_edu.oracles.exact import ExactOracle
from lowlogit_edu.oracles.noisy import Noisy
from lowlogit_edu.oracles.transformer import TransformerOracle

__all__ = [
    "Budgeted",
    "Cached",
    "Counted",
    "ExactOracle",
    "LogitOracle",
    "Noisy",
    "TransformerOracle",
    "ask",
    "logits_along",
    "sample",
]
