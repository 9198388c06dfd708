"""A model on a server is an oracle like any other: the same logits, through faults, by any strategy."""

import json
import pickle
from random import Random
from threading import Event, get_ident

import numpy as np
import pytest
from completion_server import BEGINNING, Completions, client_of, served

import lowlogit_edu as ll
from lowlogit_edu.cli import main
from lowlogit_edu.core.errors import ArgumentError, OracleError, OracleValueError
from lowlogit_edu.models import random_isan
from lowlogit_edu.oracles import ExactOracle, Restricted, ServerOracle, broken_promises
from lowlogit_edu.server.retry import Refused

TEACHER = ExactOracle(random_isan(alphabet_size=12, dimension=3, horizon=20, seed=0))
FAULTS = ("timeout", "wait", 429, 500, "reset", "truncated", "silent", "reordered")
SERVERS = {
    "full": {},
    "listed": {"layout": "token_id", "most": 5, "lists": True},
    "forced": {"layout": "token_id", "most": 5},
    "topk_bias": {"layout": "token_id", "most": 5, "mode": "processed"},
}


def oracle_of(alphabet=range(12), fault=lambda number: None, patience=None, settings=None, **server):
    client = client_of(Completions(TEACHER, **server), fault, **(patience or {}))
    settings = {"beginning_token": BEGINNING, "client": client} | (settings or {})
    return ServerOracle(client.transport.address, alphabet, **settings)


def words(n, seed=0):
    rng = np.random.default_rng(seed)
    return [tuple(rng.integers(12, size=rng.integers(9)).tolist()) for _ in range(n)]


@pytest.mark.parametrize("name", SERVERS)
def test_every_strategy_answers_as_the_teacher(name):
    oracle = oracle_of(**SERVERS[name])
    assert oracle.strategy.name == name
    np.testing.assert_allclose(oracle.logits(words(50)), TEACHER.logits(words(50)), atol=1e-5)


@pytest.mark.parametrize("name", SERVERS)
def test_all_promises_are_kept(name):
    assert broken_promises(oracle_of(range(4), **SERVERS[name])) == {}


@pytest.mark.parametrize("alphabet", [(3, 5, 11), (11, 0)])
def test_an_alphabet_is_the_conditional_model(alphabet):
    oracle = oracle_of(alphabet)
    inside = Restricted(TEACHER, alphabet)
    prefixes = [(), (1,), (0, 1, 0)]
    np.testing.assert_allclose(oracle.logits(prefixes), inside.logits(prefixes), atol=1e-5)


def test_only_token_ids_are_sent_behind_the_beginning_token():
    oracle = oracle_of((3, 5, 11))
    oracle.logits([(), (2, 0)])
    bodies = oracle.client.transport.completions.bodies
    assert bodies[-1]["prompt"] == [[BEGINNING], [BEGINNING, 11, 3]]
    assert all(body["temperature"] == 1 for body in bodies[-1:])


def test_all_that_is_sent_is_counted():
    """Tries that fail and a second probe too."""
    faults = {}
    oracle = oracle_of(fault=lambda number: faults.get(number))
    sent = oracle.client.transport
    faults |= {sent.sent + 1: "timeout", sent.sent + 3: 400}
    oracle.logits([(1,)])
    with pytest.raises(OracleError, match="scripted"):
        oracle.logits([(2,)])
    assert oracle.probe().requests == oracle.report.requests
    assert oracle.requests == sent.sent == 1 + 2 * oracle.report.requests + 3


def test_equal_prefixes_are_asked_about_once():
    oracle = oracle_of()
    before = oracle.requests
    oracle.logits([(1, 2)] * 1000)
    assert oracle.requests == before + 1
    assert oracle.logits([]).shape == (0, 12)


@pytest.mark.reliability("R5")
def test_a_thousand_prefixes_come_through_every_fault(record_property):
    """A fifth of all requests is not answered, and as many fail in another way."""
    chance = Random(0)
    script = ["timeout" if chance.random() < 0.2 else chance.choice(FAULTS) for _ in range(4000)]
    hit = [chance.random() < 0.4 for _ in range(4000)]
    oracle = oracle_of(
        fault=lambda number: script[number] if hit[number] else None,
        patience={"attempts": 12},
        settings={"batch_size": 4},
    )
    prefixes = words(1000)
    np.testing.assert_array_equal(oracle.logits(prefixes), oracle_of(settings={"batch_size": 4}).logits(prefixes))
    sent = oracle.client.transport
    assert set(FAULTS) <= set(sent.faults)
    assert oracle.requests > 1.3 * len(set(prefixes)) / 4
    record_property("figure", f"1,000 prefixes through {len(sent.faults):,} faults of {len(FAULTS)} kinds")
    assert sent.sent == oracle.requests


