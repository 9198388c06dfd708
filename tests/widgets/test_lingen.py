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
    models = lingen_baselines(ORACLE, TARGET, OTHERS, FUTURES, horizon=3)
    assert set(measured.baselines) == set(models) - {"lingen"}
    nearest = cumulative_kl(ORACLE, TARGET, models["nearest"], n=3)
    assert np.allclose(measured.baselines["nearest"], nearest)


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
    found = [float(row["cumulative_kl_nats"]) for row in rows_of(explorer) if row["histories"] == "2"]
    assert found == measured.by_size[2].tolist()
    explorer.close()
