"""About ten requests that find out what a completion server does, before anything is learned from it."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from lowlogit_edu.core.errors import ArgumentError, OracleError
from lowlogit_edu.server.answers import FLOOR, Answer, Prompt, Told, question, read_answer
from lowlogit_edu.server.report import Report
from lowlogit_edu.server.retry import Client, Refused
from lowlogit_edu.server.strategies import FORCING

COMPLETIONS = "/v1/completions"
FEWER = (20, 5)  # log-probabilities that servers give who do not give all: vLLM's default, and OpenAI's limit
BIAS = 5.0  # nats, in the test whether log-probabilities see a bias
SAME = 0.1  # nats by which two answers may differ and still be the same; 0.06 was reported of batches
TOO_MUCH = (400, 422)  # how a server refuses a kind of question that it does not know
WHOLE = 1e-3  # by so much the probabilities of all tokens may miss 1
FEW = 3  # tokens in the test of lists


def _read_models(answer: Any) -> list[dict[str, Any]]:
    try:
        return [dict(each) for each in answer["data"]]
    except (KeyError, TypeError, ValueError) as error:
        raise OracleError(f"/v1/models lists no models ({error}); expected an OpenAI-compatible server.") from error


@dataclass
class Probe:
    """Asks one model."""

    client: Client
    model: str

    def ask(self, prompts: Sequence[Prompt], fields: Mapping[str, Any]) -> Answer:
        body = question(self.model, prompts, fields)
        return self.client.ask("POST", COMPLETIONS, body, lambda told: read_answer(told, len(prompts)))

    def one(self, prompt: Prompt, fields: Mapping[str, Any]) -> Told:
        return self.ask([prompt], fields).told[0]


def models_of(client: Client, model: str | None) -> tuple[str, int | None, int | None]:
    """The model's name, how many tokens it has and reads, where the server says so.

    Raises
    ------
    ArgumentError
        If there is no such model, or none is named and there are several.
    """
    listed = client.ask("GET", "/v1/models", None, _read_models)
    names = [str(each.get("id")) for each in listed]
    if model is None and len(names) == 1:
        model = names[0]
    if model not in names:
        wanted = "name one of them" if model is None else f"{model!r} is not among them"
        raise ArgumentError(f"{client.transport.address} has the models {', '.join(names)}; {wanted} (--server-model).")
    entry = listed[names.index(model)]
    meta = entry.get("meta") or {}  # llama.cpp's
    size = meta.get("n_vocab")
    longest = entry.get("max_model_len") or meta.get("n_ctx") or meta.get("n_ctx_train")
    return model, size and int(size), longest and int(longest)


def probe(
    client: Client,
    model: str,
    tokens: Sequence[int],
    beginning_token: int,
    *,
    vocabulary_size: int | None = None,
    longest: int | None = None,
) -> Report:
    """Find out what a server does with the alphabet `tokens`.

    Raises
    ------
    OracleError
        If it does something that is not understood: then no number of its can be relied on.
    """
    asked = Probe(client, model)
    before = client.sent
    prompt = (beginning_token, tokens[0], tokens[-1])
    plain, answer, count = _most(asked, prompt, vocabulary_size or max(tokens) + 1)
    told = {token: value for token, value in plain.likely.items() if value > FLOOR}
    total = float(np.exp(list(told.values())).sum())
    everything = set(range(vocabulary_size or max(tokens) + 1))
    mode = _mode(asked, prompt, plain, count)
    # A rare token is sampled only if the bias is honoured.
    rare = min((token for token in tokens if token in told), key=told.__getitem__, default=tokens[-1])
    epsilon, seconds = _repeated(asked, prompt, plain, {"logprobs": count}, beginning_token)
    return Report(
        address=client.transport.address,
        model=answer.model or model,
        system=answer.system,
        layout=answer.layout,
        vocabulary_size=vocabulary_size,
        longest=longest,
        mode=mode,
        temperature=_sees_temperature(asked, prompt, plain, count),
        top=_top(plain, count),
        total=total,
        full=set(plain.likely) == everything and abs(total - 1.0) <= WHOLE,
        listed=_lists(asked, prompt, tokens, plain),
        forced=_forces(asked, prompt, rare),
        floor=min((value for value in plain.likely.values() if value <= FLOOR), default=None),
        epsilon=epsilon,
        seconds=seconds,
        requests=client.sent - before,
    )


def _most(asked: Probe, prompt: Prompt, wanted: int) -> tuple[Told, Answer, int]:
    """The answer with as many log-probabilities as the server gives."""
    counts = [wanted, *(fewer for fewer in FEWER if fewer < wanted)]
    for count in counts:
        try:
            answer = asked.ask([prompt], {"logprobs": count})
        except Refused as error:
            if error.status not in TOO_MUCH or count == counts[-1]:
                raise
        else:
            break
    if len(answer.told[0].likely) < 2:
        raise OracleError("the server names fewer than two tokens with their log-probabilities; nothing to learn.")
    return answer.told[0], answer, count


def _top(plain: Told, count: int) -> int:
    """How many of the likeliest tokens there are; the one that was sampled is named although it is not among them."""
    extra = min(plain.likely, key=plain.likely.__getitem__) == plain.chosen
    return min(count, len(plain.likely) - (extra and len(plain.likely) < count))


def _tried(ask: Callable[[], Told]) -> Told | None:
    """The answer, or None where the server refuses that kind of question."""
    try:
        return ask()
    except Refused as error:
        if error.status not in TOO_MUCH:
            raise
        return None


def _changes(before: Told, after: Told) -> dict[int, float]:
    """By how much each token's log-probability changed, of those that are in both answers."""
    both = [token for token, value in before.likely.items() if value > FLOOR and after.likely.get(token, FLOOR) > FLOOR]
    return {token: after.likely[token] - before.likely[token] for token in both}


