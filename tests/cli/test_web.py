"""`lowlogit web`: what is on the page, what is left out and why, and what is refused."""

import json
import re
import shutil

import numpy as np
import pytest
from transformers import AutoTokenizer

import lowlogit_edu as ll
from lowlogit_edu.cli import main
from lowlogit_edu.learned.isan_model import ISANModel
from lowlogit_edu.oracles.pretrained import embedded_folder

TINY = ["--horizon", "8", "--rank", "8", "--sequences", "90", "--epochs", "1", "--witnesses", "20", "--passes", "1"]


def run(*arguments):
    return main([str(argument) for argument in arguments])


def told(folder):
    page = (folder / "index.html").read_text(encoding="utf-8")
    return json.loads(re.search(r'id="data">(.*?)</script>', page)[1]), page


@pytest.fixture(scope="module")
def learned(tmp_path_factory):
    folder = tmp_path_factory.mktemp("runs") / "tiny"
    assert run("learn", "--out", folder, "--samples", 20, "--readout", "shared", *TINY) == 0
    return folder


def test_teacher_model_and_trigram_stand_side_by_side(learned, tmp_path, capsys):
    assert run("web", learned, "--out", tmp_path / "page", "-n", 3, "--json") == 0
    answer = json.loads(capsys.readouterr().out)
    data, page = told(tmp_path / "page")
    assert answer == {"page": str(tmp_path / "page/index.html"), "bytes": len(page.encode()), "left_out": ""}
    names = [tale["name"] for tale in data["tales"]]
    assert names == ["Its teacher", "This page", "A trigram"]
    tokenizer = AutoTokenizer.from_pretrained(learned)
    start = tokenizer.encode("Once upon a time")
    for tale in (data["tales"][0], data["tales"][2]):
        assert [len(text) for text in tale["texts"]] == [32] * 3
        assert all(text[: len(start)] == start for text in tale["texts"])
    assert data["length"] == 32 and data["lengths"] == [8, 16, 32]
    for words in ("is 8 numbers", "The 8 beginnings that the learner chose", "questions about texts of 8 tokens"):
        assert words in page


def test_the_options_decide_beginning_length_and_course(learned, tmp_path, capsys):
    options = ["--prompt", "One day", "--tokens", 12, "--alone", "--course", "../course/index.html"]
    assert run("web", learned, "--out", tmp_path / "page", *options) == 0
    data, page = told(tmp_path / "page")
    assert (data["begin"], data["length"], [tale["name"] for tale in data["tales"]]) == ("One day", 12, ["This page"])
    assert page.count('href="../course/index.html"') == 2
    assert "No teacher was asked for this page." in page and "Told after “One day”" in page
    assert "index.html: 0." in capsys.readouterr().out


def test_a_run_whose_teacher_is_gone_has_a_page_without_it(learned, tmp_path, capsys):
    assert run("web", learned, "--out", tmp_path / "page", "--teacher", tmp_path / "gone") == 0
    captured = capsys.readouterr()
    assert "The teacher cannot be asked:" in captured.err and "gone is not a folder" in captured.err
    _, page = told(tmp_path / "page")
    assert "Its teacher, embedded, could not be asked for stories" in page and "could not be asked" in captured.out


def test_a_run_without_its_queries_has_a_page_without_the_trigram(learned, tmp_path):
    copied = shutil.copytree(learned, tmp_path / "copied")
    (copied / "queries.safetensors").unlink()
    assert run("web", copied, "--out", tmp_path / "page", "-n", 1) == 0
    data, page = told(tmp_path / "page")
    assert [tale["name"] for tale in data["tales"]] == ["Its teacher", "This page"]
    assert "lacks what a trigram could be fitted to" in page


def test_a_run_without_a_tokenizer_has_a_page_of_numbers(learned, tmp_path):
    copied = shutil.copytree(learned, tmp_path / "copied")
    (copied / "tokenizer.json").unlink()
    assert run("web", copied, "--out", tmp_path / "page", "--alone") == 0
    data, _ = told(tmp_path / "page")
    assert data["words"] is None and data["beginning"] == [] and "no beginning can be typed" in data["untyped"]


