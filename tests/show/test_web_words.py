"""The bytes of tokens give the tokenizer's texts, and a page says whether a beginning can be typed."""

import pytest
from tokenizers import Tokenizer, decoders, models, normalizers, pre_tokenizers
from transformers import PreTrainedTokenizerFast

from lowlogit_edu.core.errors import ArgumentError
from lowlogit_edu.oracles.pretrained import embedded_folder
from lowlogit_edu.show.web_words import open_tokenizer, web_words

TEXT = 'Once upon a time, there was a girl named Lily.\nShe said "Hello!" and it\'s fun.'


def text_of(words, tokens):
    return "".join(words["bytes"][token] for token in tokens).encode("latin-1").decode()


@pytest.fixture(scope="module")
def embedded_tokenizer():
    return open_tokenizer(embedded_folder(), 512)


def sentencepiece_like():
    """Words with the mark of a space in front, and bytes for all else: as Llama's first tokenizers."""
    words = ["<unk>", "</s>", *(f"<0x{byte:02X}>" for byte in range(256)), "▁", "a", "b", "▁a", "ab"]
    core = Tokenizer(
        models.BPE({word: i for i, word in enumerate(words)}, [("▁", "a"), ("a", "b")], byte_fallback=True)
    )
    core.normalizer = normalizers.Replace(" ", "▁")
    core.decoder = decoders.Sequence([decoders.Replace("▁", " "), decoders.ByteFallback(), decoders.Fuse()])
    return PreTrainedTokenizerFast(tokenizer_object=core, eos_token="</s>")


def test_the_bytes_of_tokens_are_the_text(embedded_tokenizer):
    words = web_words(embedded_tokenizer)
    tokens = embedded_tokenizer.encode(TEXT, add_special_tokens=False)
    assert text_of(words, tokens) == TEXT == embedded_tokenizer.decode(tokens)
    assert len(words["bytes"]) == 512 and words["end"] == 0 and words["bytes"][0] == "<|endoftext|>"


def test_what_is_typed_can_be_cut_by_byte_level_bpe_alone(embedded_tokenizer):
    typing = web_words(embedded_tokenizer)["typing"]
    assert len(typing["merges"]) == 434 and typing["unknown"] == 1 and typing["added"]["<|endoftext|>"] == 0
    assert web_words(sentencepiece_like())["typing"] is None


def test_tokens_of_another_kind_have_their_bytes_too():
    tokenizer = sentencepiece_like()
    words = web_words(tokenizer)
    for text in ("ab a", "a é b"):
        assert text_of(words, tokenizer.encode(text, add_special_tokens=False)) == text


@pytest.mark.parametrize(
    "change",
    [
        lambda core: setattr(core, "normalizer", normalizers.Lowercase()),
        lambda core: setattr(core, "pre_tokenizer", pre_tokenizers.Whitespace()),
        lambda core: setattr(core.model, "dropout", 0.1),
        lambda core: setattr(core.model, "fuse_unk", True),
    ],
    ids=["normalizer", "splitter", "dropout", "unknown"],
)
def test_a_tokenizer_that_would_not_be_imitated_exactly_is_not(change):
    tokenizer = open_tokenizer(embedded_folder(), 512)
    change(tokenizer.backend_tokenizer)
    assert web_words(tokenizer)["typing"] is None


def test_no_tokenizer_is_none_and_a_wrong_one_is_named(tmp_path):
    assert open_tokenizer(tmp_path, 512) is None
    with pytest.raises(ArgumentError, match="has 512 tokens, the model an alphabet of 300; copy the tokenizer"):
        open_tokenizer(embedded_folder(), 300)
    (tmp_path / "tokenizer.json").write_text("{}")
    with pytest.raises(ArgumentError, match="no tokenizer can be loaded from"):
        open_tokenizer(tmp_path, 512)
