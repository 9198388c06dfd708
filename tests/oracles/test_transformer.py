"""One oracle for every Hugging Face model: the shortcuts change nothing, and bad teachers are named."""

from concurrent.futures import ThreadPoolExecutor
from types import SimpleNamespace

import numpy as np
import pytest
import torch
import transformers
from safetensors.torch import load_file, save_file
from tokenizers import Tokenizer, models
from transformers import (
    BertConfig,
    BertLMHeadModel,
    DynamicCache,
    GPT2Config,
    GPT2LMHeadModel,
    GPTNeoConfig,
    GPTNeoForCausalLM,
    LlamaConfig,
    LlamaForCausalLM,
    MambaConfig,
    MambaForCausalLM,
    MistralConfig,
    MistralForCausalLM,
)

from lowlogit_edu.core.errors import ArgumentError, OracleError
from lowlogit_edu.models import noisy_parity
from lowlogit_edu.oracles import Counted, ExactOracle, TransformerOracle, base, reading

FAMILIES = {
    "gpt2": lambda: GPT2LMHeadModel(
        GPT2Config(vocab_size=11, n_embd=16, n_layer=2, n_head=2, n_positions=16, bos_token_id=0, eos_token_id=0)
    ),
    "gpt_neo": lambda: GPTNeoForCausalLM(
        GPTNeoConfig(
            vocab_size=11,
            hidden_size=16,
            num_layers=2,
            num_heads=2,
            attention_types=[[["global", "local"], 1]],
            max_position_embeddings=16,
            bos_token_id=0,
            eos_token_id=0,
        )
    ),
    "llama": lambda: LlamaForCausalLM(
        LlamaConfig(
            vocab_size=11,
            hidden_size=16,
            intermediate_size=32,
            num_hidden_layers=2,
            num_attention_heads=2,
            max_position_embeddings=16,
            bos_token_id=0,
            eos_token_id=0,
        )
    ),
    "mamba": lambda: MambaForCausalLM(
        MambaConfig(vocab_size=11, hidden_size=16, num_hidden_layers=2, state_size=4, bos_token_id=0, eos_token_id=0)
    ),
}


def oracle_of(family, **options):
    torch.manual_seed(0)
    return oracle_around(FAMILIES[family](), name=family, **options)


def oracle_around(model, **options):
    for parameter in model.parameters():  # far from the nearly uniform start
        parameter.data *= 3
    return TransformerOracle(model, **options)


# From (4,) and (4, 5) on two texts go on side by side, neither branching nor ending: several tokens in one step.
PREFIXES = [(), (1,), (1, 2), (1, 2, 3), (4,), (1, 2), (4, 5, 6, 7, 8, 9, 10, 1), (4, 8, 7, 6, 5, 4, 3, 2), (1, 3)]


def one_by_one(oracle, prefixes):
    rows = []
    with torch.inference_mode():
        for prefix in prefixes:
            logits = oracle.model(torch.tensor([[oracle.beginning_token, *prefix]]), use_cache=False).logits[0, -1]
            rows.append((logits - logits.mean()).numpy())
    return np.stack(rows)


WAYS = {"off texts": (np.inf, np.inf), "as trees": (0, np.inf), "level by level": (np.inf, 0)}


@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize("batch_size", [1, 3, 512])
@pytest.mark.parametrize("way", WAYS)
@pytest.mark.reliability("R10")
def test_every_way_of_reading_answers_like_one_by_one(family, batch_size, way, monkeypatch):
    monkeypatch.setattr(reading, "NODES", 12)  # small trees: there are several
    monkeypatch.setattr(reading, "WORTH_A_TREE", WAYS[way][0])
    monkeypatch.setattr(reading, "WORTH_A_WALK", WAYS[way][1])
    oracle = oracle_of(family, batch_size=batch_size)
    expected = one_by_one(oracle, PREFIXES)
    assert np.ptp(expected) > 0.1
    np.testing.assert_allclose(oracle.logits(PREFIXES), expected, atol=1e-4)


def mistral(window):
    size = {"vocab_size": 11, "hidden_size": 16, "intermediate_size": 32, "num_hidden_layers": 2}
    heads = {"num_attention_heads": 2, "num_key_value_heads": 2}
    return MistralForCausalLM(MistralConfig(**size, **heads, sliding_window=window, max_position_embeddings=64))


def neo(window):
    size = {"vocab_size": 11, "hidden_size": 16, "num_layers": 2, "num_heads": 2, "max_position_embeddings": 512}
    return GPTNeoForCausalLM(GPTNeoConfig(**size, window_size=window, attention_types=[[["global", "local"], 1]]))