def _mode(asked: Probe, prompt: Prompt, plain: Told, count: int) -> str:
    """Whether log-probabilities see a bias: "raw" or "processed"."""
    first, second = sorted(plain.likely, key=plain.likely.__getitem__, reverse=True)[:2]
    biased = _tried(lambda: asked.one(prompt, {"logprobs": count, "logit_bias": {str(second): BIAS}}))
    if biased is None:
        return "raw"  # as good as: there are no biases
    changes = _changes(plain, biased)
    if second in changes and max(map(abs, changes.values())) <= SAME:
        return "raw"
    if first in changes and second in changes:
        others = [changes[token] - changes[first] for token in changes if token != second]
        if abs(changes[second] - changes[first] - BIAS) <= SAME and max(map(abs, others)) <= SAME:
            return "processed"
    raise OracleError(
        f"a bias of {BIAS:g} on token {second} changed log-probabilities by {_some(changes)}: expected 0 for all "
        f"(raw), or {BIAS:g} more for that token than for the others (processed). The server's numbers are not "
        "understood."
    )


def _sees_temperature(asked: Probe, prompt: Prompt, plain: Told, count: int) -> bool:
    """Whether log-probabilities are those of T = 2 where the temperature is 2."""
    warm = asked.one(prompt, {"logprobs": count, "temperature": 2.0})
    changes = _changes(plain, warm)
    if changes and max(map(abs, changes.values())) <= SAME:
        return False
    first = max(changes, key=plain.likely.__getitem__, default=None)
    if first is not None:
        spread = {token: plain.likely[token] - plain.likely[first] for token in changes}
        halved = [changes[token] - changes[first] + spread[token] / 2 for token in changes]
        if max(map(abs, halved)) <= SAME:
            return True
    raise OracleError(
        f"temperature 2 instead of 1 changed log-probabilities by {_some(changes)}: expected no change, or differences "
        "half as large. The server's numbers are not understood."
    )


def _some(changes: Mapping[int, float]) -> str:
    shown = ", ".join(f"{value:+.3g} (token {token})" for token, value in list(changes.items())[:FEW])
    return shown or "nothing that both answers name"


def _lists(asked: Probe, prompt: Prompt, tokens: Sequence[int], plain: Told) -> bool:
    """Whether the server tells the log-probabilities of listed tokens: unlikely ones, which are in no top 1."""
    unlikely = sorted(tokens, key=lambda token: plain.likely.get(token, FLOOR))[:FEW]
    told = _tried(lambda: asked.one(prompt, {"logprobs": 1, "logprob_token_ids": unlikely}))
    return told is not None and set(told.likely) <= {*unlikely, told.chosen} and set(unlikely) <= set(told.likely)


def _forces(asked: Probe, prompt: Prompt, token: int) -> bool:
    """Whether a bias makes the server sample a token."""
    told = _tried(lambda: asked.one(prompt, {"logprobs": 1, "logit_bias": {str(token): FORCING}}))
    return told is not None and told.chosen == token


def _repeated(
    asked: Probe, prompt: Prompt, plain: Told, fields: Mapping[str, Any], beginning_token: int
) -> tuple[float, float]:
    """Largest difference between answers to one question, alone and in a batch, and the seconds of one in a batch."""
    alone = [asked.one(prompt, fields) for _ in range(2)]
    batch = [prompt, (beginning_token,), prompt, (*prompt, prompt[1])]
    start = asked.client.now()
    told = asked.ask(batch, fields).told
    seconds = (asked.client.now() - start) / len(batch)
    gaps = []
    for again in (*alone, told[0], told[2]):
        changes = np.array(list(_changes(plain, again).values()))
        if not len(changes):
            raise OracleError(f"the server names no token twice when it is asked twice after {list(prompt)}.")
        gaps.append(float(np.abs(changes - changes.mean()).max()))
    return max(gaps), seconds
