"""Learn low logit rank language models from logit queries (arXiv:2512.09892).

Importing this loads neither torch nor any plotting library; `lowlogit_edu.plots` and
`lowlogit_edu.widgets` are imported by name.
"""

from lowlogit_edu import (
    baselines,
    boolean,
    boolean_functions,
    bounded,
    equivalence,
    errors,
    evaluation,
    export,
    lemmas,
    measure,
    models,
    oracles,
    parameters,
    probability_rank,
    trace,
)
from lowlogit_edu.config import LearnerConfig, PracticalConfig
from lowlogit_edu.events import Event, LearnResult, Status
from lowlogit_edu.learned_model import LearnedModel
from lowlogit_edu.learner import learn, learn_steps
from lowlogit_edu.loading import load

__version__ = "0.1.0"

__all__ = [
    "Event",
    "LearnResult",
    "LearnedModel",
    "LearnerConfig",
    "PracticalConfig",
    "Status",
    "baselines",
    "boolean",
    "boolean_functions",
    "bounded",
    "equivalence",
    "errors",
    "evaluation",
    "export",
    "learn",
    "learn_steps",
    "lemmas",
    "load",
    "measure",
    "models",
    "oracles",
    "parameters",
    "probability_rank",
    "trace",
]
