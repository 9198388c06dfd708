"""The room's front door holds all that its modules offer."""

import inspect

from lowlogit_edu import experiments
from lowlogit_edu.experiments import (
    arrivals,
    atlas,
    atlas_kept,
    atlas_practical,
    atlas_runs,
    coefficient_room,
    sampled_spanners,
)

MODULES = (arrivals, atlas, atlas_kept, atlas_practical, atlas_runs, coefficient_room, sampled_spanners)


def test_every_public_function_and_class_is_re_exported():
    offered = set()
    for module in MODULES:
        for name, value in vars(module).items():
            made_here = (inspect.isfunction(value) or inspect.isclass(value)) and value.__module__ == module.__name__
            if made_here and not name.startswith("_"):
                offered.add(name)
    assert set(experiments.__all__) == offered
