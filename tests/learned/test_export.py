"""A learned model as a Hugging Face model: the same logits, generation in every way, the way back, as a teacher."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from transformers import AutoModelForCausalLM, AutoTokenizer, pipeline

from lowlogit_edu.cli import main
from lowlogit_edu.core.errors import ArgumentError, CheckpointError
from lowlogit_edu.core.numerics import softmax
from lowlogit_edu.hugging_face import LowLogitRankConfig, LowLogitRankForCausalLM
from lowlogit_edu.learned.export import from_hugging_face, to_hugging_face
from lowlogit_edu.learned.isan_model import ISANModel
from lowlogit_edu.models import hmm
from lowlogit_edu.oracles import TransformerOracle
from lowlogit_edu.oracles.pretrained import embedded_folder

README = Path(__file__).parents[2] / "README.md"
START = 0
VOCABULARY = 512
RANK = 6
TINY = ["--horizon", "3", "--rank", "4", "--sequences", "60", "--epochs", "1", "--passes", "1", "--readout", "shared"]
TINY_RUN = ["learn", *TINY, "--samples", "10"]


def random_model(mixed, dtype=np.float32, seed=0):
    """A model of the embedded teacher's alphabet, with transitions that neither grow nor forget."""
    rng = np.random.default_rng(seed)
    turns = np.linalg.qr(rng.normal(size=(VOCABULARY, RANK, RANK)))[0]
    arrays = [rng.normal(size=RANK), turns[:5] if mixed else turns, rng.normal(size=(VOCABULARY, RANK))]
    weights = rng.dirichlet(np.ones(5), size=VOCABULARY).astype(dtype) if mixed else None
    return ISANModel(*(a.astype(dtype) for a in arrays), 16, "teacher", {"seed": 0}, weights)


@pytest.fixture(scope="module", params=[False, True], ids=["dense", "mixture"])
def exported(request, tmp_path_factory):
    """The model, and the folder it was exported to with the embedded teacher's tokenizer."""
    model = random_model(request.param)
    return model, to_hugging_face(model, tmp_path_factory.mktemp("export") / "model", tokenizer="embedded")


@pytest.fixture
def model(exported):
    return exported[0].with_horizon(50)


@pytest.fixture
def theirs(exported):
    return AutoModelForCausalLM.from_pretrained(exported[1])


@pytest.fixture
def tokenizer(exported):
    return AutoTokenizer.from_pretrained(exported[1])


def random_tokens(n, length, seed=0):
    return np.random.default_rng(seed).integers(VOCABULARY, size=(n, length))


def with_start(tokens):
    return torch.tensor(np.insert(tokens, 0, START, axis=1))


# The same model


def test_the_logits_are_ours_at_every_position_of_texts_longer_than_the_horizon(model, theirs):
    tokens = random_tokens(20, 50)
    with torch.inference_mode():
        logits = theirs(with_start(tokens)).logits.numpy()
    assert np.ptp(logits) > 1
    np.testing.assert_allclose(logits[:, :-1], model.logits_along(tokens), atol=1e-4)


def test_beginning_of_text_in_front_is_skipped_and_further_on_it_counts(model, theirs):
    tokens = random_tokens(3, 5)
    with torch.inference_mode():
        bare = theirs(torch.tensor(tokens)).logits
        torch.testing.assert_close(theirs(with_start(tokens)).logits[:, 1:], bare)
        twice = theirs(with_start(np.insert(tokens, 0, START, axis=1))).logits
    assert (twice[:, 2:] - bare).abs().max() > 0.1
    np.testing.assert_allclose(twice[:, 1].numpy(), model.logits([[START]] * 3), atol=1e-4)


@pytest.mark.parametrize("side", ["left", "right"])
def test_padding_does_not_move_the_state(theirs, side):
    text, other = random_tokens(2, 9)
    ids = torch.tensor(np.stack([text, text, text]))
    mask = torch.ones_like(ids)
    padded = slice(0, 4) if side == "left" else slice(5, 9)
    ids[1, padded] = torch.tensor(other[padded])
    ids[2, padded] = START
    mask[1:, padded] = 0
    seen = torch.tensor(text[mask[1].bool().numpy()])[None]
    with torch.inference_mode():
        logits = theirs(ids, attention_mask=mask).logits
        torch.testing.assert_close(logits[1][mask[1].bool()], theirs(seen).logits[0])
        torch.testing.assert_close(logits[1], logits[2])


