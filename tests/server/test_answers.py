"""Answers of both layouts are read by token id and index; what cannot be a log-probability is refused by name."""

import pytest

from lowlogit_edu.core.errors import OracleError, OracleValueError
from lowlogit_edu.server.answers import NEUTRAL, picked, question, read_answer
from lowlogit_edu.server.transport import TryAgain


def llama(index, values, chosen=0):
    entries = [{"id": token, "token": "a", "bytes": [97], "logprob": value} for token, value in values.items()]
    first = {"id": chosen, "logprob": values.get(chosen), "top_logprobs": entries}
    return {"index": index, "logprobs": {"content": [first]}}


def vllm(index, values, chosen=0):
    named = {f"token_id:{token}": value for token, value in values.items()}
    first = {"tokens": [f"token_id:{chosen}"], "token_logprobs": [values.get(chosen)], "top_logprobs": [named]}
    return {"index": index, "logprobs": first}


def test_every_sampling_parameter_is_sent():
    body = question("toy", [(0, 5), (0,)], {"logprobs": 7})
    assert body["prompt"] == [[0, 5], [0]]
    assert {"temperature", "top_p", "top_k", "min_p", "seed", "n", "max_tokens", "stop"} <= set(body)
    assert (body["temperature"], body["top_p"], body["max_tokens"], body["logprobs"]) == (1.0, 1.0, 1, 7)
    assert "logprobs" not in NEUTRAL


@pytest.mark.parametrize("layout", [llama, vllm])
def test_answers_are_in_the_order_of_the_prompts(layout):
    said = {"model": "m", "system_fingerprint": None, "choices": [layout(1, {3: -1.0}, 3), layout(0, {3: -2.0}, 3)]}
    answer = read_answer(said, 2)
    assert [told.likely for told in answer.told] == [{3: -2.0}, {3: -1.0}]
    assert (answer.told[0].chosen, answer.told[0].log_probability) == (3, -2.0)
    assert (answer.model, answer.system) == ("m", "")


@pytest.mark.parametrize(
    "answer",
    [
        {},
        [],
        {"choices": []},
        {"choices": [llama(0, {0: -1.0}), llama(0, {0: -1.0})]},
        {"choices": [llama(0, {0: -1.0}), llama(2, {0: -1.0})]},
        {"choices": [llama(0, {0: 10**400}), llama(1, {0: -1.0})]},
        {"choices": [{"index": 0, "logprobs": None}, llama(1, {0: -1.0})]},
        {"choices": [{"index": 0, "logprobs": {"content": []}}, llama(1, {0: -1.0})]},
        {"choices": [vllm(0, {0: -1.0}) | {"logprobs": {"tokens": []}}, vllm(1, {0: -1.0})]},
    ],
)
def test_an_incomplete_answer_may_be_asked_for_again(answer):
    with pytest.raises(TryAgain):
        read_answer(answer, 2)


def test_tokens_named_by_their_text_are_refused():
    first = {"tokens": [" cat"], "token_logprobs": [-1.0], "top_logprobs": [{" cat": -1.0}]}
    with pytest.raises(OracleError, match="names tokens by their text, such as ' cat'"):
        read_answer({"choices": [{"index": 0, "logprobs": first}]}, 1)


@pytest.mark.parametrize(
    ("value", "message"),
    [
        (-9999.0, "after prefix \\[7\\] .* token 5 has -9999, the server's floor value"),
        (-3.4028234663852886e38, "the server's floor value"),
        (0.01, "log-probability 0.01, which is a probability above 1"),
        (float("nan"), "token 5 has nan, which is no number"),
        (None, "token 5 has nan, which is no number"),
        (float("inf"), "token 5 has inf, which is no number"),
    ],
)
def test_a_value_that_is_no_log_probability_is_named(value, message):
    (told,) = read_answer({"choices": [llama(0, {4: -1.0, 5: value})]}, 1).told
    with pytest.raises(OracleValueError, match=message):
        picked(told.likely, [4, 5], (0, 7))


def test_what_rounding_leaves_above_zero_is_allowed():
    assert picked({4: 5e-7, 5: -20.0}, [5, 4], (0,)).tolist() == [-20.0, 5e-7]


def test_a_missing_token_is_named():
    with pytest.raises(OracleValueError, match="names 1 tokens after prefix \\[\\] .*, and token 5 is not among them"):
        picked({4: -1.0}, [4, 5], (0,))
