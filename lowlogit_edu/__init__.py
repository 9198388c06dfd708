"""Learn low logit rank language models from logit queries (arXiv:2512.09892).

Importing this loads neither torch nor any plotting library; `lowlogit_edu.show` and
`lowlogit_edu.widgets` are imported by name.
"""

from lowlogit_edu import baselines, boolean, evaluation, experiments, lemmas, measure, models, oracles
from lowlogit_edu.algorithm import parameters, potential, program, trace
from lowlogit_edu.boolean import functions as boolean_functions
from lowlogit_edu.config import LearnerConfig, PracticalConfig
from lowlogit_edu.core import errors, numerics
from lowlogit_edu.events import Event, LearnResult, Status
from lowlogit_edu.learned import export
from lowlogit_edu.learned.base import LearnedModel
from lowlogit_edu.learner import learn, learn_steps
from lowlogit_edu.loading import load
from lowlogit_edu.matrices import equivalence, logit_matrix, probability_rank, spanner
from lowlogit_edu.matrices import factors as bounded

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
    "experiments",
    "export",
    "learn",
    "learn_steps",
    "lemmas",
    "load",
    "logit_matrix",
    "measure",
    "models",
    "numerics",
    "oracles",
    "parameters",
    "potential",
    "probability_rank",
    "program",
    "spanner",
    "trace",
]