def test_the_state_goes_on_where_it_stopped(theirs):
    ids = with_start(random_tokens(4, 12))
    with torch.inference_mode():
        whole = theirs(ids)
        first = theirs(ids[:, :5], use_cache=True)
        rest = theirs(ids[:, 5:], past_key_values=first.past_key_values)
    torch.testing.assert_close(torch.cat([first.logits, rest.logits], dim=1), whole.logits)
    assert rest.past_key_values.get_seq_length() == 13
    assert theirs(ids, use_cache=False).past_key_values is None


def test_only_the_positions_asked_for_are_answered(theirs):
    ids = with_start(random_tokens(2, 6))
    with torch.inference_mode():
        logits = theirs(ids).logits
        torch.testing.assert_close(theirs(ids, logits_to_keep=1).logits, logits[:, -1:])
        torch.testing.assert_close(theirs(ids, logits_to_keep=torch.tensor([0, 3])).logits, logits[:, [0, 3]])


def test_the_loss_is_the_cross_entropy_per_token_and_can_be_trained(model, theirs):
    tokens = random_tokens(4, 8)
    ids = with_start(tokens)
    loss = theirs(ids, labels=ids).loss
    log_p = np.log(softmax(model.logits_along(tokens)))
    assert loss.item() == pytest.approx(-np.take_along_axis(log_p, tokens[:, :, None], axis=2).mean(), abs=1e-4)
    loss.backward()
    assert all(weight.grad.abs().max() > 0 for weight in theirs.parameters())
    with torch.no_grad():
        for weight in theirs.parameters():
            weight -= 0.01 * weight.grad
        assert theirs(ids, labels=ids).loss < loss


# Generation


@pytest.mark.parametrize("options", [{"do_sample": False}, {"do_sample": False, "num_beams": 3}, {"do_sample": True}])
def test_generation_with_and_without_the_kept_state_is_the_same(theirs, tokenizer, options):
    prompts = tokenizer(["Once upon a time", "One", "The dog and the cat"], padding=True, return_tensors="pt")
    texts = []
    for use_cache in (True, False):
        torch.manual_seed(0)
        texts.append(theirs.generate(**prompts, max_new_tokens=8, use_cache=use_cache, **options).tolist())
    assert texts[0] == texts[1] and len(texts[0][0]) == prompts.input_ids.shape[1] + 8


def test_a_batch_of_prompts_continues_as_each_alone(theirs, tokenizer):
    prompts = ["Once upon a time", "One"]
    options = {"do_sample": False, "max_new_tokens": 12}
    together = theirs.generate(**tokenizer(prompts, padding=True, return_tensors="pt"), **options)
    for prompt, row in zip(prompts, together, strict=True):
        (alone,) = theirs.generate(**tokenizer(prompt, return_tensors="pt"), **options)
        assert row.tolist()[-len(alone) :] == alone.tolist()


def test_each_new_token_is_read_once(theirs, monkeypatch):
    lengths = []
    forward = LowLogitRankForCausalLM.forward

    def counted(self, input_ids, *arguments, attention_mask=None, **options):
        lengths.append(input_ids.shape[1])
        return forward(self, input_ids, *arguments, attention_mask=attention_mask, **options)

    monkeypatch.setattr(LowLogitRankForCausalLM, "forward", counted)
    theirs.generate(with_start(random_tokens(2, 7)), max_new_tokens=5, eos_token_id=None)
    assert lengths == [8, 1, 1, 1, 1]


def test_generate_draws_from_the_models_own_distribution(model, theirs):
    torch.manual_seed(0)
    n = 20_000
    drawn = theirs.generate(torch.full((n, 1), START), max_new_tokens=1)[:, 1].numpy()
    p = softmax(model.next_token_logits([]).astype(float))
    assert np.abs(np.bincount(drawn, minlength=VOCABULARY) / n - p).max() < 4 * np.sqrt(p.max() / n)


def test_an_empty_prompt_starts_with_beginning_of_text(theirs):
    assert theirs.generate(max_new_tokens=3)[0, 0] == START


