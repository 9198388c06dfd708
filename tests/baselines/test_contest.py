"""The table: every baseline on the same queries, with what it cost; all of it from the command line too."""

import json

import numpy as np
import pytest

from lowlogit_edu.baselines.contenders import Contender, heavy_baselines, parameter_count, quick_baselines
from lowlogit_edu.baselines.contest import judge
from lowlogit_edu.baselines.ngram import NGram
from lowlogit_edu.baselines.observed import Remembered
from lowlogit_edu.baselines.student import gru_parameters
from lowlogit_edu.cli import main
from lowlogit_edu.core.errors import TooLarge
from lowlogit_edu.evaluation.divergence import compare, surprisals
from lowlogit_edu.learned.isan_model import ISANModel
from lowlogit_edu.oracles.base import sample_with_logits
from lowlogit_edu.oracles.exact import ExactOracle

RNG = np.random.default_rng(0)
STEADY = ISANModel(np.ones(2), np.linalg.qr(RNG.standard_normal((3, 2, 2)))[0], RNG.standard_normal((3, 2)), horizon=8)
ORACLE = ExactOracle(STEADY)


@pytest.fixture(scope="module")
def observed():
    tokens, logits = sample_with_logits(ORACLE, 200, 8, rng=np.random.default_rng(1))
    asked = np.ones(tokens.shape, dtype=bool)
    asked[:50, 4:] = False
    return [(tokens[:100], logits[:100], asked[:100]), (tokens[100:], logits[100:], asked[100:])]


@pytest.fixture(scope="module")
def contenders(observed):
    learned = Contender(STEADY, 7, 1.5)
    return (
        {"learned": learned}
        | heavy_baselines(ORACLE, Remembered(observed), learned, 0)
        | quick_baselines(iter(observed), 3, 8)
    )


def test_queries_are_those_fitted_to(contenders):
    told = 200 * 8 - 50 * 4
    queries = {name: contender.queries for name, contender in contenders.items()}
    assert queries.pop("learned") == 7 and queries.pop("uniform") == 0
    assert queries.pop("greedy (Eq. 5)") > 2 * 3
    assert set(queries.values()) == {told}


def test_fitting_is_timed_and_asking_is_not(observed):
    import time

    def slowly():
        for part in observed:
            time.sleep(0.3)
            yield part

    assert quick_baselines(slowly(), 3, 8)["trigram"].seconds < 0.3


def test_parameters_are_the_numbers_stored(contenders):
    counts = {name: parameter_count(contender.model) for name, contender in contenders.items()}
    assert counts["learned"] == 2 + 3 * 4 + 3 * 2
    assert counts["unigram"] == 3 and counts["bigram"] == 3 + 4 * 3 and counts["uniform"] == 0
    (student,) = (name for name in counts if "student" in name)
    width = contenders[student].model.width
    assert counts[student] == gru_parameters(3, width)


def test_remembered_answers_can_be_read_twice(observed):
    remembered = Remembered(iter(observed))
    for _ in range(2):
        for (tokens, logits, asked), (again, close, same) in zip(observed, remembered, strict=True):
            assert np.array_equal(tokens, again) and np.array_equal(asked, same)
            np.testing.assert_allclose(close, logits, atol=0.01)


def test_answers_that_do_not_fit_are_refused_before_the_next_are_asked(observed):
    with pytest.raises(TooLarge, match="take more than 5e-06 GB; leave those baselines out, or learn from fewer"):
        Remembered(iter(observed), max_bytes=5000)


def test_the_table_agrees_with_the_plain_comparison(contenders):
    rows = judge(ORACLE, contenders, n=50, seed=3, floor_rank=2)
    plain = compare(ORACLE, {name: contender.model for name, contender in contenders.items()}, n=50, seed=3)
    for name, report in plain.items():
        assert rows[name].mean == report.mean and rows[name].perplexity == report.perplexity
    assert list(rows)[:3] == ["the teacher itself", "best rank-2 readout", "  one per position"]
    teacher = rows["the teacher itself"]
    floor = rows["best rank-2 readout"]
    learned = rows["learned"]
    assert teacher.mean == 0 and learned.mean == pytest.approx(0, abs=1e-9) and learned.queries == 7
    assert teacher.perplexity == pytest.approx(learned.perplexity) and floor.queries is None
    assert floor.mean < rows["bigram"].mean


def test_perplexity_on_real_text_is_that_of_its_tokens(contenders):
    text = STEADY.sample(30, seed=5)
    rows = judge(ORACLE, contenders, n=10, seed=0, text=text)
    assert rows["uniform"].text_perplexity == pytest.approx(3)
    assert rows["the teacher itself"].text_perplexity == pytest.approx(np.exp(surprisals(STEADY, text).mean()))
    assert rows["the teacher itself"].text_perplexity < rows["trigram"].text_perplexity


def test_surprisals_are_the_same_in_parts(monkeypatch):
    tokens = STEADY.sample(30, seed=5)
    whole = surprisals(STEADY, tokens)
    monkeypatch.setattr("lowlogit_edu.evaluation.divergence.LOGITS", 100)
    np.testing.assert_allclose(surprisals(STEADY, tokens), whole)
    assert surprisals(NGram([], 3, 8), tokens) == pytest.approx(np.log(3))


# From the command line


@pytest.fixture(scope="module")
def learned(tmp_path_factory):
    folder = tmp_path_factory.mktemp("runs") / "tiny"
    sizes = ["--horizon", "8", "--rank", "4", "--sequences", "60", "--epochs", "1", "--passes", "0"]
    assert main(["learn", "--out", str(folder), "--samples", "10", *sizes]) == 0
    return folder


def test_all_baselines_and_real_text_in_one_table(learned, tmp_path, capsys):
    path = tmp_path / "stories.txt"
    path.write_text("\n\n".join(["One day a little girl went to the park with her mom."] * 3), encoding="utf-8")
    command = ["evaluate", str(learned), "--samples", "10", "--text", str(path), "--baselines", "all"]
    assert main(command) == 0
    printed = capsys.readouterr().out
    for word in ("queries", "parameters", "on real text", "seconds", "GRU student", "single token", "greedy (Eq. 5)",
                 "best rank-4 readout", "perplexity to the teacher", "known words"):  # fmt: skip
        assert word in printed
    assert main([*command[:4], "--json"]) == 0
    answer = json.loads(capsys.readouterr().out)
    assert set(answer["text_quality"]) == {"the teacher itself", "learned", "trigram"}
    assert answer["evaluation"]["uniform"]["perplexity"] == pytest.approx(512, rel=1e-3)
    assert "single token" not in answer["evaluation"]