@pytest.mark.reliability("R5")
def test_a_run_through_faults_learns_the_same_model():
    chance = Random(1)
    script = [chance.choice([*FAULTS, *[None] * 12]) for _ in range(9000)]
    config = ll.LearnerConfig.practical(rank=3, sequences=60, epochs=1, witnesses=0, passes=0)
    models = [
        ll.learn(oracle_of(fault=fault, patience={"attempts": 20}), horizon=4, config=config, seed=0).model
        for fault in (lambda number: None, lambda number: script[number % len(script)])
    ]
    prefixes = [prefix[:3] for prefix in words(100)]
    np.testing.assert_array_equal(models[0].logits(prefixes), models[1].logits(prefixes))


@pytest.mark.reliability("R5")
def test_a_refusal_is_told_at_once_and_ends_what_is_under_way():
    oracle = oracle_of(fault=lambda number: 400 if number > 20 else None, settings={"batch_size": 1})
    with pytest.raises(Refused, match="refused the request .status 400.: 'scripted'"):
        oracle.logits(words(1000))
    assert oracle.client.transport.sent < 40


@pytest.mark.reliability("R5")
def test_patience_ends():
    oracle = oracle_of(fault=lambda number: "timeout" if number > 20 else None, settings={"batch_size": 1})
    with pytest.raises(OracleError, match="gave no answer that could be used, tried 6 times in .* s: timeout"):
        oracle.logits(words(1000))


@pytest.mark.parametrize(
    ("alter", "message"),
    [
        (lambda row: np.where(np.arange(12) == 4, -9999.0, row), "after prefix \\[7\\].* token 4 has -9999"),
        (
            lambda row: np.where(np.arange(12) == 4, 0.5, row),
            "token 4 has .*which is a probability above 1",
        ),
        (lambda row: np.where(np.arange(12) == 4, np.nan, row), "token 4 has nan"),
    ],
)
@pytest.mark.reliability("R4")
def test_a_bad_number_names_prefix_and_token(alter, message):
    oracle = oracle_of()
    oracle.client.transport.completions.alter = lambda row, body: alter(row)
    with pytest.raises(OracleValueError, match=message):
        oracle.logits([(7,)])


@pytest.mark.reliability("R7")
def test_another_server_at_the_same_address_stops_the_run():
    oracle = oracle_of()
    oracle.logits([(1,)])
    oracle.client.transport.completions.system = "b2"
    with pytest.raises(OracleError, match="the server is another by now: it was toy b1, and is toy b2"):
        oracle.logits([(2,)])


def test_the_fingerprint_names_what_changes_answers():
    prints = {
        oracle_of().fingerprint,
        oracle_of(system="b2").fingerprint,
        oracle_of(range(11)).fingerprint,
        oracle_of(**SERVERS["topk_bias"]).fingerprint,
        oracle_of(settings={"strategy": "forced"}).fingerprint,
    }
    assert len(prints) == 5
    assert oracle_of().fingerprint == oracle_of().fingerprint
    assert "model=toy, system=b1" in oracle_of().fingerprint
    assert "beginning=0, strategy=full, mode=raw" in oracle_of().fingerprint


def test_costs_are_known_before():
    oracle = oracle_of()
    before = oracle.requests
    plan = oracle.plan(1000, length=7)
    assert (plan.requests, plan.prompt_tokens) == (63, 8000)
    assert repr(plan) == "1,000 prefixes cost 63 requests and 8,000 prompt tokens, 0.0 minutes one after the other."
    oracle.logits([(i, j, k) for i in range(12) for j in range(12) for k in range(12)][:1000])
    assert oracle.requests - before == plan.requests
    assert oracle_of(**SERVERS["forced"]).plan(1000).requests == 63 * 12


def test_a_prefix_that_is_too_long_is_refused_here():
    with pytest.raises(ArgumentError, match="reads at most 512 tokens, beginning token and answer included; .* 511"):
        oracle_of().logits([(1,) * 511])


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"beginning_token": 12}, "beginning_token must be between 0 and 11, got 12"),
        ({"alphabet": [12, 1]}, "token 12 at position 0; this model's tokens are 0 to 11"),
        ({"workers": 0}, "workers must be at least 1"),
        ({"strategy": "magic"}, "strategy must be one of auto, full, listed"),
        ({"model": "other"}, "'other' is not among them"),
    ],
)
def test_bad_settings_are_refused(settings, message):
    client = client_of(Completions(TEACHER))
    given = {"alphabet": range(12), "beginning_token": 0, "client": client} | settings
    with pytest.raises(ArgumentError, match=message):
        ServerOracle("http://127.0.0.1:1", given.pop("alphabet"), **given)


def test_several_requests_are_under_way_at_a_time_and_answers_keep_their_order():
    oracle = oracle_of(settings={"batch_size": 1, "workers": 3})
    threads = set()
    send = oracle.client.transport.send

    def seen(*given):
        threads.add(get_ident())
        return send(*given)

    oracle.client.transport.send = seen
    np.testing.assert_allclose(oracle.logits(words(300)), TEACHER.logits(words(300)), atol=1e-5)
    assert 1 < len(threads) <= 3