def test_end_of_text_ends_the_text(tmp_path, tokenizer):
    model = random_model(mixed=False)
    model.transitions[7] = model.readout[:] = 0.0
    model.transitions[7, 0, 0] = 1.0
    model.initial_state[0] = 1.0
    model.readout[tokenizer.eos_token_id, 0] = 50.0
    folder = to_hugging_face(model, tmp_path / "model", tokenizer="embedded")
    (text,) = AutoModelForCausalLM.from_pretrained(folder).generate(torch.tensor([[START, 7]]), max_new_tokens=9)
    assert text.tolist() == [START, 7, tokenizer.eos_token_id]


def test_the_pipeline_tells_a_story(exported, model, tokenizer):
    write = pipeline("text-generation", str(exported[1]))
    (story,) = write("Once upon a time", max_new_tokens=40, do_sample=False)
    tokens = tokenizer.encode("Once upon a time")
    for _ in range(40):
        tokens.append(int(model.next_token_logits(tokens).argmax()))
    assert story["generated_text"] == tokenizer.decode(tokens)
    long = "Once upon a time, there was a little dog. " * 100
    assert write(long, max_new_tokens=2)[0]["generated_text"].startswith(long)


# Files


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_the_way_back_gives_the_same_model(tmp_path, dtype):
    model = random_model(mixed=True, dtype=dtype)
    back = from_hugging_face(to_hugging_face(model, tmp_path / "model"))
    assert back.fingerprint == model.fingerprint
    assert (back.horizon, back.teacher, back.settings) == (16, "teacher", {"seed": 0})


def test_a_model_trained_further_comes_back(exported, theirs, tmp_path):
    with torch.no_grad():
        theirs.readout += 1.0
        theirs.readout[3] += 1.0
    theirs.save_pretrained(tmp_path)
    np.testing.assert_allclose(from_hugging_face(tmp_path).readout[3], exported[0].readout[3] + 2.0, atol=1e-6)


