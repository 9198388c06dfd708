"""The page's JavaScript computes what Python computes: logits, tokens of a text, draws. Run by node."""

import base64
import json
import shutil
import subprocess

import numpy as np
import pytest
from small_isans import FORMS, mulberry32, random_model
from tokenizers import Tokenizer, models, normalizers, pre_tokenizers
from transformers import PreTrainedTokenizerFast

from lowlogit_edu.core.numerics import softmax
from lowlogit_edu.oracles.pretrained import embedded_folder
from lowlogit_edu.show.half_precision import half_precision, packed
from lowlogit_edu.show.story_page import PARTS
from lowlogit_edu.show.web_words import open_tokenizer, web_words

TEXTS = [
    "",
    " ",
    "Once upon a time, there was a little girl named Lily.",
    "  two spaces,\n\n\nlines \t tabs \u00a0 and \u2003 wide ones  ",
    "It's we'll I'VE don't 'tis o'clock''s",
    "12345 3.14 ½ ² Ⅷ 1st x2",
    "naïve café Ångström e\u0301 — “quotes” … 日本語 русский ελληνικά עברית",
    "🙂👩‍👩‍👧 \ufeff \u200b \x00\x1f\x85",
    "<|endoftext|>One<|endoftext|><|endoftext|> day<unk>, <|endoftext",
    "aaaaaaaaaaaaaaaaa thethethe Theere",
]


def node(code, values):
    """What a JavaScript expression gives, with the page's code before it and `values` beside it."""
    program = shutil.which("node")
    if program is None:
        pytest.skip("node is not installed; make test-browser runs the same code in Chromium")
    sources = [(PARTS / name).read_text(encoding="utf-8") for name in ("model.js", "bpe.js")]
    read = 'const values = JSON.parse(require("fs").readFileSync(0, "utf8"));'
    script = "\n".join([*sources, read, f"console.log(JSON.stringify({code}));"])
    done = subprocess.run([program, "-e", script], input=json.dumps(values), capture_output=True, text=True, check=True)
    return json.loads(done.stdout)


def logits_in_javascript(model, prefixes):
    layout, data = packed(model)
    values = {"layout": layout, "weights": base64.b64encode(data).decode(), "prefixes": prefixes}
    code = """(() => {
      const model = new Model(unpack(values.weights, values.layout));
      const read = (prefix) => prefix.reduce((state, token) => model.after(state, token), model.initial_state);
      return values.prefixes.map((prefix) => Array.from(model.logits(read(prefix))));
    })()"""
    return np.array(node(code, values))


def test_logits_are_those_of_python():
    prefixes = [[], [3], [6, 0, 1], [2] * 8, [0, 1, 2, 3, 4, 5, 6]]
    for form in FORMS:
        model = random_model(form)
        expected = half_precision(model).logits(prefixes)
        np.testing.assert_allclose(logits_in_javascript(model, prefixes), expected, atol=1e-5)


def tokenizers():
    """The embedded teacher's, and the same with what other families have: a space in front, NFC, no unknown token."""
    plain = open_tokenizer(embedded_folder(), 512)
    other = open_tokenizer(embedded_folder(), 512).backend_tokenizer
    other.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=True)
    other.normalizer = normalizers.NFC()
    small = Tokenizer(models.BPE({"a": 0, "b": 1, "ab": 2, "ba": 3, "aba": 4}, [("b", "a"), ("a", "b"), ("a", "ba")]))
    small.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    return [plain, *(PreTrainedTokenizerFast(tokenizer_object=core) for core in (other, small))]


def test_typed_texts_are_cut_as_by_the_tokenizer():
    rng = np.random.default_rng(0)
    letters = np.array(list("abtheTLi 's.,\n0é🙂"))
    texts = TEXTS + ["".join(rng.choice(letters, size=rng.integers(1, 30))) for _ in range(300)]
    for tokenizer in tokenizers():
        typing = web_words(tokenizer)["typing"]
        found = node(
            "values.texts.map((text) => new Bpe(values.typing).encode(text))", {"texts": texts, "typing": typing}
        )
        for text, tokens in zip(texts, found, strict=True):
            assert tokens == tokenizer.encode(text, add_special_tokens=False), text


def test_draws_follow_the_seed_and_the_temperature():
    logits = [0.5, -1.0, 2.0, 0.0]
    code = """values.temperatures.map((temperature) => {
      const random = randomNumbers(7);
      const probabilities = softmax(values.logits, temperature);
      return [probabilities, Array.from({ length: 200 }, () => draw(probabilities, random))];
    })"""
    temperatures = [0.5, 1.0, 2.0]
    for temperature, (shares, tokens) in zip(
        temperatures, node(code, {"logits": logits, "temperatures": temperatures}), strict=True
    ):
        np.testing.assert_allclose(shares, softmax(np.array(logits) / temperature), rtol=1e-12)
        numbers = mulberry32(7)
        assert tokens == [int(np.searchsorted(np.cumsum(shares), next(numbers), side="right")) for _ in range(200)]


def test_at_temperature_zero_the_likeliest_is_taken():
    assert node("softmax(values, 0)", [0.5, -1.0, 2.0, 0.0]) == [0, 0, 1, 0]