@pytest.mark.reliability("R18")
def test_ctrl_c_ends_between_requests():
    oracle = oracle_of(settings={"batch_size": 1, "workers": 2})
    started = Event()
    send = oracle.client.transport.send

    def interrupted(*given):
        started.set()
        if oracle.client.transport.sent > 30:
            raise KeyboardInterrupt
        return send(*given)

    oracle.client.transport.send = interrupted
    with pytest.raises(KeyboardInterrupt):
        oracle.logits(words(1000))
    assert oracle.client.transport.sent < 60


def test_texts_without_a_tokenizer_are_token_ids(tmp_path):
    oracle = oracle_of((3, 5, 11))
    assert oracle.encode("5 11") == [1, 2]
    assert oracle.decode([1, 2]) == "5 11"
    with pytest.raises(ArgumentError, match="'Once' is not made of token ids, and there is no tokenizer"):
        oracle.encode("Once")
    with pytest.raises(ArgumentError, match="'4' has token 4, which is not in the alphabet"):
        oracle.encode("4")
    oracle.save_tokenizer(tmp_path)
    assert json.loads((tmp_path / "alphabet.json").read_text()) == [3, 5, 11]


def test_over_a_network_in_both_layouts_and_from_a_copy():
    for server in (SERVERS["full"], SERVERS["listed"]):
        with served(Completions(TEACHER, **server)) as address:
            oracle = ServerOracle(address + "/v1", range(12), beginning_token=BEGINNING)
            copy = pickle.loads(pickle.dumps(oracle))
            for each in (oracle, copy):
                np.testing.assert_allclose(each.logits(words(40)), TEACHER.logits(words(40)), atol=1e-5)
            assert copy.fingerprint == oracle.fingerprint
            assert broken_promises(oracle) == {}


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A small transformer, as a teacher at hand."""
    import torch
    from tokenizers import Tokenizer, models
    from transformers import GPT2Config, GPT2LMHeadModel, PreTrainedTokenizerFast

    torch.manual_seed(0)
    config = GPT2Config(vocab_size=7, n_positions=64, n_embd=8, n_layer=1, n_head=2, bos_token_id=0, eos_token_id=0)
    place = tmp_path_factory.mktemp("teacher")
    GPT2LMHeadModel(config).save_pretrained(place)
    letters = Tokenizer(models.BPE(vocab={letter: i for i, letter in enumerate("<abcdef")}, merges=[]))
    PreTrainedTokenizerFast(tokenizer_object=letters, bos_token="<", eos_token="<").save_pretrained(place)
    return place


SMALL = [
    "--horizon",
    "6",
    "--rank",
    "4",
    "--sequences",
    "60",
    "--epochs",
    "1",
    "--witnesses",
    "8",
    "--passes",
    "1",
    "--samples",
    "20",
]


@pytest.mark.parametrize("layout", ["content", pytest.param("token_id", marks=pytest.mark.slow)])
def test_learning_over_a_network_is_learning_at_hand(layout, folder, tmp_path, capsys):
    teacher = ll.oracles.TransformerOracle.from_pretrained(folder)
    assert main(["learn", "--teacher", str(folder), "--out", str(tmp_path / "here"), *SMALL]) == 0
    with served(Completions(teacher, layout=layout)) as address:
        capsys.readouterr()
        there = str(tmp_path / "there")
        asked = ["--teacher", address, "--alphabet", "full", "--beginning-token", "0", "--tokenizer", str(folder)]
        assert main(["learn", *asked, "--out", there, *SMALL]) == 0
        told = capsys.readouterr().out
        if layout == "content":  # once is enough
            assert main(["evaluate", there, *asked, "--samples", "20", "--json"]) == 0
    here, there = ll.load(tmp_path / "here"), ll.load(tmp_path / "there")
    assert np.abs(here.logits(words7()) - there.logits(words7())).max() < 1e-3
    assert "asked by           full: 1 request for 16 prefixes" in told
    assert "Requests to the server, tries and evaluation included:" in told
    assert (tmp_path / "there" / "tokenizer.json").is_file()


def words7():
    rng = np.random.default_rng(0)
    return [tuple(rng.integers(7, size=rng.integers(6)).tolist()) for _ in range(200)]


def test_the_doctor_probes_a_server(capsys):
    with served(Completions(TEACHER)) as address:
        assert main(["doctor", "--teacher", address, "--alphabet", "0-11", "--beginning-token", "0", "--json"]) == 0
    answer = json.loads(capsys.readouterr().out)
    assert (answer["strategy"], answer["plan"]["requests"], answer["report"]["top"]) == ("full", 63, 12)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["doctor", "--teacher", "http://127.0.0.1:1"], "a teacher on a server needs --alphabet 0-511"),
        (["doctor", "--teacher", "http://127.0.0.1:1", "--alphabet", "full"], "needs --beginning-token 0"),
        (["doctor", "--teacher", "embedded"], "doctor probes servers only"),
        (["rank", "--teacher", "http://127.0.0.1:1"], "asks teachers in its own process only"),
        (
            ["doctor", "--teacher", "http://example.org", "--alphabet", "0-3", "--beginning-token", "0"],
            "use https, or a tunnel",
        ),
    ],
)
def test_the_command_line_says_what_is_missing(arguments, message, capsys):
    assert main(arguments) == 2
    assert message in capsys.readouterr().err
