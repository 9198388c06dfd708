"""Writes a teacher of the Llama family in the GGUF format, for llama.cpp's llama-server.

    pip install gguf
    python data/teacher_to_gguf.py data/teacher teacher.gguf

For folders made by `save_pretrained` whose tokenizer is a byte-level BPE, as the embedded teacher's. All weights stay
in float32: the server's logits differ from ours by rounding only.
"""

import argparse
import json
from pathlib import Path

import numpy as np
from gguf import GGUFWriter, LlamaFileType, TokenType
from safetensors.numpy import load_file

# Names of the weights, of the whole model and of each layer: Hugging Face's, and llama.cpp's.
WHOLE = {"model.embed_tokens": "token_embd", "model.norm": "output_norm", "lm_head": "output"}
LAYER = {
    "input_layernorm": "attn_norm",
    "self_attn.q_proj": "attn_q",
    "self_attn.k_proj": "attn_k",
    "self_attn.v_proj": "attn_v",
    "self_attn.o_proj": "attn_output",
    "post_attention_layernorm": "ffn_norm",
    "mlp.gate_proj": "ffn_gate",
    "mlp.up_proj": "ffn_up",
    "mlp.down_proj": "ffn_down",
}


def convert(folder: Path, out: Path) -> None:
    """Write the model and the tokenizer in `folder` to the file `out`."""
    config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
    if config["model_type"] != "llama":
        raise SystemExit(f"{folder} holds a {config['model_type']} model; expected llama.")
    writer = GGUFWriter(out, "llama")
    add_settings(writer, config, folder.name)
    add_tokenizer(writer, config, json.loads((folder / "tokenizer.json").read_text(encoding="utf-8")))
    for name, weight in load_file(folder / "model.safetensors").items():
        writer.add_tensor(new_name(name), np.ascontiguousarray(turned(name, weight, config), dtype=np.float32))
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


def add_settings(writer: GGUFWriter, config: dict, name: str) -> None:
    """What llama.cpp has to know of the architecture."""
    writer.add_name(name)
    writer.add_file_type(LlamaFileType.ALL_F32)
    writer.add_vocab_size(config["vocab_size"])
    writer.add_context_length(config["max_position_embeddings"])
    writer.add_embedding_length(config["hidden_size"])
    writer.add_feed_forward_length(config["intermediate_size"])
    writer.add_block_count(config["num_hidden_layers"])
    writer.add_head_count(config["num_attention_heads"])
    writer.add_head_count_kv(config["num_key_value_heads"])
    writer.add_key_length(config["head_dim"])
    writer.add_value_length(config["head_dim"])
    writer.add_rope_dimension_count(config["head_dim"])
    writer.add_rope_freq_base(config["rope_parameters"]["rope_theta"])
    writer.add_layer_norm_rms_eps(config["rms_norm_eps"])


def add_tokenizer(writer: GGUFWriter, config: dict, tokenizer: dict) -> None:
    """The pieces of text by their numbers, and how they are merged."""
    numbers = tokenizer["model"]["vocab"]
    pieces = sorted(numbers, key=numbers.__getitem__)
    special = {added["id"] for added in tokenizer["added_tokens"]}
    writer.add_tokenizer_model("gpt2")  # a byte-level BPE
    writer.add_tokenizer_pre("gpt-2")
    writer.add_token_list(pieces)
    writer.add_token_types([TokenType.CONTROL if i in special else TokenType.NORMAL for i in range(len(pieces))])
    pairs = tokenizer["model"]["merges"]  # as "a b", or as ["a", "b"]
    writer.add_token_merges([pair if isinstance(pair, str) else " ".join(pair) for pair in pairs])
    writer.add_bos_token_id(config["bos_token_id"])
    writer.add_eos_token_id(config["eos_token_id"])
    writer.add_add_bos_token(False)  # whoever asks sends it
    writer.add_add_space_prefix(False)


def new_name(name: str) -> str:
    """What llama.cpp calls a weight: "model.layers.2.mlp.up_proj.weight" is "blk.2.ffn_up.weight"."""
    module = name.removesuffix(".weight")
    if module in WHOLE:
        return f"{WHOLE[module]}.weight"
    number, _, rest = module.removeprefix("model.layers.").partition(".")
    return f"blk.{number}.{LAYER[rest]}.weight"


def turned(name: str, weight: np.ndarray, config: dict) -> np.ndarray:
    """The weight as llama.cpp has it: it rotates neighbouring entries of queries and keys, Hugging Face both halves."""
    heads = {"q_proj": config["num_attention_heads"], "k_proj": config["num_key_value_heads"]}
    module = name.split(".")[-2]
    if module not in heads:
        return weight
    halves = weight.reshape(heads[module], 2, -1, weight.shape[1])
    return halves.swapaxes(1, 2).reshape(weight.shape)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="Write a teacher of the Llama family as a GGUF file.")
    parser.add_argument("folder", type=Path, help="made by save_pretrained, such as data/teacher")
    parser.add_argument("out", type=Path, help="the file to write")
    arguments = parser.parse_args()
    convert(arguments.folder, arguments.out)
