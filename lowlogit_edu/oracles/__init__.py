"""Logit oracles: what a learner may ask a teacher."""

from lowlogit_edu.oracles.base import LogitOracle, ask, logits_along, sample, sample_with_logits
from lowlogit_edu.oracles.cached import Cached
from lowlogit_edu.oracles.conformance import Check, broken_promises, conformance_checks
from lowlogit_edu.oracles.counted import Budgeted, Counted
from lowlogit_edu.oracles.distributed import Distributed
from lowlogit_edu.oracles.exact import ExactOracle
from lowlogit_edu.oracles.limited import TopK
from lowlogit_edu.oracles.logged import Logged, Query
from lowlogit_edu.oracles.noisy import Noisy
from lowlogit_edu.oracles.restricted import Restricted, frequent_tokens
from lowlogit_edu.oracles.sampled import Sampled, samples_needed
from lowlogit_edu.oracles.server import ServerOracle
from lowlogit_edu.oracles.transformer import TransformerOracle

__all__ = [
    "Budgeted",
    "Cached",
    "Check",
    "Counted",
    "Distributed",
    "ExactOracle",
    "Logged",
    "LogitOracle",
    "Noisy",
    "Query",
    "Restricted",
    "Sampled",
    "ServerOracle",
    "TopK",
    "TransformerOracle",
    "ask",
    "broken_promises",
    "conformance_checks",
    "frequent_tokens",
    "logits_along",
    "sample",
    "sample_with_logits",
    "samples_needed",
]