@pytest.mark.parametrize(
    ("model", "works"),
    [
        (lambda: mistral(window=300), True),
        (lambda: mistral(window=4), False),
        (lambda: neo(window=256), True),
        (lambda: neo(window=4), False),
        (FAMILIES["gpt_neo"], False),  # its masks have 16 positions
        (FAMILIES["gpt2"], True),
        (FAMILIES["mamba"], False),
    ],
)
def test_trees_are_read_as_texts_only_where_that_changes_no_logit(model, works):
    """What a narrow window shows of a tree is not what it shows of a text."""
    assert oracle_around(model()).reader.reads_trees == works


@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.reliability("R10")
def test_sampling_and_whole_sequences_give_the_same_logits(family):
    oracle = oracle_of(family, batch_size=4)
    tokens, drawn = oracle.sample_with_logits(6, 9, rng=np.random.default_rng(0), prompt=(3, 4))
    assert tokens.shape == (6, 9) and (tokens[:, :2] == [3, 4]).all()
    along = oracle.logits_along(tokens)
    # Two ways of adding up in single precision; a recurrent model's differ by up to 1.5e-4 nats.
    np.testing.assert_allclose(drawn, along[:, 2:], atol=3e-4)
    np.testing.assert_allclose(along[:, 5], oracle.logits(tokens[:, :5].tolist()), atol=3e-4)


@pytest.mark.parametrize("family", FAMILIES)
def test_what_is_kept_of_the_logits_changes_no_sample(family):
    oracle = oracle_of(family, batch_size=4)
    tokens, logits = oracle.sample_with_logits(6, 9, rng=np.random.default_rng(0), prompt=(3, 4))
    outer = Counted(oracle)  # passes it on
    same, kept = base.sample_with_logits(
        outer, 6, 9, rng=np.random.default_rng(0), prompt=(3, 4), keep=lambda rows: rows[:, [2, 0]].astype(np.float16)
    )
    assert np.array_equal(same, tokens) and np.array_equal(kept, logits[:, :, [2, 0]].astype(np.float16))
    assert np.array_equal(base.sample(outer, 6, 9, rng=np.random.default_rng(0), prompt=(3, 4)), tokens)


@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.reliability("R9")
def test_the_same_texts_are_drawn_whatever_goes_through_the_model_at_once(family):
    """600 texts: more than share a stream of random numbers."""
    drawn = [
        base.sample(oracle_of(family, batch_size=size), 600, 4, rng=np.random.default_rng(0)) for size in (7, 256, 512)
    ]
    assert np.array_equal(drawn[0], drawn[1]) and np.array_equal(drawn[0], drawn[2])
    assert len(np.unique(drawn[0], axis=0)) > 10


def test_samples_follow_the_logits():
    oracle = oracle_of("llama")
    tokens = base.sample(oracle, 4000, 1, rng=np.random.default_rng(0))
    p = np.exp(oracle.logits([()])[0])
    frequencies = np.bincount(tokens[:, 0], minlength=11) / 4000
    assert np.abs(frequencies - p / p.sum()).max() < 4 * np.sqrt(0.25 / 4000)


def test_no_prefixes_no_answer():
    assert oracle_of("llama").logits([]).shape == (0, 11)


@pytest.mark.reliability("R7")
def test_a_prefix_beyond_the_models_reach_is_refused():
    with pytest.raises(ArgumentError, match="reads at most 16 tokens.*a prefix of 16 is too long. Lower the horizon"):
        oracle_of("llama").logits([[1] * 16])
    with pytest.raises(ArgumentError, match="Lower the horizon"):
        base.sample(oracle_of("gpt2"), 1, 17, rng=np.random.default_rng(0))


@pytest.mark.reliability("R7")
def test_a_token_outside_the_alphabet_is_named():
    with pytest.raises(ArgumentError, match="prefix 1 has token 11 at position 0"):
        oracle_of("llama").logits([[1], [11]])


@pytest.mark.reliability("R7")
def test_the_fingerprint_changes_with_the_weights_and_settings_and_not_with_the_name():
    a, b = oracle_of("llama"), oracle_of("llama")
    assert a.fingerprint == b.fingerprint
    assert TransformerOracle(a.model, name="under another name").fingerprint == a.fingerprint
    b.model.lm_head.weight.data[-1, -1] += 1
    assert TransformerOracle(b.model, name=b.name).fingerprint != a.fingerprint
    a.model.config.rms_norm_eps *= 2  # the same weights, other logits
    assert TransformerOracle(a.model, name=a.name).fingerprint != oracle_of("llama").fingerprint


