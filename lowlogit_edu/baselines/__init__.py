"""What the learned models are compared with."""

from lowlogit_edu.baselines.greedy import greedy_model
from lowlogit_edu.baselines.lingen import cumulative_kl, lingen, lingen_baselines

__all__ = ["cumulative_kl", "greedy_model", "lingen", "lingen_baselines"]
