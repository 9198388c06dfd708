"""Folders of teachers with seeded random weights: the architectures that users bring, at any size."""

import torch
import transformers
from tokenizers import Tokenizer, decoders, models, pre_tokenizers
from transformers import AutoModelForCausalLM, PreTrainedTokenizerFast

END = "<|endoftext|>"


def config(family, vocab_size, width, layers, heads):
    """The family's config; its initial weights are wide enough for logits of about 1.5 nats."""
    end = {"gpt_neo": vocab_size - 1, "gpt2": vocab_size - 1}.get(family, 0)
    ids = {"bos_token_id": None if family == "olmo" else end, "eos_token_id": end, "pad_token_id": None}
    common = {"vocab_size": vocab_size, "hidden_size": width, "initializer_range": 1.5 / width**0.5, **ids}
    attention = common | {"num_hidden_layers": layers, "num_attention_heads": heads, "max_position_embeddings": 128}
    recurrent = common | {"num_hidden_layers": layers}
    match family:
        case "gpt_neo":
            kinds = [[["global", "local"], layers // 2]]
            sizes = {"num_layers": layers, "num_heads": heads, "attention_types": kinds, "window_size": 4}
            return transformers.GPTNeoConfig(**common, **sizes, max_position_embeddings=2048)
        case "gpt2":
            return transformers.GPT2Config(**attention)
        case "llama":
            return transformers.LlamaConfig(**attention, intermediate_size=3 * width, num_key_value_heads=heads // 2)
        case "olmo":
            return transformers.OlmoConfig(**attention, intermediate_size=3 * width)
        case "olmo2":
            return transformers.Olmo2Config(**attention, intermediate_size=3 * width)
        case "pythia":
            return transformers.GPTNeoXConfig(**attention, intermediate_size=4 * width)
        case "mamba":
            return transformers.MambaConfig(**recurrent, state_size=8)
        case "falcon_mamba":
            return transformers.FalconMambaConfig(**recurrent, state_size=8)
        case "rwkv":
            return transformers.RwkvConfig(**recurrent, attention_hidden_size=width, context_length=128)


FAMILIES = ("gpt_neo", "gpt2", "llama", "olmo", "olmo2", "pythia", "mamba", "falcon_mamba", "rwkv")


def tokenizer(vocab_size, end):
    """One token per byte, the end of text, and as many unused words as fill the vocabulary."""
    words = [*sorted(pre_tokenizers.ByteLevel.alphabet()), *(f"Ġw{i}" for i in range(vocab_size - 257))]
    words.insert(end, END)
    core = Tokenizer(models.BPE({word: i for i, word in enumerate(words)}, merges=[]))
    core.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    core.decoder = decoders.ByteLevel()
    return PreTrainedTokenizerFast(tokenizer_object=core, eos_token=END)


def save(family, folder, *, vocab_size=300, width=32, layers=2, heads=2, seed=0):
    """Write a model and its tokenizer to `folder`, as `save_pretrained` does; the folder."""
    settings = config(family, vocab_size, width, layers, heads)
    torch.manual_seed(seed)
    AutoModelForCausalLM.from_config(settings).save_pretrained(folder)
    tokenizer(vocab_size, settings.eos_token_id).save_pretrained(folder)
    return folder