@pytest.mark.parametrize(
    "change",
    [
        lambda model: model.lm_head.weight.data[8:].mul_(2),
        lambda model: model.model.embed_tokens.weight.data[5:7].copy_(model.model.embed_tokens.weight.data[[6, 5]]),
        lambda model: setattr(model.config, "rms_norm_eps", 1e-3),
        lambda model: setattr(model.config, "hidden_act", "gelu"),
        lambda model: model.config.rope_parameters.update(rope_theta=100.0),
    ],
    ids=["output rows", "permuted tokens", "rms_norm_eps", "hidden_act", "rope_theta"],
)
@pytest.mark.reliability("R7")
def test_another_teacher_in_the_same_folder_has_another_fingerprint(change, tmp_path):
    model = oracle_of("llama").model
    model.save_pretrained(tmp_path / "x")
    save_letters(tmp_path / "x", "abcdefghijk")
    first = TransformerOracle.from_pretrained(tmp_path / "x").fingerprint
    assert TransformerOracle.from_pretrained(f"{tmp_path}/./x/").fingerprint == first  # the path may be spelled anew
    change(model)
    model.save_pretrained(tmp_path / "x")
    assert TransformerOracle.from_pretrained(tmp_path / "x").fingerprint != first


@pytest.mark.reliability("R7")
def test_another_tokenizer_in_the_same_folder_is_another_fingerprint(tmp_path):
    oracle_of("llama").model.save_pretrained(tmp_path)
    prints = []
    for letters in ("abcdefghijk", "abcdefghijk", "bacdefghijk"):
        save_letters(tmp_path, letters)
        prints.append(TransformerOracle.from_pretrained(tmp_path).fingerprint)
    assert prints[0] == prints[1] != prints[2]


def save_letters(folder, letters):
    """A tokenizer whose tokens are single letters."""
    words = Tokenizer(models.BPE({letter: i for i, letter in enumerate(letters)}, merges=[]))
    transformers.PreTrainedTokenizerFast(tokenizer_object=words).save_pretrained(folder)


@pytest.mark.parametrize("device", ["cuda:7", "nothing"])
def test_a_device_that_is_not_there_is_named(device):
    with pytest.raises(OracleError, match=f"cannot be put on device '{device}': .* Expected cpu"):
        TransformerOracle.from_pretrained(device=device)


def token_put_first(bos, eos, **tokenizer):
    model = FAMILIES["llama"]()
    model.config.bos_token_id, model.config.eos_token_id = bos, eos
    names = {"bos_token_id": None, "eos_token_id": None, "all_special_ids": [], "get_vocab": dict}
    return TransformerOracle(model, SimpleNamespace(**names | tokenizer) if tokenizer else None).beginning_token


def test_wrappers_say_where_their_teacher_computes(embedded):
    assert base.device_of(Counted(embedded)) == embedded.device == "cpu"
    assert base.device_of(ExactOracle(noisy_parity(bits=3))) == "cpu"  # one that does not say


def test_the_token_put_first():
    assert token_put_first(bos=4, eos=5) == 4 and token_put_first(bos=None, eos=[5, 6]) == 5
    assert token_put_first(bos=4, eos=5, bos_token_id=3) == 3
    # A config's default that the tokenizer, or the alphabet, does not have comes last.
    assert token_put_first(bos=4, eos=5, eos_token_id=3, all_special_ids=[3]) == 3
    assert token_put_first(bos=4, eos=5, eos_token_id=3, all_special_ids=[4, 3]) == 4
    assert token_put_first(bos=50256, eos=5) == 5
    assert token_put_first(bos=None, eos=None) == 0
    with pytest.raises(ArgumentError, match="beginning_token must be between 0 and 10, got 11"):
        TransformerOracle(FAMILIES["llama"](), beginning_token=11)


@pytest.mark.reliability("R10")
def test_a_state_that_gives_wrong_logits_is_not_used(monkeypatch):
    assert oracle_of("llama").reader.use_state
    monkeypatch.setattr(DynamicCache, "reorder_cache", lambda cache, order: None)
    oracle = oracle_of("llama", batch_size=3)
    assert not oracle.reader.use_state
    np.testing.assert_allclose(oracle.logits(PREFIXES), one_by_one(oracle, PREFIXES), atol=1e-5)
    tokens, drawn = oracle.sample_with_logits(5, 6, rng=np.random.default_rng(0))
    np.testing.assert_allclose(drawn, oracle.logits_along(tokens), atol=1e-5)