def test_the_folder_works_where_this_package_is_not_imported(tmp_path):
    code = """
import json, sys
from transformers import AutoModelForCausalLM, AutoTokenizer
model = AutoModelForCausalLM.from_pretrained(sys.argv[1], trust_remote_code=True)
tokenizer = AutoTokenizer.from_pretrained(sys.argv[1], trust_remote_code=True)
prompt = tokenizer("Once upon a time", return_tensors="pt")
logits = model(**prompt).logits[0, -1].tolist()
text = tokenizer.decode(model.generate(**prompt, max_new_tokens=30, eos_token_id=None)[0])
assert not any(name.startswith("lowlogit_edu") for name in sys.modules)
print(json.dumps({"logits": logits, "text": text, "ids": prompt.input_ids[0].tolist()}))
"""
    model = random_model(mixed=True)
    folder = to_hugging_face(model, tmp_path / "model", tokenizer="embedded")
    environment = os.environ | {"HF_MODULES_CACHE": str(tmp_path / "modules"), "PYTHONPATH": ""}
    command = [sys.executable, "-c", code, str(folder)]
    done = subprocess.run(command, capture_output=True, text=True, env=environment, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    answer = json.loads(done.stdout)
    assert answer["text"].startswith("Once upon a time")
    np.testing.assert_allclose(answer["logits"], model.next_token_logits(answer["ids"]), atol=1e-4)


def test_without_a_tokenizer_ids_still_work(tmp_path):
    model = random_model(mixed=True)
    theirs = AutoModelForCausalLM.from_pretrained(to_hugging_face(model, tmp_path / "model"))
    with torch.inference_mode():
        logits = theirs(torch.tensor([[START, 5]])).logits[0].numpy()
    np.testing.assert_allclose(logits, model.logits([[START], [START, 5]]), atol=1e-4)


@pytest.mark.bad_shapes
def test_what_cannot_be_exported_is_named(tmp_path):
    model = random_model(mixed=True)
    (tmp_path / "mine.txt").write_text("precious")
    with pytest.raises(ArgumentError, match="is not empty; choose another folder. Nothing was changed"):
        to_hugging_face(model, tmp_path)
    small = ISANModel(model.initial_state, model.transitions, model.readout[:9], 16, mixture=model.mixture[:9])
    with pytest.raises(ArgumentError, match="the tokenizer has 512 tokens, the model an alphabet of 9"):
        to_hugging_face(small, tmp_path / "new", tokenizer="embedded")
    with pytest.raises(ArgumentError, match="no tokenizer can be loaded from"):
        to_hugging_face(model, tmp_path / "new", tokenizer=tmp_path)
    with pytest.raises(ArgumentError, match="cannot be exported; learn one with LearnerConfig.practical"):
        to_hugging_face(hmm(alphabet_size=2, states=2, horizon=3, seed=0), tmp_path / "new")
    assert not (tmp_path / "new").exists()


def test_a_folder_of_another_kind_is_not_read(tmp_path, exported, embedded):
    with pytest.raises(CheckpointError, match="expected a folder made by to_hugging_face or lowlogit export"):
        from_hugging_face(tmp_path)
    embedded.model.save_pretrained(tmp_path)
    with pytest.raises(CheckpointError, match="cannot be read"):
        from_hugging_face(tmp_path)
    LowLogitRankForCausalLM(LowLogitRankConfig(5, 2)).save_pretrained(tmp_path / "untrained")
    weights = tmp_path / "untrained" / "model.safetensors"
    weights.write_bytes(weights.read_bytes()[:-1])
    with pytest.raises(CheckpointError, match="cannot be read"):
        from_hugging_face(tmp_path / "untrained")


# A teacher again


def test_an_exported_model_is_a_teacher(exported, model):
    oracle = TransformerOracle.from_pretrained(exported[1], batch_size=8)
    tokens = random_tokens(30, 30)
    prefixes = [row[:length].tolist() for row, length in zip(tokens, range(30), strict=True)]
    np.testing.assert_allclose(oracle.logits(prefixes * 2), model.logits(prefixes * 2), atol=1e-4)
    np.testing.assert_allclose(oracle.logits_along(tokens), model.logits_along(tokens), atol=1e-4)
    drawn, logits = oracle.sample_with_logits(10, 20, rng=np.random.default_rng(0), prompt=(3, 4))
    np.testing.assert_allclose(logits, model.logits_along(drawn)[:, 2:], atol=1e-4)


# The command line and the README


@pytest.fixture(scope="module")
def run_folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("run") / "run"
    assert main([*TINY_RUN, "--out", str(folder)]) == 0
    return folder


def test_prompts_longer_than_the_horizon_are_continued(run_folder, tmp_path, capsys, tokenizer):
    prompt = "Once upon a time, there was a little dog."
    assert main(["sample", str(run_folder), "--prompt", prompt, "-n", "2", "--json"]) == 0
    texts = json.loads(capsys.readouterr().out)["texts"]
    assert all(text.startswith(prompt) for text in texts)
    assert main([*TINY_RUN, "--out", str(tmp_path / "run"), "--json"]) == 0
    for texts in json.loads(capsys.readouterr().out)["stories"].values():
        assert all(text.startswith("Once upon a time") for text in texts[:3])


def test_the_readme_shows_how_to_use_it(run_folder, tmp_path, capsys, monkeypatch):
    section = README.read_text(encoding="utf-8").partition("## Use the learned model with transformers")[2]
    command = re.search(r"lowlogit export \S+ --out (\w+)", section)
    snippet = re.search(r"```python\n(.*?)```", section, re.DOTALL)[1]
    monkeypatch.chdir(tmp_path)
    assert main(["export", str(run_folder), "--out", command[1]]) == 0
    assert 'pipeline("text-generation", ' in capsys.readouterr().out
    exec(snippet, {"__name__": "readme"})
    assert "Once upon a time" in capsys.readouterr().out
    assert main(["export", str(run_folder), "--out", command[1]]) == 2
    assert "is not empty" in capsys.readouterr().err
    assert main(["rank", "--teacher", f"./{command[1]}", "--histories", "30", "--futures", "4", "--json"]) == 0
    answer = json.loads(capsys.readouterr().out)
    assert answer["errors"][answer["ranks"].index(4)] < 1e-4 < answer["errors"][0]  # learned at rank 4


def test_tokens_that_have_a_matrix_together_are_exported(tmp_path, model):
    numbers = np.arange(model.alphabet_size) % 3
    shared = ISANModel(model.initial_state, model.transitions[:3], model.readout, 16, mixture=numbers)
    back = from_hugging_face(to_hugging_face(shared, tmp_path / "shared"))
    prefixes = [[], [0], [5, 1]]
    np.testing.assert_allclose(back.logits(prefixes), shared.logits(prefixes), atol=1e-6)


# A state carried in part


@pytest.fixture(params=["dense", "floats", "ints"])
def narrow_and_padded(request):
    """A model that carries 4 of the 6 numbers of its state, and the square one with zeros for the rest."""
    square = random_model(mixed=request.param != "dense")
    square.transitions[:, :, 4:] = 0.0
    numbers = np.arange(VOCABULARY) % 5
    mixture = numbers if request.param == "ints" else square.mixture
    shapes = (square.transitions[:, :, :4].copy(), square.transitions)
    return [
        ISANModel(square.initial_state, transitions, square.readout, 16, "teacher", {"seed": 0}, mixture)
        for transitions in shapes
    ]


def test_a_model_that_carries_a_part_is_exported_as_it_is(narrow_and_padded, tmp_path):
    model, square = narrow_and_padded
    folder = to_hugging_face(model, tmp_path / "model", tokenizer="embedded")
    theirs = AutoModelForCausalLM.from_pretrained(folder)
    assert theirs.transitions.shape == model.transitions.shape
    assert (theirs.config.rank, theirs.config.carried) == (6, 4)
    tokens = random_tokens(8, 12)
    ids = with_start(tokens)
    with torch.inference_mode():
        whole = theirs(ids)
        first = theirs(ids[:, :5], use_cache=True)
        rest = theirs(ids[:, 5:], past_key_values=first.past_key_values)
    np.testing.assert_allclose(whole.logits[:, :-1].numpy(), square.logits_along(tokens), atol=1e-4)
    torch.testing.assert_close(torch.cat([first.logits, rest.logits], dim=1), whole.logits)


@pytest.mark.parametrize("options", [{"do_sample": False}, {"do_sample": False, "num_beams": 3}, {"do_sample": True}])
def test_a_model_that_carries_a_part_generates_as_the_square_one(narrow_and_padded, tmp_path, options):
    texts = []
    for name, model in zip(("narrow", "square"), narrow_and_padded, strict=True):
        theirs = AutoModelForCausalLM.from_pretrained(to_hugging_face(model, tmp_path / name))
        for use_cache in (True, False):
            torch.manual_seed(0)
            ids = torch.tensor(random_tokens(3, 5))
            texts.append(theirs.generate(ids, max_new_tokens=8, use_cache=use_cache, **options).tolist())
    assert len(texts[0][0]) == 13
    assert texts[1:] == texts[:1] * 3


def test_a_model_that_carries_a_part_comes_back(narrow_and_padded, tmp_path):
    model, _ = narrow_and_padded
    back = from_hugging_face(to_hugging_face(model, tmp_path / "model"))
    assert (back.rank, back.carried, back.horizon, back.settings) == (6, 4, 16, {"seed": 0})
    np.testing.assert_array_equal(back.transitions, model.transitions)
    tokens = random_tokens(8, 12)
    np.testing.assert_allclose(back.logits_along(tokens), model.logits_along(tokens), atol=1e-5)


def test_a_folder_exported_before_states_were_carried_in_part_is_square(tmp_path):
    model = random_model(mixed=True)
    folder = to_hugging_face(model, tmp_path / "model")
    config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
    assert config.pop("carried") == RANK
    (folder / "config.json").write_text(json.dumps(config), encoding="utf-8")
    theirs = AutoModelForCausalLM.from_pretrained(folder)
    tokens = random_tokens(3, 9)
    with torch.inference_mode():
        logits = theirs(torch.tensor(tokens)).logits[:, :-1].numpy()
    assert theirs.config.carried == RANK
    np.testing.assert_allclose(logits, model.logits_along(tokens)[:, 1:], atol=1e-4)
    assert from_hugging_face(folder).fingerprint == model.fingerprint


def test_a_token_that_was_added_to_the_tokenizer_alone_does_not_keep_a_model_from_being_exported(tmp_path, model):
    longer = AutoTokenizer.from_pretrained(embedded_folder())
    assert longer.vocab_size == model.alphabet_size and longer.add_tokens(["<added>"]) == 1
    longer.save_pretrained(tmp_path / "longer")
    folder = to_hugging_face(model, tmp_path / "model", tokenizer=tmp_path / "longer")
    assert AutoTokenizer.from_pretrained(folder).decode([7]) == longer.decode([7])
