"""What is sent to a completion server, and what its answers say: log-probabilities by token id.

Two layouts are read: llama.cpp's, with an `id` for each token, and the one of vLLM, where `token_id:5` stands for text.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import isfinite
from typing import Any

import numpy as np
from jaxtyping import Float

from lowlogit_edu.core.errors import OracleError, OracleValueError
from lowlogit_edu.server.transport import TryAgain

Prompt = tuple[int, ...]  # token ids of the server, the beginning token first

# Every sampling parameter, off: what is not sent is filled in by the server, or by files of the model.
NEUTRAL: dict[str, Any] = {
    "max_tokens": 1,
    "n": 1,
    "temperature": 1.0,
    "top_p": 1.0,
    "top_k": 0,
    "min_p": 0.0,
    "presence_penalty": 0.0,
    "frequency_penalty": 0.0,
    "repetition_penalty": 1.0,
    "repeat_penalty": 1.0,  # the same in llama.cpp
    "stop": [],
    "seed": 0,
    "echo": False,
    "stream": False,
    "cache_prompt": False,  # llama.cpp says that answers may depend on what it remembers
    "post_sampling_probs": False,
    "return_tokens_as_token_ids": True,  # vLLM; two tokens may have one text
}
FLOOR = -9999.0  # what vLLM writes for minus infinity; llama.cpp writes the lowest float
ABOVE_ONE = 1e-6  # by so much the logarithm of a probability may be above 0, in float32
ID = "token_id:"


@dataclass(frozen=True)
class Told:
    """What a server says of the token after one prompt.

    Attributes
    ----------
    chosen : int
        The token that it sampled.
    log_probability : float
        Of that token, in nats.
    likely : mapping of int to float
        Token -> log-probability, of all tokens that it names.
    """

    chosen: int
    log_probability: float
    likely: Mapping[int, float]


@dataclass(frozen=True)
class Answer:
    """What a server says after some prompts.

    Attributes
    ----------
    model, system : str
        The model, and the `system_fingerprint`, that it says answered; empty where it does not say.
    layout : str
        "content" (llama.cpp) or "token_id" (vLLM).
    told : tuple of Told
        In the order of the prompts.
    """

    model: str
    system: str
    layout: str
    told: tuple[Told, ...]


def question(model: str, prompts: Sequence[Prompt], fields: Mapping[str, Any]) -> dict[str, Any]:
    """The body of a request."""
    return NEUTRAL | {"model": model, "prompt": [list(prompt) for prompt in prompts]} | dict(fields)


def read_answer(answer: Any, count: int) -> Answer:
    """The answer to `count` prompts.

    Raises
    ------
    TryAgain
        If something is missing in it, as when a server is overloaded.
    OracleError
        If tokens are named by their text.
    """
    try:
        choices = answer["choices"]
        by_index = {int(choice["index"]): choice["logprobs"] for choice in choices}
        if len(choices) != count or sorted(by_index) != list(range(count)):
            raise TryAgain(f"{len(choices)} answers of numbers {sorted(by_index)} to {count} prompts")
        layout = "content" if "content" in by_index[0] else "token_id"
        read = _read_content if layout == "content" else _read_token_ids
        told = tuple(read(by_index[index]) for index in range(count))
        return Answer(str(answer.get("model") or ""), str(answer.get("system_fingerprint") or ""), layout, told)
    except (KeyError, IndexError, TypeError, ValueError, AttributeError, OverflowError) as error:
        raise TryAgain(f"an answer without log-probabilities ({type(error).__name__}: {error})") from error


def _read_content(logprobs: Any) -> Told:
    first = logprobs["content"][0]
    likely = {int(entry["id"]): _number(entry["logprob"]) for entry in first["top_logprobs"]}
    return Told(int(first["id"]), _number(first["logprob"]), likely)


def _read_token_ids(logprobs: Any) -> Told:
    top = (logprobs["top_logprobs"] or [{}])[0]
    likely = {_token(name): _number(value) for name, value in top.items()}
    return Told(_token(logprobs["tokens"][0]), _number(logprobs["token_logprobs"][0]), likely)


def _number(value: Any) -> float:
    """A log-probability; JSON has null for what is no number."""
    return float("nan") if value is None else float(value)


def _token(name: str) -> int:
    if not name.startswith(ID):
        raise OracleError(
            f"the server names tokens by their text, such as {name!r}, and two tokens may have the same; expected ids: "
            "llama.cpp's llama-server and vLLM send them."
        )
    return int(name.removeprefix(ID))


def picked(likely: Mapping[int, float], tokens: Sequence[int], prompt: Prompt) -> Float[np.ndarray, "token"]:
    """The log-probabilities of some tokens after a prompt.

    Raises
    ------
    OracleValueError
        If one is missing, no number, a floor value, or above that of probability 1; it names prefix and token.
    """
    try:
        row = np.array([likely[token] for token in tokens])
    except KeyError as error:
        raise OracleValueError(
            f"the server names {len(likely)} tokens after {_words(prompt)}, and token {error} is not among them; ask "
            "for fewer tokens, or for another strategy."
        ) from error
    good = np.isfinite(row) & (row > FLOOR) & (row <= ABOVE_ONE)
    if not good.all():
        first = int(np.argmin(good))
        raise OracleValueError(_complaint(float(row[first]), tokens[first], prompt))
    return row


def _complaint(value: float, token: int, prompt: Prompt) -> str:
    where = f"after {_words(prompt)} token {token} has"
    if isfinite(value) and value > ABOVE_ONE:
        return f"{where} log-probability {value:g}, which is a probability above 1; the server is at fault."
    if value <= FLOOR:
        return (
            f"{where} {value:g}, the server's floor value, which is no log-probability: mean-centring needs numbers. "
            "Leave the token out of the alphabet."
        )
    return f"{where} {value}, which is no number; leave the token out of the alphabet, or look at the server's log."


def _words(prompt: Prompt) -> str:
    return f"prefix {list(prompt[1:])} (token ids of the server, behind the beginning token {prompt[0]})"
