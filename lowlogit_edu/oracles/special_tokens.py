"""Which tokens begin and end a text: what the tokenizer and the config of a model say.

>>> from types import SimpleNamespace
>>> tokenizer = SimpleNamespace(bos_token_id=None, eos_token_id=3, all_special_ids=[3])
>>> config = SimpleNamespace(bos_token_id=50256, eos_token_id=[5, 6])
>>> find_beginning_token(tokenizer, config, alphabet_size=11), find_end_token(tokenizer, config)
(3, 3)
"""

from typing import Any


def find_beginning_token(tokenizer: Any, config: Any, alphabet_size: int) -> int:
    """The token to put first: the named beginning, else the named end, else token 0."""
    named = _named(tokenizer, config, "bos_token_id") + _named(tokenizer, config, "eos_token_id")
    # Configs often name a default that the alphabet does not have, or that the tokenizer holds for an ordinary word.
    known = [token for token in named if 0 <= token < alphabet_size]
    special = getattr(tokenizer, "all_special_ids", [])
    return min(known, key=lambda token: token not in special, default=0)  # the first special one, else the first


def find_end_token(tokenizer: Any, config: Any) -> int | None:
    """The token that ends a text, where one is named."""
    return next(iter(_named(tokenizer, config, "eos_token_id")), None)


def _named(tokenizer: Any, config: Any, name: str) -> list[int]:
    """The ids that the tokenizer and the config give to `name`, the tokenizer's first."""
    found: list[int] = []
    for source in (tokenizer, config):
        ids = getattr(source, name, None)
        if isinstance(ids, list | tuple):  # a model may end a text in several ways
            found += ids
        elif ids is not None:
            found.append(ids)
    return found
