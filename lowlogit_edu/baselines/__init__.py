"""What the learned models are compared with."""

from lowlogit_edu.baselines.greedy import greedy_model

__all__ = ["greedy_model"]