@pytest.mark.parametrize("family", ["llama", "mamba"])
def test_sampling_reads_every_token_once(family, monkeypatch):
    oracle, read = oracle_of(family), []
    forward = oracle.model.forward
    monkeypatch.setattr(oracle.model, "forward", lambda ids, **rest: read.append(ids.shape) or forward(ids, **rest))
    oracle.sample_with_logits(20, 9, prompt=(3, 4), rng=np.random.default_rng(0))
    assert read == [(20, 3)] + 6 * [(20, 1)]
    read.clear()
    oracle.logits([(1, 2, 3), (1, 2, 4), (1, 2), (5,)])  # as whole texts
    assert sorted(read) == [(1, 2), (2, 4)]
    siblings = [(1, 2, 3, 4, token) for token in range(11)]
    oracle.logits(siblings)  # the first time, it is tried how the state goes on
    read.clear()
    oracle.logits(siblings)  # as a tree, level by level
    assert read == ([(1, 5)] if family == "llama" else 5 * [(1, 1)]) + [(11, 1)]  # Mamba's state goes on token by token


def test_a_large_tree_is_read_in_few_passes(monkeypatch):
    oracle, read = oracle_around(FAMILIES["gpt2"]()), []
    assert oracle.reader.reads_trees  # tried once
    forward = oracle.model.forward
    monkeypatch.setattr(oracle.model, "forward", lambda ids, **rest: read.append(ids.shape) or forward(ids, **rest))
    prefixes = [(*history, 1, 2, 3, a, b) for history in ((4, 5), (6, 7)) for a in range(10) for b in range(10)]
    found = oracle.logits(prefixes)
    assert read == [(1, 231)]  # beginning-of-text, two histories of 5 tokens, 20 first and 200 second tokens
    np.testing.assert_allclose(found, one_by_one(oracle, prefixes), atol=1e-4)


def test_memory_bounds_how_many_texts_go_through_at_once(monkeypatch):
    oracle, read = oracle_of("llama"), []
    forward = oracle.model.forward
    monkeypatch.setattr(oracle.model, "forward", lambda ids, **rest: read.append(ids.shape) or forward(ids, **rest))
    monkeypatch.setattr(base, "CHUNK_BYTES", 4 * 11 * 12)  # logits at 12 positions
    oracle.logits_along(np.ones((5, 6), dtype=np.int64))
    assert sorted(read) == [(1, 6), (2, 6), (2, 6)]  # side by side: in any order
    read.clear()
    base.sample(oracle, 15, 1, rng=np.random.default_rng(0))
    assert sorted(read) == [(3, 1), (12, 1)]


def test_text_needs_a_tokenizer():
    with pytest.raises(ArgumentError, match="made without a tokenizer"):
        oracle_of("llama").encode("hello")


# Loading


@pytest.mark.reliability("R22")
def test_a_saved_folder_is_the_same_teacher(tmp_path, embedded):
    embedded.model.save_pretrained(tmp_path / "copy")
    embedded.save_tokenizer(tmp_path / "copy")
    copy = TransformerOracle.from_pretrained(tmp_path / "copy")
    prefix = embedded.encode("Once upon a time")
    assert np.array_equal(copy.logits([prefix]), embedded.logits([prefix]))


def test_a_folder_that_is_no_model_is_named(tmp_path):
    with pytest.raises(OracleError, match="is not a model: expected config.json"):
        TransformerOracle.from_pretrained(tmp_path)


def test_a_path_that_does_not_exist_is_named():
    with pytest.raises(OracleError, match="nowhere is not a folder"):
        TransformerOracle.from_pretrained("./nowhere")


@pytest.mark.reliability("R22")
def test_a_hub_id_without_a_network_points_to_the_embedded_teacher(monkeypatch):
    with pytest.raises(OracleError, match="Could not load the teacher 'no/such-model'.*'embedded'"):
        TransformerOracle.from_pretrained("no/such-model", local_files_only=True)


@pytest.mark.reliability("R22")
def test_a_folder_with_damaged_weights_is_refused(tmp_path, embedded):
    embedded.model.save_pretrained(tmp_path)
    embedded.save_tokenizer(tmp_path)
    weights = tmp_path / "model.safetensors"
    weights.write_bytes(weights.read_bytes()[:1000])
    with pytest.raises(OracleError, match="Could not load the teacher"):
        TransformerOracle.from_pretrained(tmp_path)


@pytest.mark.reliability("R22")
def test_a_folder_that_lacks_weights_is_refused(tmp_path, embedded):
    embedded.model.save_pretrained(tmp_path)
    embedded.save_tokenizer(tmp_path)
    weights = load_file(tmp_path / "model.safetensors")
    name = "model.layers.0.mlp.up_proj.weight"
    del weights[name]
    save_file(weights, tmp_path / "model.safetensors", metadata={"format": "pt"})
    with pytest.raises(OracleError, match=f"lacks 1 of its weights.*{name}"):
        TransformerOracle.from_pretrained(tmp_path)


