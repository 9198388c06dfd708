"""Numbers about texts: right by hand, worse for worse writers, and real texts are read as they are."""

import numpy as np
import pytest

from lowlogit_edu.baselines.ngram import NGram
from lowlogit_edu.core.errors import ArgumentError
from lowlogit_edu.evaluation.text_quality import compare_texts, distinct_share, read_texts, text_quality, words
from lowlogit_edu.models import random_isan
from lowlogit_edu.oracles.base import sample
from lowlogit_edu.oracles.exact import ExactOracle


def test_words_are_small_whole_and_no_numbers():
    assert words("Tim's 3 DOGS, été and under_score en") == ["tim's", "dogs", "été", "and", "under", "score"]
    assert words("") == words("Once") == []


def test_distinct_shares_by_hand():
    texts = [["a", "b", "a"], ["a", "b"]]
    assert distinct_share(texts, 1) == 2 / 5 and distinct_share(texts, 2) == 2 / 3 and distinct_share(texts, 3) == 1
    assert distinct_share(texts, 4) == 0


def test_quality_by_hand():
    """A uniform teacher is as surprised by every text; half of the words are known."""
    tokens = np.zeros((4, 3), dtype=int)
    texts = ["a b.", "a b?", "c c a", "d d d"]
    uniform = NGram([], alphabet_size=7, horizon=3)
    quality = text_quality(uniform, tokens, texts, known={"a", "d"})
    assert quality.teacher_perplexity == pytest.approx(7)
    assert quality.standard_errors["teacher_perplexity"] == pytest.approx(0)
    assert quality.share_of_known_words == pytest.approx((1 + 1 + 0 + 1) / 4)
    assert quality.distinct_1 == pytest.approx((1 + 1 + 1 / 2 + 1 / 2) / 4)
    assert quality.distinct_2 == pytest.approx((0 + 0 + 1 + 1) / 4)
    assert quality.standard_errors["share_of_known_words"] == pytest.approx(0.25)


def test_one_text_is_too_few():
    with pytest.raises(ArgumentError, match="number of texts must be at least 2, got 1"):
        text_quality(NGram([], 7, 3), np.zeros((1, 3), dtype=int), ["a b"], known=set())


def test_standard_errors_shrink_with_the_number_of_texts():
    teacher = random_isan(alphabet_size=3, dimension=2, horizon=6, seed=0)
    tokens = sample(ExactOracle(teacher), 4000, 6, rng=np.random.default_rng(0))
    few, many = (text_quality(teacher, tokens[:n], ["x y z"] * n, {"x"}) for n in (100, 4000))
    errors = [quality.standard_errors["teacher_perplexity"] for quality in (few, many)]
    assert 0 < errors[1] < errors[0] / 2
    assert abs(few.teacher_perplexity - many.teacher_perplexity) < 4 * errors[0]


def test_a_writer_that_knows_nothing_is_worse_by_every_number(embedded, monkeypatch):
    monkeypatch.setattr("lowlogit_edu.evaluation.text_quality.REFERENCE", 400)
    found = compare_texts(embedded, {"uniform": NGram([], 512, 12)}, n=60)
    teacher = found["the teacher itself"]
    uniform = found["uniform"]
    assert uniform.teacher_perplexity > 50 * teacher.teacher_perplexity
    assert teacher.share_of_known_words > 0.9 > uniform.share_of_known_words
    assert uniform.distinct_1 > teacher.distinct_1  # noise varies more than language
    assert found == compare_texts(embedded, {"uniform": NGram([], 512, 12)}, n=60)


# Real texts


def test_real_texts_are_cut_to_the_horizon_and_short_ones_left_out(embedded, tmp_path):
    path = tmp_path / "stories.txt"
    story = "Once upon a time there was a little dog who liked to run."
    path.write_text(f"{story}\nMore of it.\n\nToo short.\n<|endoftext|>\n{story}\n<|endoftext|>\n", encoding="utf-8")
    tokens = read_texts(embedded, path, horizon=10, n=5)
    assert tokens.tolist() == [embedded.encode(story)[:10]] * 2
    assert len(read_texts(embedded, path, horizon=10, n=1)) == 1
    path.write_text(story, encoding="utf-8-sig")  # a byte-order mark, which Windows writes, is no part of the text
    assert read_texts(embedded, path, horizon=10, n=5).tolist() == [embedded.encode(story)[:10]]


def test_files_without_texts_are_named(embedded, tmp_path):
    path = tmp_path / "stories.txt"
    with pytest.raises(ArgumentError, match="stories.txt cannot be read as text"):
        read_texts(embedded, path, 10, 5)
    path.write_text("Too short.", encoding="utf-8")
    with pytest.raises(ArgumentError, match="stories.txt holds no text of 10 tokens; give a file of longer texts"):
        read_texts(embedded, path, 10, 5)
