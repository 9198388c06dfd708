"""A cache with room gives the logits of whole sequences, and copies nothing while there is room."""

import numpy as np
import pytest
import torch
from transformers import DynamicCache, LlamaConfig, LlamaForCausalLM

from lowlogit_edu.hugging_face.cache import LEAST_ROOM, RoomyLayer, give_room
from lowlogit_edu.oracles.stepping import Steps

LENGTH = 2 * LEAST_ROOM + 3  # the room is outgrown twice


@pytest.fixture(scope="module")
def model():
    torch.manual_seed(0)
    config = LlamaConfig(
        vocab_size=7,
        hidden_size=8,
        intermediate_size=8,
        num_hidden_layers=2,
        num_attention_heads=2,
        initializer_range=1.0,
    )
    return LlamaForCausalLM(config).eval()


@torch.inference_mode()
def test_logits_are_those_of_whole_sequences_also_after_reordering(model):
    tokens = np.random.default_rng(0).integers(7, size=(4, LENGTH))
    parents = np.array([2, 2, 0, 3])
    steps, rereading = Steps(model), Steps(model, use_state=False)
    for t in range(LENGTH):
        reorder = parents if t == 10 else None
        found = steps.append(tokens[:, t : t + 1], reorder)
        reread = rereading.append(tokens[:, t : t + 1], reorder)
    whole = np.concatenate([tokens[parents, :10], tokens[:, 10:]], axis=1)
    expected = Steps(model, use_state=False).append(whole)
    assert torch.allclose(reread, expected, atol=1e-5)
    assert (found - expected).abs().max() < 1e-3 * expected.abs().max()
    assert (expected[0] - expected[1]).abs().max() > 0.1  # the sequences do differ


@torch.inference_mode()
def test_keys_stay_where_they_are_while_there_is_room(model):
    steps = Steps(model)
    places = []
    for _ in range(LENGTH):
        steps.append(np.zeros((2, 1), dtype=np.int64))
        layer = steps.state["past_key_values"].layers[0]
        places.append(layer.keys.data_ptr())
    assert isinstance(layer, RoomyLayer)
    moves = np.flatnonzero(np.diff(places)) + 2  # tokens held when they moved
    assert moves.tolist() == [2, LEAST_ROOM + 1, 2 * LEAST_ROOM + 1]


def test_other_states_and_layers_stay_as_they_are():
    give_room(object())
    cache = DynamicCache()
    give_room(cache)
    assert cache.layers == []