@pytest.mark.reliability("R22")
def test_a_folder_with_weights_that_are_no_numbers_is_refused(tmp_path, embedded):
    embedded.model.save_pretrained(tmp_path)
    embedded.save_tokenizer(tmp_path)
    weights = load_file(tmp_path / "model.safetensors")
    next(iter(weights.values())).fill_(torch.nan)
    save_file(weights, tmp_path / "model.safetensors", metadata={"format": "pt"})
    with pytest.raises(OracleError, match="no finite numbers"):
        TransformerOracle.from_pretrained(tmp_path)


@pytest.mark.reliability("R22")
def test_a_model_that_reads_ahead_is_refused(tmp_path, embedded):
    torch.manual_seed(0)
    size = {"hidden_size": 16, "num_hidden_layers": 1, "num_attention_heads": 2, "intermediate_size": 32}
    model = BertLMHeadModel(BertConfig(vocab_size=512, **size))
    for parameter in model.parameters():  # far from the nearly uniform start
        parameter.data *= 3
    model.save_pretrained(tmp_path)
    embedded.save_tokenizer(tmp_path)
    with pytest.raises(OracleError, match="reads ahead"):
        TransformerOracle.from_pretrained(tmp_path)


# The embedded teacher


def test_the_embedded_teacher_writes_english(embedded):
    tokens = base.sample(embedded, 20, 40, rng=np.random.default_rng(0))
    texts = [embedded.decode(row) for row in tokens]
    words = " ".join(texts).lower().replace(".", " ").replace(",", " ").split()
    common = {"the", "a", "to", "was", "and", "there", "little", "once", "upon", "time", "day", "named", "she", "he"}
    assert sum(word in common for word in words) > 0.25 * len(words)


def test_text_and_tokens_are_inverse(embedded):
    text = 'Once upon a time, there was a dog.\n"Hello!" said Tim.'
    assert embedded.decode(embedded.encode(text)) == text


def test_decoding_stops_at_the_end_of_text(embedded):
    hello = embedded.encode("Hello")
    assert embedded.decode([*hello, embedded.end_token, *hello]) == "Hello"


SMALL = {"vocab_size": 11, "hidden_size": 16, "num_hidden_layers": 1, "num_attention_heads": 2, "intermediate_size": 16}
DECODER = SMALL | {"is_decoder": True, "max_position_embeddings": 16}
LIMITS = {
    "two places of RoBERTa's are reserved": (transformers.RobertaConfig(**DECODER, pad_token_id=1), 14),
    "MPT has a name of its own": (
        transformers.MptConfig(vocab_size=11, d_model=16, n_heads=2, n_layers=1, max_seq_len=16),
        16,
    ),
    "XLNet says -1": (transformers.XLNetConfig(vocab_size=11, d_model=16, n_layer=1, n_head=2, d_inner=16), None),
}


@pytest.mark.parametrize("what", LIMITS)
def test_a_model_reads_as_far_as_it_can_and_says_where_that_ends(what):
    config, longest = LIMITS[what]
    oracle = TransformerOracle(transformers.AutoModelForCausalLM.from_config(config))
    assert oracle.longest == longest
    oracle.logits_along(np.zeros((1, longest or 40), dtype=np.int64))
    if longest is not None:
        with pytest.raises(ArgumentError, match=f"reads at most {longest} tokens.*Lower the horizon"):
            oracle.logits_along(np.zeros((1, longest + 1), dtype=np.int64))


def test_a_model_that_keeps_its_state_in_itself_is_not_read_by_two_threads_at_once():
    sizes = {"num_hidden_layers": 3, "hidden_size": 16, "intermediate_size": 48, "num_attention_heads": 2}
    state = {"num_key_value_heads": 1, "lru_width": 16, "attention_window_size": 8}
    config = transformers.RecurrentGemmaConfig(vocab_size=11, **sizes, **state, pad_token_id=0, bos_token_id=2)
    oracle = TransformerOracle(transformers.AutoModelForCausalLM.from_config(config))
    tokens, drawn = base.sample_with_logits(oracle, 600, 9, rng=np.random.default_rng(0))
    np.testing.assert_allclose(oracle.logits_along(tokens), drawn, atol=1e-5)
    parts = np.split(tokens, 4)
    with ThreadPoolExecutor(len(parts)) as pool:
        found = np.concatenate(list(pool.map(oracle.logits_along, parts)))
    np.testing.assert_allclose(found, drawn, atol=1e-5)
