"""The practical learner (being written by somebody else right now)."""

from dataclasses import dataclass


@dataclass
class PracticalState:
    pass


def practical_steps(oracle, horizon, config, seed):
    raise NotImplementedError
