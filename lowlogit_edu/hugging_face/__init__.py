"""Learned models as Hugging Face causal language models; importing this loads torch and transformers.

After `import lowlogit_edu.hugging_face`, transformers' Auto classes and pipelines open exported
folders without `trust_remote_code`. Such folders are written by `lowlogit_edu/learned/export.py`.
"""

from lowlogit_edu.core.errors import missing_extra

try:
    import torch  # noqa: F401
    from transformers import AutoConfig, AutoModelForCausalLM
except ImportError as error:
    raise missing_extra("A learned model for Hugging Face", "transformers") from error

from lowlogit_edu.hugging_face.modeling_lowlogit_rank import (
    LowLogitRankConfig,
    LowLogitRankForCausalLM,
    RecurrentState,
)

__all__ = ["LowLogitRankConfig", "LowLogitRankForCausalLM", "RecurrentState"]

AutoConfig.register(LowLogitRankConfig.model_type, LowLogitRankConfig, exist_ok=True)
AutoModelForCausalLM.register(LowLogitRankConfig, LowLogitRankForCausalLM, exist_ok=True)
# save_pretrained then puts a copy of the modelling file, and the map to it, into the folder.
LowLogitRankConfig.register_for_auto_class()
LowLogitRankForCausalLM.register_for_auto_class("AutoModelForCausalLM")
