"""The explorer of LINGEN: true numbers, whatever its control is moved to."""

import csv
import io

import numpy as np
import pytest

from lowlogit_edu.baselines.lingen import cumulative_kl, lingen, lingen_baselines
from lowlogit_edu.matrices.logit_matrix import all_words
from lowlogit_edu.models import random_isan
from lowlogit_edu.oracles.exact import ExactOracle
from lowlogit_edu.oracles.logged import Logged
from lowlogit_edu.widgets.lingen import LingenExplorer, continuations

ORACLE = ExactOracle(random_isan(alphabet_size=3, dimension=4, horizon=6, seed=3))
TARGET = (2, 0, 1)
OTHERS = [word for word in all_words(3, 3) if word[0] != 2][:8]
FUTURES = [(), (0,), (1,), (2,)]


@pytest.fixture(scope="module")
def measured():
    return continuations(ORACLE, TARGET, OTHERS, FUTURES, horizon=3, sizes=[2, 8], n=3)


def rows_of(explorer):
    return list(csv.DictReader(io.StringIO(explorer.data())))


def test_the_kl_is_that_of_lingen_and_of_its_baselines(measured):
    model = lingen(ORACLE, TARGET, OTHERS[:2], FUTURES, horizon=3)
    assert np.allclose(measured.by_size[2], cumulative_kl(ORACLE, TARGET, model, n=3))
    assert measured.by_size[8][-1] < 1e-9 < 0.01 < measured.by_size[2][-1]
    for size in (2, 8):
        models = lingen_baselines(ORACLE, TARGET, OTHERS[:size], FUTURES, horizon=3)
        assert set(measured.baselines[size]) == set(models) - {"lingen"}
        for name in ("nearest", "single token"):
            assert np.allclose(measured.baselines[size][name], cumulative_kl(ORACLE, TARGET, models[name], n=3))
    assert measured.baselines[2]["single token"][-1] != measured.baselines[8]["single token"][-1]


def test_the_pictures_numbers_move_with_the_histories_and_stay_on_paper(measured):
    explorer = LingenExplorer(measured)
    for size in (2, 8):
        explorer.set(size=size)
        left, right = explorer.figure().axes
        drawn = {line.get_label(): line.get_ydata() for line in left.lines}
        for name, values in measured.baselines[size].items():
            assert np.allclose(drawn[name], np.maximum(values, 1e-3))
            assert (np.array(drawn[name]) > left.get_ylim()[0]).all()
        assert [text.get_text() for text in right.get_xticklabels()] == ["2", "8"]
        explorer.figure().draw_without_rendering()
        assert all("$" not in text.get_text() for text in right.get_yticklabels())
    explorer.close()


def test_no_question_is_asked_twice():
    log = Logged(ORACLE)
    continuations(log, TARGET, OTHERS, FUTURES, horizon=3, sizes=[2, 8], n=3)
    prefixes = [query.prefix for query in log.records]
    assert len(prefixes) == len(set(prefixes))


def test_every_size_is_shown_with_its_numbers(measured):
    explorer = LingenExplorer(measured)
    for size in (2, 8):
        explorer.set(size=size)
        assert "alert" not in explorer._message.value and explorer.summary().startswith(f"{size} histories: ")
    assert repr(explorer) == "LingenExplorer(size=8)"
    for name, values in {"lingen": measured.by_size[2], **measured.baselines[2]}.items():
        rows = [row for row in rows_of(explorer) if (row["model"], row["histories"]) == (name, "2")]
        assert [float(row["cumulative_kl_nats"]) for row in rows] == values.tolist()
    explorer.close()