def test_a_large_page_says_its_size_before_it_is_written(learned, tmp_path, capsys):
    copied = shutil.copytree(learned, tmp_path / "copied")
    model = ll.load(learned)
    zeros = np.zeros((512, 65, 65), dtype=np.float32)
    large = ISANModel(zeros[0, 0], zeros, np.zeros((512, 65), dtype=np.float32), 8, model.teacher)
    large.save(copied, overwrite=True)
    assert run("web", copied, "--out", tmp_path / "page", "--alone") == 0
    error = capsys.readouterr().err
    assert "The page will have 6 MB: each token has a matrix of its own. Refined models" in error


def test_a_page_of_rank_64_with_strict_rank_has_less_than_three_megabytes(learned, tmp_path, capsys):
    copied = shutil.copytree(learned, tmp_path / "copied")
    numbers = np.random.default_rng(0).normal(size=(129, 65, 65)).astype(np.float32) / 65
    readout = np.ones((512, 65), dtype=np.float32)
    mixture = np.ones((512, 129), dtype=np.float32) / 129
    ISANModel(numbers[0, 0], numbers, readout, 32, mixture=mixture).save(copied, overwrite=True)
    assert run("web", copied, "--out", tmp_path / "page", "-n", 2, "--json") == 0
    captured = capsys.readouterr()
    assert json.loads(captured.out)["bytes"] < 2_000_000 and "The page will have" not in captured.err


# Bad input


def test_a_folder_that_is_no_run_is_named(tmp_path, capsys):
    assert run("web", tmp_path, "--out", tmp_path / "page") == 2
    assert "does not exist: expected a saved lowlogit_edu isan model" in capsys.readouterr().err
    ISANModel(np.ones(1), np.ones((2, 1, 1)), np.ones((2, 1)), 3).save(tmp_path)
    assert run("web", tmp_path, "--out", tmp_path / "page") == 2
    assert "run.json cannot be read" in capsys.readouterr().err
    assert not (tmp_path / "page").exists()


def test_a_model_of_the_faithful_learner_is_named(tmp_path, capsys):
    teacher = ll.models.random_isan(alphabet_size=2, dimension=2, horizon=4, seed=0)
    ll.learn(ll.oracles.ExactOracle(teacher), horizon=4, seed=0).model.save(tmp_path / "run")
    assert run("web", tmp_path / "run", "--out", tmp_path / "page") == 2
    assert "cannot run in a browser; learn one with lowlogit learn" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--course", "javascript:alert(1)"], "course must be an address that begins with https://"),
        (["--tokens", 0], "tokens must be at least 1"),
        (["-n", 0], "n must be at least 1"),
    ],
)
def test_bad_options_are_named_and_leave_nothing(learned, tmp_path, capsys, options, message):
    assert run("web", learned, "--out", tmp_path / "page", *options) == 2
    assert message in capsys.readouterr().err
    assert not (tmp_path / "page").exists()


def test_a_folder_that_is_not_empty_or_cannot_be_made_is_refused(learned, tmp_path, capsys):
    (tmp_path / "mine.txt").write_text("precious")
    assert run("web", learned, "--out", tmp_path) == 2
    assert "is not empty; choose another --out. Nothing was changed." in capsys.readouterr().err
    assert run("web", learned, "--out", tmp_path / "mine.txt" / "page") == 2
    assert "cannot be made" in capsys.readouterr().err
    assert [path.name for path in tmp_path.iterdir()] == ["mine.txt"]


def test_another_tokenizer_is_named(learned, tmp_path, capsys):
    copied = shutil.copytree(learned, tmp_path / "copied")
    ISANModel(np.ones(1), np.ones((2, 1, 1)), np.ones((2, 1)), 3).save(copied, overwrite=True)
    shutil.copy(embedded_folder() / "tokenizer.json", copied)
    assert run("web", copied, "--out", tmp_path / "page") == 2
    assert "has 512 tokens, the model an alphabet of 2" in capsys.readouterr().err
