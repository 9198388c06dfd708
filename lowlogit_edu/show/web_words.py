"""What a web page needs of a tokenizer: the bytes of every token and, where a text can be typed, the merges.

A page has no tokenizer library. Decoding is easy: every token is some bytes. Encoding is written out in `web/bpe.js`
for one kind of tokenizer, the byte-level BPE of GPT-2, Pythia, OLMo and the embedded teacher; of any other kind the
page tells stories, but no beginning can be typed.
"""

import json
import re
from pathlib import Path
from typing import Any

from lowlogit_edu.core.errors import ArgumentError

BYTE_TOKEN = re.compile(r"<0x([0-9A-F]{2})>$")  # how tokenizers with a fall-back on bytes spell one
SWITCHED_OFF = (
    "dropout",
    "continuing_subword_prefix",
    "end_of_word_suffix",
    "ignore_merges",
    "byte_fallback",
    "fuse_unk",
)
TAKING_MORE = ("single_word", "lstrip", "rstrip")  # added tokens that look at, or swallow, what stands beside them


def open_tokenizer(folder: Path, alphabet_size: int) -> Any:
    """The tokenizer in a run's folder; None where there is none.

    Raises
    ------
    ArgumentError
        If there is one, but it cannot be loaded or has more tokens than the model.
    """
    if not (folder / "tokenizer.json").is_file():
        return None
    from transformers import AutoTokenizer

    # No code of the folder's is run, and no network is asked: it may come from anywhere.
    try:
        tokenizer = AutoTokenizer.from_pretrained(folder, trust_remote_code=False, local_files_only=True)
    except Exception as error:  # transformers has many kinds for "not loaded"
        first_line = str(error).strip().partition("\n")[0]
        raise ArgumentError(f"no tokenizer can be loaded from {folder}: {first_line}") from error
    if len(tokenizer) > alphabet_size:
        raise ArgumentError(
            f"the tokenizer in {folder} has {len(tokenizer)} tokens, the model an alphabet of {alphabet_size}; "
            "copy the tokenizer of its teacher there."
        )
    return tokenizer


def web_words(tokenizer: Any) -> dict[str, Any]:
    """The tokenizer as JSON-able values.

    Returns
    -------
    dict
        `bytes`: of each token, as a string of characters 0 to 255. `end`: number of end-of-text, or None. `typing`:
        None, or what `web/bpe.js` encodes with: `merges` as triples (left, right, result) of token numbers, the
        first to be done first; `single`, the token of each byte or -1; `unknown`, the token of a byte that has
        none, or -1; `added`, {text: token} of tokens that stand for themselves; `nfc`, `space`: whether a text is
        normalized, and gets a space in front.
    """
    spec = json.loads(tokenizer.backend_tokenizer.to_str())
    spelled = tokenizer.convert_ids_to_tokens(list(range(len(tokenizer))))
    added = {token["id"]: token["content"] for token in spec["added_tokens"]}
    byte_level = (spec["decoder"] or {}).get("type") == "ByteLevel"
    values = []
    for number, word in enumerate(spelled):
        if number in added:
            found = added[number].encode()
        elif byte_level:
            found = _bytes_of(word or "")
        else:
            found = _decoded(tokenizer, number, word or "")
        values.append(found.decode("latin-1"))
    return {"bytes": values, "end": tokenizer.eos_token_id, "typing": _typing(spec)}


def _byte_characters() -> dict[str, int]:
    """The character that byte-level BPE writes each byte with: itself where it is visible, else one from 256 on."""
    visible = [*range(33, 127), *range(161, 173), *range(174, 256)]
    others = [byte for byte in range(256) if byte not in visible]
    return {chr(byte): byte for byte in visible} | {chr(256 + i): byte for i, byte in enumerate(others)}


BYTES = _byte_characters()


def _bytes_of(word: str) -> bytes:
    """The bytes of a token as byte-level BPE spells it; a word with another character in it is plain text."""
    if all(character in BYTES for character in word):
        return bytes(BYTES[character] for character in word)
    return word.encode()


def _decoded(tokenizer: Any, number: int, word: str) -> bytes:
    """What a token of any other tokenizer adds to a text: decoded after another token, which keeps its space."""
    byte = BYTE_TOKEN.match(word)
    if byte:
        return bytes([int(byte[1], 16)])
    alone = tokenizer.decode([number])
    twice = tokenizer.decode([number, number])
    return (twice.removeprefix(alone) if twice.startswith(alone) else alone).encode()


def _typing(spec: dict[str, Any]) -> dict[str, Any] | None:
    """What `web/bpe.js` encodes with; None for a tokenizer that it would not imitate exactly."""
    model = spec["model"]
    splitter = spec["pre_tokenizer"] or {}
    normalizer = (spec["normalizer"] or {}).get("type")
    plain = model["type"] == "BPE" and not any(model.get(name) for name in SWITCHED_OFF)
    splits = splitter.get("type") == "ByteLevel" and splitter.get("use_regex", True)
    greedy = any(token[name] for token in spec["added_tokens"] for name in TAKING_MORE)
    if not plain or not splits or greedy or normalizer not in (None, "NFC"):
        return None
    vocabulary = model["vocab"]
    pairs = [merge.split(" ") if isinstance(merge, str) else merge for merge in model["merges"]]
    merges = [(vocabulary[left], vocabulary[right], vocabulary[left + right]) for left, right in pairs]
    characters = {byte: character for character, byte in BYTES.items()}
    return {
        "merges": merges,
        "single": [vocabulary.get(characters[byte], -1) for byte in range(256)],
        "unknown": vocabulary.get(model.get("unk_token"), -1),
        "added": {token["content"]: token["id"] for token in spec["added_tokens"]},
        "nfc": normalizer == "NFC",
        "space": splitter.get("add_prefix_space", False),
    }
