"""On a model that is not of low rank the learner says so: it names a witness and claims nothing."""

import pytest

from lowlogit_edu.algorithm.learner import faithful_steps
from lowlogit_edu.algorithm.trace import trace
from lowlogit_edu.config import LearnerConfig
from lowlogit_edu.evaluation.divergence import mean_kl, total_variation
from lowlogit_edu.events import Status
from lowlogit_edu.matrices.logit_matrix import cut_ranks
from lowlogit_edu.models import random_isan, random_table
from lowlogit_edu.oracles.exact import ExactOracle
from lowlogit_edu.oracles.transformer import TransformerOracle


def deep_transformer(kind):
    """Four random layers over eight tokens; weights large enough for attention to matter."""
    import torch
    from transformers import GPT2Config, GPT2LMHeadModel, LlamaConfig, LlamaForCausalLM

    torch.manual_seed(0)
    sizes = {"vocab_size": 8, "bos_token_id": 0, "eos_token_id": 0, "initializer_range": 0.5}
    if kind == "gpt2":
        return TransformerOracle(GPT2LMHeadModel(GPT2Config(n_embd=32, n_layer=4, n_head=4, n_positions=8, **sizes)))
    config = LlamaConfig(
        hidden_size=32, intermediate_size=64, num_hidden_layers=4, num_attention_heads=4, num_key_value_heads=4,
        max_position_embeddings=8, **sizes,
    )  # fmt: skip
    return TransformerOracle(LlamaForCausalLM(config))


def run(oracle, horizon, **settings):
    *_, (state, _) = faithful_steps(oracle, horizon, LearnerConfig(**settings), 0)
    return state


def check_names_its_witness(state, threshold):
    """The run ends with a witness in every epoch, the last one included, and its sentence says so."""
    assert state.status is Status.EPOCH_LIMIT and "still found a witness" in state.status.value
    rows = trace(state)
    assert all(row.residual > threshold and len(row.witness[1]) >= 2 for row in rows)
    (*_, last) = [event for event in state.history if event.kind == "witness"]
    assert f"and {last.data['cut']} disagree by" in last.message and str(last.data["future"]) in last.message


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.reliability("R14")
def test_on_a_random_table_every_epoch_ends_with_a_witness(seed):
    teacher = random_table(alphabet_size=3, horizon=6, seed=seed)
    state = run(ExactOracle(teacher), 6, spanner_samples=300, max_epochs=4)
    check_names_its_witness(state, threshold=0.1)
    assert total_variation(teacher, state.model) > 0.1


@pytest.mark.parametrize("kind", ["gpt2", "llama"])
def test_on_a_deep_random_transformer_every_epoch_ends_with_a_witness(kind):
    oracle = deep_transformer(kind)
    state = run(oracle, 4, spanner_samples=2000, validation_samples=20, max_epochs=3, oracle_noise=1e-5)
    check_names_its_witness(state, threshold=0.01)
    assert mean_kl(oracle, state.model, n=100).per_position[-1] > 0.01


@pytest.mark.reliability("R14")
def test_a_random_table_is_verified_only_at_full_rank():
    """With epochs enough the learner finds every dimension there is, and then it is right."""
    teacher = random_table(alphabet_size=2, horizon=4, seed=0)
    state = run(ExactOracle(teacher), 4, max_epochs=50)
    assert state.status is Status.VERIFIED and total_variation(teacher, state.model) <= 1e-6
    assert [len(cut.histories) for cut in state.model.cuts] == cut_ranks(teacher)[:3] == [1, 2, 3]


def test_the_same_settings_verify_a_model_of_low_rank():
    """The status above is a finding and not a habit."""
    teacher = random_isan(alphabet_size=3, dimension=1, horizon=6, seed=0)
    assert run(ExactOracle(teacher), 6, spanner_samples=300, max_epochs=4).status is Status.VERIFIED
