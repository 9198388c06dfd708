"""Learned models as Hugging Face causal language models; importing this loads torch and transformers.

After `import lowlogit_edu.hugging_face`, transformers' Auto classes and pipelines open exported
folders without `trust_remote_code`. Such folders are written by `lowlogit_edu/learned/export.py`.
"""

from transformers import AutoConfig, AutoModelForCausalLM

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
