"""Every family of teachers loads from a folder, answers as its model does, and can be learned."""

import json
import re
import subprocess
import sys

import families
import numpy as np
import pytest
import torch

import lowlogit_edu as ll
from lowlogit_edu.cli import main
from lowlogit_edu.oracles import TransformerOracle, base, broken_promises, reading

PREFIXES = [(), (7,), (7, 8), (7, 8, 9), (7, 9), (299,), (7, 8), (10, 11, 12, 13, 14, 15, 16, 17), (7, 8, 9, 7, 8, 9)]


@pytest.fixture(scope="module", params=families.FAMILIES)
def family(request):
    return request.param


@pytest.fixture(scope="module")
def folder(family, tmp_path_factory):
    return families.save(family, tmp_path_factory.mktemp(family))


@pytest.fixture(scope="module")
def oracle(folder):
    return TransformerOracle.from_pretrained(folder)


def alone(oracle, prefix):
    """A plain forward pass of the model on one prefix."""
    with torch.inference_mode():
        logits = oracle.model(torch.tensor([[oracle.beginning_token, *prefix]]), use_cache=False).logits[0, -1]
    return (logits - logits.mean()).numpy()


@pytest.mark.parametrize("worth", [0, np.inf])
@pytest.mark.reliability("R10")
def test_answers_are_those_of_a_plain_forward_pass(oracle, worth, monkeypatch):
    monkeypatch.setattr(reading, "WORTH_A_WALK", worth)
    expected = np.stack([alone(oracle, prefix) for prefix in PREFIXES])
    assert expected.std() > 0.3 and np.abs(expected[1] - expected[4]).max() > 0.3  # histories matter
    np.testing.assert_allclose(oracle.logits(PREFIXES), expected, atol=1e-4)


def test_sampled_texts_come_with_the_same_logits(oracle):
    tokens, drawn = oracle.sample_with_logits(5, 9, prompt=(7, 8), rng=np.random.default_rng(0))
    assert (tokens[:, :2] == [7, 8]).all() and len(np.unique(tokens, axis=0)) == 5
    expected = [[alone(oracle, row[:t]) for t in range(9)] for row in tokens.tolist()]
    np.testing.assert_allclose(drawn, np.array(expected)[:, 2:], atol=1e-4)
    np.testing.assert_allclose(oracle.logits_along(tokens), expected, atol=1e-4)


def test_the_state_is_passed_on_wherever_it_works(family, oracle):
    assert oracle.reader.use_state == (family != "rwkv")  # whose state does not allow batches


def test_the_token_put_first_is_the_one_the_folder_names(family, oracle):
    assert oracle.beginning_token == oracle.end_token == (299 if family in ("gpt_neo", "gpt2") else 0)


def test_text_and_tokens_are_inverse(oracle):
    assert oracle.decode(oracle.encode("Once upon a time, Zoë ran.")) == "Once upon a time, Zoë ran."


def test_every_promise_is_kept(oracle):
    assert broken_promises(oracle) == {}


SMALL = {"sequences": 120, "epochs": 1, "validation": 20, "passes": 1}


def test_it_can_be_learned(oracle):
    result = ll.learn(oracle, 5, config=ll.LearnerConfig.practical(rank=6, factors=4, **SMALL), seed=0)
    tokens = base.sample(oracle, 50, 5, rng=np.random.default_rng(1))
    theirs, ours = oracle.logits_along(tokens), result.model.logits_along(tokens)
    assert result.status.name == "MEASURED" and ours.shape == theirs.shape
    kl, of_no_knowledge = (ll.numerics.kl_divergence(theirs, guess).mean() for guess in (ours, 0 * theirs))
    assert kl < 0.8 * of_no_knowledge


def test_a_recurrent_teacher_is_learned_at_the_command_line(tmp_path, capsys):
    folder = families.save("mamba", tmp_path / "teacher")
    numbers = {"horizon": 6, "rank": 4, "sequences": 120, "epochs": 1, "passes": 1, "samples": 10}
    small = [f"--{name}={number}" for name, number in numbers.items()]
    main(["learn", f"--teacher={folder}", f"--out={tmp_path / 'run'}", "--json", *small])
    assert json.loads(capsys.readouterr().out)["status"] == "MEASURED"
    assert ll.load(tmp_path / "run").alphabet_size == 300


@pytest.mark.slow
@pytest.mark.reliability("R23")
def test_an_alphabet_of_50257_is_learned_in_the_memory_that_was_told(tmp_path, record_property):
    """The shape of TinyStories-8M, in a process of its own: the 28,528 answers alone have 5.7 GB."""
    folder = families.save("gpt_neo", tmp_path / "teacher", vocab_size=50257, width=256, layers=8, heads=16)
    numbers = {"horizon": 32, "rank": 16, "sequences": 300, "epochs": 1, "passes": 1, "samples": 20}
    code = (
        "import resource, sys; from lowlogit_edu.cli import main; main(sys.argv[1:]);"
        "print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024)"
    )
    command = ["learn", f"--teacher={folder}", f"--out={tmp_path / 'run'}"]
    command += [f"--{name}={number}" for name, number in numbers.items()]
    done = subprocess.run([sys.executable, "-c", code, *command], capture_output=True, text=True, check=True)
    assert ll.load(tmp_path / "run").alphabet_size == 50257
    peak = int(done.stdout.split()[-1]) * 2**20 / 1e9
    told = sum(map(float, re.search(r"take ([\d.]+) GB of memory at most, .* about ([\d.]+) GB", done.stdout).groups()))
    assert abs(peak - told) < told / 3
    record_property("figure", f"an alphabet of 50,257: {told:.1f} GB told, {peak:.1f} GB taken")
