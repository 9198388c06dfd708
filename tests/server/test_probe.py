"""A probe finds out what a server does, chooses by it, and refuses what it does not understand."""

import numpy as np
import pytest
from completion_server import BEGINNING, Completions, client_of

from lowlogit_edu.core.errors import ArgumentError, OracleError
from lowlogit_edu.models import random_isan
from lowlogit_edu.oracles import ExactOracle
from lowlogit_edu.server.probe import models_of, probe

TEACHER = ExactOracle(random_isan(alphabet_size=40, dimension=3, horizon=12, seed=0))


def probed(tokens=range(40), **server):
    client = client_of(Completions(TEACHER, **server))
    model, size, longest = models_of(client, None)
    return probe(client, model, list(tokens), BEGINNING, vocabulary_size=size, longest=longest)


@pytest.mark.parametrize(
    ("server", "strategies"),
    [
        ({}, ["full", "forced"]),  # llama.cpp
        ({"layout": "token_id"}, ["full", "forced"]),  # vLLM with --max-logprobs -1
        ({"layout": "token_id", "most": 20, "lists": True}, ["listed", "forced"]),  # vLLM as it is
        ({"layout": "token_id", "most": 20}, ["forced"]),  # an older one
        ({"layout": "token_id", "most": 20, "mode": "processed"}, ["topk_bias"]),
        ({"layout": "token_id", "most": 5, "mode": "processed", "caps": True}, ["topk_bias"]),
        ({"layout": "token_id", "most": 20, "biases": False}, []),
    ],
)
def test_strategies_follow_from_what_the_server_does(server, strategies):
    report = probed(**server)
    assert report.strategies() == strategies
    assert report.requests <= 12
    assert report.mode == server.get("mode", "raw")
    assert report.temperature == (report.mode == "processed")
    assert report.top == server.get("most", 40)


def test_a_report_is_a_card_to_read():
    lines = repr(probed()).splitlines()
    assert lines[0] == "Probe of http://127.0.0.1:1 in 8 requests"
    assert "  answers            40 tokens by id, with probabilities that sum to 1.00000" in lines
    assert "  log-probabilities  raw: they do not change with a bias, and do not with the temperature" in lines
    assert "  can be asked by    full, forced" in lines


def test_twenty_of_forty_are_not_taken_for_all():
    """Even where the server silently gives fewer than were asked for, and nobody says how many there are."""
    report = probed(range(15), most=20, caps=True, tells_size=False)
    assert not report.full
    assert report.total < 1


def test_the_largest_number_that_is_known_may_be_all():
    assert probed(range(40), tells_size=False).full
    assert not probed(range(39), tells_size=False, most=39).full


def test_answers_that_depend_on_the_batch_give_epsilon():
    calls = []

    def shaken(row, body):
        calls.append(None)
        return row + 0.01 * np.sin(np.arange(len(row)) + len(calls) * (len(body["prompt"]) > 1))

    assert probed().epsilon == 0
    assert 0.001 < probed(alter=shaken).epsilon < 0.03


def test_a_floor_value_is_seen():
    assert probed(floors=[3]).floor == -9999
    assert probed().floor is None


def test_a_sum_that_is_not_one_is_no_full_answer():
    report = probed(alter=lambda row, body: row - 0.1)
    assert report.total == pytest.approx(np.exp(-0.1))
    assert not report.full


@pytest.mark.parametrize(
    ("alter", "message"),
    [
        (lambda row, body: row * (0.5 if "logit_bias" in body else 1), "a bias of 5 on token .* changed log-prob"),
        (lambda row, body: row * body["temperature"] ** 2, "temperature 2 instead of 1 changed log-probabilities by"),
    ],
)
def test_what_is_not_understood_is_an_error(alter, message):
    with pytest.raises(OracleError, match=message + ".*numbers are not understood"):
        probed(alter=alter)


def test_a_server_that_names_tokens_by_text_is_refused():
    with pytest.raises(OracleError, match="names tokens by their text, such as 'word"):
        probed(layout="text")


def test_log_probabilities_of_one_token_are_not_enough():
    with pytest.raises(OracleError, match="fewer than two tokens"):
        probed(most=1, caps=True)


def test_a_strategy_by_name_has_to_work():
    report = probed()
    tokens = tuple(range(40))
    assert report.strategy("auto", tokens).name == "full"
    assert report.strategy("forced", tokens).name == "forced"
    with pytest.raises(OracleError, match="the strategy 'listed' does not work with this server. Probe of http"):
        report.strategy("listed", tokens)
    with pytest.raises(ArgumentError, match="one of auto, full, listed, topk_bias, forced, got 'append'"):
        report.strategy("append", tokens)
    with pytest.raises(OracleError, match="(?s)strategy 'auto' does not work.*vLLM: --max-logprobs -1"):
        probed(most=20, biases=False).strategy("auto", tokens)


@pytest.mark.parametrize("answer", [{}, [], {"data": None}, {"data": [5]}])
def test_what_lists_no_models_is_no_completion_server(answer):
    server = Completions(TEACHER)
    server.answer = lambda method, path, content: (200, answer)
    with pytest.raises(OracleError, match="/v1/models lists no models .* expected an OpenAI-compatible server"):
        models_of(client_of(server), None)


def test_models_are_named():
    client = client_of(Completions(TEACHER))
    assert models_of(client, "toy") == ("toy", 40, 512)
    with pytest.raises(ArgumentError, match="has the models toy; 'other' is not among them"):
        models_of(client, "other")
